"""How many rules may be active, and who may still add one. The caller counts.

The adapter checks within the transaction that stores the rule, so two calls at once cannot both
take the last place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..errors import GuardrailRefused
from ..events import RefusalCode
from ..flowspec.rule import FlowRule
from .guardrails import Guardrails
from .tcam import tcam_entries

OPERATOR, AUTOMATION = "operator", "automation"


class Counts(NamedTuple):
    """The active rules, without the rule in question.

    A rule is active while it has a claim, whether it is announced or pending.
    """

    rules: int = 0
    address_family: int = 0  # of these, the ones of the rule's address family
    incident: int = 0  # of these, the ones that the rule's incident claims
    destination: int = 0  # of these, the ones with the rule's very destination prefix
    announced_last_minute: int = 0  # announcements within the last 60 seconds
    blackholes: int = 0  # of the rules, those that are blackholes
    tcam_entries: int = 0  # the sum of tcam.tcam_entries over all active rules


class _Budget(NamedTuple):
    setting: str
    limit: int
    used: int
    adds: int
    words: str
    reserved: bool = False
    about: object = ""

    @property
    def code(self) -> RefusalCode:
        """``peers`` for a limit of one peer, else the setting itself."""
        return RefusalCode(self.setting.partition(".")[0])


def check_rule_budget(
    rule: FlowRule, counts: Counts, guardrails: Guardrails, *, caller: str = AUTOMATION
) -> None:
    """Refuse a new rule that a budget has no place for.

    ``caller`` is OPERATOR or AUTOMATION; only an operator may use the operators' reserve.
    Raises GuardrailRefused; its code is the setting that refused.
    """
    for budget in _rule_budgets(rule, counts, guardrails):
        _check(budget, guardrails, caller)


def check_claim_budget(counts: Counts, guardrails: Guardrails) -> None:
    """Refuse one more claim of an incident on an active rule, where the incident has too many."""
    _check(_incident_budget(counts, guardrails), guardrails, OPERATOR)


def check_announcement_budget(
    counts: Counts, guardrails: Guardrails, *, caller: str = AUTOMATION
) -> None:
    """Refuse to announce an active rule again, with another action, where that is too often."""
    _check(_announcement_budget(counts, guardrails), guardrails, caller)


def _rule_budgets(rule: FlowRule, counts: Counts, guardrails: Guardrails) -> Iterator[_Budget]:
    address_family = rule.match.address_family
    destination = rule.match.destination
    yield _Budget("max_rules", guardrails.max_rules, counts.rules, 1, "rules", reserved=True)
    yield _Budget(
        f"max_rules_{address_family}",
        guardrails.max_rules_of(address_family),
        counts.address_family,
        1,
        f"{address_family} rules",
        reserved=True,
    )
    yield _incident_budget(counts, guardrails)
    yield _Budget(
        "max_rules_per_destination",
        guardrails.max_rules_per_destination,
        counts.destination,
        1,
        "rules for {}",
        about=destination,
    )
    if rule.match.unicast:
        limit = guardrails.max_blackholes
        yield _Budget("max_blackholes", limit, counts.blackholes, 1, "blackholes")
    yield _announcement_budget(counts, guardrails)
    for peer in guardrails.peers:
        field, words = f"peers.{peer.address}", f"on peer {peer.address}"
        if peer.max_rules is not None:
            yield _Budget(
                f"{field}.max_rules", peer.max_rules, counts.rules, 1, f"rules {words}", True
            )
        if peer.max_tcam_entries is not None:
            yield _Budget(
                f"{field}.max_tcam_entries",
                peer.max_tcam_entries,
                counts.tcam_entries,
                tcam_entries(rule.match),
                f"estimated TCAM entries {words}",
                True,
            )


def _incident_budget(counts: Counts, guardrails: Guardrails) -> _Budget:
    limit = guardrails.max_rules_per_incident
    return _Budget("max_rules_per_incident", limit, counts.incident, 1, "rules of the incident")


def _announcement_budget(counts: Counts, guardrails: Guardrails) -> _Budget:
    return _Budget(
        "max_announcements_per_minute",
        guardrails.max_announcements_per_minute,
        counts.announced_last_minute,
        1,
        "announcements within a minute",
        reserved=True,
    )


def _check(budget: _Budget, guardrails: Guardrails, caller: str) -> None:
    wanted, limit, kept = budget.used + budget.adds, budget.limit, ""
    if budget.reserved and caller != OPERATOR:
        reserve = -(-budget.limit * guardrails.operator_reserve_percent // 100)  # rounded up
        limit -= reserve
        kept = f" ({reserve} of {budget.limit} are kept for operators)" if reserve else ""
    if wanted > limit:
        words = budget.words.format(budget.about)
        text = f"this would make {wanted} {words}; {budget.setting} allows {limit}{kept}"
        raise GuardrailRefused(
            text, field=budget.setting, value=wanted, limit=limit, code=budget.code
        )
