"""The last gate: every change to the rules of the routers goes through here, or does not happen.

The gate takes typed JSON, checks it against the library and the guardrails, stores it, and tells
the speaker which rules are desired. Its answers say what is known, nothing more (docs/adr/0003).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import Event, RuleState
from flowtriq_flowspec.flowspec.rule import Match
from flowtriq_flowspec.limits.guardrails import Guardrails, check_claim_seconds

from ..clock import Clock
from ..exabgp.speaker import Speaker
from ..store.claims import Actor, Claim
from ..store.database import NotStored
from ..store.registry import Registry
from .admission import RULES_PER_TRANSACTION, Terms, note_refused
from .claim_lookup import (
    AllClaims,
    ClaimsOfIncidents,
    Selection,
    WithdrawalTerms,
    selected_claims,
)
from .claiming import Claiming
from .desired_rules import DesiredRules
from .engage_kill_switch import KillSwitchEngaging
from .guardrail_changes import GuardrailChanges
from .heartbeat import Heartbeat
from .kill_switch import KillSwitch
from .limits_in_force import LimitsInForce
from .listing import Listing
from .pack_events import PackEvents
from .precedence import AnnouncementsUnderWay, before_announcements
from .rule_state import Result, answered, judge_all, kept, scheduled, state_of_unclaimed
from .stale_alerts import note_reannounced, reannounced, remember_end
from .startup import Startup
from .state_counts import StateCounts
from .wait_for_exabgp import Waiting, let_settle

log = logging.getLogger(__name__)

_WANTED = (RuleState.PENDING, RuleState.PARTLY_ANNOUNCED, RuleState.ANNOUNCED)

_RECORD_AGAIN_SECONDS = 1.0
"""Claims end on time also where the disk takes nothing; so often the gate tries to store that."""

_ALONE = nullcontext(True)


class Gate:
    """One per adapter. Safe to use from any thread."""

    def __init__(
        self,
        registry: Registry,
        speaker: Speaker,
        limits: Guardrails,
        clock: Clock,
        kill_switch: KillSwitch,
    ) -> None:
        self.registry = registry
        self.kill_switch = kill_switch
        self.heartbeat = Heartbeat()
        self.pack_events = PackEvents(registry, clock)
        self.claims_changed = threading.Event()
        """Set when another claim may be the next to expire."""
        self._speaker = speaker
        self._clock = clock
        self._desired = DesiredRules(registry, speaker, kill_switch)
        self.limits = LimitsInForce(limits, registry)
        self.announcing = AnnouncementsUnderWay()
        self.listing = Listing(registry, speaker, clock, self.announcing)
        self.state_counts = StateCounts(registry, speaker)
        self._take_over = Startup(registry, self.limits, clock, kill_switch, self._desired)
        self._change = threading.Lock()
        self._turn = threading.Lock()  # who withdraws has it while waiting for the other
        self._engaging = KillSwitchEngaging(
            registry, speaker, kill_switch, self._change, self.claims_changed.set
        )
        locks = self._turn, self._change, self.claims_changed.set
        parts = registry, speaker, self.limits, clock, kill_switch, self._desired
        self.guardrail_changes = GuardrailChanges(*parts, *locks)
        about = registry, self.limits, clock, kill_switch, self._desired
        self._claiming = Claiming(*about, self._turn, self._change, self._claimed)
        self._next_expiry_at = float("-inf")  # as ``expire`` found it
        self._ended_by = 0.0  # claims that ended by then are withdrawn, though that is not stored

    # -- announce ----------------------------------------------------------------------------------

    def announce(
        self,
        rules: Sequence[Mapping[str, Any]],
        terms: Terms,
        *,
        incident: str | None = None,
        wait_seconds: float = 2.0,
        waiting: Waiting = _ALONE,
    ) -> list[Result]:
        """Claim each of ``rules`` (``match``, ``then``, ``vector``, ``incident``); ``incident`` is
        that of the rules which name none. Waits for ExaBGP for at most ``wait_seconds``.

        One result per rule, in order; a bad rule does not touch the good ones beside it. Raises
        GuardrailRefused for a life out of bounds, Refused while the kill switch is engaged; both
        are in the history, rule by rule. Raises NotStored where nothing could be stored.
        """
        items = [{"incident": incident, **rule} for rule in rules]
        results: list[Result] = []
        life_seconds: int | None = None
        began_at: float | None = None
        try:
            life_seconds = check_claim_seconds(terms.expires_in_seconds, self.limits.guardrails)
            for begin in range(0, len(items), RULES_PER_TRANSACTION):
                part = items[begin : begin + RULES_PER_TRANSACTION]
                with self.announcing:
                    claimed, began_at = self._claiming.claim(part, terms, life_seconds, began_at)
                for result in claimed:
                    results.append({"index": len(results), **result})
        except Refused as refusal:
            rest = items[len(results) :]
            note_refused(self.registry, rest, terms, refusal, life_seconds, self._clock.now)
            raise
        return self.settled(results, wait_seconds, waiting)

    def settled(
        self, results: list[Result], wait_seconds: float, waiting: Waiting = _ALONE
    ) -> list[Result]:
        """``results`` of ``announce`` as they are after ExaBGP had ``wait_seconds`` to answer."""
        accepted = list(
            dict.fromkeys(result["id"] for result in results if result["state"] in _WANTED)
        )
        let_settle(self._speaker, accepted, wait_seconds, waiting)
        rules = self.registry.rules(accepted)
        judged = zip(rules, judge_all(rules, self._speaker))
        known = {rule.id: answered(rule, judgement) for rule, judgement in judged}
        for result in results:
            if result["state"] in _WANTED:
                result.pop("why", None)
                # A rule that is unknown by now had a shorter life than the wait.
                result.update(known.get(result["id"], {"state": RuleState.WITHDRAWN}))
        return results

    def _claimed(self, first_end: float) -> None:
        if first_end < self._next_expiry_at:
            self.claims_changed.set()

    # -- withdraw ----------------------------------------------------------------------------------

    def withdraw(
        self, selection: Selection, terms: WithdrawalTerms, waiting: Waiting = _ALONE
    ) -> list[Result]:
        """End the selected claims, now or later; one result per rule. Claims of incidents that were
        announced again for an alert seen shortly after ``terms.seen_at`` stay; an announcement for
        an alert seen before it is refused from now on.

        Raises NotFound, Ambiguous, InvalidRule, NotStored.
        """
        with self.announcing, before_announcements(self._turn, self._change):
            staying, ending = self._staying_and_ending(selection, terms)
            if terms.after_seconds:
                self._schedule(staying, ending, terms)
            else:
                self._withdraw_now(staying, ending, selection, terms)
        self.claims_changed.set()
        results = [kept(claim.rule_id, [claim]) for claim in staying]
        rule_ids = _rule_ids(ending)
        if terms.after_seconds:
            return results + scheduled(ending, self.registry.rules(rule_ids))
        let_settle(self._speaker, rule_ids, terms.wait_seconds, waiting)
        claims = {rule.id: rule.claims for rule in self.registry.rules(rule_ids)}
        return results + [self._withdrawn(key, claims.get(key, ())) for key in rule_ids]

    def _staying_and_ending(
        self, selection: Selection, terms: WithdrawalTerms
    ) -> tuple[list[Claim], list[Claim]]:
        going_on: set[str] = set()
        if isinstance(selection, ClaimsOfIncidents) and terms.seen_at is not None:
            now = self._clock.now()
            remember_end(self.registry, selection.incidents, terms.seen_at, now)
            going_on = reannounced(self.registry, selection.incidents, terms.seen_at, now)
        claims = selected_claims(self.registry, selection)
        staying = [claim for claim in claims if claim.incident in going_on]
        return staying, [claim for claim in claims if claim.incident not in going_on]

    def _schedule(
        self, staying: Sequence[Claim], ending: Sequence[Claim], terms: WithdrawalTerms
    ) -> None:
        with self.registry.transaction():
            now = self._clock.now()
            note_reannounced(self.registry, staying, now, terms.actor)
            if terms.seen_at is None:
                self.registry.remember_withdrawn(ending, now, terms.actor)
            self.registry.schedule(
                ending, now + terms.after_seconds, now, terms.actor, terms.seen_at
            )

    def _withdraw_now(
        self,
        staying: Sequence[Claim],
        ending: Sequence[Claim],
        selection: Selection,
        terms: WithdrawalTerms,
    ) -> None:
        everything = isinstance(selection, AllClaims)
        if everything:
            self._speaker.clear_all()  # whatever the disk does
        try:
            with self.registry.transaction():
                now = self._clock.now()
                note_reannounced(self.registry, staying, now, terms.actor)
                if everything:
                    self.registry.note(Event.RELEASED_ALL, now, terms.actor)
                    self.registry.end_all_claims(now, terms.actor, Event.RELEASED)
                else:
                    if terms.seen_at is None:
                        self.registry.remember_withdrawn(ending, now, terms.actor)
                    self.registry.end_claims(
                        ending, now, terms.actor, Event.RELEASED, terms.seen_at
                    )
        except NotStored as problem:
            self._desired.update_without(ending, self._clock.now())
            raise NotStored(
                f"the rules are withdrawn, but a restart announces them again: {problem}"
            ) from problem
        if not everything:
            self._desired.update(_rule_ids(ending))

    def _withdrawn(self, rule_id: str, claims: Sequence[Claim]) -> Result:
        if claims:
            return kept(rule_id, claims)
        return {"id": rule_id, "state": state_of_unclaimed(rule_id, self._speaker)}

    # -- the kill switch ---------------------------------------------------------------------------

    def let_kill_switch_finish(self, waiting: Waiting) -> None:
        """For who is about to announce (engage_kill_switch.py)."""
        self._engaging.let_finish(waiting)

    def engage_kill_switch(self, actor: Actor, waiting: Waiting = _ALONE) -> Result:
        """Withdraw everything at once and block announcements until released. Needs neither the
        registry nor the disk nor ExaBGP; the answer says what is done so far."""
        return self._engaging.engage(actor, self._clock.now(), waiting)

    def release_kill_switch(self, actor: Actor) -> Result:
        """Allow announcements again; nothing comes back by itself. Raises NotStored."""
        with self._change:
            with self.registry.transaction():
                now = self._clock.now()
                # Claims that could not be ended while the registry was broken must not come back.
                self.registry.end_all_claims(now, actor, Event.RELEASED)
                self.registry.note(Event.KILL_SWITCH_RELEASED, now, actor)
            try:
                self.kill_switch.release()
            except OSError as problem:
                raise NotStored(f"the kill switch stays engaged: {problem}") from problem
        return {"engaged": False, "resumable": self.registry.count_of_withdrawn(self.now())}

    # -- start, expiry, drift ----------------------------------------------------------------------

    def start(self) -> None:
        """Take over the registry of the last run: announce the rules that are claimed and not in
        quarantine, withdraw the others again."""
        with self._change:
            self._speaker.keep_in_quarantine(self.registry.quarantined())
            self._take_over.run()

    def expire(self) -> float | None:
        """End the overdue claims. Returns the seconds until the next call is due; None where there
        is no claim. Raises NotStored where the registry cannot tell which claims are overdue."""
        with self._change:
            if not self._take_over.recorded:
                self._take_over.run()
            now = self._clock.now()
            overdue = self.registry.overdue_claims(now, RULES_PER_TRANSACTION)
            if overdue:
                actor = Actor("adapter", "life ended")
                try:
                    with self.registry.transaction():
                        self.registry.end_claims(overdue, now, actor, Event.EXPIRED)
                except NotStored as problem:
                    log.error("claims have expired, but that is not recorded: %s", problem)
                    overdue = self.registry.overdue_claims(now)
                    new = [claim for claim in overdue if claim.expires_at > self._ended_by]
                    self._desired.update_without(new, self._clock.now())
                    self._ended_by = now
                    return _RECORD_AGAIN_SECONDS
                self._desired.update([claim.rule_id for claim in overdue])
            next_expiry = self.registry.next_expiry()
            self._next_expiry_at = float("inf") if next_expiry is None else next_expiry
        return None if next_expiry is None else max(0.0, next_expiry - self._clock.now())

    def withdraw_unclaimed(self, match: Match) -> None:
        """ExaBGP has a rule of unknown origin: withdraw it, unless it is claimed meanwhile."""
        with self._change:
            if not self.registry.is_claimed(match.id):
                self._speaker.want(match, None)

    def announce_again(self, rule_id: str, timeout_seconds: float) -> None:
        """ExaBGP lost a rule that it acknowledged. Its cache would swallow an identical
        announcement, so the rule is withdrawn first."""
        with self._change:
            if (rule := self.registry.rule(rule_id)) is not None:
                self._speaker.want(rule.typed_match, None)
        self._speaker.wait_settled([rule_id], timeout_seconds)
        with self._change:
            self._desired.update([rule_id])

    def now(self) -> float:
        """Seconds since the epoch, UTC, by the clock of all times in the registry."""
        return self._clock.now()


def _rule_ids(claims: Iterable[Claim]) -> list[str]:
    return list(dict.fromkeys(claim.rule_id for claim in claims))
