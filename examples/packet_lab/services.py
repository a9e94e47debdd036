"""Real service beside the attacks: servers at the victim and outside, and clients that keep asking
whether they are still served."""

from __future__ import annotations

import contextlib
import os
import socket
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from ipaddress import ip_address

from . import packets
from .attacks import FRAGMENTED, RESOLVING, WEB, WEB_IPV6
from .network import RESOLVER, Namespace, Network

_PATIENCE_SECONDS = 1.0
_PAUSE_SECONDS = 0.1
HTTP, HTTPS, DNS = 80, 443, 53


class _Echo(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(OSError):
            for line in self.rfile:
                self.wfile.write(line)


class _Web(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128


class _WebIPv6(_Web):
    address_family = socket.AF_INET6


class _Resolve(socketserver.BaseRequestHandler):
    """Answers each query with one address: 45 bytes or so, as most answers are short."""

    def handle(self) -> None:
        query, reply = self.request
        head = query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0)
        answer = struct.pack("!HHHIH", 0xC00C, 1, 1, 60, 4) + socket.inet_aton("198.51.100.80")
        reply.sendto(head + query[12:] + answer, self.client_address)


@contextmanager
def servers(network: Network) -> Iterator[None]:
    """TCP on ports 80 and 443 of the victim, a DNS resolver outside."""
    with ExitStack() as stack:
        with network.victim.entered():
            web: list[socketserver.BaseServer] = [
                kind((host, port), _Echo)
                for kind, host in ((_Web, WEB), (_WebIPv6, WEB_IPV6))
                for port in (HTTP, HTTPS)
            ]
        with network.outside.entered():
            web.append(socketserver.ThreadingUDPServer((RESOLVER, DNS), _Resolve))
        for server in web:
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield


class Client:
    """Asks for one service every tenth of a second and notes when it was served; use as a context
    manager. ``ask`` raises OSError where it was not."""

    def __init__(self, what: str, ask: Callable[[], None]) -> None:
        self.what = what
        self._ask = ask
        self._asked: list[tuple[float, str | None]] = []
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=what, daemon=True)

    def __enter__(self) -> Client:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()

    def served(self, since: float, until: float) -> tuple[int, int]:
        """(answered, asked) of what was asked between two times of time.monotonic()."""
        outcomes = [problem for at, problem in self._asked if since <= at < until]
        return outcomes.count(None), len(outcomes)

    def last_problem(self) -> str | None:
        problems = [problem for _, problem in self._asked if problem]
        return problems[-1] if problems else None

    def _run(self) -> None:
        while not self._closing.wait(_PAUSE_SECONDS):
            at, problem = time.monotonic(), None
            try:
                self._ask()
            except OSError as error:
                problem = f"{type(error).__name__}: {error}"
            self._asked.append((at, problem))


def clients(network: Network, running: ExitStack) -> dict[str, Client]:
    """By a name each, asking until ``running`` ends; the "new" ones open a TCP session for each
    question, the "held" ones have one for all."""
    outside, victim = network.outside, network.victim
    found = {
        "held": Client("TCP session to port 80, open since before", _held(outside, WEB, running)),
        "held_ipv6": Client("the same over IPv6", _held(outside, WEB_IPV6, running)),
        "new": Client("new TCP sessions to port 80", _new(outside, WEB, HTTP)),
        "new_ipv6": Client("new TCP sessions to port 80, IPv6", _new(outside, WEB_IPV6, HTTP)),
        "other_port": Client("new TCP sessions to port 443", _new(outside, WEB, HTTPS)),
        "dns": Client("answers to the victim's DNS queries", _query(victim, RESOLVING)),
        "ping": Client("ping", _ping(outside, WEB)),
        "ping_fragmented": Client("ping of the host under fragments", _ping(outside, FRAGMENTED)),
        "ping_ipv6": Client("ping, IPv6", _ping(outside, WEB_IPV6)),
    }
    for client in found.values():
        running.enter_context(client)
    return found


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET if ip_address(host).version == 4 else socket.AF_INET6


def _connect(namespace: Namespace, host: str, port: int) -> socket.socket:
    with namespace.entered():
        connection = socket.socket(_family(host), socket.SOCK_STREAM)
    connection.settimeout(_PATIENCE_SECONDS)
    try:
        connection.connect((host, port))
    except OSError:
        connection.close()
        raise
    return connection


def _say(connection: socket.socket) -> None:
    word = os.urandom(8).hex().encode() + b"\n"
    connection.sendall(word)
    answer = b""
    while not answer.endswith(b"\n"):
        more = connection.recv(64)
        if not more:
            raise ConnectionResetError("the server closed the session")
        answer += more
    if answer != word:
        raise OSError(f"{answer!r} came back for {word!r}")


def _held(namespace: Namespace, host: str, running: ExitStack) -> Callable[[], None]:
    connection = running.enter_context(_connect(namespace, host, HTTP))
    return lambda: _say(connection)


def _new(namespace: Namespace, host: str, port: int) -> Callable[[], None]:
    def ask() -> None:
        with _connect(namespace, host, port) as connection:
            _say(connection)

    return ask


def _query(namespace: Namespace, host: str) -> Callable[[], None]:
    """From ``host``, as the attack's answers go there."""

    def ask() -> None:
        with namespace.entered():
            client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with client:
            client.bind((host, 0))
            client.settimeout(_PATIENCE_SECONDS)
            name = b"\x03www\x07example\x00" + struct.pack("!HH", 1, 1)
            query = os.urandom(2) + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + name
            client.sendto(query, (RESOLVER, DNS))
            while client.recv(4096)[:2] != query[:2]:
                pass  # the attack's own "answers" arrive here too

    return ask


def _ping(namespace: Namespace, host: str) -> Callable[[], None]:
    family = _family(host)
    request, reply = (8, 0) if family == socket.AF_INET else (128, 129)
    protocol = packets.ICMP if family == socket.AF_INET else packets.ICMPV6

    def ask() -> None:
        with namespace.entered():
            raw = socket.socket(family, socket.SOCK_RAW, protocol)
        with raw:
            raw.settimeout(_PATIENCE_SECONDS)
            message = struct.pack("!BBH", request, 0, 0) + os.urandom(12)
            if family == socket.AF_INET:
                message = message[:2] + struct.pack("!H", _checksum(message)) + message[4:]
            raw.sendto(message, (host, 0))
            give_up_at = time.monotonic() + _PATIENCE_SECONDS
            while time.monotonic() < give_up_at:
                answer = raw.recv(4096)[20 if family == socket.AF_INET else 0 :]
                if answer[0] == reply and answer[4:] == message[4:]:
                    return
            raise TimeoutError("no answer")

    return ask


def _checksum(message: bytes) -> int:
    """RFC 1071; the kernel does it for ICMPv6 alone."""
    total = sum(struct.unpack(f"!{len(message) // 2}H", message))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF
