"""One client's connection, from accept to close: one request after another."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from ..events import RefusalCode
from ..limited_log import LimitedLog
from .lanes import Lane
from .parsing import (
    ClientGone,
    Head,
    Incoming,
    Unreadable,
    read_body,
    read_head,
    require_body_fits,
)
from .wsgi import Application, answer_of, environ_of, octets_of, phrase

if TYPE_CHECKING:
    import ssl

REQUEST_SECONDS = 15.0
"""From accept, or from the first octet of a later request, to the last octet of the body; a TLS
handshake included."""

_KEEP_ALIVE_SECONDS = 15.0
"""From an answer to the first octet of the next request."""

_ANSWER_SECONDS = 30.0
_DRAINED_OCTETS = 64 * 1024 * 1024
"""How much of a refused request is read and thrown away, so that its sender gets the answer instead
of a broken connection."""
_RECEIVE_OCTETS = 65536
_BUSY = Unreadable(503, RefusalCode.SERVICE_UNAVAILABLE, "too many requests are in work; try again")
_FAILED = Unreadable(500, RefusalCode.INTERNAL_SERVER_ERROR, "internal error; see the log")


class Host(Protocol):
    """What a connection needs of its server."""

    application: Application
    log: LimitedLog
    max_body_bytes: int
    tls: ssl.SSLContext | None

    def lane(self, environ: Mapping[str, Any]) -> Lane:
        """Where the request is worked on."""

    def keeps_connections(self) -> bool:
        """Whether a connection may stay open now for the client's next request."""

    def make_room_for(self, connection: Connection) -> bool:
        """Whether ``connection`` may go on to receive its body."""

    def forget(self, connection: Connection) -> None:
        """Its thread is at its end."""


class Connection:
    """Has a thread of its own, so what a client does or leaves undone delays that client alone.

    The server may ``abort`` it while it waits for the client: when ``deadline`` (of the monotonic
    clock) is over, or to make room. It does not while a request is ``in_work``. Between two
    requests it is ``idle``.
    """

    def __init__(
        self, server: Host, accepted: socket.socket, caller: str, known: Mapping[str, Any]
    ) -> None:
        """``caller`` is whose limits count; ``known`` is for the request's environ."""
        self.caller = caller
        self.deadline = time.monotonic() + REQUEST_SECONDS
        self.in_work = False
        self.idle = False
        self.held = 0  # octets of the body that are there already
        self.aborted = False
        self._server = server
        self._socket = accepted
        self._known = known

    def abort(self) -> None:
        """Ends the connection in whatever its thread waits for the client."""
        self.aborted = True
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def run(self) -> None:
        """Serve the client; never raises."""
        try:
            self._serve()
        except ClientGone:
            pass
        except OSError as problem:  # the client closed the connection, or abort() did
            if self._server.tls is not None and not self.aborted:
                self._log_tls_problem(problem)
        except Exception:
            if not self.aborted:  # TLS raises all kinds of errors where it is aborted
                text = "the connection of %s failed"
                self._server.log.warning("failed", text, self.caller, exc_info=True)
        finally:
            self._server.forget(self)
            with contextlib.suppress(OSError):
                self._socket.close()

    def _log_tls_problem(self, problem: OSError) -> None:
        from ssl import SSLError  # takes a while; a server on a Unix socket does without

        if isinstance(problem, SSLError):
            text = "no TLS session with %s: %s"
            self._server.log.warning("TLS", text, self.caller, problem.reason or problem)

    def _serve(self) -> None:
        known = dict(self._known)
        if self._server.tls is not None:
            known.update(self._shake_hands(self._server.tls))
        incoming = Incoming(self._socket.recv)
        try:
            while self._serve_one(incoming, known):
                self._wait_for_next(incoming)
        except Unreadable as refusal:
            self._refuse(refusal)
            return
        self._end_tls()

    def _serve_one(self, incoming: Incoming, known: Mapping[str, Any]) -> bool:
        """Answer one request. Whether another may follow."""
        head, environ = self._request(incoming, known)
        stays = head.keeps_alive and self._server.keeps_connections()
        for part in self._worked_on(environ, stays):
            self._socket.sendall(part)
        return stays

    def _wait_for_next(self, incoming: Incoming) -> None:
        self.idle, self.deadline = True, time.monotonic() + _KEEP_ALIVE_SECONDS
        incoming.first()
        self.deadline, self.idle = time.monotonic() + REQUEST_SECONDS, False

    def _shake_hands(self, tls: ssl.SSLContext) -> Mapping[str, Any]:
        self._socket = secured = tls.wrap_socket(
            self._socket, server_side=True, do_handshake_on_connect=False
        )
        if self.aborted:
            raise ClientGone  # abort() may have met the socket in between
        secured.do_handshake()
        certificate = secured.getpeercert() or {}
        subject: Any = certificate.get("subject", ())
        names = [
            value
            for distinguished in subject
            for key, value in distinguished
            if key == "commonName"
        ]
        more: Any = certificate.get("subjectAltName", ())
        sans = {"SSL_CLIENT_SANS": tuple(value for _kind, value in more)} if more else {}
        if len(names) != 1:
            return sans
        return {**sans, "SSL_CLIENT_S_DN_CN": names[0], "SSL_CLIENT_VERIFY": "SUCCESS"}

    def _request(self, incoming: Incoming, known: Mapping[str, Any]) -> tuple[Head, dict[str, Any]]:
        head = read_head(incoming)
        most = self._server.max_body_bytes
        require_body_fits(head, most)
        if head.expects_continue:
            self._socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return head, environ_of(head, read_body(incoming, head, most, self._hold), known)

    def _hold(self, octets: int) -> None:
        self.held = octets
        if not self._server.make_room_for(self):
            raise _BUSY

    def _worked_on(self, environ: dict[str, Any], stays: bool) -> list[bytes]:
        self.in_work = True
        lane = self._server.lane(environ)
        place = lane.enter(self.caller)
        if place is None:
            self._server.log.warning("busy", "%s: too many requests in work: 503", self.caller)
            self._wait_for_client()
            raise _BUSY
        try:
            environ["flowtriq.place"] = place
            return answer_of(self._server.application, environ, stays)
        except Exception as problem:
            text = "a request of %s failed"
            self._server.log.warning("failed", text, self.caller, exc_info=True)
            raise _FAILED from problem
        finally:
            place.leave()
            self._wait_for_client()

    def _wait_for_client(self) -> None:
        self.held = 0
        self.deadline = time.monotonic() + _ANSWER_SECONDS
        self.in_work = False

    def _refuse(self, refusal: Unreadable) -> None:
        text = "%s: %s %s"
        self._server.log.warning("refused", text, self.caller, refusal.status, refusal)
        body = json.dumps({"error": refusal.details}).encode() + b"\n"
        headers = [("Content-Type", "application/json")]
        if refusal.status == 503:
            headers.append(("Retry-After", "5"))
        self._socket.sendall(octets_of(phrase(refusal.status), headers, body))
        self._end_tls()
        # Closing a socket with unread input would take back the answer.
        self._socket.shutdown(socket.SHUT_WR)
        left = _DRAINED_OCTETS
        while left > 0:
            octets = self._socket.recv(_RECEIVE_OCTETS)
            if not octets:
                return
            left -= len(octets)

    def _end_tls(self) -> None:
        """Say that the answer is complete; without waiting for the client to say the same."""
        if self._server.tls is not None:
            self._socket.settimeout(0)
            with contextlib.suppress(OSError, ValueError):
                self._socket.unwrap()  # type: ignore[attr-defined]
            self._socket.settimeout(None)
