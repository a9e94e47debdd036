"""Following the history of an adapter: which events are new since it was last read."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..adapter_answers import EventDict
from ..adapter_client import AdapterClient
from ..times import rfc3339, seconds_of
from .event_triggers import FOLLOWED

_PAGE = 1000
_MOST_AFTER_A_GAP = 10_000


@dataclass(frozen=True)
class Cursor:
    """How far a history was read: ``seq`` and time of an event. ``done``: the events after it whose
    triggers are dispatched."""

    seq: int
    at: str
    done: tuple[int, ...] = ()

    @classmethod
    def new(cls) -> Cursor:
        """What happens from now on."""
        return cls(0, rfc3339(time.time() - 1))

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Cursor:
        return cls(int(given["seq"]), str(given["at"]), tuple(given.get("done", ())))

    def to_json(self) -> dict[str, Any]:
        return {"seq": self.seq, "at": self.at, "done": list(self.done)}

    def with_done(self, seqs: Sequence[int]) -> Cursor:
        return replace(self, done=(*self.done, *seqs))


@dataclass(frozen=True)
class Page:
    """``events`` oldest first, without those that are done; ``end``: the cursor behind them.
    ``gap``: what lies between the cursor and the events is not known to be complete."""

    events: list[EventDict]
    end: Cursor
    more: bool
    gap: bool = False


def read_page(client: AdapterClient, cursor: Cursor) -> Page | None:
    """The next events. None from an adapter of 0.1.0.

    Where the history does not have the cursor's event (it was pruned, or the registry is a restored
    or new one), what is later than the cursor is new. Raises FlowspecError.
    """
    answer = client.history_after(cursor.seq, _PAGE, FOLLOWED)
    if answer is None:
        return None
    events, more, newest = answer["events"], answer["more"], answer["newest"]
    lost = cursor.seq > 0 and answer["after_at"] != cursor.at
    if lost or cursor.seq == 0:
        events, more = _later(client, cursor.at), False
    ends = [(each["seq"], each["at"]) for each in events[-1:]]
    if newest is not None and not more:
        ends.append((newest["seq"], newest["at"]))
    end = Cursor(*max(ends)) if ends else Cursor(0, cursor.at)
    done = set(cursor.done)
    return Page([each for each in events if each["seq"] not in done], end, more, gap=lost)


def _later(client: AdapterClient, at: str) -> list[EventDict]:
    """Oldest first."""
    found: list[EventDict] = []
    before, after = None, seconds_of(at)
    while len(found) < _MOST_AFTER_A_GAP:
        page = client.history(_PAGE, FOLLOWED, before)
        later = [each for each in page if seconds_of(each["at"]) > after]
        found += later
        if len(later) < _PAGE:
            break
        before = page[-1]["seq"]
    return found[::-1]
