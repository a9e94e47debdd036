"""When the rules of an ended attack go: from the task that schedules it to those after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..events import Outcome


@dataclass(frozen=True)
class RuleEnd:
    """A rule, and when its claim ends; None where it ended at once."""

    id: str
    expires_at: str | None


@dataclass(frozen=True)
class EndOfIncident:
    """The rules of one incident at one provider: scheduled, or left where auto_withdraw is off.
    ``flaps``: how often in a row the attack came back at once."""

    provider: str
    incident: str
    rules: tuple[RuleEnd, ...]
    wait_seconds: int | None = None
    flaps: int = 0

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> EndOfIncident:
        ends = tuple(RuleEnd(rule["id"], rule["expires_at"]) for rule in item["rules"])
        return cls(item["provider"], item["incident"], ends)

    @property
    def left(self) -> bool:
        return self.wait_seconds is None

    def to_json(self) -> dict[str, Any]:
        row = {
            "provider": self.provider,
            "incident": self.incident,
            "kind": str(Outcome.LEFT if self.left else Outcome.SCHEDULED),
            "rules": [vars(rule) for rule in self.rules],
        }
        scheduled = {"wait_seconds": self.wait_seconds, "flaps": self.flaps}
        return row if self.left else {**row, **scheduled}


def ends_from_json(items: Sequence[Mapping[str, Any]]) -> list[EndOfIncident]:
    """``scheduled`` or ``left`` of an earlier task."""
    return [EndOfIncident.from_json(item) for item in items]
