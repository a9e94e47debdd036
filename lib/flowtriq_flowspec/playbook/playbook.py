"""The playbook: which FlowSpec rules answer an attack, with which action.

Every rule has the target as its destination, the vector's match from vectors.yaml, and what the
sender observed (vector_rules.py). Precedence of the action: the configuration of the vector
(customer, then provider, then pack), then the vector's own action, then the provider's
default_action for vectors that leave it open. The escalation policy may raise the action, never
lower it (docs/adr/0017).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..attack import STARTED, Attack, Target, parse_network
from ..config.pack import AggregationConfig, ProviderConfig
from ..errors import Refused
from ..flowspec.prefixes import Network
from ..flowspec.rule import FlowRule, parse_match, parse_rule
from .aggregation import Fold, fold
from .vector_rules import Answer, Answers
from .vectors import catalogue


@dataclass(frozen=True)
class PlannedRule:
    """One rule for one incident. ``dry_run``: not to be announced; ``approval``: not before
    someone has approved it."""

    rule: FlowRule
    incident: str
    vector: str
    dry_run: bool = False
    approval: bool = False

    def with_the_care_of(self, other: PlannedRule) -> PlannedRule:
        """This rule, with dry run and approval where either has them."""
        return replace(
            self,
            dry_run=self.dry_run or other.dry_run,
            approval=self.approval or other.approval,
        )


@dataclass(frozen=True)
class PlannedRules:
    """``refused``: one mapping per target and vector without a rule: code, message, target,
    incident, vector. ``notes``: what an operator should know, each once."""

    rules: tuple[PlannedRule, ...] = ()
    refused: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


def rules_for(attack: Attack, provider: ProviderConfig) -> PlannedRules:
    """The rules that answer ``attack`` at one provider. Refuses target by target, never raises
    for one of them."""
    targets: dict[Network, list[Target]] = {}
    for target in attack.targets:
        targets.setdefault(target.prefix, []).append(target)
    rules: dict[tuple[str, str], PlannedRule] = {}
    refused: list[dict[str, Any]] = []
    notes: list[str] = []
    answers = Answers(attack, provider)
    for folded in folds([*targets, *attack.neighbours], provider):
        members = [target for prefix in folded.members for target in targets.get(prefix, ())]
        if not members:
            continue  # neighbours, for which another attack makes the rules
        if folded.widened:
            notes.append(_fold_note(folded, provider.aggregation))
        for vector in _components(attack.vector):
            answered = answers.to(vector, folded)
            notes += answered.notes
            if answered.refusal is not None:
                refused += _refusals(answered.refusal, vector, members)
            for planned in _planned(answered, vector, members):
                # Two components of one vector may plan the same rule.
                key = (planned.rule.id, planned.incident)
                earlier = rules.setdefault(key, planned)
                if earlier is not planned:
                    rules[key] = earlier.with_the_care_of(planned)
    return PlannedRules(tuple(rules.values()), tuple(refused), tuple(dict.fromkeys(notes)))


def rule_of_match(
    match: Mapping[str, Any], vector: str, incident: str, provider: ProviderConfig
) -> PlannedRule | None:
    """The rule with exactly this match that the playbook gives ``provider`` for an attack of this
    vector, where a sender proposes the match; None where it gives another rule or none."""
    proposed = {key: value for key, value in match.items() if key != "destination"}
    target = Target(parse_network(match["destination"], "match.destination"), incident)
    attack = Attack(
        source="playbook",
        status=STARTED,
        vector=vector,
        family=catalogue()[vector].family,
        targets=(target,),
        rules=({"match": proposed, "action": None},),
    )
    rule_id = parse_match(match).id
    rules = rules_for(attack, provider).rules
    return next((each for each in rules if each.rule.id == rule_id), None)


def _planned(answered: Answer, vector: str, members: Sequence[Target]) -> Iterator[PlannedRule]:
    for rule in answered.rules:
        for target in members:
            yield PlannedRule(rule, target.incident, vector, answered.dry_run, answered.approval)


def _refusals(refusal: Refused, vector: str, members: Sequence[Target]) -> Iterator[dict[str, Any]]:
    for target in members:
        place = {"target": str(target.prefix), "incident": target.incident, "vector": vector}
        yield {**refusal.as_dict(), **place}


def probe_rule() -> FlowRule:
    """The test rule: it discards UDP to port 9 (discard) of 100.64.0.0.

    That address is the network address of the shared space of RFC 6598, which is never routed
    between networks, so the rule cannot affect real traffic; port 9 (RFC 863) narrows it to what
    would be thrown away anyhow.
    """
    match = {"destination": "100.64.0.0/32", "protocol": "udp", "destination-port": 9}
    return parse_rule({"match": match, "then": {"discard": True}})


def _components(name: str) -> tuple[str, ...]:
    vector = catalogue().get(name)
    return vector.components if vector and vector.components else (name,)


def folds(targets: Sequence[Network], provider: ProviderConfig) -> Iterator[Fold]:
    """Targets folded among those of the same customers and site, never across another customer's
    network: its settings would not hold there."""
    aggregation = provider.aggregation
    groups: dict[tuple[Network | None, tuple[int, ...]], list[Network]] = {}
    for target in targets:
        mine = tuple(
            index for index, customer in enumerate(provider.customers) if customer.holds(target)
        )
        groups.setdefault((provider.site_of(target), mine), []).append(target)
    for (_site, mine), members in groups.items():
        others = [c.prefix for index, c in enumerate(provider.customers) if index not in mine]
        yield from fold(
            members,
            threshold=aggregation.threshold,
            ipv4_prefix_length=aggregation.ipv4_prefix_length,
            ipv6_prefix_length=aggregation.ipv6_prefix_length,
            barriers=(*aggregation.protected, *others),
        )


def _fold_note(folded: Fold, aggregation: AggregationConfig) -> str:
    """What was folded and why, also why no further."""
    length = (
        aggregation.ipv6_prefix_length
        if folded.prefix.version == 6
        else aggregation.ipv4_prefix_length
    )
    network = folded.prefix.supernet(new_prefix=length)
    count = len(folded.members)
    among = len(folded.block)
    some = f"{count} of the {among}" if count < among else f"{count}"
    split = "; a wider one would cover a protected prefix or another customer's network"
    return (
        f"carpet: {some} targets in {network} are answered for by {folded.prefix}"
        f" ({folded.prefix.num_addresses} addresses), since more than carpet.threshold"
        f" ({aggregation.threshold}) are attacked there{split if count < among else ''};"
        " limited, since it covers hosts that are not attacked too"
    )
