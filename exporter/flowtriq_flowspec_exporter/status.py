"""The answer of ``GET /v1/status`` as typed values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from reprlib import repr as shown
from typing import Any, TypeVar

from flowtriq_flowspec.events import Event, ExabgpProblem
from flowtriq_flowspec.times import seconds_of

T = TypeVar("T")

_LONGEST_TEXT = 256
_TOO_MUCH = 2**63


class UnreadableStatus(Exception):
    """The answer is not a status as documented."""


EVENTS_OF_0_1 = (Event.REFUSED, Event.DRY_RUN, Event.ALERT_REFUSED)
EVENTS = (
    *(*EVENTS_OF_0_1, Event.ALERT_NOTED, Event.ALERT_WITHOUT_DATA, Event.TEST_ALERT),
    *(Event.ALERTS_LEFT_OUT, Event.ATTACK_MADE_UP_FOR),
)


@dataclass(frozen=True)
class Count:
    """A number of rules of one address family ("ipv4", "ipv6") and one action ("discard", …)."""

    address_family: str
    action: str
    rules: int


@dataclass(frozen=True)
class Budget:
    """One limit on the number of rules, by its name in the guardrails ("max_rules", …)."""

    name: str
    limit: int
    used: int


@dataclass(frozen=True)
class Session:
    """One BGP session of the adapter's ExaBGP.

    ``established`` and ``afi_safis`` ("ipv4 flow", …) are None while the adapter does not know;
    ``since`` is when the state was last seen to change, in seconds since 1970-01-01 UTC;
    ``missing_rules`` how many rules the router should have and has not, None where an adapter of
    0.1.0 does not say it.
    """

    peer: str
    established: bool | None
    afi_safis: tuple[str, ...] | None
    since: float | None
    missing_rules: int | None = None


@dataclass(frozen=True)
class PeerLimits:
    """The limits of a router; None where none is established."""

    peer: str
    max_rules: int | None
    max_tcam_entries: int | None


@dataclass(frozen=True)
class Status:
    """``rules`` is the number of rules by state ("announced", "partly_announced", …);
    ``exabgp_problems`` how often each setting of ExaBGP takes something from the adapter;
    ``events`` how often each of EVENTS happened;
    ``unknown_words`` of how many incidents each word of a sender named no vector;
    ``tcam_entries`` is the estimate for all rules that live, on a router that holds them all;
    ``unanswered_seconds`` is how long ExaBGP has owed an answer, 0 if it owes none;
    ``engine_silent_seconds`` how long no engine has given a sign of life, None of an adapter 0.1.0.
    ``log_lines_dropped`` how many lines of its log nobody read;
    ``registry_faults`` is how often its file was found damaged, deleted or replaced.
    """

    version: str
    exabgp_version: str
    started_at: float
    unanswered_seconds: float
    engine_silent_seconds: float | None
    kill_switch: bool
    registry_in_place: bool
    registry_faults: int
    log_lines_dropped: int
    rules: Mapping[str, int]
    active: tuple[Count, ...]
    deployed: tuple[Count, ...]
    events: Mapping[str, int]
    sessions: tuple[Session, ...]
    budgets: tuple[Budget, ...]
    tcam_entries: int
    peer_limits: tuple[PeerLimits, ...]
    exabgp_problems: Mapping[str, int] = field(default_factory=dict)
    unknown_words: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, status: Mapping[str, Any]) -> Status:
        """Raises UnreadableStatus, so that one adapter of another version costs one provider's
        metrics and not the whole scrape."""
        try:
            registry = status.get("registry", {})
            silent_seconds = status.get("seconds_without_heartbeat")
            return cls(
                version=_text(status["version"]),
                exabgp_version=_text(status["exabgp_version"] or "unknown"),
                started_at=_time(status["started_at"]),
                unanswered_seconds=_number(status["seconds_without_answer"]),
                engine_silent_seconds=None if silent_seconds is None else _number(silent_seconds),
                kill_switch=_yes_or_no(status["kill_switch"]),
                # An adapter of 0.1.0 does not look.
                registry_in_place=_text(registry.get("place", "in_place")) == "in_place",
                registry_faults=_count(registry.get("faults", 0)),
                log_lines_dropped=_count(status.get("log_lines_dropped", 0)),
                rules={_text(state): _count(count) for state, count in status["rules"].items()},
                active=_counts(status["active"]),
                deployed=_counts(status["deployed_total"]),
                events={
                    event.value: _count(status["events_total"][event.value])
                    for event in EVENTS
                    if event in status["events_total"] or event in EVENTS_OF_0_1
                },
                sessions=_one_each((session.peer, session) for session in _sessions(status)),
                budgets=tuple(_budgets(status["budget"])),
                tcam_entries=_count(status["budget"]["tcam_entries"]),
                peer_limits=_one_each((it.peer, it) for it in map(_limits, status["peer_limits"])),
                exabgp_problems=_problems(status.get("exabgp_problems")),
                unknown_words={
                    _text(row["word"]): _count(row["count"])
                    for row in status.get("unknown_words", ())
                },
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise UnreadableStatus(
                f"the status has no usable {error}"
                if isinstance(error, KeyError)
                else f"the status is not as documented: {error}"
            ) from error


def _counts(rows: Iterable[Mapping[str, Any]]) -> tuple[Count, ...]:
    found = (
        Count(_text(row["address_family"]), _text(row["action"]), _count(row["count"]))
        for row in rows
    )
    return _one_each(((it.address_family, it.action), it) for it in found)


def _budgets(budget: Mapping[str, Any]) -> Iterator[Budget]:
    """Each limit stands beside what is used of it: ``max_rules`` and ``rules``."""
    for name, limit in budget.items():
        if name.startswith("max_"):
            yield Budget(_text(name), _count(limit), _count(budget[name[len("max_") :]]))


def _problems(rows: Iterable[Mapping[str, Any]] | None) -> Mapping[str, int]:
    """Empty of an adapter 0.1.0."""
    if rows is None:
        return {}
    found = Counter(_text(row["problem"]) for row in rows)
    return {problem.value: found[problem.value] for problem in ExabgpProblem}


def _limits(row: Mapping[str, Any]) -> PeerLimits:
    numbers = (row["max_rules"], row["max_tcam_entries"])
    return PeerLimits(
        _text(row["address"]), *(None if number is None else _count(number) for number in numbers)
    )


def _sessions(status: Mapping[str, Any]) -> Iterator[Session]:
    for peer in status["peers"]:
        families, since, missing = peer["families"], peer["since"], peer.get("missing_rules")
        yield Session(
            peer=_text(peer["address"]),
            established={"established": True, "down": False}.get(_text(peer["state"])),
            afi_safis=None if families is None else tuple(map(_text, families)),
            since=None if since is None else _time(since),
            missing_rules=None if missing is None else _count(missing),
        )


def _one_each(pairs: Iterable[tuple[object, T]]) -> tuple[T, ...]:
    """One of each key, the last: Prometheus takes no two values for one series."""
    return tuple(dict(pairs).values())


def _text(value: Any) -> str:
    """A label's value. Half of a surrogate pair would fail the whole scrape when it is written."""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise ValueError(f"{shown(value)} is no text of at most {_LONGEST_TEXT} characters")
    value.encode()
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _TOO_MUCH:
        raise ValueError(f"{shown(value)} is no number from 0 to 2^63")
    return float(value)


def _count(value: Any) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{shown(value)} is no count")
    return int(_number(value))


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{shown(value)} is neither true nor false")
    return value


def _time(value: Any) -> float:
    return _number(seconds_of(_text(value)))
