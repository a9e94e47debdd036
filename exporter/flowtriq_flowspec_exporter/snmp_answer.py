"""What a walk through a router's counters gives, and its bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_VALUES = 100_000
"""Of one router: ten thousand rules, each with a policer, have forty thousand."""

REPETITIONS = 25
"""Values in one answer, as Prometheus' own snmp_exporter asks for them: half of a walk's time goes
with the datagrams. An agent gives fewer where that is too long for it."""

TRY_SECONDS = 1.0
HIGHEST = 2**64


class Unanswered(Exception):
    """The agent gave no answer, or none that can be used; says why."""


class TooMany(Unanswered):
    """The agent has more values than are read."""


@dataclass
class Walk:
    """The counters of each subtree, by the rest of their dotted OID; ``nonsense`` is how many
    values were none."""

    counters: dict[str, dict[str, int]] = field(default_factory=dict)
    nonsense: int = 0

    @property
    def size(self) -> int:
        """All values that were read."""
        return sum(map(len, self.counters.values())) + self.nonsense
