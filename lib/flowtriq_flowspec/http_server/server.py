"""The server: accepts clients, bounds what all of them and each of them may have at a time."""

from __future__ import annotations

import contextlib
import errno
import logging
import resource
import socket
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from ipaddress import IPv6Address, ip_address, ip_network
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..limited_log import LimitedLog
from .connection import Connection
from .lanes import Lane
from .wsgi import Application

if TYPE_CHECKING:
    import ssl

_BACKLOG = 512
_TICK_SECONDS = 0.5
_MOST_CLIENTS = 512
_PLACES = 32
_MOST_OTHERS = 512
_HELD_OCTETS = 64 * 1024 * 1024
"""Of all bodies that are not complete, or of four of the largest allowed."""
_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_SPARE_DESCRIPTORS = 16
"""Left free after an exhaustion, for what the requests in work open."""
_RECOVERED_SECONDS = 60.0


class Server:
    """Threads accept, and who accepts a connection serves it (docs/adr/0039, 0053). ``spare`` of
    them wait for connections; more than one is not for where threads are not threads (eventlet).

    ``lane_of`` names the lane of a request, from its WSGI environment; requests of one lane are
    never kept waiting by those of another. A lane works on ``places`` requests at a time.
    """

    def __init__(
        self,
        application: Application,
        log: logging.Logger,
        *,
        max_body_bytes: int,
        lane_of: Callable[[Mapping[str, Any]], str] = lambda _: "",
        places: int = _PLACES,
        spare: int = 1,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.application = application
        self.log = LimitedLog(log)
        self.max_body_bytes = max_body_bytes
        self.tls = tls
        self.bind_addr: Any = None
        descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        self._most_allowed = self._most = min(_MOST_CLIENTS, descriptors // 4)
        others = min(_MOST_OTHERS, descriptors // 8)
        self._lanes: defaultdict[str, Lane] = defaultdict(lambda: Lane(places, others))
        self._lane_of = lane_of
        self._lock = threading.Lock()
        self._connections: dict[Connection, None] = {}  # the oldest first
        self._spare = spare
        self._accepting = 0
        self._exhausted_at = float("-inf")
        self._listener: socket.socket | None = None
        self._stopped = False
        self._stopping = threading.Event()

    # What a kind of server adds

    def listen(self) -> socket.socket:
        """The bound socket."""
        raise NotImplementedError

    def identify(self, accepted: socket.socket) -> tuple[str, dict[str, Any]]:
        """Whose limits count, and what the request's environ says of the client. Raises OSError."""
        raise NotImplementedError

    # Its life

    def prepare(self) -> None:
        """Bind, so that clients may connect; ``serve`` answers them."""
        self._listener = self.listen()
        self._listener.listen(_BACKLOG)

    def serve(self) -> None:
        """Serve until ``stop`` is called."""
        if self._listener is None:
            return
        for _ in range(self._spare):
            self._start_accepting(self._listener, self._spare)
        while not self._stopping.wait(_TICK_SECONDS):
            self._tick(time.monotonic())

    def stop(self) -> None:
        """Close everything at once; a request in work gets no answer."""
        self._stopped = True
        self._stopping.set()
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)  # wakes up who waits in accept()
            self._listener.close()
        with self._lock:
            connections = list(self._connections)
        for connection in connections:
            connection.abort()

    def _start_accepting(self, listener: socket.socket, most: int) -> None:
        """One thread more that waits for connections, unless ``most`` do. It counts before it
        starts: where threads are eventlet's, a second one in accept() dies there."""
        with self._lock:
            if self._accepting >= most:
                return
            self._accepting += 1
        accept = threading.Thread(target=self._accept, args=(listener,), name="http", daemon=True)
        try:
            accept.start()
        except RuntimeError:  # no thread could be started
            with self._lock:
                self._accepting -= 1
            raise

    def _accept(self, listener: socket.socket) -> None:
        """A thread's life: until enough others wait for connections."""
        while not self._stopped:
            try:
                accepted, _ = listener.accept()
            except OSError as problem:
                if not self._stopped:
                    self._not_accepted(problem)
                continue
            with self._lock:
                self._accepting -= 1
            self._serve(accepted, listener)
            with self._lock:
                if self._accepting >= self._spare:
                    return
                self._accepting += 1

    def _serve(self, accepted: socket.socket, listener: socket.socket) -> None:
        try:
            self._start_accepting(listener, 1)
            caller, known = self.identify(accepted)
            connection = Connection(self, accepted, caller, known)
            self._admit(connection)
        except (OSError, RuntimeError) as problem:  # RuntimeError: no thread could be started
            self.log.warning("accept", "a connection could not be served: %s", problem)
            accepted.close()
        else:
            connection.run()

    def _not_accepted(self, problem: OSError) -> None:
        if problem.errno in _EXHAUSTED:
            text = "no connection can be accepted: %s; the oldest unfinished ones are closed"
            self.log.warning("exhausted", text, problem.strerror)
            with self._lock:
                self._exhausted_at = time.monotonic()
                waiting = len(self._waiting())
                self._most = max(1, min(self._most, waiting) - _SPARE_DESCRIPTORS)
                self._evict_down_to(self._most)
        else:
            self.log.warning("accept", "a connection could not be accepted: %s", problem)
        time.sleep(0.02)

    # The bounds

    def lane(self, environ: Mapping[str, Any]) -> Lane:
        name = self._lane_of(environ)
        with self._lock:
            return self._lanes[name]

    def keeps_connections(self) -> bool:
        """Whether a connection may stay open now for the client's next request. Not on a network: a
        proxy there could take what one of its clients sends for the request of another."""
        return False

    def has_room(self) -> bool:
        """Whether there are few clients, so that nobody has to go for another."""
        return len(self._connections) < self._most // 2

    def forget(self, connection: Connection) -> None:
        """Its thread is at its end."""
        with self._lock:
            self._connections.pop(connection, None)

    def make_room_for(self, connection: Connection) -> bool:
        """Whether ``connection`` may go on to receive its body, of which it holds more than before.
        Where all bodies together are too large, who has most of them must go."""
        most = max(_HELD_OCTETS, 4 * self.max_body_bytes)
        with self._lock:
            while sum(each.held for each in self._connections) > most:
                waiting = [each for each in self._waiting() if each.held]
                held: Counter[str] = Counter()
                for each in waiting:
                    held[each.caller] += each.held
                if not waiting:
                    return False
                caller = held.most_common(1)[0][0]
                self._evict(next(each for each in waiting if each.caller == caller))
        return not connection.aborted

    def _admit(self, connection: Connection) -> None:
        with self._lock:
            if not self.has_room():
                mine = [each for each in self._waiting() if each.caller == connection.caller]
                if len(mine) >= max(1, self._most // 2):
                    self._evict(mine[0])
                self._evict_down_to(self._most - 1)
            self._connections[connection] = None

    def _waiting(self) -> list[Connection]:
        """The connections whose client has something to do, the oldest first."""
        return [each for each in self._connections if not each.in_work and not each.aborted]

    def _evict_down_to(self, count: int) -> None:
        """End the oldest connections of the callers that have most."""
        waiting = self._waiting()
        callers = Counter(each.caller for each in waiting)
        while len(waiting) > count:
            caller = callers.most_common(1)[0][0]
            oldest = next(each for each in waiting if each.caller == caller)
            waiting.remove(oldest)
            callers[caller] -= 1
            self._evict(oldest)

    def _evict(self, connection: Connection) -> None:
        connection.held = 0
        connection.abort()
        if not connection.idle:
            text = "%s has too many unfinished requests: the oldest was closed"
            self.log.warning("room", text, connection.caller)

    def _tick(self, now: float) -> None:
        """Ends the connections whose time is over."""
        with self._lock:
            if now - self._exhausted_at > _RECOVERED_SECONDS:
                self._most = self._most_allowed
            late = [each for each in self._waiting() if now > each.deadline]
            ended = [each for each in self._connections if each.aborted]
        for connection in late:
            if connection.idle:
                continue
            text = "%s did not finish its request, or did not read its answer, in time"
            self.log.warning("slow", text, connection.caller)
        for connection in (*late, *ended):
            connection.abort()  # again: it may have been shaking hands


class TcpServer(Server):
    """On TCP; one caller is one IPv4 address, or one /64 of IPv6."""

    def __init__(self, address: tuple[str, int], *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._address = address

    def listen(self) -> socket.socket:
        host, port = self._address
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6 and host == "::":
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            listener.bind(address)
        except OSError:
            listener.close()
            raise
        self.bind_addr = listener.getsockname()[:2]
        return listener

    def identify(self, accepted: socket.socket) -> tuple[str, dict[str, Any]]:
        host, port = accepted.getpeername()[:2]
        known = {
            "REMOTE_ADDR": host,
            "REMOTE_PORT": str(port),
            "SERVER_NAME": str(self.bind_addr[0]),
            "SERVER_PORT": str(self.bind_addr[1]),
            "wsgi.url_scheme": "http" if self.tls is None else "https",
        }
        return _network_of(host), known


def _network_of(host: str) -> str:
    address = ip_address(host.partition("%")[0])
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, 64), strict=False))
    return str(address)


def tls_context(certificate: str, key: str, client_ca: str | None = None) -> ssl.SSLContext:
    """TLS 1.2 or later. With ``client_ca`` a client must have a certificate of it. Raises OSError
    that names the file that cannot be read, or ssl.SSLError for what is in them."""
    import ssl  # takes a while; a server on a Unix socket does without

    for file in filter(None, (certificate, key, client_ca)):
        with Path(file).open("rb"):  # OpenSSL does not say which one
            pass
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate, key)
    if client_ca is not None:
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
