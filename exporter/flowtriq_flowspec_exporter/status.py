"""The answer of ``GET /v1/status`` as typed values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flowtriq_flowspec.events import Event
from flowtriq_flowspec.times import seconds_of


class UnreadableStatus(Exception):
    """The answer is not a status as documented."""


EVENTS = (
    *(Event.REFUSED, Event.DRY_RUN, Event.ALERT_REFUSED, Event.ALERT_NOTED),
    *(Event.ALERT_WITHOUT_DATA, Event.TEST_ALERT),
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
    ``since`` is when the state was last seen to change, in seconds since 1970-01-01 UTC.
    """

    peer: str
    established: bool | None
    afi_safis: tuple[str, ...] | None
    since: float | None


@dataclass(frozen=True)
class PeerLimits:
    """The limits of a router; None where none is established."""

    peer: str
    max_rules: int | None
    max_tcam_entries: int | None


@dataclass(frozen=True)
class Status:
    """``rules`` is the number of rules by state ("announced", "pending", "withdrawing");
    ``events`` how often each of EVENTS happened;
    ``tcam_entries`` is the estimate for all rules that live, on a router that holds them all;
    ``unanswered_seconds`` is how long ExaBGP has owed an answer, 0 if it owes none;
    ``engine_silent_seconds`` how long no engine has given a sign of life, None of an adapter 0.1.0.
    """

    version: str
    exabgp_version: str
    started_at: float
    unanswered_seconds: float
    engine_silent_seconds: float | None
    kill_switch: bool
    rules: Mapping[str, int]
    active: tuple[Count, ...]
    deployed: tuple[Count, ...]
    events: Mapping[str, int]
    sessions: tuple[Session, ...]
    budgets: tuple[Budget, ...]
    tcam_entries: int
    peer_limits: tuple[PeerLimits, ...]

    @classmethod
    def from_dict(cls, status: Mapping[str, Any]) -> Status:
        """Raises UnreadableStatus, so that one adapter of another version costs one provider's
        metrics and not the whole scrape."""
        try:
            return cls(
                version=str(status["version"]),
                exabgp_version=str(status["exabgp_version"] or "unknown"),
                started_at=seconds_of(status["started_at"]),
                unanswered_seconds=float(status["seconds_without_answer"]),
                engine_silent_seconds=_seconds(status.get("seconds_without_heartbeat")),
                kill_switch=bool(status["kill_switch"]),
                rules={str(state): int(count) for state, count in status["rules"].items()},
                active=tuple(_count(row) for row in status["active"]),
                deployed=tuple(_count(row) for row in status["deployed_total"]),
                # An adapter of an older version does not count the newer events.
                events={event: int(status["events_total"].get(event, 0)) for event in EVENTS},
                sessions=tuple(_session(peer) for peer in status["peers"]),
                budgets=tuple(_budgets(status["budget"])),
                tcam_entries=int(status["budget"]["tcam_entries"]),
                peer_limits=tuple(_peer_limits(row) for row in status["peer_limits"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableStatus(
                f"the status has no usable {error}"
                if isinstance(error, KeyError)
                else f"the status is not as documented: {error}"
            ) from error


def _seconds(value: Any) -> float | None:
    return None if value is None else float(value)


def _count(row: Mapping[str, Any]) -> Count:
    return Count(str(row["address_family"]), str(row["action"]), int(row["count"]))


def _budgets(budget: Mapping[str, Any]) -> Iterator[Budget]:
    """Each limit stands beside what is used of it: ``max_rules`` and ``rules``."""
    for name, limit in budget.items():
        if name.startswith("max_"):
            yield Budget(name, int(limit), int(budget[name[len("max_") :]]))


def _peer_limits(row: Mapping[str, Any]) -> PeerLimits:
    numbers = (row["max_rules"], row["max_tcam_entries"])
    return PeerLimits(
        str(row["address"]), *(None if number is None else int(number) for number in numbers)
    )


def _session(peer: Mapping[str, Any]) -> Session:
    families = peer["families"]
    since = peer["since"]
    return Session(
        peer=str(peer["address"]),
        established={"established": True, "down": False}.get(peer["state"]),
        afi_safis=None if families is None else tuple(map(str, families)),
        since=None if since is None else seconds_of(since),
    )
