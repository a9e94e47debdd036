"""Compares what alerts said with what was done, and gives out what nobody did, to be done again.

A sensor tells every adapter of each alert that it takes; the workflow that the alert starts settles
it here when it has done its part. What stays unsettled was lost with a process that was killed, or
while this adapter could not be reached. What a person or the kill switch decided since is never
undone: it settles the alert too.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from flowtriq_flowspec.events import Event
from flowtriq_flowspec.times import rfc3339

from ..store.attacks_seen import AttacksSeen, SeenAlert, SeenAttack
from ..store.claims import Actor, Reported
from .gate import Gate

GRACE_SECONDS = 20.0
"""A workflow has so long to settle its alert, and so long after others were settled: a queue of
alerts that moves loses nothing."""

_LONGEST_GRACE_SECONDS = 120.0
"""After others were settled that took long themselves: twice what the last one took. An engine that
is slow gets no second execution for what it has in its queue, which would slow it down further."""

_FEW, _GRACE_SECONDS_EACH = 100, 0.02
"""More of it for each alert above so few that waits already: StackStorm on two cores carries out
some 60 targets a second, and a second execution for what waits there would slow it down."""

_OVERTAKEN_SECONDS = 5.0
"""An alert that is so much older than one that was settled long ago does not wait in a queue."""

_TRIES = 4
_HIGHEST_RATE = 10**15  # as in attack.schema.json
_MOST_AT_ONCE = 500
_KEPT_ENDED_SECONDS = 3600.0
_FORGETTING_SECONDS = 60.0

_DECIDED = (
    *(Event.REFUSED, Event.FORBIDDEN, Event.APPROVAL_ASKED, Event.APPROVAL_GIVEN),
    *(Event.APPROVAL_REFUSED, Event.APPROVAL_TIMED_OUT),
)
"""After one of these about its incident, an alert has had its answer."""

_ABOUT_ALL = (Event.RELEASED_ALL, Event.KILL_SWITCH_ENGAGED, Event.KILL_SWITCH_RELEASED)
"""After one of these no older alert brings anything back."""

_CLAIMED = (Event.CLAIMED, Event.JOINED, Event.RENEWED, Event.CHANGED)


class UnfinishedAttacks:
    """One per adapter. Safe to use from any thread. Raises NotStored as the store does."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate
        self._store = AttacksSeen(gate.registry)
        self._progress = _Progress()
        self._forgot_at = 0.0

    def report(self, attacks: Sequence[Mapping[str, Any]], *, listed: bool) -> None:
        """Remember what alerts said: payloads of attack.schema.json with ``seen_at``. ``listed``:
        found in the sender's list, so that it will be missing there when it is over."""
        now = self._gate.now()
        alerts = [line for attack in attacks for line in _lines(attack)]
        many = max(0, self._store.count_unsettled(now) + len(alerts) - _FEW)
        grace = min(GRACE_SECONDS + _GRACE_SECONDS_EACH * many, _LONGEST_GRACE_SECONDS)
        new = self._store.add(alerts, listed=listed, now=now, due_at=now + grace)
        self._note_words(attacks, new, now)
        self._forget(now)

    def _note_words(self, attacks: Sequence[Mapping[str, Any]], new: set[str], now: float) -> None:
        """Words of the senders that name no vector: once for each incident."""
        words = {
            target["incident"]: attack["unknown_words"]
            for attack in attacks
            if attack.get("unknown_words")
            for target in attack["targets"]
            if target["incident"] in new
        }
        if not words:
            return
        with self._gate.registry.transaction():
            for incident, said in words.items():
                self._store.count_words(said)
                actor = Actor("adapter")
                for word in said:
                    self._gate.registry.note(
                        Event.VECTOR_UNKNOWN, now, actor, incident=incident, detail={"word": word}
                    )

    def settle(self, incidents: Sequence[str], seen_at: float) -> None:
        """What the alerts of these incidents asked for, up to ``seen_at``, is done."""
        now = self._gate.now()
        for told_at, tries in self._store.settle(incidents, seen_at):
            self._progress.settled(told_at, now, again=tries > 0)

    def of_incidents(self, incidents: Sequence[str]) -> list[dict[str, Any]]:
        """What alerts said of these incidents: payloads with ``began_at``, ``listed`` and
        ``settled``."""
        return [_known(each) for each in self._store.of_incidents(incidents)]

    def going_on(self, source: str) -> list[dict[str, Any]]:
        """The attacks of a sender whose end nobody reported, as ``of_incidents``."""
        return [_known(each) for each in self._store.going_on(source)]

    def take_overdue(self, actor: Actor) -> list[dict[str, Any]]:
        """What nobody did in time, as payloads to be dispatched once more. Each is given out a few
        times at most, less and less often."""
        now = self._gate.now()
        before = self._progress.told_before(now)
        due = self._store.unsettled(now, before, _MOST_AT_ONCE)
        if not due:
            return []
        decided = self._decided(due)
        again = [each for each in due if each not in decided and each.tries < _TRIES]
        over = [each for each in due if each not in again]
        if again:
            self._progress.given_out(now)
        with self._gate.registry.transaction():
            self._store.close(over)
            self._store.give_out(
                [(each, now + GRACE_SECONDS * 2.0 ** (each.tries + 1)) for each in again]
            )
            for each in again:
                detail = {
                    "message": "the end was not carried out"
                    if each.ended
                    else "no workflow finished for this alert",
                    "seen_at": rfc3339(each.seen_at),
                    "vector": each.vector,
                    "try": each.tries + 1,
                }
                self._gate.registry.note(
                    Event.ATTACK_MADE_UP_FOR, now, actor, incident=each.incident, detail=detail
                )
        return _together(again)

    def _decided(self, due: Sequence[SeenAttack]) -> list[SeenAttack]:
        """Those for which nothing is to be done, by the history since their alert, by the claims,
        and by what people withdrew."""
        since = _Since(self._store, min(each.told_seq for each in due))
        ending = {each.incident for each in due if each.ended}
        registry = self._gate.registry
        claimed = {claim.incident for claim in registry.claims_of_incidents(ending)}
        withdrawn = {claim.incident for claim in registry.withdrawn_claims(self._gate.now())}
        return [
            each
            for each in due
            if (
                each.incident not in claimed or since.end_is_settled(each)
                if each.ended
                else each.incident in withdrawn or since.is_answered(each)
            )
        ]

    def _forget(self, now: float) -> None:
        if abs(now - self._forgot_at) >= _FORGETTING_SECONDS:
            self._forgot_at = now
            self._store.forget(
                now - _KEPT_ENDED_SECONDS, now - self._gate.limits.guardrails.maximum_life_seconds
            )


class _Since:
    """What the history says since the first of several alerts."""

    def __init__(self, store: AttacksSeen, seq: int) -> None:
        kinds = (*_DECIDED, *_ABOUT_ALL, *_CLAIMED, Event.EXPIRED, Event.SCHEDULED, Event.RELEASED)
        self._newest: dict[tuple[str | None, str], int] = {}
        self._by_person: dict[str, int] = {}
        for row in store.events_since(seq, kinds):
            about = None if row["event"] in _ABOUT_ALL else row["incident"]
            self._newest[about, row["event"]] = row["seq"]
            if row["event"] in _CLAIMED and not row["automation"]:
                self._by_person[row["incident"]] = row["seq"]

    def _has(self, each: SeenAttack, events: Sequence[Event], about: str | None) -> bool:
        return any(self._newest.get((about, event), 0) > each.told_seq for event in events)

    def is_answered(self, each: SeenAttack) -> bool:
        """Someone has decided about an attack that goes on, or its claims were made and expired."""
        incident = each.incident
        lived = self._has(each, _CLAIMED, incident) and self._has(each, (Event.EXPIRED,), incident)
        return (
            lived or self._has(each, _DECIDED, incident) or self._has(each, _ABOUT_ALL, about=None)
        )

    def end_is_settled(self, each: SeenAttack) -> bool:
        """The end was carried out, or a person has said since that the rules shall stay."""
        ended = self._has(each, (Event.SCHEDULED, Event.RELEASED), each.incident)
        return ended or self._by_person.get(each.incident, 0) > each.told_seq


