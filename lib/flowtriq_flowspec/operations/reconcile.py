"""Replays the orders that a provider's adapter missed while it was unreachable.

For each claim the newest order of the automation in all adapters' histories counts. An adapter that
has that order is left alone, whatever has happened there since; one that lacks it is given it.
When in doubt nothing is announced (reconcile_missed_orders.py; docs/developer/pack.md).
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..errors import NotFound, Refused
from ..events import Outcome
from .providers import PACK, ask_each
from .reconcile_action import action_for
from .reconcile_missed_orders import WORTH_SECONDS, Known, MissedOrder, missed_order
from .reconcile_order_log import AdapterView, Key, OrderKind, in_sync
from .result import Problem, Result

CALLER = f"{PACK} reconcile"

_TOGETHER_SECONDS = 5.0
# Of one provider in one run; the adapter allows 900 in a minute, and new attacks need most of them.
_CLAIMS_PER_RUN = 200
_OLDEST_ORDER_SECONDS = 2_592_000  # schemas/adapter_requests.schema.json: ordered_seconds_ago


@dataclass(frozen=True)
class PassedOn:
    """One claim whose order an adapter was given. ``did``: announced, scheduled or withdrawn;
    ``as_at``: the provider whose adapter had the order."""

    provider: str
    incident: str
    id: str
    description: str
    as_at: str
    did: str
    state: str | None = None


@dataclass(frozen=True)
class ReconcileResult(Result):
    """``healed``: what was passed on. A provider that does not answer is a problem, but no failure:
    it is asked again next time. What an adapter refuses fails."""

    healed: list[PassedOn] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refused: int = 0

    @property
    def succeeded(self) -> bool:
        return not self.refused

    def to_json(self) -> dict[str, Any]:
        answer = super().to_json()
        refused = answer.pop("refused")
        healed = Outcome.HEALED if self.healed else Outcome.NOTHING_TO_DO
        return {"outcome": str(Outcome.PARTLY if refused else healed), **answer}


def reconcile(config: PackConfig) -> ReconcileResult:
    """Compare the adapters of all providers, and pass on what one of them missed. One run at a
    time; a second one does nothing."""
    with single_run_lock() as alone:
        if len(config.providers) < 2 or not alone:
            return ReconcileResult()
        views = ask_each(config.providers, lambda _each, client: AdapterView.of(client))
        if len(views.answers) < 2 or in_sync(views.values, WORTH_SECONDS):
            return ReconcileResult(views.problems)
        known = ask_each(views.providers, Known.of)
        told = ask_each(
            views.providers,
            lambda provider, client: _Reconciliation(
                Known.of(provider, client), known.values, client
            ).run(),
        )
    refused = [problem for reply in told.values for problem in reply.refused]
    return ReconcileResult(
        [*views.problems, *known.problems, *told.problems, *refused],
        [row for reply in told.values for row in reply.healed],
        [note for reply in told.values for note in reply.notes],
        len(refused),
    )


def missed_by_providers(config: PackConfig) -> frozenset[tuple[str, Key]]:
    """(provider, claim) of every order that reconcile would pass on now. Tells nobody anything; a
    sensor asks, so that an execution starts only where there is something to do."""
    if len(config.providers) < 2:
        return frozenset()
    views = ask_each(config.providers, lambda _each, client: AdapterView.of(client))
    if len(views.answers) < 2 or in_sync(views.values, WORTH_SECONDS):
        return frozenset()
    known = ask_each(views.providers, Known.of).values
    return frozenset(
        (here.provider.name, order.claim.key)
        for here in known
        for orders in _missed(here, _others(here, known))
        for order in orders
    )


@contextmanager
def single_run_lock() -> Iterator[bool]:
    """Whether no other run of this installation holds the lock; it is held meanwhile.

    The lock is on the folder of this package: every action runner of a host shares it, also those
    with a temporary folder of their own (systemd's PrivateTmp), and nobody else can create it.
    """
    descriptor = os.open(Path(__file__).resolve().parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


@dataclass
class _Reply:
    healed: list[PassedOn] = field(default_factory=list)
    refused: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def _others(here: Known, known: Sequence[Known]) -> list[Known]:
    return [each for each in known if each.provider.name != here.provider.name]


def _missed(here: Known, others: Sequence[Known]) -> tuple[list[MissedOrder], list[MissedOrder]]:
    """(announcements with the action that the provider would have been given, those of the newest
    orders first; withdrawals)"""
    announce: list[MissedOrder] = []
    withdraw: list[MissedOrder] = []
    for key in dict.fromkeys(key for each in (here, *others) for key in each.view.claims):
        missed = missed_order(key, here, others)
        if missed is None:
            continue
        if missed.order.kind != OrderKind.ANNOUNCE:
            withdraw.append(missed)
            continue
        then = action_for(here.provider, missed.source, missed.claim)
        if then is not None:
            announce.append(replace(missed, then=then))
    return sorted(announce, key=lambda missed: missed.order.at, reverse=True), withdraw


class _Reconciliation:
    """Tells one adapter what it missed. ``here`` is looked at once more right before: whatever an
    operator did in between counts."""

    def __init__(self, here: Known, known: Sequence[Known], client: AdapterClient) -> None:
        self._here = here
        self._others = _others(here, known)
        self._client = client
        self._reply = _Reply()

    def run(self) -> _Reply:
        announce, withdraw = _missed(self._here, self._others)
        self._withdraw(withdraw)
        self._announce(announce[:_CLAIMS_PER_RUN])
        if len(announce) > _CLAIMS_PER_RUN:
            self._reply.notes.append(
                f"{self._here.provider.name}: more orders follow in the next run"
            )
        return self._reply

    def _announce(self, missed: Sequence[MissedOrder]) -> None:
        provider = self._here.provider
        for together in _together(missed):
            # None may live longer than where it comes from.
            life_seconds = int(min(each.ends_at for each in together) - time.monotonic())
            rules = [
                {
                    "match": each.claim.match,
                    "then": each.then,
                    "vector": each.claim.vector,
                    "incident": each.claim.incident,
                }
                for each in together
            ]
            try:
                results = self._client.announce(
                    rules=rules, expires_in_seconds=life_seconds, **_terms(together[0])
                )["results"]
            except Refused as error:
                self._reply.refused.append(Problem.of(error, provider=provider.name))
                continue
            for each, result in zip(together, results):
                row = _row(each, provider, "announced", result["state"])
                if "error" in result:
                    about: dict[str, Any] = {**vars(row), **result["error"]}
                    self._reply.refused.append(Problem.from_json(about))
                else:
                    self._reply.healed.append(row)

    def _withdraw(self, missed: Sequence[MissedOrder]) -> None:
        for together in _together(missed):
            ends_at = min(each.ends_at for each in together)
            after_seconds = max(0, int(ends_at - time.monotonic()))
            for selection, ended in self._selections(together):
                try:
                    self._client.withdraw(
                        **selection, after_seconds=after_seconds, **_terms(together[0])
                    )
                except NotFound:
                    continue  # it expired in between
                did = "scheduled" if after_seconds else "withdrawn"
                self._reply.healed += [_row(each, self._here.provider, did) for each in ended]

    def _selections(
        self, missed: Sequence[MissedOrder]
    ) -> Iterator[tuple[dict[str, Any], list[MissedOrder]]]:
        """What to withdraw, and the claims that it ends: whole incidents, and of the rest whole
        rules. A claim whose incident and rule both live on otherwise is left to its expiry."""
        asked = {each.claim.key for each in missed}
        kept = [key for key in self._here.view.claims if key not in asked]
        incidents = {each for _id, each in asked} - {each for _id, each in kept}
        if incidents:
            yield (
                {"incidents": sorted(incidents)},
                [each for each in missed if each.claim.incident in incidents],
            )
        rest = [each for each in missed if each.claim.incident not in incidents]
        kept_rules = {rule_id for rule_id, _incident in kept}
        for rule_id in sorted({each.claim.rule_id for each in rest} - kept_rules):
            yield {"id": rule_id}, [each for each in rest if each.claim.rule_id == rule_id]


def _together(missed: Sequence[MissedOrder]) -> list[list[MissedOrder]]:
    """Those of one order that end together, which can go in one call."""
    groups: dict[tuple[str, int, int], list[MissedOrder]] = {}
    for each in missed:
        of_one = (each.source.name, round(each.order.at), int(each.ends_at // _TOGETHER_SECONDS))
        groups.setdefault(of_one, []).append(each)
    return list(groups.values())


def _terms(missed: MissedOrder) -> dict[str, Any]:
    """How an order is passed on: as old as it is, never as a new order."""
    age_seconds = max(0.0, time.monotonic() - missed.order.at)
    return {
        "caller": CALLER,
        "reason": f"replayed: {missed.source.name} got this order {round(age_seconds)} s ago",
        "automation": True,
        "ordered_seconds_ago": min(round(age_seconds, 3), _OLDEST_ORDER_SECONDS),
    }


def _row(
    missed: MissedOrder, provider: ProviderConfig, did: str, state: str | None = None
) -> PassedOn:
    claim, source = missed.claim, missed.source.name
    return PassedOn(
        provider.name, claim.incident, claim.rule_id, claim.description, source, did, state
    )
