"""Ports for programs that are given theirs in a configuration."""

from __future__ import annotations

import random
import socket

# Below the ports that Linux gives to outgoing connections (net.ipv4.ip_local_port_range): one of
# those could be taken between the look here and the program's own bind.
_RANGE = range(10_000, 32_768)
_random = random.SystemRandom()


def free_port(address: str = "127.0.0.1", kind: socket.SocketKind = socket.SOCK_STREAM) -> int:
    """A port of this address that nobody listens on."""
    while True:
        port = _random.choice(_RANGE)
        with socket.socket(socket.AF_INET, kind) as probe:
            try:
                probe.bind((address, port))
            except OSError:
                continue
            return port
