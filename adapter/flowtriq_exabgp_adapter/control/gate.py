"""The last gate: every change to what the routers hold goes through here, or does not happen.

Takes typed JSON, checks it against the library and the guardrails, stores it, and tells the speaker
what is wanted. Answers with what is known and nothing more (docs/adr/0003).
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.events import Event, RefusalCode, RuleState
from flowtriq_flowspec.flowspec.rule import FlowRule, Match, parse_match
from flowtriq_flowspec.flowspec.then import Then
from flowtriq_flowspec.limits import budgets, guardrails
from flowtriq_flowspec.limits.guardrails import Guardrails

from ..clock import Clock
from ..exabgp.speaker import Speaker
from ..store.claims import Actor, Claim, strictest
from ..store.database import NotStored
from ..store.registry import Registry
from .admission import admit
from .claim_lookup import claims_meant
from .kill_switch import KillSwitch
from .rule_counts import Tally
from .rule_state import (
    Result,
    described,
    judge_stored,
    kept,
    scheduled,
    state_of_unclaimed,
    told_of,
)
from .stale_alerts import (
    going_on,
    note_going_on,
    remember_end,
    remember_going_on,
    require_going_on,
)
from .startup import end_what_may_not_live

log = logging.getLogger(__name__)

_RULES_PER_TRANSACTION = 1000
"""So that a call with thousands keeps neither an expiry nor a withdrawal waiting for long."""

_KILL_SECONDS = 5.0
"""How long the kill switch waits for ExaBGP's confirmation before it answers."""

_RECORD_AGAIN_SECONDS = 1.0
"""Claims end on time where the disk takes nothing; the record of it is tried again so often."""


@dataclass(frozen=True)
class _Terms:
    """On what terms the rules of one call are claimed."""

    life_seconds: float
    actor: Actor
    budget: str
    dry_run: bool
    seen_at: float | None


