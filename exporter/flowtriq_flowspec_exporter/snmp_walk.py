"""What a walk through a router's counters gives, and its bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_VALUES = 100_000
"""Of one router: ten thousand rules, each with a policer, have forty thousand."""

REPETITIONS = 10  # with names of a hundred characters that is still one datagram in one piece
TRY_SECONDS = 1.0
_HIGHEST = 2**64


class Unanswered(Exception):
    """The agent gave no answer, or none that can be used; says why."""


class TooMany(Unanswered):
    """The agent has more values than are read."""


@dataclass
class Walk:
    """The counters by their whole OID, dotted; ``nonsense`` is how many values were none."""

    values: dict[str, int] = field(default_factory=dict)
    nonsense: int = 0

    def add(self, oid: str, value: object) -> None:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _HIGHEST:
            self.values[oid] = value
        else:
            self.nonsense += 1
