"""The rules that answer one vector against one prefix at one provider."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from ..attack import Attack, Observed
from ..config.pack import DEFAULT, ProviderConfig
from ..config.vectors import VectorConfig
from ..errors import Refused
from ..events import RefusalCode
from ..flowspec.prefixes import Network, overlap
from ..flowspec.rule import FlowRule, parse_rule
from .aggregation import Fold
from .escalation import BLACKHOLE, DISCARD, RATE_LIMIT, escalated
from .narrowing import is_specific_enough, narrowed
from .vectors import Vector, catalogue

# RFC 8200 section 5: every link carries 1280 bytes, so a datagram of shorter packets is whole.
MINIMUM_MTU_BYTES = 1280
_MOST_KNOWN = 16  # kinds of hosts of one attack: more than that are many customers' settings
# The fragments of a datagram have these components in common; a rule for fragments matches them.
_OF_EVERY_FRAGMENT = ("source", "dscp", "flow-label")


@dataclass(frozen=True)
class Case:
    """One vector against one prefix at one provider. ``folded``: the prefix is wider than the
    targets in it. ``whole_group`` as in Attack. ``alone``: the attack has no other target."""

    vector: Vector
    own_match: Mapping[str, Any]
    target: Network
    folded: bool
    whole_group: bool
    alone: bool
    observed: Observed
    proposed: Sequence[Mapping[str, Any]]
    settings: VectorConfig
    provider: ProviderConfig

    @property
    def approval(self) -> bool:
        carpet = self.provider.aggregation
        return "required" in (
            self.settings.approval,
            self.folded and carpet.approval,
            self.whole_group and carpet.group_approval,
        )

    @property
    def dry_run(self) -> bool:
        return self.provider.dry_run or bool(self.settings.dry_run)

    @property
    def limit(self) -> dict[str, Any]:
        return {"rate-limit": self.settings.rate_limit_bps or self.provider.rate_limit_bps}

    def is_like(self, other: Case) -> bool:
        """Whether it has the same answer: nothing but the address of the host differs."""
        return (
            (self.one_host and not self.folded and not self.whole_group)
            and self.vector is other.vector
            and self.target.version == other.target.version
            and self.alone == other.alone
            and self.settings == other.settings
        )

    @property
    def one_host(self) -> bool:
        return self.target.prefixlen == self.target.max_prefixlen

    @property
    def address_family(self) -> str:
        return f"ipv{self.target.version}"

    @property
    def configured_drop(self) -> bool:
        """Whether the configuration drops this vector, not its own action or an escalation."""
        action = self.settings.action
        return DISCARD in (action, action == DEFAULT and self.provider.default_action)


@dataclass(frozen=True)
class Answer:
    """``rules`` and what an operator should know of them; none where ``refusal`` says why not."""

    rules: tuple[FlowRule, ...] = ()
    notes: tuple[str, ...] = ()
    refusal: Refused | None = None
    dry_run: bool = False
    approval: bool = False

    def toward(self, target: Network) -> Answer:
        """The same rules and notes, with another destination."""
        return replace(self, rules=tuple(rule.toward(target) for rule in self.rules))


class Answers:
    """What one provider's playbook answers to one attack, prefix by prefix. Hosts with the same
    settings get the same rules, made once."""

    def __init__(self, attack: Attack, provider: ProviderConfig) -> None:
        self._attack = attack
        self._provider = provider
        self._known: list[tuple[Case, Answer]] = []

    def to(self, vector: str, folded: Fold) -> Answer:
        """The rules against ``folded.prefix``. Does not raise: a refusal is an answer."""
        try:
            case = _case(vector, self._attack, folded, self._provider)
        except Refused as refusal:
            return Answer(refusal=refusal)
        for known, answer in self._known:
            if case.is_like(known):
                return answer.toward(case.target)
        answer = _answer(case)
        if answer.refusal is None and case.is_like(case) and len(self._known) < _MOST_KNOWN:
            self._known.append((case, answer))
        return answer


def _answer(case: Case) -> Answer:
    vector = case.vector.name
    candidates = _matches(case)
    notes = [f"{vector}: {case.vector.caveat}"] if case.vector.caveat else []
    notes += candidates.notes
    rules: list[FlowRule] = []
    try:
        if not case.proposed:
            _require_evidence(case, candidates)
        actions = set()
        for match, proposed in candidates.matches:
            action, why = _action(case, proposed)
            actions.add(action)
            of_match = _rules_of_match(case, match, action)
            rules += of_match.rules
            notes += [*why, *of_match.notes]
        if BLACKHOLE in actions:
            blackhole = _blackhole(case)
            rules += blackhole.rules
            notes += blackhole.notes
    except Refused as refusal:
        return Answer(notes=tuple(notes), refusal=refusal)
    return Answer(tuple(rules), tuple(notes), None, case.dry_run, case.approval)


def _case(name: str, attack: Attack, folded: Fold, provider: ProviderConfig) -> Case:
    """Raises Refused where there can be no rule."""
    target = folded.prefix
    address_family = f"ipv{target.version}"
    vector = catalogue().get(name)
    if vector is None:
        raise Refused(
            f"no vector is called {name}", code=RefusalCode.UNKNOWN_VECTOR, field="vector"
        )
    if vector.refuse:
        raise Refused(f"no rule for {name}: {vector.refuse}", code=RefusalCode.NO_RULE_FOR_VECTOR)
    settings = provider.vector_settings(name, target)
    if settings.enabled is False:
        raise Refused(f"{name} is disabled for {target}", code=RefusalCode.VECTOR_DISABLED)
    provider.require_serves(target)
    if attack.whole_group:
        _require_unprotected(target, provider)
    own = vector.match_for(address_family)
    if own is None:
        message = f"{name} does not exist on {address_family}, so {target} gets no rule"
        raise Refused(message, code=RefusalCode.NO_RULE_FOR_ADDRESS_FAMILY)
    return Case(
        vector=vector,
        own_match={**own, **(settings.match or {})},
        target=target,
        folded=folded.widened,
        whole_group=attack.whole_group,
        alone=all(other == target for other in attack.prefixes),
        observed=attack.observed,
        proposed=attack.rules,
        settings=settings,
        provider=provider,
    )


def _require_unprotected(network: Network, provider: ProviderConfig) -> None:
    """Raises Refused where a rule for a whole group would cover a protected prefix."""
    for protected in provider.aggregation.protected:
        if overlap(protected, network):
            raise Refused(
                f"{network} overlaps {protected} of protected_prefixes; a rule for all of a group"
                " may not cover it",
                code=RefusalCode.PROTECTED_PREFIXES,
                field="protected_prefixes",
                value=str(network),
                limit=str(protected),
            )


@dataclass(frozen=True)
class _Matches:
    """Matches without destination, each with the action that the sender proposes with it."""

    matches: tuple[tuple[Mapping[str, Any], str | None], ...]
    notes: tuple[str, ...]


def _matches(case: Case) -> _Matches:
    if case.proposed:
        return _Matches(
            tuple((rule["match"], rule["action"]) for rule in case.proposed),
            (f"{case.vector.name}: the rules that the sender proposes are used",),
        )
    narrow = narrowed(case.own_match, case.vector, case.observed, case.target)
    return _Matches(tuple((match, None) for match in narrow.matches), narrow.notes)


def _require_evidence(case: Case, candidates: _Matches) -> None:
    """Raises Refused where the vector needs observations and they do not narrow its match."""
    vector = case.vector
    matches = [match for match, _proposed in candidates.matches]
    observed = any(getattr(case.observed, key) for key in vector.requires)
    narrower = matches != [case.own_match]
    unread = [key for key in vector.requires if key in case.observed.unread]
    wide = not all(is_specific_enough(match, by_kind=True) for match in matches)
    if unread and wide:
        message = (
            f"{vector.name}: {' and '.join(unread)} could not be read; without, a rule for"
            f" {case.target} would be broader than the evidence"
        )
        raise Refused(message, code=RefusalCode.TOO_LITTLE_EVIDENCE)
    if vector.requires and not (observed and narrower):
        message = (
            f"{vector.name} needs {' or '.join(vector.requires)} to be observed, and few of them;"
            f" without, a rule for {case.target} would be broader than the evidence"
        )
        raise Refused(message, code=RefusalCode.TOO_LITTLE_EVIDENCE)


def _action(case: Case, proposed: str | None) -> tuple[str, list[str]]:
    """(rate-limit, discard or blackhole; notes on the escalation)."""
    action = case.settings.action or proposed or case.vector.action
    if action == DEFAULT:
        action = case.provider.default_action
    raised, why = escalated(action, case.provider.escalation, case.observed)
    return raised, [f"{case.provider.name}: {text}" for text in why]


def _rules_of_match(case: Case, match: Mapping[str, Any], action: str) -> Answer:
    """The rule for one match and, where answers are fragmented, one for their fragments."""
    drops, notes = _may_drop(case, match) if action != RATE_LIMIT else (False, [])
    rules = [_rule(case, match, {"discard": True} if drops else case.limit)]
    if case.vector.fragments and not case.proposed and _may_be_fragmented(case.observed):
        # Fragments after the first carry no ports. Honest ones do exist: never discarded.
        fragments = {"protocol": "udp", "fragment": ["is-fragment"]}
        fragments.update({key: match[key] for key in _OF_EVERY_FRAGMENT if key in match})
        notes.append(f"{case.vector.name}: UDP fragments carry no ports; they are limited too")
        rules.append(_rule(case, fragments, case.limit))
    return Answer(tuple(rules), tuple(notes))


def _may_drop(case: Case, match: Mapping[str, Any]) -> tuple[bool, list[str]]:
    """Whether a rule that should discard may; a note says why not. A folded prefix needs no note:
    that it is limited stands in the note on the folding."""
    vector = case.vector
    if case.folded:
        return False, []
    if case.whole_group:
        return False, [
            f"{vector.name}: {case.target} is limited, not dropped: it is a network of a group, and"
            " which of its hosts are attacked is not known"
        ]
    if vector.discard == "never" or not is_specific_enough(
        match, by_kind=vector.discard == "allowed"
    ):
        return False, [
            f"{vector.name}: limited instead of dropped; nothing tells it from other traffic"
        ]
    if not case.one_host and not case.configured_drop:
        return False, [
            f"{vector.name}: {case.target} is limited, not dropped: it is a whole network"
        ]
    return True, []


def _may_be_fragmented(observed: Observed) -> bool:
    lengths = observed.packet_lengths
    return not lengths or max(high for _low, high in lengths) >= MINIMUM_MTU_BYTES


def _blackhole(case: Case) -> Answer:
    """At most one rule. It takes the host off the network, so it needs certainty."""
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
        return Answer(notes=(f"{case.provider.name}: nothing is blackholed: {why_not}",))
    rule = {"match": {"destination": str(case.target)}, "then": then.to_dict()}
    return Answer((parse_rule(rule),))


def _rule(case: Case, match: Mapping[str, Any], then: Mapping[str, Any]) -> FlowRule:
    host = "2001:db8::1/128" if case.target.version == 6 else "192.0.2.1/32"
    text = json.dumps({"match": {**match, "destination": host}, "then": then})
    model = _parsed(text)
    return model.toward(case.target)


@lru_cache(maxsize=256)
def _parsed(text: str) -> FlowRule:
    """Read once for all targets: thousands of them differ only in the destination."""
    return parse_rule(json.loads(text))
