"""The history of adapters, filtered."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

from ..adapter_answers import EventDict
from ..adapter_client import AdapterClient
from ..config.pack import PackConfig
from ..errors import Refused
from ..events import Event
from ..flowspec.prefixes import Network, overlap, parse_prefix
from ..flowspec.units import read_duration
from ..refusal_wording import nearest
from ..times import rfc3339, seconds_of
from .providers import all_or_one, ask_each
from .result import Result

_PAGE = 1000


@dataclass(frozen=True)
class HistoryFilter:
    """What an event must be to be shown; None where everything is. ``since`` and ``until`` are
    seconds since the epoch."""

    incident: str | None = None
    rule: str | None = None
    target: Network | None = None
    events: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None

    @classmethod
    def of(
        cls,
        *,
        incident: str | None = None,
        rule: str | None = None,
        target: str | None = None,
        events: Sequence[str] = (),
        since: str | None = None,
        until: str | None = None,
    ) -> HistoryFilter:
        """From what a person gives. Raises Refused."""
        known = [each.value for each in Event]
        for name in events:
            if name not in known:
                near = nearest(name, known)
                message = f"event is {name!r}, which does not exist{near}"
                message = f"{message}; docs/user/vocabulary.md lists all".replace("?;", "?")
                raise Refused(message, field="event", value=name)
        return cls(
            incident or None,
            rule or None,
            parse_prefix(target, "target", Refused) if target else None,
            tuple(events),
            _moment("since", since),
            _moment("until", until),
        )

    @property
    def about(self) -> dict[str, str]:
        """What the adapter itself can look for; it knows no targets."""
        given = {
            "incident": self.incident,
            "rule": self.rule,
            "since": None if self.since is None else rfc3339(self.since),
            "until": None if self.until is None else rfc3339(ceil(self.until)),
        }
        return {name: value for name, value in given.items() if value is not None}

    def fits(self, event: EventDict) -> bool:
        at = seconds_of(event["at"])
        return (
            (self.incident is None or event["incident"] == self.incident)
            and (self.rule is None or event["rule_id"] == self.rule)
            and (self.since is None or at >= self.since)
            and (self.until is None or at <= self.until)
            and (self.target is None or _touches(event, self.target))
        )


_EVERYTHING = HistoryFilter()


def history_of(client: AdapterClient, limit: int, wanted: HistoryFilter) -> list[EventDict]:
    """The newest events that fit, newest first, at most ``limit``."""
    if wanted == HistoryFilter(events=wanted.events):
        return client.history(limit, wanted.events)
    found: list[EventDict] = []
    before = None
    while len(found) < limit:
        page = client.history(_PAGE, wanted.events, before, wanted.about)
        found += [event for event in page if wanted.fits(event)]
        too_old = page and wanted.since is not None and seconds_of(page[-1]["at"]) < wanted.since
        if len(page) != _PAGE or too_old:  # an adapter of 0.1.0 gives all at once
            break
        before = page[-1]["seq"]
    return found[:limit]


@dataclass(frozen=True)
class HistoryResult(Result):
    """``events`` in JSON form, each with its ``provider``; newest first."""

    events: Sequence[Mapping[str, Any]] = field(default_factory=list)


def show_history(
    config: PackConfig,
    limit: int,
    provider: str | None,
    wanted: HistoryFilter = _EVERYTHING,
) -> HistoryResult:
    replies = ask_each(
        all_or_one(config, provider), lambda _provider, client: history_of(client, limit, wanted)
    )
    events = [{"provider": each.name, **it} for each, some in replies.answers for it in some]
    # RFC 3339 in UTC sorts as text.
    events.sort(key=lambda event: str(event["at"]), reverse=True)
    return HistoryResult(replies.problems, events[:limit])


def _moment(name: str, text: str | None) -> float | None:
    """``2h`` is two hours ago."""
    if not text:
        return None
    ago = read_duration(text)
    try:
        moment = seconds_of(text) if ago is None else time.time() - ago
        rfc3339(ceil(moment))  # a time that calendars have
        return moment
    except (ValueError, OverflowError, OSError):
        message = f"{name} is {text!r}, not a time such as 2026-01-15T03:00:00Z, or 2h for two"
        raise Refused(f"{message} hours ago", field=name, value=text) from None


def _touches(event: EventDict, target: Network) -> bool:
    """Whether the event is of a rule, announced or refused, whose destination overlaps ``target``;
    events of version 0.1.0 name no destination."""
    try:
        detail = event["detail"]
        text = detail.get("destination") or detail["rule"]["match"]["destination"]
        return overlap(parse_prefix(text, "destination", Refused), target)
    except (Refused, KeyError, TypeError):
        return False
