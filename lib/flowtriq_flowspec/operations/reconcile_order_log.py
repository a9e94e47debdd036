"""The orders that each adapter was given for a claim, and when: read from its history, to be
compared with another's.

An *order* that counts is one of the automation: announce, schedule the withdrawal, withdraw, given
to every provider. The adapter marks it by the caller's role (``automation``). What anyone tells one
adapter alone (an operator at its socket, an action with ``provider``) is meant for that adapter: it
is no reason to do the same elsewhere, but it is respected there.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ..adapter_answers import EventDict
from ..adapter_client import AdapterClient
from ..errors import InvalidRule
from ..events import Event, RefusalCode
from ..flowspec.rule import parse_match
from ..times import seconds_of


class OrderKind(Enum):
    """What an order asks for."""

    ANNOUNCE = "announce"
    SCHEDULE = "schedule"
    WITHDRAW = "withdraw"


_KINDS: Mapping[str, OrderKind] = {
    Event.CLAIMED: OrderKind.ANNOUNCE,
    Event.JOINED: OrderKind.ANNOUNCE,
    Event.RENEWED: OrderKind.ANNOUNCE,
    Event.CHANGED: OrderKind.ANNOUNCE,
    Event.REFUSED: OrderKind.ANNOUNCE,
    Event.SCHEDULED: OrderKind.SCHEDULE,
    Event.RELEASED: OrderKind.WITHDRAW,
    Event.RELEASED_ALL: OrderKind.WITHDRAW,
}
_ENDS = (Event.SCHEDULED, Event.RELEASED, Event.RELEASED_ALL, Event.FORBIDDEN)
"""Events that end a claim. Not EXPIRED: that is the end of an older order."""

_EVENTS = (*map(Event, _KINDS), Event.FORBIDDEN, Event.KILL_SWITCH_RELEASED)
_HISTORY = 10_000
"""How many events are read: as many as an adapter gives."""

_AGAIN_SECONDS = 300
"""A rule that was refused for want of room is tried again, but not in each run."""

CLOCKS_SECONDS = 3.0
"""Times of two adapters are compared by their own clocks, which show whole seconds."""

Key = tuple[str, str]
"""(rule id, incident): what names a claim."""

ALL: Key = ("", "")
"""Every claim: the key of an order to withdraw everything."""


@dataclass(frozen=True)
class Order:
    """``at`` is in monotonic seconds of this process, whatever the adapter's clock shows."""

    kind: OrderKind
    at: float


@dataclass(frozen=True)
class LiveClaim:
    """A claim that lives. ``ends_at`` is in monotonic seconds."""

    rule_id: str
    match: Mapping[str, Any]
    description: str
    incident: str
    then: Mapping[str, Any]
    vector: str
    ends_at: float

    @property
    def key(self) -> Key:
        return self.rule_id, self.incident


@dataclass(frozen=True)
class AdapterView:
    """One adapter at one moment. ``zero`` is the monotonic second at which its clock showed the
    epoch: it makes the adapter's times comparable with another adapter's."""

    kill_switch: bool
    zero: float
    claims: Mapping[Key, LiveClaim]

    @classmethod
    def of(cls, client: AdapterClient) -> AdapterView:
        status = client.status()
        zero = time.monotonic() - seconds_of(status["time"])
        claims = (
            LiveClaim(
                rule["id"],
                rule["match"],
                rule["description"],
                claim["incident"],
                claim["then"],
                claim["vector"],
                zero + seconds_of(claim["expires_at"]),
            )
            for rule in client.rules()
            for claim in rule["claims"]
        )
        return cls(status["kill_switch"], zero, {claim.key: claim for claim in claims})


