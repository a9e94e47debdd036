"""The walk by gufo-snmp, whose reading of messages is compiled: ten thousand rules in a tenth of a
second of the processor (docs/adr/0045)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from typing import Any

from gufo.snmp import SnmpAuthError, SnmpError
from gufo.snmp.sync import SnmpSession
from gufo.snmp.user import (
    Aes128Key,
    Sha1Key,
    Sha224Key,
    Sha256Key,
    Sha384Key,
    Sha512Key,
    User,
)

from .config import Community, Credentials
from .snmp_answer import HIGHEST, MOST_VALUES, REPETITIONS, TRY_SECONDS, TooMany, Unanswered, Walk

_AUTH_KEYS = {
    "sha": Sha1Key,
    "sha224": Sha224Key,
    "sha256": Sha256Key,
    "sha384": Sha384Key,
    "sha512": Sha512Key,
}
_PAUSE_SECONDS = 0.1
_GLANCE = 500  # values between two looks at the clock
_END = ""  # no OID


def read(
    host: str,
    port: int,
    credentials: Credentials,
    subtrees: Iterable[str],
    timeout_seconds: float,
) -> Walk:
    """See snmp.read. Each subtree has a session of its own, all at the same time."""
    give_up_at = time.monotonic() + timeout_seconds
    oids = tuple(subtrees)

    def walk(oid: str) -> Walk:
        try:
            return _walk(host, port, credentials, oid, give_up_at)
        except TimeoutError:
            raise Unanswered(f"no complete answer within {timeout_seconds:g} s") from None
        except SnmpAuthError:
            raise Unanswered("the user, a passphrase or auth_protocol is wrong") from None
        except (SnmpError, ValueError) as problem:
            raise Unanswered(f"{type(problem).__name__}: {problem}") from problem

    with ThreadPoolExecutor(max_workers=len(oids)) as pool:
        parts = list(pool.map(walk, oids))
    whole = Walk()
    for part in parts:
        whole.counters.update(part.counters)
        whole.nonsense += part.nonsense
    if whole.size > MOST_VALUES:
        raise TooMany(f"the agent has more than {MOST_VALUES} values")
    return whole


def _walk(host: str, port: int, credentials: Credentials, subtree: str, give_up_at: float) -> Walk:
    session = _retried(lambda: _session(host, port, credentials, give_up_at), give_up_at)
    answers = chain(session.getbulk(subtree, max_repetitions=REPETITIONS), ((_END, None),))
    found: dict[str, Any] = {}
    while True:
        try:
            # A lost datagram is asked for again: the iterator goes on behind its last value.
            _take(answers, found, give_up_at)
            return _counters(subtree, found)
        except (TimeoutError, BlockingIOError, ConnectionRefusedError) as problem:
            # The last: nobody listens there now. An agent that restarts will in a moment.
            if time.monotonic() >= give_up_at:
                raise TimeoutError from problem
            if isinstance(problem, ConnectionRefusedError):
                time.sleep(_PAUSE_SECONDS)


def _take(answers: Iterator[tuple[str, Any]], found: dict[str, Any], give_up_at: float) -> None:
    """All that is left of the answers, by OID. There may be a hundred thousand: no Python runs for
    each. What came before an exception stays in ``found``."""
    while True:
        size = len(found)
        found.update(islice(answers, _GLANCE))
        if _END in found:
            del found[_END]
            return
        if len(found) - size < _GLANCE:
            raise Unanswered(f"the agent goes round in circles at {next(reversed(found))}")
        if time.monotonic() >= give_up_at:
            raise TimeoutError
        if len(found) > MOST_VALUES:
            raise TooMany(f"the agent has more than {MOST_VALUES} values")


def _counters(subtree: str, found: Mapping[str, Any]) -> Walk:
    behind = len(subtree) + 1
    counters = {
        oid[behind:]: value
        for oid, value in found.items()
        if type(value) is int and 0 <= value < HIGHEST
    }
    return Walk({subtree: counters}, len(found) - len(counters))


def _session(host: str, port: int, credentials: Credentials, give_up_at: float) -> Any:
    seconds = min(TRY_SECONDS, max(0.1, give_up_at - time.monotonic()))
    if isinstance(credentials, Community):
        return SnmpSession(host, port=port, community=credentials.name, timeout=seconds)
    session = SnmpSession(host, port=port, user=_user(credentials), timeout=seconds)
    session.refresh()  # the engine's id and clock
    return session


def _user(credentials: Any) -> User:
    return User(
        credentials.name,
        auth_key=_AUTH_KEYS[credentials.auth_protocol](credentials.auth_passphrase.encode()),
        priv_key=Aes128Key(credentials.priv_passphrase.encode()),
    )


def _retried(open_session: Any, give_up_at: float) -> Any:
    while True:
        try:
            return open_session()
        except (TimeoutError, BlockingIOError, ConnectionRefusedError) as problem:
            # The last: nobody listens there now. An agent that restarts will in a moment.
            if time.monotonic() >= give_up_at:
                raise TimeoutError from problem
            if isinstance(problem, ConnectionRefusedError):
                time.sleep(_PAUSE_SECONDS)
