"""Which triggers the events of a history become, and their payloads (sensors/event_sensor.yaml)."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Optional

from ..adapter_answers import EventDict, SeenAttackDict
from ..adapter_client import AdapterClient
from ..config.pack import Approvals
from ..errors import FlowspecError
from ..events import Event, Outcome, Trigger
from ..playbook.vectors import catalogue
from ..times import rfc3339, seconds_of

RULES_PER_TRIGGER = 100
"""One trigger carries many rules: each trigger costs the engine time that alerts wait for."""

_TARGETS, _INCIDENTS_PER_CALL = 100, 20
_MESSAGES = 20
_INCIDENTS_REMEMBERED, _IDS_REMEMBERED = 5_000, 1_000

_RULES = {
    Event.ANNOUNCED: Trigger.RULE_ANNOUNCED,
    Event.WITHDRAWN: Trigger.RULE_WITHDRAWN,
}
_OUTCOMES = {
    Event.ATTACK_MITIGATED: Outcome.MITIGATED,
    Event.ATTACK_PARTLY_MITIGATED: Outcome.PARTLY,
    Event.ATTACK_UNMITIGATED: Outcome.UNMITIGATED,
}
_ATTACK = (Trigger.ATTACK_MITIGATED, Trigger.ATTACK_UNMITIGATED, Trigger.ATTACK_OVER)
_OVER = "over"  # the outcome of an attack that ended
_ENDS = (Event.ATTACK_ENDED, Event.SCHEDULED, Event.RELEASED)
_FORGOTTEN = (Event.RELEASED, Event.EXPIRED, Event.FORBIDDEN)
_ALONE = {
    Event.QUARANTINED: Trigger.RULE_QUARANTINED,
    Event.KILL_SWITCH_ENGAGED: Trigger.KILL_SWITCH_CHANGED,
    Event.KILL_SWITCH_RELEASED: Trigger.KILL_SWITCH_CHANGED,
    Event.SESSION_UP: Trigger.SESSION_CHANGED,
    Event.SESSION_DOWN: Trigger.SESSION_CHANGED,
}
_OTHERS = (Event.EXPIRED, Event.FORBIDDEN, Event.APPROVAL_ASKED)
FOLLOWED = (*_RULES, *_OUTCOMES, *_ENDS, *_ALONE, *_OTHERS)

Payload = dict[str, Any]
_Group = tuple[Optional[Trigger], list[EventDict]]


@dataclass
class Dispatched:
    """What was dispatched lately, for all providers: an attack is one, however many adapters
    report it. ``attacks``: the newest trigger about each incident, by the incident's hash; the
    oldest are forgotten. ``ids``: the questions for approval."""

    attacks: dict[str, str] = field(default_factory=dict)
    ids: dict[str, None] = field(default_factory=dict)

    @classmethod
    def from_json(cls, given: Payload) -> Dispatched:
        return cls(dict(given["attacks"]), dict.fromkeys(given["ids"]))

    def to_json(self) -> Payload:
        return {"attacks": self.attacks, "ids": list(self.ids)}

    def is_news(self, incident: str, trigger: Trigger) -> bool:
        """Whether the newest trigger about the incident is another one."""
        return self.attacks.get(_short(incident)) != trigger

    def add(self, incidents: Sequence[str], trigger: Trigger) -> None:
        for key in map(_short, incidents):
            self.attacks.pop(key, None)  # so that they stand in the order of their triggers
            self.attacks[key] = trigger.value
            if len(self.attacks) > _INCIDENTS_REMEMBERED:
                del self.attacks[next(iter(self.attacks))]

    def forget(self, incident: str) -> None:
        """A claim of the incident ended: the next trigger about it is news."""
        if self.attacks.get(_short(incident)) != Trigger.ATTACK_OVER:
            self.attacks.pop(_short(incident), None)

    def add_question(self, question: str) -> None:
        self.ids[question] = None
        if len(self.ids) > _IDS_REMEMBERED:
            del self.ids[next(iter(self.ids))]


@dataclass(frozen=True)
class Dispatch:
    """One trigger to be dispatched; ``trigger`` is None for events that become none. ``seqs``: the
    numbers of its events. ``remember`` is called when it was dispatched."""

    trigger: Trigger | None
    payload: Payload
    seqs: tuple[int, ...]
    remember: Callable[[Dispatched], object] = bool


def triggers_of(
    approvals: Approvals,
    provider: str,
    client: AdapterClient,
    events: Sequence[EventDict],
    dispatched: Dispatched,
) -> Iterator[Dispatch]:
    """In the order of their first events. ``dispatched`` stays as it is."""
    dispatched = Dispatched(dict(dispatched.attacks), dict(dispatched.ids))
    for name, group in _grouped(events):
        seqs = tuple(each["seq"] for each in group)
        payload = _payload(approvals, name, group, client, dispatched)
        remember = _memory_of(name, group, payload)
        remember(dispatched)
        if payload is None:
            yield Dispatch(None, {}, seqs, remember)
            continue
        common = {"id": _id(provider, group[0]["at"], *map(str, seqs)), "provider": provider}
        yield Dispatch(name, {**common, "at": group[0]["at"], **payload}, seqs, remember)


def _memory_of(
    name: Trigger | None, group: Sequence[EventDict], payload: Payload | None
) -> Callable[[Dispatched], object]:
    incidents = [str(each["incident"]) for each in group]
    if name in _ATTACK:
        return lambda dispatched: dispatched.add(incidents, name)
    if name is Trigger.APPROVAL_NEEDED and payload is not None:
        return lambda dispatched: dispatched.add_question(payload["id"])
    if Event(group[0]["event"]) in _FORGOTTEN:
        return lambda dispatched: dispatched.forget(incidents[0])
    return bool


def _grouped(events: Sequence[EventDict]) -> list[_Group]:
    groups: dict[tuple[object, ...], _Group] = {}
    in_batch: dict[Trigger, int] = {}
    for event in events:
        kind, detail, number = Event(event["event"]), event["detail"], event["seq"]
        name, key = _ALONE.get(kind), (number,)
        if kind in _RULES:
            name = _RULES[kind]
            count = in_batch[name] = in_batch.get(name, -1) + 1
            of: object = count // RULES_PER_TRIGGER
            groups.setdefault((name, of), (name, []))[1].append(event)
            continue
        if kind in _OUTCOMES:
            mitigated = kind == Event.ATTACK_MITIGATED
            name = Trigger.ATTACK_MITIGATED if mitigated else Trigger.ATTACK_UNMITIGATED
            of = detail.get("attack") or event["incident"]
        elif kind == Event.ATTACK_ENDED or (kind in _ENDS and "seen_at" in detail):
            name, of = Trigger.ATTACK_OVER, detail.get("seen_at") or event["at"]
        elif kind == Event.APPROVAL_ASKED:
            name, of = Trigger.APPROVAL_NEEDED, detail.get("attack") or event["at"]
        else:  # alone, or a claim that a person or its time ended
            groups[key] = (name, [event])
            continue
        groups.setdefault((name, kind, of), (name, []))[1].append(event)
    return list(groups.values())


def _payload(
    approvals: Approvals,
    name: Trigger | None,
    group: Sequence[EventDict],
    client: AdapterClient,
    dispatched: Dispatched,
) -> Payload | None:
    """None where there is nothing new to dispatch."""
    if name in _RULES.values():
        return {"rules": [_rule(each) for each in group]}
    if name is Trigger.APPROVAL_NEEDED:
        return _approval(approvals, group, client, dispatched)
    if name in _ATTACK:
        return _attack(name, group, client, dispatched)
    if name is not None:
        return _alone(Event(group[0]["event"]), group[0])
    return None


def _rule(event: EventDict) -> Payload:
    detail = event["detail"]
    then = detail.get("then")
    rule = {
        "event": event["seq"],
        "rule_id": str(event["rule_id"]),
        "description": str(detail.get("description", "")),
        "at": event["at"],
    }
    return {**rule, "action": next(iter(then), "")} if isinstance(then, dict) else rule


def _alone(kind: Event, event: EventDict) -> Payload:
    detail = event["detail"]
    message = str(detail.get("message", ""))
    if kind == Event.QUARANTINED:
        return {
            "rule_id": str(event["rule_id"]),
            "description": str(detail.get("description", "")),
            "peer": str(detail.get("peer", "")),
            "message": message,
        }
    if kind in (Event.SESSION_UP, Event.SESSION_DOWN):
        state = "established" if kind == Event.SESSION_UP else "down"
        numbers: Payload = {key: detail[key] for key in ("local_as", "peer_as") if key in detail}
        peer = str(detail.get("peer", ""))
        return {"peer": peer, "state": state, "message": message, **numbers}
    return {
        "engaged": kind == Event.KILL_SWITCH_ENGAGED,
        "who": event["caller"],
        "reason": event["reason"],
    }


def _attack(
    name: Trigger, group: Sequence[EventDict], client: AdapterClient, dispatched: Dispatched
) -> Payload | None:
    messages = {}
    for event in group:
        incident = str(event["incident"])
        if dispatched.is_news(incident, name):
            messages[incident] = str(event["detail"].get("message", ""))
    if not messages:
        return None
    first, known = group[0], _known(client, list(messages)[:_TARGETS])
    outcome = _OUTCOMES.get(Event(first["event"]))
    about = _about(known, list(messages), str(first["detail"].get("vector", "unknown")))
    if name is Trigger.ATTACK_OVER:
        about["seconds"] = max(0, round(seconds_of(first["at"]) - _began_at(known, first)))
    texts = [text for text in dict.fromkeys(messages.values()) if text]
    attack_id = first["detail"].get("attack")
    named = {"id": attack_id} if attack_id else {}
    return {
        **named,
        "outcome": _OVER if outcome is None else outcome.value,
        "messages": texts[:_MESSAGES],
        **about,
    }


def _began_at(known: Sequence[SeenAttackDict], event: EventDict) -> float:
    return min((it["began_at"] for it in known), default=seconds_of(event["at"]))


def _approval(
    approvals: Approvals, group: Sequence[EventDict], client: AdapterClient, dispatched: Dispatched
) -> Payload | None:
    detail = next((it["detail"] for it in group if it["detail"].get("message")), {})
    incidents = list(dict.fromkeys(str(each["incident"]) for each in group))
    asked = str(group[0]["detail"].get("attack") or _id(group[0]["at"], *incidents))
    if asked in dispatched.ids:
        return None
    known = _known(client, incidents[:_TARGETS])
    about = _about(known, incidents, str(detail.get("vector", "unknown")))
    vector = catalogue().get(about["vector"])
    until = seconds_of(group[0]["at"]) + approvals.minutes * 60
    return {
        "id": asked,
        "rules": str(detail.get("message", "")),
        "rule_count": len(group),
        "caveat": (vector.caveat or "") if vector is not None else "",
        "minutes": approvals.minutes,
        "until": rfc3339(until),
        "users": list(approvals.users),
        **about,
    }


def _known(client: AdapterClient, incidents: Sequence[str]) -> list[SeenAttackDict]:
    """What the adapter knows of the alerts; nothing where it knows nothing, or is away."""
    known: list[SeenAttackDict] = []
    with contextlib.suppress(FlowspecError):
        for begin in range(0, len(incidents), _INCIDENTS_PER_CALL):
            some = incidents[begin : begin + _INCIDENTS_PER_CALL]
            known += client.attacks_seen(incidents=some)
    return known


def _about(known: Sequence[SeenAttackDict], incidents: Sequence[str], vector: str) -> Payload:
    """What every trigger about an attack has."""
    prefixes: dict[str, str] = {}
    for attack in known:
        for target in attack["targets"]:
            prefixes.setdefault(target["incident"], target["prefix"])
    first: Any = known[0] if known else {}
    observed = first.get("observed") or {}
    return {
        "vector": str(first.get("vector", vector)) if vector == "unknown" else vector,
        "source": str(first.get("source") or incidents[0].partition(":")[0]),
        "severity": str(first.get("severity", "unknown")),
        "summary": str(first.get("summary", "")),
        **{key: observed[key] for key in ("bps", "pps") if observed.get(key) is not None},
        "targets": [
            {"prefix": prefixes.get(each, ""), "incident": each} for each in incidents[:_TARGETS]
        ],
        "target_count": len(incidents),
    }


def _short(incident: str) -> str:
    return hashlib.sha256(incident.encode()).hexdigest()[:12]


def _id(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
