"""Changes the guardrails while the adapter runs: loads those of the configuration file, and
protects prefixes for admins. What the new ones forbid is withdrawn in the same step.

The change is one transaction under the gate's lock. No announcement is decided upon in between, and
one that came before is judged by what is in force when its turn comes.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowtriq_flowspec.errors import NotFound, Refused
from flowtriq_flowspec.events import Event, RefusalCode, RuleState
from flowtriq_flowspec.flowspec.prefixes import Network, holds
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.setting_words import protection_in_words, setting_in_words
from flowtriq_flowspec.times import rfc3339

from ..clock import Clock
from ..exabgp.speaker import Speaker
from ..store.claims import Actor
from ..store.database import NotStored
from ..store.protected_prefixes import ProtectedPrefix, ProtectedPrefixes
from ..store.registry import Registry
from .desired_rules import DesiredRules
from .disallowed_claims import Ended, disallowed
from .kill_switch import KillSwitch
from .limits_in_force import Limits, LimitsInForce
from .precedence import before_announcements
from .rule_state import Result, state_of_unclaimed
from .wait_for_exabgp import Waiting, let_settle

log = logging.getLogger(__name__)

MOST = 1000
"""Prefixes that admins protect at the same time."""


@dataclass(frozen=True)
class ChangedBy:
    """Who changes the guardrails, and with which role."""

    actor: Actor
    role: str


class GuardrailChanges:
    """``turn`` and ``change`` are the gate's locks. ``claims_ended`` is called when claims may end
    earlier. Every change raises NotStored where the registry does not take it; then the old
    guardrails stay."""

    def __init__(
        self,
        registry: Registry,
        speaker: Speaker,
        limits: LimitsInForce,
        clock: Clock,
        kill_switch: KillSwitch,
        desired: DesiredRules,
        turn: threading.Lock,
        change: threading.Lock,
        claims_ended: Callable[[], None],
    ) -> None:
        self._registry = registry
        self._speaker = speaker
        self._limits = limits
        self._clock = clock
        self._kill_switch = kill_switch
        self._desired = desired
        self._turn = turn
        self._change = change
        self._claims_ended = claims_ended
        self._store = ProtectedPrefixes(registry)

    @property
    def limits(self) -> Limits:
        """Those in force."""
        return self._limits.value

    def now(self) -> float:
        return self._clock.now()

    def apply(
        self, configured: Guardrails, changed: Sequence[Mapping[str, Any]], by: ChangedBy
    ) -> list[Result]:
        """From now on ``configured`` are the guardrails of the configuration file. ``changed`` goes
        into the history. Returns the claims that ended, each with the reason."""
        with before_announcements(self._turn, self._change):
            limits = Limits.of(configured, self.limits.protected.values())
            words = "; ".join(map(setting_in_words, changed))
            detail = {"message": words, "role": by.role, "changed": list(changed)}
            return self._narrow(limits, Event.GUARDRAILS_CHANGED, by.actor, detail)

    def protect(self, new: ProtectedPrefix, by: ChangedBy) -> list[Result]:
        """Protect a prefix, or give it another reason and end. Returns the claims that ended, each
        with the reason. Raises Refused where there are too many."""
        with before_announcements(self._turn, self._change):
            protected = dict(self.limits.protected)
            if new.prefix not in protected and len(protected) >= MOST:
                text = f"admins protect {len(protected)} prefixes; at most {MOST} are allowed"
                raise Refused(text, field="prefix", value=str(new.prefix), limit=MOST)
            detail = {"role": by.role, **described(new), "before": None}
            if new.prefix in protected:
                detail["before"] = described(protected[new.prefix])
            limits = Limits.of(self.limits.configured, {**protected, new.prefix: new}.values())
            return self._narrow(
                limits, Event.PREFIX_PROTECTED, by.actor, detail, lambda: self._store.put(new)
            )

    def unprotect(self, prefix: Network, by: ChangedBy) -> list[Network]:
        """End an admin's protection. Returns the prefixes that protect some of it still. Raises
        Refused for one of the configuration file, and NotFound."""
        with before_announcements(self._turn, self._change):
            if prefix not in self.limits.protected:
                raise self._not_an_admins(prefix)
            self._end([self.limits.protected[prefix]], by.actor, {"role": by.role})
            return self.limits.guardrails.protected_prefixes.overlapping(prefix)

    def end_overdue(self) -> None:
        """End the protections whose end has come."""
        now = self.now()
        with before_announcements(self._turn, self._change):
            overdue = [
                each
                for each in self.limits.protected.values()
                if each.expires_at is not None and each.expires_at <= now
            ]
            if overdue:
                self._end(overdue, Actor("adapter", "its end came"), {})

    def settled(self, ended: list[Result], wait_seconds: float, waiting: Waiting) -> list[Result]:
        """``ended`` as it is after ExaBGP had ``wait_seconds`` to acknowledge the withdrawals."""
        rule_ids = list(dict.fromkeys(each["id"] for each in ended))
        let_settle(self._speaker, rule_ids, wait_seconds, waiting)
        kept = {rule.id for rule in self._registry.rules(rule_ids) if rule.claims}
        for each in ended:
            gone = state_of_unclaimed(each["id"], self._speaker)
            each["state"] = RuleState.KEPT if each["id"] in kept else gone
        return ended

    def refused(self, refusal: Refused, by: ChangedBy) -> None:
        """Note that a configuration could not be loaded. Does not raise where that cannot be
        stored: the caller has to hear of the refusal itself."""
        detail = {"role": by.role, "error": refusal.as_dict()}
        try:
            with self._registry.transaction():
                self._registry.note(Event.RELOAD_REFUSED, self.now(), by.actor, detail=detail)
        except NotStored as problem:
            log.error("the refused configuration is not recorded: %s", problem)

    def _narrow(
        self,
        limits: Limits,
        event: Event,
        actor: Actor,
        detail: Mapping[str, Any],
        write: Callable[[], None] = lambda: None,
    ) -> list[Result]:
        """Put ``limits`` in force, and end what they forbid. Under the gate's lock."""
        registry, now, guardrails = self._registry, self.now(), limits.guardrails
        registry.look_after()
        everything = self._kill_switch.engaged
        with registry.transaction():
            registry.note(event, now, actor, detail=detail)
            write()
            registry.clamp_lives(now, guardrails.maximum_life_seconds)
            rules = registry.rules()
            ended = disallowed(rules, guardrails, now, everything=everything)
            for each in ended:
                by_adapter = Actor("adapter", each.reason)
                registry.end_claims([each.claim], now, by_adapter, each.event)
        self._limits.value = limits
        self._desired.update(list(dict.fromkeys(each.claim.rule_id for each in ended)))
        self._claims_ended()
        return _results_of(ended, {rule.id: rule.description for rule in rules})

    def _end(
        self, ending: Sequence[ProtectedPrefix], actor: Actor, detail: Mapping[str, Any]
    ) -> None:
        self._registry.look_after()
        with self._registry.transaction():
            for each in ending:
                about = {**detail, **described(each)}
                self._registry.note(Event.PROTECTION_ENDED, self.now(), actor, detail=about)
                self._store.remove(each.prefix)
        gone = {each.prefix for each in ending}
        left = [each for each in self.limits.protected.values() if each.prefix not in gone]
        self._limits.value = Limits.of(self.limits.configured, left)

    def _not_an_admins(self, prefix: Network) -> Refused:
        file = self.limits.configured.protected_prefixes
        for each in file:
            if holds(each, prefix):
                return Refused(
                    f"{prefix} is protected by the configuration file ({each}): take it out there"
                    " and reload",
                    field="prefix",
                    value=str(prefix),
                    code=RefusalCode.PROTECTED_BY_CONFIGURATION,
                )
        return NotFound(f"no admin protects {prefix}", field="prefix", value=str(prefix))


def described(each: ProtectedPrefix) -> dict[str, Any]:
    """As the history keeps it."""
    end = None if each.expires_at is None else rfc3339(each.expires_at)
    about = {"prefix": str(each.prefix), "reason": each.reason, "expires_at": end}
    return {"message": protection_in_words(about), **about}


def _results_of(ended: Sequence[Ended], descriptions: Mapping[str, str]) -> list[Result]:
    return [
        {
            "id": each.claim.rule_id,
            "incident": each.claim.incident,
            "vector": each.claim.vector,
            "description": f"{descriptions[each.claim.rule_id]}: {each.claim.then.describe()}",
            "why": each.reason,
        }
        for each in ended
    ]
