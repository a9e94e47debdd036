"""The playbook: which FlowSpec rules answer an attack, with which action.

Every rule has the target as its destination, what vectors.yaml says of the vector, and whatever
the sender observed. Precedence of the action: what is configured for the vector (customer, then
provider, then pack), then the vector's own, then the provider's default_action for vectors that
leave it open. The escalation policy may raise it, never lower it (docs/adr/0023).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ..attack import Attack, Observed, Target
from ..config.pack import DEFAULT, Carpet, ProviderConfig, VectorConfig
from ..errors import Refused
from ..events import RefusalCode
from ..flowspec.prefixes import Network
from ..flowspec.rule import FlowRule, parse_rule
from .aggregation import Fold, fold
from .escalation import BLACKHOLE, DROP, RATE_LIMIT, escalated
from .narrowing import narrowed, tells_apart
from .vectors import Vector, catalogue

# RFC 8200 section 5: every link carries 1280 bytes, so a datagram of shorter packets is whole.
MINIMUM_MTU_BYTES = 1280
# What a datagram's fragments have in common, and a rule for them matches too.
_OF_EVERY_FRAGMENT = ("source", "dscp", "flow-label")


@dataclass(frozen=True)
class PlannedRule:
    """One rule for one incident. ``dry_run``: not to be announced; ``approval``: not before
    someone has approved it."""

    rule: FlowRule
    incident: str
    vector: str
    dry_run: bool = False
    approval: bool = False

    def to_dict(self) -> dict[str, Any]:
        """JSON form: match, then, incident, vector, dry_run, approval."""
        return {
            **self.rule.to_dict(),
            "incident": self.incident,
            "vector": self.vector,
            "dry_run": self.dry_run,
            "approval": self.approval,
        }


@dataclass(frozen=True)
class PlannedRules:
    """``refused``: one mapping per target and vector without a rule: code, message, target,
    incident, vector. ``notes``: what an operator should know, each once."""

    rules: tuple[PlannedRule, ...] = ()
    refused: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "rules": [planned.to_dict() for planned in self.rules],
            "refused": [dict(item) for item in self.refused],
            "notes": list(self.notes),
        }


def rules_for(attack: Attack, provider: ProviderConfig, *, dry_run: bool = False) -> PlannedRules:
    """The rules that answer ``attack`` at one provider. Refuses target by target, never raises
    for one of them. ``dry_run`` is the call's own, beside the provider's and the vector's."""
    rules: dict[tuple[str, str], PlannedRule] = {}
    refused: list[dict[str, Any]] = []
    notes: list[str] = []
    incidents: dict[Network, list[Target]] = {}
    for target in attack.targets:
        incidents.setdefault(target.prefix, []).append(target)
    for folded in _folds(list(incidents), provider):
        members = [target for prefix in folded.members for target in incidents[prefix]]
        if folded.widened:
            notes.append(_fold_note(folded, provider.carpet))
        for name in _components(attack.vector):
            try:
                case = _case(name, attack, folded, provider)
                flow_rules = list(_plan(case, notes))
            except Refused as error:
                for target in members:
                    place = {"target": str(target.prefix), "incident": target.incident}
                    refused.append({**error.as_dict(), **place, "vector": name})
                continue
            for rule in flow_rules:
                for target in members:
                    planned = PlannedRule(
                        rule,
                        target.incident,
                        name,
                        dry_run=dry_run or provider.dry_run or bool(case.settings.dry_run),
                        approval=case.approval,
                    )
                    earlier = rules.setdefault((rule.id, target.incident), planned)
                    if earlier != planned:
                        # Two components of one vector plan the same: with the care of both.
                        rules[rule.id, target.incident] = replace(
                            earlier,
                            dry_run=earlier.dry_run or planned.dry_run,
                            approval=earlier.approval or planned.approval,
                        )
    return PlannedRules(tuple(rules.values()), tuple(refused), tuple(dict.fromkeys(notes)))


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