class _Progress:
    """What was settled and given out lately, in memory: whether alerts are carried out at all, how
    fast, and up to which one. After a start nothing is known, which counts as no progress."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._recent: list[tuple[float, float]] = []  # (now, told_at), both rising
        self._overtaken = self._given_out_at = float("-inf")
        self._grace_seconds = GRACE_SECONDS

    def settled(self, told_at: float, now: float, *, again: bool) -> None:
        """``again``: it was given out once more, so how long it took says nothing."""
        with self._lock:
            if not again:
                slow = min(2 * (now - told_at), _LONGEST_GRACE_SECONDS)
                self._grace_seconds = max(GRACE_SECONDS, slow)
            if self._recent and told_at <= self._recent[-1][1]:
                told_at = self._recent.pop()[1]
            self._recent.append((now, told_at))

    def given_out(self, now: float) -> None:
        with self._lock:
            self._given_out_at = now

    def told_before(self, now: float) -> float:
        """Up to which time of telling an unsettled alert is lost, and does not just wait."""
        with self._lock:
            while self._recent and self._recent[0][0] <= now - self._grace_seconds:
                self._overtaken = self._recent.pop(0)[1]
            if self._recent or now < self._given_out_at + GRACE_SECONDS:
                return self._overtaken - _OVERTAKEN_SECONDS
            return now


def _lines(attack: Mapping[str, Any]) -> list[SeenAlert]:
    about = {key: value for key, value in attack.items() if key not in ("targets", "seen_at")}
    text = json.dumps(about)
    prefixes: dict[str, list[str]] = {}
    for target in attack["targets"]:
        prefixes.setdefault(target["incident"], []).append(target["prefix"])
    ended = attack["status"] == "ended"
    together = len(prefixes) > 1 or bool(attack.get("neighbours"))
    reported = Reported(_rate(attack, "bps"), _rate(attack, "pps"), together)
    return [
        SeenAlert(
            incident, attack["vector"], text, json.dumps(of_it), attack["seen_at"], ended, reported
        )
        for incident, of_it in prefixes.items()
    ]


def _rate(attack: Mapping[str, Any], name: str) -> float | None:
    """None also where this field is not what attack.schema.json says: it costs nothing else."""
    observed = attack.get("observed")
    rate = observed.get(name) if isinstance(observed, dict) else None
    if isinstance(rate, bool) or not isinstance(rate, (int, float)):
        return None
    return float(rate) if 0 < rate <= _HIGHEST_RATE else None


def _payload(seen: SeenAttack) -> dict[str, Any]:
    status = {"status": "ended"} if seen.ended else {}
    targets = [{"prefix": prefix, "incident": seen.incident} for prefix in seen.prefixes]
    return {**seen.attack, **status, "targets": targets, "seen_at": seen.seen_at}


def _known(seen: SeenAttack) -> dict[str, Any]:
    of_it = {"began_at": seen.began_at, "listed": seen.listed, "settled": seen.settled}
    return {**_payload(seen), **of_it}


def _together(attacks: Sequence[SeenAttack]) -> list[dict[str, Any]]:
    """One payload for all targets that one alert named together."""
    payloads: dict[str, dict[str, Any]] = {}
    for each in attacks:
        payload = _payload(each)
        targets = payload.pop("targets")
        known = payloads.setdefault(json.dumps(payload, sort_keys=True), {**payload, "targets": []})
        known["targets"] += targets
    return list(payloads.values())