@dataclass(frozen=True)
class OrderLog:
    """What one adapter was told.

    ``orders``: the newest order of the automation for each claim, also for claims that are gone.
    ``ended_here`` and ``claimed_here``: when someone last ended or claimed it at this adapter
    alone. What was said of all claims has the key ALL. Nothing is known of the time before
    ``since``; None: everything is known. ``kill_switch_released``: when, if ever.
    """

    orders: Mapping[Key, Order]
    ended_here: Mapping[Key, float]
    claimed_here: Mapping[Key, float]
    since: float | None
    kill_switch_released: float | None

    def order(self, key: Key) -> Order | None:
        """The newest order about a claim."""
        known = [self.orders[each] for each in (key, ALL) if each in self.orders]
        return max(known, key=lambda order: order.at, default=None)

    def ended(self, key: Key) -> float | None:
        known = [self.ended_here[each] for each in (key, ALL) if each in self.ended_here]
        return max(known, default=None)


def read_order_log(client: AdapterClient, zero: float) -> OrderLog:
    """Read one adapter's history; ``zero`` as in AdapterView."""
    events = client.history(limit=_HISTORY, events=_EVENTS)
    credible, since = _credible(events, zero)
    orders: dict[Key, Order] = {}
    ended: dict[Key, float] = {}
    claimed: dict[Key, float] = {}
    released: float | None = None
    for event in reversed(credible):
        key, at = _key(event), zero + seconds_of(event["at"])
        if event["event"] == Event.KILL_SWITCH_RELEASED:
            released = at
        if key is None:
            continue
        order = _order(event, at, zero)
        if order is not None:
            if key not in orders or order.at >= orders[key].at:
                orders[key] = order
        elif event["event"] in _ENDS:
            ended[key] = at
        elif event["event"] != Event.REFUSED:
            claimed[key] = at
    return OrderLog(orders, ended, claimed, since, released)


def _credible(events: Sequence[EventDict], zero: float) -> tuple[list[EventDict], float | None]:
    """The events, newest first, as far back as their times can be believed, and since when: where
    an older one seems to come later, the adapter's clock was set in between."""
    credible: list[EventDict] = []
    newest = time.monotonic()
    for event in events:
        at = zero + seconds_of(event["at"])
        if at > newest + CLOCKS_SECONDS:
            return credible, newest
        credible.append(event)
        newest = min(newest, at)
    return credible, newest if len(events) == _HISTORY else None


def _key(event: EventDict) -> Key | None:
    rule_id, incident = event["rule_id"], event["incident"]
    if event["event"] == Event.RELEASED_ALL:
        return ALL
    if event["event"] == Event.REFUSED:
        try:
            rule_id = parse_match(event["detail"]["rule"]["match"]).id
        except (InvalidRule, KeyError, TypeError):
            return None  # no rule of ours
    return (rule_id, incident) if rule_id and incident else None


def _order(event: EventDict, at: float, zero: float) -> Order | None:
    """The order of the automation that this event records, if it does. One that reconcile passed on
    is as old as the order it passed on."""
    kind = _KINDS.get(event["event"])
    if kind is None or not event.get("automation"):  # an adapter of 0.1.0 has no such field
        return None
    if event["event"] == Event.REFUSED and _worth_another_try(event, at):
        return None
    return Order(kind, min(at, zero + seconds_of(event["ordered_at"])))


def _worth_another_try(event: EventDict, at: float) -> bool:
    code = event["detail"].get("error", {}).get("code")
    known = code in set(RefusalCode)  # an adapter of another version may have others
    return known and RefusalCode(code).is_want_of_room and time.monotonic() - at > _AGAIN_SECONDS


def in_sync(views: Iterable[AdapterView], worth_seconds: float) -> bool:
    """Whether all adapters have the same claims for the same time, to ``worth_seconds``: then
    nothing is to be done, and no history needs to be read."""
    first, *others = views
    return all(
        first.claims.keys() == other.claims.keys()
        and all(
            abs(claim.ends_at - other.claims[key].ends_at) < worth_seconds
            for key, claim in first.claims.items()
        )
        for other in others
    )
