"""The field ``tallies`` of an adapter's status as typed values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .values import count, number, text, time, yes_or_no

_MOST_ROWS = 2000


@dataclass(frozen=True)
class Probe:
    """The last one: how long it took, and when, in seconds since 1970-01-01 UTC."""

    ok: bool
    seconds: float
    at: float


@dataclass(frozen=True)
class Times:
    """``counts``: how many took no longer than each of ``buckets`` (seconds), and all."""

    buckets: tuple[float, ...]
    counts: tuple[int, ...]
    sum: float


@dataclass(frozen=True)
class Tallies:
    """Each count by its labels: ``rules_refused`` by (reason, "true" or "false"),
    ``alerts_refused`` by (sender, reason), ``attacks`` by (sender, vector, outcome),
    ``unmitigated`` (now) by (sender, vector)."""

    rules_refused: Mapping[tuple[str, ...], int]
    alerts_refused: Mapping[tuple[str, ...], int]
    claims_ended: Mapping[str, int]
    attacks: Mapping[tuple[str, ...], int]
    unmitigated: Mapping[tuple[str, ...], int]
    quarantined: int
    approvals_waiting: int
    alerts_waiting: int
    probe: Probe | None
    to_announce: Mapping[str, Times]
    no_times: Times
    """Of a sender of which no rule was announced yet."""

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Tallies:
        """Raises KeyError, TypeError, ValueError, AttributeError: it is not as documented."""
        probe = given["probe"]
        buckets = tuple(map(number, given["buckets_seconds"]))
        return cls(
            _rows(given["rules_refused"], "reason", "automation"),
            _rows(given["alerts_refused"], "sender", "reason"),
            {text(name): count(ended) for name, ended in given["claims_ended"].items()},
            _rows(given["attacks"], "sender", "vector", "outcome"),
            _rows(given["attacks_unmitigated"], "sender", "vector"),
            count(given["quarantined"]),
            count(given["approvals_waiting"]),
            count(given["alerts_waiting"]),
            None
            if probe is None
            else Probe(yes_or_no(probe["ok"]), number(probe["seconds"]), time(probe["at"])),
            {text(row["sender"]): _times(row, buckets) for row in given["seconds_to_announce"]},
            Times(buckets, (0,) * (len(buckets) + 1), 0.0),
        )


def _rows(rows: Sequence[Mapping[str, Any]], *names: str) -> dict[tuple[str, ...], int]:
    if len(rows) > _MOST_ROWS:
        raise ValueError(f"{len(rows)} rows of {names[-1]}")
    return {tuple(_label(row[name]) for name in names): count(row["count"]) for row in rows}


def _label(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else text(value)


def _times(row: Mapping[str, Any], buckets: tuple[float, ...]) -> Times:
    counts = list(map(count, row["counts"]))
    if len(counts) != len(buckets) + 1:
        raise ValueError("seconds_to_announce has not one count for each bucket")
    total = 0
    cumulated = []
    for each in counts:
        total += each
        cumulated.append(total)
    return Times(buckets, tuple(cumulated), number(row["sum"]))
