"""Has rules claimed, those of several requests in one transaction: a hundred clients that come at
once wait for a few commits, not for a hundred."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Callable

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import RefusalCode
from flowtriq_flowspec.flowspec.rule import RuleReader

from ..clock import Clock
from ..store.registry import Registry
from .admission import RULES_PER_TRANSACTION, Admission, RuleCounts, Terms
from .desired_rules import DesiredRules
from .kill_switch import KillSwitch
from .limits_in_force import LimitsInForce
from .rule_state import Result
from .stale_alerts import remember_announced


@dataclass(eq=False)
class _Order:
    """The rules of one request that are decided in one transaction. ``began_at``: when the first
    of the request were; all of its claims end together. ``problem``: why they were not."""

    items: Sequence[Mapping[str, Any]]
    terms: Terms
    life_seconds: float
    began_at: float | None
    results: list[Result] = field(default_factory=list)
    problem: Exception | None = None
    done: bool = False


class Claiming:
    """``turn`` and ``change`` are the gate's locks; ``claimed`` is called under ``change`` with the
    first end of new claims, in seconds since the epoch."""

    def __init__(
        self,
        registry: Registry,
        limits: LimitsInForce,
        clock: Clock,
        kill_switch: KillSwitch,
        desired: DesiredRules,
        turn: threading.Lock,
        change: threading.Lock,
        claimed: Callable[[float], None],
    ) -> None:
        self._registry = registry
        self._limits = limits
        self._clock = clock
        self._kill_switch = kill_switch
        self._desired = desired
        self._turn, self._change = turn, change
        self._claimed = claimed
        self._reader = RuleReader()
        self._waiting: deque[_Order] = deque()

    def claim(
        self,
        items: Sequence[Mapping[str, Any]],
        terms: Terms,
        life_seconds: float,
        began_at: float | None,
    ) -> tuple[list[Result], float | None]:
        """Decide on some rules in one transaction, and tell the speaker before another change. On
        return they are on the disk.
        ``began_at``: when the first rules of the request were decided on, which is returned too;
        None: these are the first. Raises Refused while the kill switch is engaged, and
        NotStored."""
        with self._turn:
            pass  # a request with thousands of rules lets a withdrawal go first
        order = _Order(items, terms, life_seconds, began_at)
        self._waiting.append(order)
        with self._change:
            while not order.done:  # else somebody did who had the lock before
                self._decide(self._next_orders())
        if order.problem is not None:
            raise order.problem
        self._registry.sync()  # while ExaBGP is at work already
        return order.results, order.began_at

    def _next_orders(self) -> list[_Order]:
        """In the order in which they came, as many as go into one transaction. A dry run is alone:
        what it would add counts for nobody else."""
        orders = [self._waiting.popleft()]
        room = RULES_PER_TRANSACTION - len(orders[0].items)
        while self._waiting and not (orders[0].terms.dry_run or self._waiting[0].terms.dry_run):
            if len(self._waiting[0].items) > room:
                break
            orders.append(self._waiting.popleft())
            room -= len(orders[-1].items)
        return orders

    def _decide(self, orders: list[_Order]) -> None:
        try:
            self._store([order for order in orders if not self._is_forbidden(order)])
        except Exception as problem:  # each of their callers has to hear of it
            for order in orders:
                order.problem = order.problem or problem
        finally:
            for order in orders:
                order.done = True

    def _is_forbidden(self, order: _Order) -> bool:
        if self._kill_switch.engaged and not order.terms.dry_run:
            order.problem = Refused(
                "the kill switch is engaged: nothing is announced until it is released",
                code=RefusalCode.KILL_SWITCH,
            )
        return order.problem is not None

    def _store(self, orders: list[_Order]) -> None:
        if not orders:
            return
        self._registry.look_after()
        rule_ids: dict[str, None] = {}
        with self._registry.transaction(synced=False):
            now = self._clock.now()
            limits = self._limits.guardrails  # perhaps others than when the requests came
            counts = RuleCounts(self._registry, now)
            first_end = float("inf")
            for order in orders:
                if order.began_at is None:
                    order.began_at = now
                life_seconds = min(order.life_seconds, limits.maximum_life_seconds)
                expires_at = order.began_at + life_seconds
                terms, life = order.terms, (life_seconds, now, expires_at)
                admission = Admission(self._registry, limits, terms, *life, self._reader, counts)
                decisions = [admission.decide(item) for item in order.items]
                order.results = [decision.result for decision in decisions]
                announced: set[str] = set()
                for item, decision in zip(order.items, decisions):
                    if decision.rule is not None:
                        announced.add(item["incident"])
                        rule_ids[decision.rule.id] = None
                if terms.seen_at is not None:
                    remember_announced(self._registry, announced, terms.seen_at, now)
                first_end = min(first_end, expires_at)
        self._desired.update(list(rule_ids))
        self._claimed(first_end)
