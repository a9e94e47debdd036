"""Which order an adapter does not have and should follow. Only decides; reconcile acts.

When in doubt there is none (docs/developer/pack.md, "Reconcile").
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..adapter_client import AdapterClient
from ..config.pack import ProviderConfig
from .reconcile_order_log import (
    CLOCKS_SECONDS,
    AdapterView,
    Key,
    LiveClaim,
    Order,
    OrderKind,
    OrderLog,
    read_order_log,
)

# One announcement reaches the adapters within this time: mitigate tries six times.
_SAME_SECONDS = 60.0
WORTH_SECONDS = 30.0
"""A life that is shorter than another's by less is left so."""

_SHORTEST_SECONDS = 10.0  # a claim that ends so soon is not passed on any more


@dataclass(frozen=True)
class Known:
    """What is known of one provider's adapter."""

    provider: ProviderConfig
    view: AdapterView
    log: OrderLog

    @classmethod
    def of(cls, provider: ProviderConfig, client: AdapterClient) -> Known:
        view = AdapterView.of(client)
        return cls(provider, view, read_order_log(client, view.zero))


@dataclass(frozen=True)
class MissedOrder:
    """An order that an adapter does not have. ``claim`` is the source's for an announcement, and
    the adapter's own for a withdrawal. The claim ends at ``ends_at`` (monotonic seconds);
    ``then`` is the action to announce."""

    order: Order
    source: ProviderConfig
    claim: LiveClaim
    ends_at: float
    then: Mapping[str, Any] | None = None


def missed_order(key: Key, here: Known, others: Sequence[Known]) -> MissedOrder | None:
    """The order about a claim that ``here`` does not have and should follow, if there is one."""
    orders = [(each, order) for each in others if (order := each.log.order(key)) is not None]
    if not orders:
        return None
    newest = max((order for _each, order in orders), key=lambda order: order.at)
    if not _is_news(newest, here.log.order(key), here.log.since):
        return None
    if newest.kind == OrderKind.ANNOUNCE:
        return _to_announce(key, newest, here, orders)
    return _to_withdraw(key, newest, here, orders)


def _is_news(order: Order, own: Order | None, since: float | None) -> bool:
    if own is None:
        return since is None or order.at > since + CLOCKS_SECONDS
    margin = _SAME_SECONDS if order.kind == own.kind else CLOCKS_SECONDS
    return order.at - own.at > margin


def _to_announce(
    key: Key, order: Order, here: Known, orders: Sequence[tuple[Known, Order]]
) -> MissedOrder | None:
    sources = [
        each
        for each, its in orders
        if key in each.view.claims
        and its.kind == OrderKind.ANNOUNCE
        and order.at - its.at <= _SAME_SECONDS
    ]
    if not sources or here.view.kill_switch:
        return None
    if _since(here.log.ended(key), order):
        return None  # someone did not want it at this very adapter
    if _since(here.log.kill_switch_released, order):
        return None  # releasing it brings nothing back by itself
    source = max(sources, key=lambda each: each.view.claims[key].ends_at)
    claim, now = source.view.claims[key], time.monotonic()
    ends_at = min(claim.ends_at, now + here.provider.max_rule_seconds)
    own = here.view.claims.get(key)
    gained_seconds = ends_at - (now if own is None else own.ends_at)
    if gained_seconds < (_SHORTEST_SECONDS if own is None else WORTH_SECONDS):
        return None
    return MissedOrder(order, source.provider, claim, ends_at)


def _to_withdraw(
    key: Key, order: Order, here: Known, orders: Sequence[tuple[Known, Order]]
) -> MissedOrder | None:
    own = here.view.claims.get(key)
    if own is None or _since(here.log.claimed_here.get(key), order):
        return None
    source = next(each for each, its in orders if its == order)
    due = time.monotonic()
    if order.kind == OrderKind.SCHEDULE:
        if not here.provider.auto_withdraw:
            return None
        there = source.view.claims.get(key)
        due = max(due, there.ends_at) if there is not None else due
        if own.ends_at - due < CLOCKS_SECONDS:
            return None
    return MissedOrder(order, source.provider, own, due)


def _since(moment: float | None, order: Order) -> bool:
    """Whether something happened after the order; also where that is not certain."""
    return moment is not None and moment > order.at - CLOCKS_SECONDS
