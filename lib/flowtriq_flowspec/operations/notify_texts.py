"""What people read: a message of a few lines for each trigger of the event sensor."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..events import Event, Outcome, Trigger
from ..flowspec.units import in_words

LONGEST = 1800
"""Characters of a message: Discord takes 2,000."""

_TITLE, _TEXT = 150, 300
_TARGETS, _COMMANDS, _MESSAGES = 5, 3, 2
_SPACE = re.compile(r"\s+")
_SCHEME = re.compile(r"(?i)\b(h)tt(ps?://)")
_NAMES = {"<": "‹", ">": "›", "[": "(", "]": ")", "`": "'", "*": "∗", "|": "¦", "~": "∼"}
_INERT = str.maketrans({**_NAMES, "@": "@\u2060", "&": "+"})
_HEADS = {
    Outcome.MITIGATED.value: "MITIGATED",
    Outcome.PARTLY.value: "ONLY PARTLY MITIGATED",
    "over": "OVER",
}
URGENT = (
    *(Trigger.APPROVAL_NEEDED, Trigger.KILL_SWITCH_CHANGED),
    *(Trigger.ATTACK_UNMITIGATED, Trigger.RULE_QUARANTINED),
)
# The first is answered before all others when messages must wait.
_ORDER = (
    *URGENT,
    *(Trigger.ATTACK_MITIGATED, Trigger.SESSION_CHANGED, Trigger.ATTACK_OVER),
)


@dataclass(frozen=True)
class Message:
    """``id``: a message with the same is not sent again. ``kind``: its trigger."""

    id: str
    kind: str
    title: str
    body: str

    @property
    def rank(self) -> int:
        return _ORDER.index(self.kind) if self.kind in _ORDER else len(_ORDER)


def harmless(text: object, longest: int = _TEXT) -> str:
    """Somebody else's text on one line: it names nobody (@everyone), formats nothing (HTML,
    Markdown, Slack), and its links do not open."""
    printable = "".join(each if each.isprintable() else " " for each in str(text))
    plain = _SCHEME.sub(r"\1xx\2", _SPACE.sub(" ", printable).strip())
    return _cut(plain, longest).translate(_INERT)


def message_of(
    event: Mapping[str, Any], console_url: str | None = None, *, stackstorm: bool = False
) -> Message:
    """``event`` is the payload of one of the sensor's triggers, and the trigger's name in
    ``trigger``. ``stackstorm``: people have its chat and its command line."""
    kind = _kind(event)
    words = _WORDS.get(kind)
    title, lines = words(event, stackstorm) if words else (kind or "event", [])
    if console_url:
        page = "/questions" if kind == Trigger.APPROVAL_NEEDED else ""
        lines = [*lines, f"Console: {console_url.rstrip('/')}{page}"]
    body = "\n".join(line for line in lines if line)
    identity = f"{kind}:{event.get('id', '')}"
    return Message(identity[:100], kind, _cut(title, _TITLE), _cut(body, LONGEST))


def summary_of(messages: Sequence[Message], id: str) -> Message:
    """One message in the place of many."""
    kinds: dict[str, int] = {}
    for each in messages:
        kinds[each.kind] = kinds.get(each.kind, 0) + 1
    counts = ", ".join(f"{count} × {kind}" for kind, count in kinds.items())
    lines = [f"There were too many events for a message each: {counts}."]
    size, shown = len(lines[0]), 0
    for each in sorted(messages, key=lambda it: it.rank):
        size += len(each.title) + 3
        if size > LONGEST - 200:
            break
        shown += 1
        lines.append(f"- {each.title}")
    if shown < len(messages):
        lines.append(f"- and {len(messages) - shown} more")
    lines.append("See all: flowspec list, flowspec history")
    return Message(
        id, "summary", f"{len(messages)} messages in one: {counts}"[:_TITLE], "\n".join(lines)
    )


def _attack(event: Mapping[str, Any], stackstorm: bool) -> tuple[str, list[str]]:
    head = _HEADS.get(str(event.get("outcome")), "NOT MITIGATED")
    said = event.get("messages") or []
    label = "Done" if head == "MITIGATED" else "Why"
    lines = [_facts(event), _summary(event), _times(event)]
    if head != "OVER":
        lines += [f"{label}: {harmless(each)}" for each in said[:_MESSAGES]]
        lines += [f"and {len(said) - _MESSAGES} more" if len(said) > _MESSAGES else ""]
    if head in ("MITIGATED", "ONLY PARTLY MITIGATED"):
        lines += _undo(event, stackstorm)
    elif head == "NOT MITIGATED":
        lines.append(
            f"Look: flowspec plan --vector {harmless(event['vector'])}{_first_target(event)}"
        )
    else:
        lines.append("Its rules go by themselves: see flowspec list")
    return f"{head}: {harmless(event['vector'], 60)} on {_targets(event)}", lines


def _approval(event: Mapping[str, Any], stackstorm: bool) -> tuple[str, list[str]]:
    title = f"APPROVE? {harmless(event['vector'], 60)} on {_targets(event)}"
    users = ", ".join(harmless(each, 60) for each in event.get("users") or [])
    target = _prefixes(event)[:1]
    if stackstorm:
        name = f" {target[0]}" if target else ""
        how = f"In chat: flowspec approve{name} or flowspec refuse{name}. Shell: st2 inquiry list"
    else:
        how = (
            "flowspec inquiry list shows its ID; then: flowspec inquiry respond ID --response"
            " '{\"approved\": true}' (or false)"
        )
    return title, [
        _facts(event),
        _summary(event),
        f"Rules that wait ({event.get('rule_count', 1)}): {harmless(event.get('rules', ''), 500)}",
        f"What it costs: {harmless(event['caveat'])}" if event.get("caveat") else "",
        f"Without an answer until {harmless(event['until'])} ({event['minutes']} minutes) nothing"
        " is announced, and the attack is reported as unmitigated.",
        f"Answer: {how}",
        f"May answer: {users}" if users else "",
    ]


def _rules(event: Mapping[str, Any], _stackstorm: bool) -> tuple[str, list[str]]:
    rules = event.get("rules") or []
    kind = _kind(event)
    verb = "announced" if kind == Trigger.RULE_ANNOUNCED else "withdrawn"
    first = harmless(rules[0]["description"], 100) if rules else ""
    title = f"Rule {verb}: {first}" if len(rules) == 1 else f"{len(rules)} rules {verb}"
    lines = [f"{each['rule_id']}: {harmless(each['description'], 200)}" for each in rules[:10]]
    return title, [f"At {_provider(event)}", *lines, _more(len(rules), 10)]


def _quarantined(event: Mapping[str, Any], _stackstorm: bool) -> tuple[str, list[str]]:
    what = harmless(event.get("description") or event["rule_id"], 100)
    return f"QUARANTINED: {what}", [
        f"{harmless(event['peer'])} at {_provider(event)} does not get this rule:"
        f" {harmless(event['message'])}",
        Event.QUARANTINED.sentence,
        f"Look: flowspec show {event['rule_id']}",
    ]


def _kill_switch(event: Mapping[str, Any], stackstorm: bool) -> tuple[str, list[str]]:
    engaged, who = event.get("engaged"), harmless(event.get("who", ""))
    reason = f" Reason: {harmless(event['reason'])}" if event.get("reason") else ""
    if not engaged:
        return f"Kill switch released at {_provider(event)}", [
            f"By {who}.{reason}",
            "Nothing comes back by itself. See what can be resumed: flowspec resume",
        ]
    undo = "In chat: flowspec kill switch release" if stackstorm else "flowspec kill-switch release"
    return f"KILL SWITCH ENGAGED at {_provider(event)}", [
        f"By {who}.{reason}",
        "All rules are withdrawn, and nothing is announced until it is released.",
        f"Undo: {undo}",
    ]


def _session(event: Mapping[str, Any], _stackstorm: bool) -> tuple[str, list[str]]:
    up = event.get("state") == "established"
    title = f"Session {'up' if up else 'DOWN'}: {harmless(event['peer'], 60)} at {_provider(event)}"
    why = f"Why: {harmless(event['message'])}" if event.get("message") else ""
    numbers = [f"AS {event[key]}" for key in ("local_as", "peer_as") if event.get(key)]
    lost = "" if up else "This router has no rule of ours while it is down."
    return title, [
        why,
        f"Between {' and '.join(numbers)}" if numbers else "",
        lost,
        "Look: flowspec status",
    ]


_Words = Callable[[Mapping[str, Any], bool], "tuple[str, list[str]]"]
_WORDS: dict[str, _Words] = {
    Trigger.ATTACK_MITIGATED: _attack,
    Trigger.ATTACK_UNMITIGATED: _attack,
    Trigger.ATTACK_OVER: _attack,
    Trigger.APPROVAL_NEEDED: _approval,
    Trigger.RULE_ANNOUNCED: _rules,
    Trigger.RULE_WITHDRAWN: _rules,
    Trigger.RULE_QUARANTINED: _quarantined,
    Trigger.KILL_SWITCH_CHANGED: _kill_switch,
    Trigger.SESSION_CHANGED: _session,
}


def _kind(event: Mapping[str, Any]) -> str:
    """The trigger's name; StackStorm puts the pack's before it."""
    return str(event.get("trigger", "")).rpartition(".")[2]


def _facts(event: Mapping[str, Any]) -> str:
    rates = [
        in_words(event[key], unit)
        for key, unit in (("bps", "bit/s"), ("pps", "packets/s"))
        if isinstance(event.get(key), (int, float))
    ]
    parts = [
        f"Sender: {harmless(event.get('source', ''), 60)}",
        f"severity: {harmless(event.get('severity', 'unknown'), 20)}",
        f"rate: {', '.join(rates) or 'not known'}",
    ]
    return ". ".join(parts) + "."


def _summary(event: Mapping[str, Any]) -> str:
    return f"Alert: {harmless(event['summary'])}" if event.get("summary") else ""


def _times(event: Mapping[str, Any]) -> str:
    seconds = event.get("seconds")
    return f"It lasted {round(seconds / 60)} minutes." if seconds else ""


def _prefixes(event: Mapping[str, Any]) -> list[str]:
    return [str(each["prefix"]) for each in event.get("targets") or [] if each.get("prefix")]


def _targets(event: Mapping[str, Any]) -> str:
    shown = _prefixes(event)[:_TARGETS]
    shown = shown or [harmless(it["incident"], 60) for it in event.get("targets") or []][:_TARGETS]
    more = _more(int(event.get("target_count") or 0), len(shown))
    return ", ".join(shown) + (f" {more}" if more else "")


def _first_target(event: Mapping[str, Any]) -> str:
    return "".join(f" --target {each}" for each in _prefixes(event)[:1])


def _undo(event: Mapping[str, Any], stackstorm: bool) -> list[str]:
    prefixes = _prefixes(event)
    if not prefixes:
        return ["Undo: flowspec list, then flowspec withdraw --id ID"]
    head = "flowspec withdraw target" if stackstorm else "flowspec withdraw --target"
    lines = [f"{head} {each}" for each in prefixes[:_COMMANDS]]
    lines[0] = f"Undo{' in chat' if stackstorm else ''}: {lines[0]}"
    if stackstorm:
        lines.append(f"Undo in a shell: st2 run flowtriq_flowspec.withdraw target={prefixes[0]}")
    return [*lines, _more(int(event.get("target_count") or len(prefixes)), _COMMANDS)]


def _provider(event: Mapping[str, Any]) -> str:
    return harmless(event.get("provider", ""), 60)


def _more(count: int, shown: int) -> str:
    return f"and {count - shown} more" if count > shown else ""


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
