"""What the registry answers: rules, claims and counts. From memory, without a query or a lock.

Within a transaction, its own thread sees its changes; all others see what is committed.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Mapping

from flowtriq_flowspec.flowspec.rule import FlowRule

from .claims import Claim, Reported, StoredRule, WithdrawnClaim
from .history import History
from .journal import read_then
from .memory import Counts, Draft

_NONE: Mapping[str, None] = {}


class Queries(History):
    """The reading half of the registry."""

    # -- rules -------------------------------------------------------------------------------------

    def rules(self, rule_ids: Iterable[str] | None = None) -> list[StoredRule]:
        """All rules, oldest first; or those of ``rule_ids`` that exist, in this order."""
        draft, committed = self._own_changes(), self._memory.rules
        if rule_ids is None:
            if draft is None:
                return list(committed.values())
            rule_ids = [*committed, *(key for key in draft.rules if key not in committed)]
        if draft is None:
            found = (committed.get(rule_id) for rule_id in rule_ids)
        else:
            found = (
                draft.rules[rule_id] if rule_id in draft.rules else committed.get(rule_id)
                for rule_id in rule_ids
            )
        return [rule for rule in found if rule is not None]

    def rule(self, rule_id: str) -> StoredRule | None:
        draft = self._own_changes()
        if draft is not None and rule_id in draft.rules:
            return draft.rules[rule_id]
        return self._memory.rules.get(rule_id)

    def rules_of_destination(self, destination: str) -> list[StoredRule]:
        """The rules with exactly this destination prefix, oldest first."""
        return self.rules(self._memory.of_destination(destination))

    def quarantined(self) -> list[tuple[FlowRule, str, str | None]]:
        """The claimed rules, with the action, that a router resets its session for; the router's
        reason; and the router, None where version 0.1.0 kept the rule from all. Read from the
        database: only a start needs it."""
        rows = self._rows(
            'SELECT rule_id, "then", reason, NULL AS peer FROM quarantined'
            ' UNION ALL SELECT rule_id, "then", reason, peer FROM quarantined_at'
        )
        found = []
        for row in rows:
            rule = self.rule(row["rule_id"])
            if rule is not None and rule.claims:
                then = read_then(row["then"], rule.address_family)
                if then is not None:
                    found.append((FlowRule(rule.typed_match, then), row["reason"], row["peer"]))
        return found

    def take_changed(self) -> set[str]:
        """The ids of the rules that changed since this was last asked."""
        return self._memory.take_changed()

    # -- claims ------------------------------------------------------------------------------------

    def all_claims(self) -> list[Claim]:
        """The oldest first, as everywhere here."""
        return _claims(self.rules())

    def claims_of_incidents(self, incidents: Iterable[str]) -> list[Claim]:
        found: list[Claim] = []
        for incident in dict.fromkeys(incidents):
            for rule in self.rules(list(self._memory.by_incident.get(incident, _NONE))):
                found += [claim for claim in rule.claims if claim.incident == incident]
        found.sort(key=lambda claim: claim.created_at)
        return found

    def claims_of_rule(self, rule_id: str) -> list[Claim]:
        return _claims(self.rules([rule_id]))

    def overdue_claims(self, now: float, most: int = sys.maxsize) -> list[Claim]:
        """The first to end first; at most so many."""
        with self._lock:
            return self._memory.overdue(now, most)

    def next_expiry(self) -> float | None:
        """When the next claim expires; None where there is no claim."""
        with self._lock:
            return self._memory.next_expiry()

    def is_claimed(self, rule_id: str) -> bool:
        rule = self.rule(rule_id)
        return rule is not None and bool(rule.claims)

    def withdrawn_claims(self, now: float) -> list[WithdrawnClaim]:
        """What a person or the kill switch withdrew, and would live on; oldest first. Not what is
        claimed still, because its withdrawal is only scheduled."""
        return [
            claim
            for claim in list(self._memory.withdrawn.values())
            if claim.expires_at > now and not self._memory.claim(claim.rule_id, claim.incident)
        ]

    # -- counts ------------------------------------------------------------------------------------

    def counts(self) -> Counts:
        """Of all rules that are claimed. Read only."""
        return self._memory.counts

    def living(self) -> dict[str, tuple[int, int]]:
        """(how many rules are claimed, their estimated TCAM entries) by address family."""
        return self._memory.counts.living()

    def agrees_with_the_database(self) -> bool:
        """Whether the counts in memory are those of the database. Raises NotStored."""
        with self._lock:
            rows = self._rows(
                "SELECT address_family, count(*), sum(tcam_entries) FROM rules WHERE claimed"
                " GROUP BY address_family"
            )
            claims = self._rows("SELECT count(*) FROM claims")[0][0]
            counts = self._memory.counts
            living = {row[0]: (row[1], row[2]) for row in rows}
            return living == counts.living() and claims == counts.claims

    def count_of_incident(self, incident: str) -> int:
        """How many rules the incident claims."""
        return len(self._memory.by_incident.get(incident, _NONE))

    def count_of_destination(self, destination: str) -> int:
        """How many claimed rules have exactly this destination prefix."""
        return sum(bool(rule.claims) for rule in self.rules_of_destination(destination))

    def count_of_withdrawn(self, now: float) -> int:
        """How many ``withdrawn_claims`` there are."""
        return len(self.withdrawn_claims(now))

    def deployed(self) -> dict[tuple[str, str], int]:
        """How many rules were ever announced, by (address family, action)."""
        return dict(self._memory.deployed)

    def unknown_words(self) -> dict[str, int]:
        """Of how many incidents a sender's word named no vector, by word."""
        return dict(self._memory.unknown_words)

    @property
    def reported(self) -> Mapping[str, Reported]:
        """The rate that alerts said of each incident. Read only."""
        return self._memory.reported

    # -- alerts ------------------------------------------------------------------------------------

    def alert_seen_at(self, incident: str, since: float, *, end: bool) -> float | None:
        """When the incident's alert (``end``: of its end) was seen, if it was remembered after
        ``since``."""
        key, draft = (incident, end), self._own_changes()
        if draft is not None and key in draft.alerts:
            alert = draft.alerts[key]
        else:
            alert = self._memory.alerts.get(key)
        return alert[0] if alert is not None and alert[1] >= since else None

    def _own_changes(self) -> Draft | None:
        """Those of the transaction that this thread has open."""
        return self._draft if self._writer == threading.get_ident() else None


def _claims(rules: Iterable[StoredRule]) -> list[Claim]:
    found = [claim for rule in rules for claim in rule.claims]
    found.sort(key=lambda claim: claim.created_at)
    return found