def _folds(targets: Sequence[Network], provider: ProviderConfig) -> Iterator[Fold]:
    """Targets folded among those of the same customers and site, never across another customer's
    network: its settings would not hold there."""
    carpet = provider.carpet
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
            threshold=carpet.threshold,
            ipv4_prefix_length=carpet.ipv4_prefix_length,
            ipv6_prefix_length=carpet.ipv6_prefix_length,
            barriers=(*carpet.protected, *others),
        )


def _fold_note(folded: Fold, carpet: Carpet) -> str:
    """What was folded and why, also why no further."""
    length = carpet.ipv6_prefix_length if folded.prefix.version == 6 else carpet.ipv4_prefix_length
    network = folded.prefix.supernet(new_prefix=length)
    count = len(folded.members)
    some = f"{count} of the {folded.among}" if count < folded.among else f"{count}"
    split = "; a wider one would cover a protected prefix or another customer's network"
    return (
        f"carpet: {some} targets in {network} are answered for by {folded.prefix}"
        f" ({folded.prefix.num_addresses} addresses), since more than carpet.threshold"
        f" ({carpet.threshold}) are attacked there{split if count < folded.among else ''};"
        " limited, since it covers hosts that are not attacked too"
    )


@dataclass(frozen=True)
class _Case:
    """One vector against one prefix at one provider. ``alone``: the attack has no other target."""

    vector: Vector
    own_match: Mapping[str, Any]
    target: Network
    folded: bool
    alone: bool
    observed: Observed
    proposed: Sequence[Mapping[str, Any]]
    settings: VectorConfig
    provider: ProviderConfig

    @property
    def approval(self) -> bool:
        folding = self.folded and self.provider.carpet.approval == "required"
        return folding or self.settings.approval == "required"

    @property
    def limit(self) -> dict[str, Any]:
        return {"rate-limit": self.settings.rate_limit_bps or self.provider.rate_limit_bps}

    @property
    def one_host(self) -> bool:
        return self.target.prefixlen == self.target.max_prefixlen

    @property
    def address_family(self) -> str:
        return f"ipv{self.target.version}"

    @property
    def configured_drop(self) -> bool:
        """Somebody chose to drop this vector; neither its own action nor an escalation did."""
        action = self.settings.action
        return DROP in (action, action == DEFAULT and self.provider.default_action)


def _case(name: str, attack: Attack, folded: Fold, provider: ProviderConfig) -> _Case:
    """Raises Refused where there can be no rule."""
    target = folded.prefix
    address_family = "ipv6" if target.version == 6 else "ipv4"
    vector = catalogue().get(name)
    if vector is None:
        raise Refused(
            f"no vector is called {name}", code=RefusalCode.UNKNOWN_VECTOR, field="vector"
        )
    if vector.refuse:
        raise Refused(f"no rule for {name}: {vector.refuse}", code=RefusalCode.NO_RULE_FOR_VECTOR)
    settings = provider.vector_settings(name, target)
    if settings.enabled is False:
        raise Refused(f"{name} is switched off for {target}", code=RefusalCode.VECTOR_DISABLED)
    provider.require_serves(target)
    own = vector.match_for(address_family)
    if own is None:
        message = f"{name} does not exist on {address_family}, so {target} gets no rule"
        raise Refused(message, code=RefusalCode.NO_RULE_FOR_ADDRESS_FAMILY)
    return _Case(
        vector=vector,
        own_match={**own, **(settings.match or {})},
        target=target,
        folded=folded.widened,
        alone=all(other.prefix == target for other in attack.targets),
        observed=attack.observed,
        proposed=attack.rules,
        settings=settings,
        provider=provider,
    )


