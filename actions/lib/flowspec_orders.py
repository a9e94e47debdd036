"""What each adapter was told of a claim, and when: read from its audit trail, to be compared with
another's.

An *order* is what this pack tells all providers: announce, schedule the withdrawal, withdraw. What
anyone tells one adapter alone (an operator at its socket, an action with ``provider``) is none: it
is meant for that adapter, and is no reason to do the same elsewhere.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flowspec_action import CALLER
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import InvalidRule
from flowtriq_flowspec.flowspec.rule import parse_match

ANNOUNCE, SCHEDULE, WITHDRAW = "announce", "schedule", "withdraw"
RECONCILER = f"{CALLER} reconcile"
_PASSED_ON = re.compile(r" (\d+) s ago$")

_KINDS = {
    **dict.fromkeys(("claimed", "joined", "renewed", "changed", "refused"), ANNOUNCE),
    "scheduled": SCHEDULE,
    **dict.fromkeys(("released", "released_all"), WITHDRAW),
}
# Not expired: that is the end of an older order.
_ENDS = ("scheduled", "released", "released_all", "forbidden")
_KILL_SWITCH_RELEASED = "kill_switch_released"
_EVENTS = (*_KINDS, "forbidden", _KILL_SWITCH_RELEASED)
_HISTORY = 10_000  # as many as an adapter gives
# A rule that was refused for want of room is tried again, but not every time.
_WANT_OF_ROOM = ("max_rules", "max_announcements", "peers")
_AGAIN_SECONDS = 300

# Times of two adapters, counted back from their own clocks that show whole seconds.
CLOCKS_SECONDS = 3.0

Key = tuple[str, str]  # rule id, incident
ALL: Key = ("", "")


@dataclass(frozen=True)
class Order:
    """``at`` is in monotonic seconds of this process, whatever the clock of the adapter shows."""

    kind: str
    at: float


@dataclass(frozen=True)
class Trail:
    """What one adapter heard. ``orders``: the newest for each claim, also of claims that it has no
    more. ``ended_here`` and ``claimed_here``: when it was last told so itself. What was said of all
    claims, also of those that it did not have, has the key ALL. Nothing is known of the time before
    ``since``; None: all is known. ``kill_switch_released``: when, if ever."""

    orders: Mapping[Key, Order]
    ended_here: Mapping[Key, float]
    claimed_here: Mapping[Key, float]
    since: float | None
    kill_switch_released: float | None

    def order(self, key: Key) -> Order | None:
        """The newest about a claim."""
        found = [self.orders[each] for each in (key, ALL) if each in self.orders]
        return max(found, key=lambda order: order.at, default=None)

    def ended(self, key: Key) -> float | None:
        found = [self.ended_here[each] for each in (key, ALL) if each in self.ended_here]
        return max(found, default=None)


@dataclass(frozen=True)
class Claim:
    """A claim that lives, with its rule (``id match description``)."""

    rule: Mapping[str, Any]
    incident: str
    then: Mapping[str, Any]
    vector: str
    ends_at: float

    @property
    def key(self) -> Key:
        return self.rule["id"], self.incident


@dataclass(frozen=True)
class View:
    """One adapter at one moment. ``zero`` is the monotonic second at which its clock showed the
    epoch: what makes its times comparable with another adapter's."""

    kill_switch: bool
    zero: float
    claims: Mapping[Key, Claim]


def view(client: AdapterClient) -> View:
    """Look at one adapter."""
    status = client.status()
    zero = time.monotonic() - _seconds(status["time"])
    claims = (
        Claim(
            rule,
            each["incident"],
            each["then"],
            each["vector"],
            zero + _seconds(each["expires_at"]),
        )
        for rule in client.rules()
        for each in rule["claims"]
    )
    return View(status["kill_switch"], zero, {claim.key: claim for claim in claims})


def trail(client: AdapterClient, zero: float) -> Trail:
    """Read one adapter's audit trail."""
    events = client.history(limit=_HISTORY, events=_EVENTS)
    known, since = _in_order(events, zero)
    orders: dict[Key, Order] = {}
    ended: dict[Key, float] = {}
    claimed: dict[Key, float] = {}
    released: float | None = None
    for event in reversed(known):
        key, at = _key(event), zero + _seconds(event["at"])
        if event["event"] == _KILL_SWITCH_RELEASED:
            released = at
        if key is None:
            continue
        order = _order(event, at)
        if order is not None:
            if key not in orders or order.at >= orders[key].at:
                orders[key] = order
        elif event["event"] in _ENDS:
            ended[key] = at
        elif event["event"] != "refused":
            claimed[key] = at
    return Trail(orders, ended, claimed, since, released)


def _in_order(
    events: Sequence[Mapping[str, Any]], zero: float
) -> tuple[list[Mapping[str, Any]], float | None]:
    """The events, newest first, as far back as their times can be believed, and since when: where
    an older one seems to come later, the adapter's clock was set in between."""
    known: list[Mapping[str, Any]] = []
    newest = time.monotonic()
    for event in events:
        at = zero + _seconds(event["at"])
        if at > newest + CLOCKS_SECONDS:
            return known, newest
        known.append(event)
        newest = min(newest, at)
    return known, newest if len(events) == _HISTORY else None


def _key(event: Mapping[str, Any]) -> Key | None:
    rule_id, incident = event["rule_id"], event["incident"]
    if event["event"] == "released_all":
        return ALL
    if event["event"] == "refused":
        try:
            rule_id = parse_match(event["detail"]["rule"]["match"]).id
        except (InvalidRule, KeyError, TypeError):
            return None  # no rule of ours
    return (rule_id, incident) if rule_id and incident else None


def _order(event: Mapping[str, Any], at: float) -> Order | None:
    """The order that an event is the trace of, if it is. One that was passed on by ``reconcile`` is
    as old as the one it passed on."""
    kind = _KINDS.get(event["event"])
    if kind is None or (event["event"] == "refused" and _try_again(event, at)):
        return None
    if event["caller"].startswith(f"{CALLER} ("):  # the adapter adds who it is by its credentials
        return Order(kind, at)
    found = _PASSED_ON.search(event["reason"])
    if event["caller"].startswith(f"{RECONCILER} (") and found:
        return Order(kind, at - int(found[1]))
    return None


def _try_again(event: Mapping[str, Any], at: float) -> bool:
    code = str(event["detail"].get("error", {}).get("code"))
    return code.startswith(_WANT_OF_ROOM) and time.monotonic() - at > _AGAIN_SECONDS


def passed_on(order: Order, source: str) -> dict[str, str]:
    """What to tell an adapter with an order that another one heard; read again by ``_order``."""
    ago = round(time.monotonic() - order.at)
    return {"caller": RECONCILER, "reason": f"as {source} was told {max(0, ago)} s ago"}


def _seconds(rfc3339: str) -> float:
    return datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).timestamp()
