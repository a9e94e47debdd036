"""Telling a provider that was away what the others were told meanwhile.

For each claim the newest order of all adapters' audit trails counts (flowspec_orders). An adapter
that heard it is left alone, whatever it has done with it since; one that did not hear it is told.
When in doubt nothing is announced (docs/adr/0038).
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from flowspec_action import Answer, problem
from flowspec_orders import (
    ANNOUNCE,
    CLOCKS_SECONDS,
    SCHEDULE,
    Claim,
    Key,
    Order,
    Trail,
    View,
    passed_on,
    trail,
    view,
)
from flowspec_planning import HANDWRITTEN
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.attack import STARTED, Attack, Target, parse_network
from flowtriq_flowspec.config.pack import ProviderConfig
from flowtriq_flowspec.errors import NotFound, Refused
from flowtriq_flowspec.flowspec.prefixes import Network
from flowtriq_flowspec.playbook.playbook import PlannedRule, rules_for
from flowtriq_flowspec.playbook.vectors import catalogue

NOTHING, HEALED, PARTLY = "nothing_to_do", "healed", "partly"

# One announcement reaches the adapters within this time: mitigate tries six times.
_SAME_SECONDS = 60.0
_WORTH_SECONDS = 30.0  # a life that is shorter than another's by less is left so
_SHORTEST_SECONDS = 10.0  # a claim that ends so soon is not passed on any more
_TOGETHER_SECONDS = 5.0
# Of one provider in one run; the adapter allows 900 in a minute, and new attacks need most of them.
_CLAIMS_PER_RUN = 200


@contextmanager
def alone() -> Iterator[bool]:
    """Whether no other run of this installation holds this; it is held meanwhile."""
    with Path(__file__).open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def agree(views: Sequence[View]) -> bool:
    """Whether all adapters have the same claims for the same time, so that nothing is to be done.
    Cheaper than reading their audit trails."""
    first, *others = views
    return all(
        first.claims.keys() == other.claims.keys()
        and all(
            abs(claim.ends_at - other.claims[key].ends_at) < _WORTH_SECONDS
            for key, claim in first.claims.items()
        )
        for other in others
    )


@dataclass(frozen=True)
class Known:
    """What is known of one provider's adapter."""

    provider: ProviderConfig
    view: View
    trail: Trail


def known(provider: ProviderConfig, client: AdapterClient) -> Known:
    now = view(client)
    return Known(provider, now, trail(client, now.zero))


@dataclass(frozen=True)
class _Missed:
    """An order that a provider has not heard: ``claim`` is the source's for an announcement, and
    the provider's own for a withdrawal, which is due at ``at`` (monotonic seconds)."""

    order: Order
    source: ProviderConfig
    claim: Claim
    at: float
    then: Mapping[str, Any] | None = None

    def told(self) -> dict[str, str]:
        return passed_on(self.order, self.source.name)


class Reconciliation:
    """``others``: what is known of all adapters that answer."""

    def __init__(self, others: Sequence[Known]) -> None:
        self._others = others

    def at_one(self, provider: ProviderConfig, client: AdapterClient) -> list[dict[str, Any]]:
        """Tell one adapter what it has missed. Rows: provider, incident, id, description, ``did``
        (announced, withdrawn, scheduled), state; or with an error's ``code``."""
        # It is looked at once more: whatever an operator did in between counts.
        here = known(provider, client)
        others = [other for other in self._others if other.provider.name != provider.name]
        announce: list[_Missed] = []
        withdraw: list[_Missed] = []
        for key in dict.fromkeys(key for it in (here, *others) for key in it.view.claims):
            missed = _missed(key, here, others)
            if missed is not None:
                (announce if missed.order.kind == ANNOUNCE else withdraw).append(missed)
        rows = list(_withdrawn(client, here, withdraw))
        some = list(islice(_with_action(provider, announce), _CLAIMS_PER_RUN + 1))
        rows += _announced(client, some[:_CLAIMS_PER_RUN])
        notes = [{"later": True}] if len(some) > _CLAIMS_PER_RUN else []
        return [{"provider": provider.name, **row} for row in [*rows, *notes]]


def _with_action(provider: ProviderConfig, announce: Sequence[_Missed]) -> Iterator[_Missed]:
    """The claims that the provider would have been given, those of the newest orders first."""
    for each in sorted(announce, key=lambda each: each.order.at, reverse=True):
        then = then_at(provider, each.source, each.claim)
        if then is not None:
            yield replace(each, then=then)