def _plan(case: _Case, notes: list[str]) -> Iterator[FlowRule]:
    if case.vector.caveat:
        notes.append(f"{case.vector.name}: {case.vector.caveat}")
    blackholed = False
    for match, proposed in _matches(case, notes):
        action = _action(case, proposed, notes)
        blackholed |= action == BLACKHOLE
        drops = action != RATE_LIMIT and _may_drop(case, match, notes)
        yield _rule(case, match, {"discard": True} if drops else case.limit)
        if case.vector.fragments and not case.proposed and _may_be_fragmented(case.observed):
            # Fragments after the first carry no ports. Honest ones do exist: never discarded.
            companion = {"protocol": "udp", "fragment": ["is-fragment"]}
            companion.update({key: match[key] for key in _OF_EVERY_FRAGMENT if key in match})
            notes.append(f"{case.vector.name}: UDP fragments carry no ports; they are limited too")
            yield _rule(case, companion, case.limit)
    if blackholed:
        yield from _blackhole(case, notes)


def _blackhole(case: _Case, notes: list[str]) -> Iterator[FlowRule]:
    """At most one: it takes the host off the network, so nothing short of certain is enough."""
    then = case.provider.blackhole.get(case.address_family)
    why_not = None
    if case.vector.discard == "never":
        why_not = f"nothing tells {case.vector.name} from other traffic"
    elif not case.alone:
        why_not = "the attack has several targets, and the observed rate is theirs together"
    elif not case.one_host:
        why_not = f"{case.target} is a whole network"
    elif then is None:
        why_not = f"blackhole.next_hop_{case.address_family} is not set"
    if then is None or why_not:
        notes.append(f"{case.provider.name}: nothing is blackholed: {why_not}")
        return
    yield parse_rule({"match": {"destination": str(case.target)}, "then": then.to_dict()})


def _rule(case: _Case, match: Mapping[str, Any], then: Mapping[str, Any]) -> FlowRule:
    host = "2001:db8::1/128" if case.target.version == 6 else "192.0.2.1/32"
    text = json.dumps({"match": {**match, "destination": host}, "then": then})
    model = _parsed(text)
    return FlowRule(replace(model.match, destination=case.target), model.then)


@lru_cache(maxsize=256)
def _parsed(text: str) -> FlowRule:
    """Read once for all targets: thousands of them differ in nothing but the destination."""
    return parse_rule(json.loads(text))


def _matches(case: _Case, notes: list[str]) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """(match without destination, the action a sender proposes with it)."""
    if case.proposed:
        notes.append(f"{case.vector.name}: the rules that the sender proposes are used")
        for rule in case.proposed:
            yield rule["match"], rule["action"]
        return
    vector, observed = case.vector, case.observed
    found = narrowed(case.own_match, vector, observed, case.target, notes)
    evident = any(getattr(observed, key) for key in vector.requires) and found != [case.own_match]
    if vector.requires and not evident:
        message = (
            f"{vector.name} needs {' or '.join(vector.requires)} to be observed, and few of them;"
            f" without, a rule for {case.target} would be broader than the evidence"
        )
        raise Refused(message, code=RefusalCode.TOO_LITTLE_EVIDENCE)
    for match in found:
        yield match, None


def _action(case: _Case, proposed: str | None, notes: list[str]) -> str:
    """rate-limit, drop or blackhole."""
    action = case.settings.action or proposed or case.vector.action
    if action == DEFAULT:
        action = case.provider.default_action
    raised, why = escalated(action, case.provider.escalation, case.observed)
    notes += [f"{case.provider.name}: {text}" for text in why]
    return raised


def _may_drop(case: _Case, match: Mapping[str, Any], notes: list[str]) -> bool:
    """Whether a rule that should discard does; where it may not, a note says why."""
    vector = case.vector
    if case.folded:
        return False
    tells = tells_apart(match, by_kind=vector.discard == "allowed")
    if vector.discard == "never" or not tells:
        notes.append(
            f"{vector.name}: limited instead of dropped; nothing tells it from other traffic"
        )
        return False
    if not case.one_host and not case.configured_drop:
        notes.append(f"{vector.name}: {case.target} is limited, not dropped: it is a whole network")
        return False
    return True


def _may_be_fragmented(observed: Observed) -> bool:
    lengths = observed.packet_lengths
    return not lengths or max(high for _low, high in lengths) >= MINIMUM_MTU_BYTES
