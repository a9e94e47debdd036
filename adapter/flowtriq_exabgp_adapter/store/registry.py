"""The registry: which rules the routers shall have, and why. Rules, their claims, the history.

In memory, with SQLite as its journal; one writer. A change is on the disk when its transaction
ends; one that cannot be stored raises NotStored and has not happened.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Callable

from flowtriq_flowspec.events import Event
from flowtriq_flowspec.flowspec.rule import FlowRule
from flowtriq_flowspec.flowspec.then import Then
from flowtriq_flowspec.limits.tcam import tcam_entries

from ..clock import Boot
from .changes import then_text
from .claims import Actor, Claim, StoredRule, WithdrawnClaim, one_of_each
from .details import flat_text
from .journal import REPORTED, reported_by_incident
from .queries import Queries

_EXABGP = Actor("exabgp")


class Registry(Queries):
    """The SQLite file at ``path``. Safe to use from any thread. Every change here happens within
    ``transaction()``."""

    def claim(
        self,
        rule: FlowRule,
        incident: str,
        event: Event,
        *,
        vector: str,
        now: float,
        life_seconds: float,
        actor: Actor,
        expires_at: float | None = None,
        seen_at: float | None = None,
    ) -> None:
        """Claim ``rule`` for ``incident`` until ``expires_at``, or renew the claim; None: until
        ``life_seconds`` from now. ``event`` goes into the history; the alert behind it was seen at
        ``seen_at``."""
        match, then = rule.match, one_of_each(rule.then)
        stored = self.rule(rule.id)
        before = stored.claim_of(incident) if stored is not None else None
        claim = Claim(
            *(rule.id, incident, then, vector, actor.reason),
            now if before is None else before.created_at,
            *(now + life_seconds if expires_at is None else expires_at, life_seconds),
            actor.ordered_by,
            *(now - actor.ordered_seconds_ago, actor.automation),
        )
        if stored is None:
            cost = tcam_entries(match)
            stored = StoredRule(rule.id, match, match.describe(), cost, None, (claim,), then)
        elif stored.claims:
            stored = stored.with_claim(claim)
        else:  # it was being withdrawn
            stored = stored._replace(announced_at=None, claims=(claim,), then=then)
        self._changes.rules[rule.id] = stored
        self._forget_withdrawn([(rule.id, incident)])
        description = f"{stored.description}: {then.describe()}"
        detail = {
            **{"description": description, "destination": match.destination_text},
            **{"life_seconds": life_seconds, "vector": vector},
        }
        if seen_at is not None:
            detail["seen_at"] = seen_at
        about = {"rule_id": rule.id, "incident": incident}
        self.note(event, now, actor, **about, detail=detail, text=flat_text(detail))

    def end_claims(
        self,
        claims: Iterable[Claim],
        now: float,
        actor: Actor,
        event: Event,
        seen_at: float | None = None,
    ) -> None:
        """End claims. A rule without claims is withdrawn; it leaves the registry when ExaBGP
        acknowledged that. ``seen_at``: the alert of their attack's end was seen then."""
        seen: dict[str, Any] = {} if seen_at is None else {"seen_at": seen_at}
        for claim in claims:
            rule, detail = self.rule(claim.rule_id), {**seen}
            if rule is not None:
                self._changes.rules[rule.id] = rule.without_claim(claim.incident)
                detail.update(_about(rule))
            about = {"rule_id": claim.rule_id, "incident": claim.incident}
            self.note(event, now, actor, **about, detail=detail)

    def end_all_claims(self, now: float, actor: Actor, event: Event) -> None:
        """End all claims. They can be resumed."""
        claims = self.all_claims()
        self.remember_withdrawn(claims, now, actor)
        self.end_claims(claims, now, actor, event)

    def remember_withdrawn(self, claims: Iterable[Claim], now: float, actor: Actor) -> None:
        """A person withdraws these claims, now or later: they can be resumed. Before they end, or
        get another end."""
        known = self._memory.withdrawn
        self._forget_withdrawn([key for key, each in known.items() if each.expires_at <= now])
        for claim in claims:
            key, rule = (claim.rule_id, claim.incident), self.rule(claim.rule_id)
            if claim.expires_at <= now or rule is None or self._withdrawn(key) is not None:
                continue
            self._changes.withdrawn[key] = WithdrawnClaim(
                *(*key, rule.typed_match, rule.description, claim.then, claim.vector),
                *(claim.expires_at, claim.life_seconds, now, actor.ordered_by, actor.reason),
            )

    def remember_refused(
        self,
        rule: FlowRule,
        incident: str,
        vector: str,
        now: float,
        life_seconds: float,
        actor: Actor,
    ) -> None:
        """The kill switch kept this claim away: it can be resumed, as if it had withdrawn it. A
        repeated alert makes it last longer."""
        key, expires_at = (rule.id, incident), now + life_seconds
        known = self._withdrawn(key)
        if known is not None:
            claim = known._replace(expires_at=max(known.expires_at, expires_at))
        else:
            then = one_of_each(rule.then)
            claim = WithdrawnClaim(
                *(*key, rule.match, rule.match.describe(), then, vector, expires_at, life_seconds),
                *(now, "kill switch", actor.reason),
            )
        self._changes.withdrawn[key] = claim

    def forget_withdrawn(self, incidents: Iterable[str]) -> None:
        """The attacks of these incidents have ended: nothing of them is to be resumed."""
        ended = set(incidents)
        self._forget_withdrawn([key for key in self._memory.withdrawn if key[1] in ended])

    def _withdrawn(self, key: tuple[str, str]) -> WithdrawnClaim | None:
        changed = self._changes.withdrawn
        return changed[key] if key in changed else self._memory.withdrawn.get(key)

    def _forget_withdrawn(self, keys: Iterable[tuple[str, str]]) -> None:
        for key in keys:
            if self._withdrawn(key) is not None:
                self._changes.withdrawn[key] = None

    def schedule(
        self,
        claims: Iterable[Claim],
        expires_at: float,
        now: float,
        actor: Actor,
        seen_at: float | None = None,
    ) -> None:
        """Let claims end at ``expires_at``, or earlier where they would anyway. ``seen_at``: the
        alert of their attack's end was seen then."""
        end: dict[str, float] = {"after_seconds": round(expires_at - now)}
        if seen_at is not None:
            end["seen_at"] = seen_at
        for claim in claims:
            about = {"rule_id": claim.rule_id, "incident": claim.incident}
            rule = self.rule(claim.rule_id)
            detail = end if rule is None else {**end, **_about(rule)}
            self._put_claim(claim._replace(expires_at=min(claim.expires_at, expires_at)))
            self.note(Event.SCHEDULED, now, actor, **about, detail=detail)

    def _put_claim(self, claim: Claim) -> None:
        rule = self.rule(claim.rule_id)
        if rule is not None:
            self._changes.rules[rule.id] = rule.with_claim(claim)

    def follow_clock(self, boot: Boot | None) -> None:
        """At a start: claims end when they would have ended, also where the machine's clock was set
        since the last start. Does nothing after a boot: then nothing tells how far it was set."""
        if boot is None:
            return
        rows = self._rows("SELECT began_at FROM boot WHERE id = ?", (boot.id,))
        if rows:
            later = boot.began_at - rows[0]["began_at"]
            self._set_ends(lambda claim: (claim.expires_at + later, claim.life_seconds))
        self._changes.statements += [
            ("DELETE FROM boot", ()),
            ("INSERT INTO boot (id, began_at) VALUES (?, ?)", (boot.id, boot.began_at)),
        ]

    def clamp_lives(self, now: float, longest_seconds: float) -> None:
        """At a start: no claim may live longer from now than it was granted, nor than
        ``longest_seconds``, whatever the machine's clock or the configuration did meanwhile."""

        def clamped(claim: Claim | WithdrawnClaim) -> tuple[float, float]:
            life_seconds = min(claim.life_seconds, longest_seconds)
            return min(claim.expires_at, now + life_seconds), life_seconds

        self._set_ends(clamped)

    def _set_ends(self, ends: Callable[[Claim | WithdrawnClaim], tuple[float, float]]) -> None:
        """``ends`` gives the end and the life of a claim, and of one that can be resumed."""
        for claim in self.all_claims():
            expires_at, life_seconds = ends(claim)
            if (expires_at, life_seconds) != (claim.expires_at, claim.life_seconds):
                self._put_claim(claim._replace(expires_at=expires_at, life_seconds=life_seconds))
        for key in list(self._memory.withdrawn):
            if (known := self._withdrawn(key)) is not None:
                expires_at, life_seconds = ends(known)
                if (expires_at, life_seconds) != (known.expires_at, known.life_seconds):
                    self._changes.withdrawn[key] = known._replace(
                        expires_at=expires_at, life_seconds=life_seconds
                    )

    def acknowledged(self, answers: Iterable[tuple[str, Then | None]], now: float) -> None:
        """ExaBGP acknowledged announcements and (None) withdrawals of rules, in this order."""
        for rule_id, then in answers:
            rule = self.rule(rule_id)
            if rule is None:
                continue
            if then is not None:
                self._announced(rule, then, now)
            elif not rule.claims:  # else it is claimed again
                self._changes.rules[rule_id] = None
                about = _about(rule)
                text = flat_text(about)
                self.note(Event.WITHDRAWN, now, _EXABGP, rule_id=rule_id, detail=about, text=text)

    def _announced(self, rule: StoredRule, then: Then, now: float) -> None:
        if rule.announced_at is None:
            self._changes.rules[rule.id] = rule._replace(announced_at=now)
            self._changes.deployed[rule.address_family, then.action] += 1
        about = _about(rule)
        text = f'{{"then": {then_text(then)}, {flat_text(about)[1:]}'
        detail = {"then": then.to_dict(), **about}
        self.note(Event.ANNOUNCED, now, _EXABGP, rule_id=rule.id, detail=detail, text=text)

    def quarantine(self, rule_id: str, then: Then, reason: str, now: float, *, peer: str) -> None:
        """The router ``peer`` resets its session for the rule. Remembered as long as the rule is in
        the registry."""
        rule = self.rule(rule_id)
        detail = {"then": then.to_dict(), "message": reason, "peer": peer}
        if rule is not None:
            insert = "INSERT OR REPLACE INTO quarantined_at VALUES (?, ?, ?, ?)"
            row = rule_id, then_text(then), peer, reason
            self._changes.statements.append((insert, row))
            detail.update(_about(rule))
        self.note(Event.QUARANTINED, now, Actor("adapter"), rule_id=rule_id, detail=detail)

    def remember_alerts(
        self, incidents: Iterable[str], seen_at: float, now: float, *, end: bool
    ) -> None:
        """The alert of these incidents (``end``: of their end) was seen at ``seen_at``, by its
        sensor's clock."""
        for incident in incidents:
            before = self.alert_seen_at(incident, float("-inf"), end=end)
            latest = seen_at if before is None else max(before, seen_at)
            self._changes.alerts[incident, end] = latest, now

    def forget_alerts(self, before: float) -> None:
        for key, (_, at) in self._memory.alerts.items():
            if at >= before:
                break  # the later ones were remembered later
            self._changes.alerts[key] = None

    def report_again(self, incidents: Iterable[str]) -> None:
        """The table of attacks seen has changed for these incidents: read their rates again."""
        names = list(incidents)
        these = "incident IN (SELECT value FROM json_each(?)) GROUP BY incident"
        query = f"{REPORTED} WHERE {these}"
        known = reported_by_incident(self._rows(query, (json.dumps(names),)))
        for incident in names:
            self._changes.reported[incident] = known.get(incident)

    def count_unknown_word(self, word: str) -> None:
        """A sender's word named no vector."""
        self._changes.unknown_words[word] += 1


def _about(rule: StoredRule) -> dict[str, str]:
    """What an event says of its rule: in words for people; the destination also for programs."""
    return {"description": rule.description, "destination": rule.typed_match.destination_text}
