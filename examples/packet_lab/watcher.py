"""What of the attacks still arrives at the victim, packet by packet."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Sequence

from . import packets
from .attacks import Attack
from .network import Namespace

_ALL_PROTOCOLS = 3  # ETH_P_ALL of linux/if_ether.h


class Watcher:
    """Looks at every packet of an interface in a namespace; use as a context manager."""

    def __init__(self, namespace: Namespace, interface: str, attacks: Sequence[Attack]) -> None:
        self._seen: dict[str, list[tuple[float, int]]] = {each.name: [] for each in attacks}
        self._attacks = tuple(attacks)
        with namespace.entered():
            kind, protocol = socket.SOCK_DGRAM, socket.htons(_ALL_PROTOCOLS)
            self._socket = socket.socket(socket.AF_PACKET, kind, protocol)
            self._socket.bind((interface, _ALL_PROTOCOLS))
        self._socket.settimeout(0.1)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watcher", daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        self._socket.close()

    def arrived(self, attack: Attack, since: float, until: float) -> tuple[int, int]:
        """(packets, bytes) between two times of time.monotonic()."""
        lengths = [length for at, length in self._seen[attack.name] if since <= at < until]
        return len(lengths), sum(lengths)

    def last(self, attack: Attack) -> float | None:
        """When the last packet came, as time.monotonic() has it; None if there was none."""
        seen = self._seen[attack.name]
        return seen[-1][0] if seen else None

    def _run(self) -> None:
        while not self._closing.is_set():
            with contextlib.suppress(socket.timeout):
                packet = self._socket.recv(65536)
                source, _ = packets.ends(packet)
                for attack in self._attacks:
                    if attack.is_source(source):
                        self._seen[attack.name].append((time.monotonic(), len(packet)))