def _missed(key: Key, here: Known, others: Sequence[Known]) -> _Missed | None:
    """The order about a claim that ``here`` has not heard and should follow, if there is one."""
    heard = [(each, order) for each in others if (order := each.trail.order(key)) is not None]
    if not heard:
        return None
    newest = max((order for _each, order in heard), key=lambda order: order.at)
    if not _is_news(newest, here.trail.order(key), here.trail.since):
        return None
    if newest.kind == ANNOUNCE:
        return _to_announce(key, newest, here, heard)
    return _to_withdraw(key, newest, here, heard)


def _is_news(order: Order, own: Order | None, since: float | None) -> bool:
    if own is None:
        return since is None or order.at > since + CLOCKS_SECONDS
    margin = _SAME_SECONDS if order.kind == own.kind else CLOCKS_SECONDS
    return order.at - own.at > margin


def _to_announce(
    key: Key, order: Order, here: Known, heard: Sequence[tuple[Known, Order]]
) -> _Missed | None:
    sources = [
        each
        for each, its in heard
        if key in each.view.claims and its.kind == ANNOUNCE and order.at - its.at <= _SAME_SECONDS
    ]
    if not sources or here.view.kill_switch:
        return None
    if _since(here.trail.ended(key), order):
        return None  # someone did not want it at this very adapter
    if _since(here.trail.kill_switch_released, order):
        return None  # releasing it brings nothing back by itself
    source = max(sources, key=lambda each: each.view.claims[key].ends_at)
    claim, now = source.view.claims[key], time.monotonic()
    ends_at = min(claim.ends_at, now + here.provider.max_rule_seconds)
    own = here.view.claims.get(key)
    if ends_at - (now if own is None else own.ends_at) < (
        _SHORTEST_SECONDS if own is None else _WORTH_SECONDS
    ):
        return None
    return _Missed(order, source.provider, claim, ends_at)


def _to_withdraw(
    key: Key, order: Order, here: Known, heard: Sequence[tuple[Known, Order]]
) -> _Missed | None:
    own = here.view.claims.get(key)
    if own is None or _since(here.trail.claimed_here.get(key), order):
        return None
    source = next(each for each, its in heard if its == order)
    due = time.monotonic()
    if order.kind == SCHEDULE:
        if not here.provider.auto_withdraw:
            return None
        there = source.view.claims.get(key)
        due = max(due, there.ends_at) if there is not None else due
        if own.ends_at - due < CLOCKS_SECONDS:
            return None
    return _Missed(order, source.provider, own, due)


def _since(moment: float | None, order: Order) -> bool:
    """Whether something happened after the order; also where that is not certain."""
    return moment is not None and moment > order.at - CLOCKS_SECONDS


def then_at(
    provider: ProviderConfig, source: ProviderConfig, claim: Claim
) -> Mapping[str, Any] | None:
    """The action of a claim of ``source`` at another provider; None where the playbook would not
    have given that one the rule.

    The provider's own action, where the playbook explains with the same question why the source has
    its one; else that of the claim.
    """
    target = parse_network(claim.rule["match"]["destination"], "match.destination")
    if claim.vector == HANDWRITTEN:
        return claim.then if _serves(provider, target) and not provider.dry_run else None
    if claim.vector not in catalogue():
        return None  # of the probe or the mission's messages: meant for that one provider
    if "unicast" in claim.rule["match"]:
        return None  # a blackhole: no adapter knows the rates that led to it
    ways = [each.vector_settings(claim.vector, target).match for each in (provider, source)]
    if ways[0] != ways[1]:
        return None  # a rule of its own answers there
    here = _planned(provider, claim)
    if here is None or here.dry_run:
        return None
    there = _planned(source, claim)
    if here.approval and not (there and there.approval):
        return None  # that the source has it does not mean that someone approved
    own: Mapping[str, Any] = here.rule.then.to_dict()
    if there is None or there.rule.then.to_dict() != claim.then:
        return claim.then
    one_host = target.prefixlen == target.max_prefixlen and "fragment" not in claim.rule["match"]
    if "discard" in own and "discard" not in claim.then and not one_host:
        return claim.then  # folded targets and companions for fragments are never discarded
    return own


