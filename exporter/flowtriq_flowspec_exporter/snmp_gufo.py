"""The walk by gufo-snmp, whose reading of messages is compiled: ten thousand rules in a tenth of a
second of the processor (docs/adr/0045)."""

from __future__ import annotations

import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
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
from .snmp_walk import HIGHEST, MOST_VALUES, REPETITIONS, TRY_SECONDS, TooMany, Unanswered, Walk

_AUTH_KEYS = {
    "sha": Sha1Key,
    "sha224": Sha224Key,
    "sha256": Sha256Key,
    "sha384": Sha384Key,
    "sha512": Sha512Key,
}
_PAUSE_SECONDS = 0.1
_GLANCE = 500  # values between two looks at the clock


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
    answers = session.getbulk(subtree, max_repetitions=REPETITIONS)
    found = Walk()
    while True:
        try:
            # A lost datagram is asked for again: the iterator goes on behind its last value.
            _take(answers, found, subtree, give_up_at)
            return found
        except (TimeoutError, BlockingIOError, ConnectionRefusedError) as problem:
            # The last: nobody listens there now. An agent that restarts will in a moment.
            if time.monotonic() >= give_up_at:
                raise TimeoutError from problem
            if isinstance(problem, ConnectionRefusedError):
                time.sleep(_PAUSE_SECONDS)


def _take(
    answers: Iterable[tuple[str, object]], found: Walk, subtree: str, give_up_at: float
) -> None:
    """All that is left of the answers. There may be a hundred thousand: little is done for each."""
    counters, last = found.counters.setdefault(subtree, {}), ""
    behind, look_at = len(subtree) + 1, found.size + _GLANCE
    for oid, value in answers:
        rest = oid[behind:]
        if rest == last or rest in counters:
            raise Unanswered(f"the agent goes round in circles at {oid}")
        last = rest
        if type(value) is int and 0 <= value < HIGHEST:
            counters[rest] = value
        else:
            found.nonsense += 1
        if len(counters) + found.nonsense >= look_at:
            look_at += _GLANCE
            if time.monotonic() >= give_up_at:
                raise TimeoutError
            if look_at > MOST_VALUES + _GLANCE:
                raise TooMany(f"the agent has more than {MOST_VALUES} values")


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
