"""The answer of ``GET /v1/status`` as typed values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flowtriq_flowspec.events import Event, ExabgpProblem

from .tallies import Tallies
from .values import count, number, text, time, yes_or_no

T = TypeVar("T")


class UnreadableStatus(Exception):
    """The answer is not a status as documented."""


EVENTS_OF_0_1 = (Event.REFUSED, Event.DRY_RUN, Event.ALERT_REFUSED)
EVENTS = (
    *(*EVENTS_OF_0_1, Event.ALERT_NOTED, Event.ALERT_WITHOUT_DATA, Event.TEST_ALERT),
    *(Event.ALERTS_LEFT_OUT, Event.ATTACK_MADE_UP_FOR, Event.MESSAGE_NOT_SENT),
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
    0.1.0 does not say it, as ``rules``: how many are in each state there.
    """

    peer: str
    established: bool | None
    afi_safis: tuple[str, ...] | None
    since: float | None
    missing_rules: int | None = None
    rules: Mapping[str, int] | None = None


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
    ``registry_faults`` is how often its file was found damaged, deleted or replaced;
    ``tallies`` is None of an adapter 0.1.0.
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
    tallies: Tallies | None = None

    @classmethod
    def from_dict(cls, status: Mapping[str, Any]) -> Status:
        """Raises UnreadableStatus, so that one adapter of another version costs one provider's
        metrics and not the whole scrape."""
        try:
            registry = status.get("registry", {})
            silent_seconds = status.get("seconds_without_heartbeat")
            return cls(
                version=text(status["version"]),
                exabgp_version=text(status["exabgp_version"] or "unknown"),
                started_at=time(status["started_at"]),
                unanswered_seconds=number(status["seconds_without_answer"]),
                engine_silent_seconds=None if silent_seconds is None else number(silent_seconds),
                kill_switch=yes_or_no(status["kill_switch"]),
                # An adapter of 0.1.0 does not look.
                registry_in_place=text(registry.get("place", "in_place")) == "in_place",
                registry_faults=count(registry.get("faults", 0)),
                log_lines_dropped=count(status.get("log_lines_dropped", 0)),
                rules={text(state): count(number) for state, number in status["rules"].items()},
                active=_counts(status["active"]),
                deployed=_counts(status["deployed_total"]),
                events={
                    event.value: count(status["events_total"][event.value])
                    for event in EVENTS
                    if event in status["events_total"] or event in EVENTS_OF_0_1
                },
                sessions=_one_each((session.peer, session) for session in _sessions(status)),
                budgets=tuple(_budgets(status["budget"])),
                tcam_entries=count(status["budget"]["tcam_entries"]),
                peer_limits=_one_each((it.peer, it) for it in map(_limits, status["peer_limits"])),
                exabgp_problems=_problems(status.get("exabgp_problems")),
                unknown_words={
                    text(row["word"]): count(row["count"])
                    for row in status.get("unknown_words", ())
                },
                tallies=Tallies.from_dict(status["tallies"]) if "tallies" in status else None,
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise UnreadableStatus(
                f"the status has no usable {error}"
                if isinstance(error, KeyError)
                else f"the status is not as documented: {error}"
            ) from error


def _counts(rows: Iterable[Mapping[str, Any]]) -> tuple[Count, ...]:
    found = (
        Count(text(row["address_family"]), text(row["action"]), count(row["count"])) for row in rows
    )
    return _one_each(((it.address_family, it.action), it) for it in found)


def _budgets(budget: Mapping[str, Any]) -> Iterator[Budget]:
    """Each limit stands beside what is used of it: ``max_rules`` and ``rules``."""
    for name, limit in budget.items():
        if name.startswith("max_"):
            yield Budget(text(name), count(limit), count(budget[name[len("max_") :]]))


def _problems(rows: Iterable[Mapping[str, Any]] | None) -> Mapping[str, int]:
    """Empty of an adapter 0.1.0."""
    if rows is None:
        return {}
    found = Counter(text(row["problem"]) for row in rows)
    return {problem.value: found[problem.value] for problem in ExabgpProblem}


def _limits(row: Mapping[str, Any]) -> PeerLimits:
    numbers = (row["max_rules"], row["max_tcam_entries"])
    return PeerLimits(
        text(row["address"]), *(None if number is None else count(number) for number in numbers)
    )


def _sessions(status: Mapping[str, Any]) -> Iterator[Session]:
    for peer in status["peers"]:
        families, since, missing = peer["families"], peer["since"], peer.get("missing_rules")
        rules = peer.get("rules")
        yield Session(
            peer=text(peer["address"]),
            established={"established": True, "down": False}.get(text(peer["state"])),
            afi_safis=None if families is None else tuple(map(text, families)),
            since=None if since is None else time(since),
            missing_rules=None if missing is None else count(missing),
            rules=None if rules is None else {text(state): count(n) for state, n in rules.items()},
        )


def _one_each(pairs: Iterable[tuple[object, T]]) -> tuple[T, ...]:
    """One of each key, the last: Prometheus takes no two values for one series."""
    return tuple(dict(pairs).values())