def _serves(provider: ProviderConfig, target: Network) -> bool:
    try:
        provider.require_serves(target)
    except Refused:
        return False
    return True


def _planned(provider: ProviderConfig, claim: Claim) -> PlannedRule | None:
    """What the playbook says of the claim's match at a provider. The attack itself is known to no
    adapter, so it is asked about one that proposes this very match."""
    match = dict(claim.rule["match"])
    target = Target(parse_network(match.pop("destination"), "match.destination"), claim.incident)
    attack = Attack(
        source="reconcile",
        status=STARTED,
        vector=claim.vector,
        family=catalogue()[claim.vector].family,
        targets=(target,),
        rules=({"match": match, "action": None},),
    )
    rules = rules_for(attack, provider).rules
    return next((each for each in rules if each.rule.id == claim.rule["id"]), None)


def _announced(client: AdapterClient, missed: Sequence[_Missed]) -> Iterator[dict[str, Any]]:
    for some in _together(missed):
        # None may live longer than where it comes from.
        life_seconds = int(min(each.at for each in some) - time.monotonic())
        rules = [
            {
                "match": each.claim.rule["match"],
                "then": each.then,
                "vector": each.claim.vector,
                "incident": each.claim.incident,
            }
            for each in some
        ]
        try:
            results = client.announce(
                rules=rules,
                expires_in_seconds=life_seconds,
                **some[0].told(),
            )["results"]
        except Refused as error:
            yield problem(error)
            continue
        for each, result in zip(some, results):
            error = {**result["error"], "temporary": False} if "error" in result else {}
            yield {**_about(each), "did": "announced", "state": result["state"], **error}


def _withdrawn(
    client: AdapterClient, here: Known, missed: Sequence[_Missed]
) -> Iterator[dict[str, Any]]:
    for some in _together(missed):
        after_seconds = max(0, int(min(each.at for each in some) - time.monotonic()))
        how = {"after_seconds": after_seconds, **some[0].told()}
        for what, ended in _withdrawals(here, some):
            try:
                client.withdraw(**what, **how)
            except NotFound:
                continue  # it ended by itself in between
            did = "scheduled" if after_seconds else "withdrawn"
            yield from ({**_about(each), "did": did} for each in ended)


def _withdrawals(
    here: Known, some: Sequence[_Missed]
) -> Iterator[tuple[dict[str, Any], list[_Missed]]]:
    """What to withdraw, and the claims that it ends: whole incidents, and of the rest whole rules.
    A claim whose incident and rule both live on otherwise is left to its expiry."""
    asked = {each.claim.key for each in some}
    kept = [key for key in here.view.claims if key not in asked]
    incidents = {incident for _id, incident in asked} - {incident for _id, incident in kept}
    if incidents:
        yield (
            {"incidents": sorted(incidents)},
            [each for each in some if each.claim.incident in incidents],
        )
    rest = [each for each in some if each.claim.incident not in incidents]
    for rule_id in sorted({each.claim.key[0] for each in rest} - {rule_id for rule_id, _i in kept}):
        yield {"id": rule_id}, [each for each in rest if each.claim.key[0] == rule_id]


def _together(missed: Sequence[_Missed]) -> list[list[_Missed]]:
    """Those of one order that end together, which can go in one call."""
    groups: dict[tuple[str, int, int], list[_Missed]] = {}
    for each in missed:
        of_one = (each.source.name, round(each.order.at), int(each.at // _TOGETHER_SECONDS))
        groups.setdefault(of_one, []).append(each)
    return list(groups.values())


def _about(missed: _Missed) -> dict[str, Any]:
    rule = missed.claim.rule
    return {
        "incident": missed.claim.incident,
        "id": rule["id"],
        "description": rule["description"],
        "as_at": missed.source.name,
    }


def summary(rows: Sequence[dict[str, Any]], problems: Sequence[dict[str, Any]]) -> Answer:
    """``healed``: what was done. A provider that does not answer is a problem, but no failure: it
    is asked again next time. What an adapter refuses fails."""
    refused = [row for row in rows if "code" in row]
    healed = [row for row in rows if "did" in row and "code" not in row]
    notes = [f"{row['provider']}: there are more, next time" for row in rows if "later" in row]
    return not refused, {
        "outcome": PARTLY if refused else HEALED if healed else NOTHING,
        "healed": healed,
        "problems": [*problems, *refused],
        "notes": notes,
    }
