"""A minimal BGP router: takes a session, stamps every UPDATE, keeps the table, misbehaves if asked.

with BGPListener() as router:            # 127.0.0.10, a free port
    ...                                  # an ExaBGP connects to router.address, router.port
    router.wait_for(lambda: ("ipv4 flow", nlri) in router.table)
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from . import bgp_wire
from .bgp_wire import Attributes, Update

Route = tuple[str, bytes]
"""(family, NLRI): ("ipv4 flow", octets of RFC 8955 section 4 without the length)."""

_INVALID_NLRI = (3, 10)  # UPDATE Message Error, Invalid Network Field


class BGPListener:
    """One router on loopback that one speaker connects to.

    ``table``       {route: attributes} of the session; empty when it is down
    ``left``        {route: when it last left the table (time.monotonic_ns())}
    ``updates``     every Update with routes in it, of all sessions, stamped (time.monotonic_ns())
    ``sessions``    how many sessions were established so far
    ``established`` whether one is now
    ``negotiated``  the families that both sides offered
    ``restart_seconds``: it keeps the table of a session that ends without a NOTIFICATION, until
    the next session's End-of-RIB (graceful restart, RFC 4724)
    ``poison``      predicate on a route; one that fits is answered with a NOTIFICATION
    """

    def __init__(
        self,
        address: str = "127.0.0.10",
        *,
        port: int = 0,
        families: tuple[str, ...] = ("ipv4 flow", "ipv6 flow"),
        asn: int = 65001,
        hold_seconds: int = 180,
        small_buffers: bool = False,
        restart_seconds: int = 0,
    ) -> None:
        self.address = address
        self.families = families
        self.asn = asn
        self.hold_seconds = hold_seconds
        self.restart_seconds = restart_seconds
        self._stale: set[Route] = set()
        self.table: dict[Route, Attributes] = {}
        self.left: dict[Route, int] = {}
        self.updates: list[Update] = []
        self.sessions = 0
        self.established = False
        self.negotiated: tuple[str, ...] = ()
        self.poison: Callable[[Route], bool] | None = None
        self._changed = threading.Condition()
        self._reading = threading.Event()
        self._reading.set()
        self._closing = False
        self._refusing = self._told = False
        self._connection: socket.socket | None = None
        self._server = socket.create_server((address, port))
        if small_buffers:
            # So that a speaker soon notices a pause: its own buffer grows with the segment size.
            self._server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self._server.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        self.port: int = self._server.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name=f"bgp-{address}", daemon=True)

    def __enter__(self) -> BGPListener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing = True
        self._reading.set()
        # Closing a socket does not wake the thread that waits in accept(); shutting it down does.
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.drop()
        self._thread.join(timeout=5)

    # What a test waits for

    def wait_for(self, predicate: Callable[[], object], timeout: float = 20.0) -> bool:
        """Whether ``predicate`` became true in time; it is looked at after every change here."""
        with self._changed:
            return bool(self._changed.wait_for(predicate, timeout))

    def wait_established(self, timeout: float = 20.0) -> bool:
        return self.wait_for(lambda: self.established, timeout)

    def wait_quiet(self, seconds: float, timeout: float = 20.0) -> bool:
        """Whether nothing at all arrived for ``seconds`` on end."""
        give_up_at = time.monotonic() + timeout
        while time.monotonic() < give_up_at:
            seen = len(self.updates), self.sessions, self.established
            if not self.wait_for(
                lambda seen=seen: (len(self.updates), self.sessions, self.established) != seen,
                seconds,
            ):
                return True
        return False

    # What a router may do to its speaker

    def drop(self) -> None:
        """Cut the session, as a flap does; the speaker may come back."""
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def refuse(self, refusing: bool = True) -> None:
        """Cut the session and close each new connection at once, until ``refuse(False)``."""
        self._refusing = refusing
        if refusing:
            self.drop()

    def pause(self) -> None:
        """Stop reading, as a router does that hangs."""
        self._reading.clear()

    def resume(self) -> None:
        self._reading.set()

    # The session

    def _serve(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            with connection:
                if self._refusing:
                    continue
                self._connection, self._told = connection, False
                with contextlib.suppress(OSError):
                    self._session(connection)
                self._connection = None
            with self._changed:
                self.established = False
                if self.restart_seconds and not self._told:
                    # RFC 4724: kept until the next session's End-of-RIB, for the restart time.
                    self._stale = set(self.table)
                else:
                    self.left.update(dict.fromkeys(self.table, time.monotonic_ns()))
                    self.table.clear()
                self._changed.notify_all()

    def _session(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        received = b""
        while True:
            self._reading.wait()
            chunk = connection.recv(65536)
            at_ns = time.monotonic_ns()
            if not chunk:
                return
            received += chunk
            at = 0
            while len(received) - at >= 19:
                length = int.from_bytes(received[at + 16 : at + 18], "big")
                if len(received) - at < length:
                    break
                body = received[at + 19 : at + length]
                if not self._take(connection, received[at + 18], body, at_ns):
                    return
                at += length
            received = received[at:]

    def _take(self, connection: socket.socket, kind: int, body: bytes, at_ns: int) -> bool:
        """Act on one message; False ends the session."""
        if kind == bgp_wire.OPEN:
            self.negotiated = tuple(
                name for name in bgp_wire.offered_families(body) if name in self.families
            )
            connection.sendall(
                bgp_wire.open_message(
                    self.asn, self.address, self.families, self.hold_seconds, self.restart_seconds
                )
                + bgp_wire.message(bgp_wire.KEEPALIVE)
            )
        elif kind == bgp_wire.KEEPALIVE:
            with self._changed:
                if not self.established:
                    self.established = True
                    self.sessions += 1
                    self._changed.notify_all()
                    return True
            # The speaker keeps the time: one of ours for each of its own holds the session.
            connection.sendall(bgp_wire.message(bgp_wire.KEEPALIVE))
        elif kind == bgp_wire.UPDATE:
            return self._learn(connection, bgp_wire.update(body, at_ns))
        self._told |= kind == bgp_wire.NOTIFICATION
        return not self._told

    def _learn(self, connection: socket.socket, update: Update) -> bool:
        if self.poison is not None and any(self.poison(route) for route in update.announced):
            connection.sendall(bgp_wire.notification(*_INVALID_NLRI))
            return False
        if update.is_end_of_rib:
            with self._changed:
                for route in self._stale:
                    self.table.pop(route, None)
                self._stale.clear()
                self._changed.notify_all()
            return True
        with self._changed:
            self.updates.append(update)
            for route in update.withdrawn:
                if self.table.pop(route, None) is not None:
                    self.left[route] = update.at_ns
            for route in update.announced:
                self.table[route] = update.attributes
                self._stale.discard(route)
            self._changed.notify_all()
        return True