class Gate:
    """One per adapter. Safe to use from any thread."""

    def __init__(
        self, registry: Registry, limits: Guardrails, clock: Clock, kill_switch: KillSwitch
    ) -> None:
        self.registry = registry
        self.kill_switch = kill_switch
        self._limits = limits
        self._clock = clock
        self._change = threading.Lock()  # the order of the registry is the order of the wishes
        self._ended_by = 0.0  # claims that ended by then are withdrawn, though not recorded
        self._speaker: Speaker
        self._expiry_changed: Callable[[], None]

    def connect(self, speaker: Speaker, expiry_changed: Callable[[], None]) -> None:
        """Name the speaker, and whom to tell that there may be an earlier expiry."""
        self._speaker, self._expiry_changed = speaker, expiry_changed

    # -- announce ----------------------------------------------------------------------------------

    def announce(
        self,
        rules: Sequence[Mapping[str, Any]],
        *,
        incident: str | None = None,
        expires_in_seconds: int | None = None,
        actor: Actor,
        dry_run: bool = False,
        wait_seconds: float = 2.0,
        budget: str = budgets.AUTOMATION,
        seen_at: float | None = None,
    ) -> list[Result]:
        """Claim each of ``rules`` (``match``, ``then``, ``vector``, ``incident``); ``incident`` is
        that of the rules which name none. The alert behind it was seen at ``seen_at``.

        One result per rule, in order; a bad rule does not touch the good ones beside it. Raises
        GuardrailRefused where the life is out of bounds, NotStored where nothing could be stored.
        """
        life_seconds = guardrails.check_claim_seconds(expires_in_seconds, self._limits)
        terms = _Terms(life_seconds, actor, budget, dry_run, seen_at)
        items = [{"incident": incident, **item} for item in rules]
        results: list[Result] = []
        for begin in range(0, len(items), _RULES_PER_TRANSACTION):
            for result in self._claim(items[begin : begin + _RULES_PER_TRANSACTION], terms):
                results.append({"index": len(results), **result})
        self._expiry_changed()
        accepted = {result["id"] for result in results if result["state"] == RuleState.PENDING}
        self._speaker.wait_settled(accepted, wait_seconds)
        known = {rule["id"]: rule for rule in self.describe(accepted)}
        for result in results:
            if result.get("id") in accepted:
                # Not known any more: its life was shorter than the wait.
                shown = known.get(result["id"], {"state": RuleState.WITHDRAWN})
                keys = ("state", "why", "expires_at")
                result.update({key: shown[key] for key in keys if key in shown})
        return results

    def _claim(self, items: Sequence[Mapping[str, Any]], terms: _Terms) -> list[Result]:
        """Some rules in one transaction, told to the speaker before anyone else may change them."""
        with self._change:
            if self.kill_switch.engaged and not terms.dry_run:
                raise Refused(
                    "the kill switch is engaged: nothing is announced until it is released",
                    code=RefusalCode.KILL_SWITCH,
                )
            with self.registry.transaction():
                now = self._clock.now()
                tally = Tally(self.registry, now)
                claimed = [self._claim_one(item, terms, tally, now) for item in items]
                if terms.seen_at is not None:
                    named = {item["incident"] for item, (_, rule) in zip(items, claimed) if rule}
                    remember_going_on(self.registry, named, terms.seen_at, now)
            self._tell_speaker({rule.id: rule for _, rule in claimed if rule is not None})
        return [result for result, _ in claimed]

    def _claim_one(
        self, item: Mapping[str, Any], terms: _Terms, tally: Tally, now: float
    ) -> tuple[Result, FlowRule | None]:
        """What became of one rule, and the rule if it is to be announced."""
        incident, actor = item["incident"], terms.actor
        try:
            if terms.seen_at is not None:
                require_going_on(self.registry, incident, terms.seen_at, now)
            rule, event = admit(item, self.registry, tally, self._limits, terms.budget)
        except Refused as refusal:
            error = refusal.as_dict()
            refused: dict[str, Any] = {"rule": item, "error": error}
            self.registry.note(Event.REFUSED, now, actor, incident=incident, detail=refused)
            return {"state": RuleState.REFUSED, "error": error}, None
        told = told_of(rule, self._limits)
        if terms.dry_run:
            planned = {"description": rule.describe()}
            self.registry.note(
                Event.DRY_RUN, now, actor, rule_id=rule.id, incident=incident, detail=planned
            )
            return {"id": rule.id, "state": RuleState.DRY_RUN, **told}, None
        self.registry.claim(
            rule,
            incident,
            event,
            vector=str(item.get("vector", "")),
            now=now,
            life_seconds=terms.life_seconds,
            actor=actor,
        )
        return {"id": rule.id, "state": RuleState.PENDING, **told}, rule

    # -- withdraw ----------------------------------------------------------------------------------

    def withdraw(
        self,
        *,
        rule_id: str | None = None,
        match: Mapping[str, Any] | None = None,
        incidents: Sequence[str] | None = None,
        after_seconds: int = 0,
        actor: Actor,
        wait_seconds: float = 2.0,
        seen_at: float | None = None,
    ) -> list[Result]:
        """End the claims on a rule (by id, or by match), or all claims of incidents, or theirs on a
        rule by match; without any of the three, everything. ``after_seconds`` lets them end later,
        at the latest then. Incidents whose end was seen at ``seen_at`` refuse an announcement seen
        before it, and keep what was announced for an alert seen shortly after it.

        One result per rule. Raises NotFound, and Ambiguous where a partial match fits several.
        """
        everything = rule_id is None and match is None and incidents is None
        with self._change:
            again: set[str] = set()
            if incidents is not None and seen_at is not None:
                remember_end(self.registry, incidents, seen_at, self._clock.now())
                again = going_on(self.registry, incidents, seen_at, self._clock.now())
            meant = claims_meant(self.registry, rule_id, match, incidents)
            going = [claim for claim in meant if claim.incident in again]
            claims = [claim for claim in meant if claim.incident not in again]
            ids = list(dict.fromkeys(claim.rule_id for claim in claims))
            try:
                with self.registry.transaction():
                    now = self._clock.now()
                    note_going_on(self.registry, going, now, actor)
                    if after_seconds:
                        self.registry.shorten(claims, now + after_seconds, now, actor)
                    elif everything:
                        self.registry.note(Event.RELEASED_ALL, now, actor)
                        self.registry.release_all(now, actor, Event.RELEASED)
                    else:
                        self.registry.release(claims, now, actor, Event.RELEASED)
            except NotStored as problem:
                if after_seconds:
                    raise
                # Who takes a rule away means now, disk or no disk.
                self._apply_without(claims)
                raise NotStored(
                    f"withdrawn, but not recorded, so a restart announces it again: {problem}"
                ) from problem
            if not after_seconds:
                self._apply(ids, everything)
        self._expiry_changed()
        results = [kept(claim.rule_id, [claim]) for claim in going]
        if after_seconds:
            rules = self.registry.rules({claim.rule_id for claim in claims})
            return results + scheduled(claims, rules)
        self._speaker.wait_settled(ids, wait_seconds)
        claimed = {rule.id: rule.claims for rule in self.registry.rules(ids)}
        return results + [self._withdrawn(each, claimed.get(each, ())) for each in ids]

    def _withdrawn(self, rule_id: str, claims: Sequence[Claim]) -> Result:
        if claims:
            return kept(rule_id, claims)
        return {"id": rule_id, "state": state_of_unclaimed(rule_id, self._speaker)}

    # -- notes -------------------------------------------------------------------------------------

    def note(self, event: Event, about: Sequence[Mapping[str, str]], actor: Actor) -> None:
        """Add what became of incidents elsewhere to the audit trail. Raises NotStored."""
        with self.registry.transaction():
            now = self._clock.now()
            for each in about:
                detail = {key: each[key] for key in ("action", "message") if key in each}
                self.registry.note(
                    event,
                    now,
                    actor,
                    rule_id=each.get("id"),
                    incident=each["incident"],
                    detail=detail,
                )

    # -- the kill switch ---------------------------------------------------------------------------

    def engage_kill_switch(self, actor: Actor) -> Result:
        """Withdraw everything at once and block announcements until released. Needs neither the
        registry nor the disk; the answer says what of it was kept."""
        self.kill_switch.engage()
        if not self._change.acquire(blocking=False):
            # At once, and again for what whoever holds the lock has on its way.
            self._speaker.clear_all()
            self._change.acquire()
        try:
            # Ahead of disk and registry: they may be broken, and they keep the processor busy.
            self._speaker.clear_all()
            durable = self.kill_switch.keep()
            confirmed = self._speaker.wait_cleared(_KILL_SECONDS)
            recorded = self._record_kill(actor, confirmed)
        finally:
            self._change.release()
        self._expiry_changed()
        return {"engaged": True, "withdrawn": confirmed, "durable": durable, "recorded": recorded}

    def _record_kill(self, actor: Actor, withdrawn: bool) -> bool:
        """End all claims, and forget the rules where they are ``withdrawn``. Whether the registry
        took it."""
        try:
            with self.registry.transaction():
                now = self._clock.now()
                self.registry.note(Event.KILL_SWITCH_ENGAGED, now, actor)
                self.registry.release_all(now, actor, Event.RELEASED)
                if withdrawn:  # the speaker's word of it may have come while they were claimed
                    gone = [(rule_id, None) for rule_id, _, _ in self.registry.desired()]
                    self.registry.acknowledged(gone, now)
        except NotStored as problem:
            log.critical("withdrawn, but not recorded: %s", problem)
            return False
        return True

    def release_kill_switch(self, actor: Actor) -> Result:
        """Allow announcements again; nothing comes back by itself. Raises NotStored."""
        with self._change:
            with self.registry.transaction():
                now = self._clock.now()
                # What could not be ended while the registry was broken must not come back.
                self.registry.release_all(now, actor, Event.RELEASED)
                self.registry.note(Event.KILL_SWITCH_RELEASED, now, actor)
            try:
                self.kill_switch.release()
            except OSError as problem:
                raise NotStored(f"the kill switch stays engaged: {problem}") from problem
        return {"engaged": False}

    # -- what others tell the gate -----------------------------------------------------------------

    def start(self) -> None:
        """Take over from a predecessor: announce what lives and is not in quarantine, withdraw the
        rest again."""
        with self._change:
            with self.registry.transaction():
                end_what_may_not_live(
                    self.registry, self._limits, self._clock, killed=self.kill_switch.engaged
                )
            self._speaker.keep_in_quarantine(self.registry.quarantined())
            self._apply(None)

    def expire(self) -> float | None:
        """End the claims whose time has come. Returns the seconds until it is to be called again,
        if any claim lives. Raises NotStored where it cannot be read whose time has come."""
        with self._change:
            now = self._clock.now()
            overdue = self.registry.overdue_claims(now)
            if overdue:
                actor = Actor("adapter", "life ended")
                try:
                    with self.registry.transaction():
                        self.registry.release(overdue, now, actor, Event.EXPIRED)
                except NotStored as problem:
                    log.error("claims have ended, but it is not recorded: %s", problem)
                    news = [each for each in overdue if each.expires_at > self._ended_by]
                    self._apply_without(news)
                    self._ended_by = now
                    return _RECORD_AGAIN_SECONDS
                self._apply([claim.rule_id for claim in overdue])
            following = self.registry.next_expiry()
        return None if following is None else max(0.0, following - self._clock.now())

    def _apply_without(self, ended: Sequence[Claim]) -> None:
        """Want what is left of the rules without these claims, and without those whose time has
        come, though the registry still has them: it cannot be written."""
        now = self._clock.now()
        for rule in self.registry.rules({claim.rule_id for claim in ended}):
            live = [each for each in rule.claims if each not in ended and each.expires_at > now]
            then = strictest((each.then for each in live), rule.address_family) if live else None
            self._want([(parse_match(rule.match), then)])

    def disown(self, match: Match) -> None:
        """ExaBGP has a rule of unknown origin: withdraw it unless it is claimed meanwhile."""
        with self._change:
            if not self.registry.is_claimed(match.id):
                self._speaker.want(match, None)

    def announce_again(self, rule_id: str, timeout_seconds: float) -> None:
        """ExaBGP lost a rule that it acknowledged. An identical announcement would be swallowed by
        its cache, so the rule is withdrawn first."""
        with self._change:
            for rule in self.registry.rules([rule_id]):
                self._speaker.want(parse_match(rule.match), None)
        self._speaker.wait_settled([rule_id], timeout_seconds)
        with self._change:
            self._apply([rule_id])

    # -- questions ---------------------------------------------------------------------------------

    def describe(self, rule_ids: Collection[str] | None = None) -> list[Result]:
        """Rules as the API shows them."""
        now = self._clock.now()
        rules = self.registry.rules(rule_ids)
        peers = self._speaker.peers()
        judged = [(rule, judge_stored(rule, self._speaker, peers)) for rule in rules]
        # Of a rule that is withdrawn only the record is still on its way to the disk.
        return [
            described(rule, judgement, now)
            for rule, judgement in judged
            if judgement.state is not RuleState.WITHDRAWN
        ]

    def now(self) -> float:
        """Seconds since the epoch, UTC, by the clock that all times of the registry are of."""
        return self._clock.now()

    # -- inside ------------------------------------------------------------------------------------

    def _tell_speaker(self, accepted: Mapping[str, FlowRule]) -> None:
        """Want the strictest live action of each rule: another incident's may be stricter."""
        strictest = {rule.id: rule.then for rule in self.registry.rules(accepted)}
        self._want((rule.match, strictest[rule_id]) for rule_id, rule in accepted.items())

    def _apply(self, rule_ids: Sequence[str] | None, everything: bool = False) -> None:
        if everything:
            self._speaker.clear_all()
            return
        rules = self.registry.rules(rule_ids)
        self._want((parse_match(rule.match), rule.then) for rule in rules)

    def _want(self, wishes: Iterable[tuple[Match, Then | None]]) -> None:
        """All that is announced goes through here: nothing, while the kill switch is engaged. It
        may have been when its end of all claims could not be recorded."""
        if self.kill_switch.engaged:
            wishes = ((match, None) for match, _ in wishes)
        self._speaker.want_many(wishes)
