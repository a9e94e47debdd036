"""Answers as lines and tables, which tables.py draws for people. Programs read ``--json``."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowtriq_flowspec.times import seconds_of

_ENGINE_SILENT_SECONDS = 300  # as the alert FlowspecEngineSilent; a heartbeat comes every minute

# The columns of an action's rows, in this order; a column that no row has is left out.
_COLUMNS = (
    *("provider", "prefix", "incident", "id", "step", "state", "change", "ok", "seconds", "why"),
    *("expires_at", "description", "dry_run", "approval", "incidents", "not_installed_by"),
)

_MATCHED = ("packets", "bytes")
_LAST = ("provider", "verdict", "state")  # what a list of rules gives up last


@dataclass(frozen=True)
class Rows:
    """A table of ``rows``. ``drop``: the columns that go first where it is too wide, in this order;
    ``into``: a column whose text is added to another one when it goes."""

    rows: Sequence[Mapping[str, Any]]
    columns: Sequence[str]
    drop: Sequence[str] = ()
    into: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """A line that stands out; ``style`` is a colour of rich."""

    text: str
    style: str


def printable(text: str) -> str:
    """Text from outside, without the terminal's control characters."""
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in text)


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], **more: Any) -> Rows:
    return Rows(rows, columns, **more)


def rules(listed: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    rows = [
        {
            **rule,
            "match": rule["description"],
            "vector": list(dict.fromkeys(each["vector"] for each in rule.get("claims", ()))),
            "since": rule.get("announced_at"),
            "age": _age(rule.get("announced_at")),
            "left": duration(rule.get("seconds_left")),
            **{unit: f"{rule[unit]:,}" for unit in _MATCHED if unit in rule},
        }
        for rule in listed
    ]
    if not rows:
        yield "No active rules."
    else:
        columns = ("id", "state", "match", "action", "vector", "since", "age", "incidents", "left")
        known = (*_MATCHED, "verdict")
        matched = [name for name in known if any(name in rule for rule in listed)]
        yield table(
            rows,
            [*_provider(rows), *columns, *matched],
            drop=("since", "incidents", "action", "vector", "bytes", "packets", *_LAST),
            into={"action": "match", "vector": "match", "state": "match"},
        )
    for rule in listed:
        if rule.get("why"):
            where = f"{rule['provider']}: " if "provider" in rule else ""
            yield Line(f"{where}{rule['id']}: {rule['why']}", "yellow")


def rules_of_all(result: Mapping[str, Any]) -> Iterator[Any]:
    """The answer of the action list."""
    active = result.get("rules", ())
    if active or not result["problems"]:  # an adapter that does not answer may have rules
        yield from rules(active)
    yield from (f"note: {note}" for note in result.get("notes", ()))


def rule(live: Mapping[str, Any]) -> Iterator[Any]:
    from flowtriq_flowspec.flowspec.then import read_then

    yield f"{live['id']}: {live['description']}"
    why = f": {live['why']}" if live.get("why") else ""
    yield f"{live['state']}{why}; {live.get('action', 'no action: being withdrawn')}"
    yield f"time left: {duration(live.get('seconds_left'))}"
    claims = [
        {**claim, "action": read_then(claim["then"], live["address_family"]).describe()}
        for claim in live["claims"]
    ]
    yield table(claims, ("incident", "vector", "action", "created_at", "expires_at", "reason"))


def rule_at_each(result: Mapping[str, Any]) -> Iterator[Any]:
    """The answer of the action show."""
    for active in result.get("rules", ()):
        yield f"at {active['provider']}:"
        yield from rule(active)


def status_of_each(result: Mapping[str, Any]) -> Iterator[Any]:
    """The answer of the action status."""
    for provider in result.get("providers", ()):
        yield f"{provider['provider']}:"
        if provider["dry_run"]:
            yield "dry run: this provider announces nothing"
        yield from status(provider)


def status(adapter: Mapping[str, Any]) -> Iterator[Any]:
    if adapter["kill_switch"]:
        text = "THE KILL SWITCH IS ENGAGED: nothing is announced until it is released"
        yield Line(text, "bold red")
    counts, budget = adapter["rules"], adapter["budget"]
    partly = counts.get("partly_announced", 0)
    in_part = f" {partly} announced in part," if partly else ""
    yield (
        f"rules: {counts['announced']} announced,{in_part} {counts['pending']} pending,"
        f" {counts['withdrawing']} withdrawing; max {budget['max_rules']}"
    )
    yield (
        f"adapter {adapter['version']} since {adapter['started_at']},"
        f" ExaBGP {adapter['exabgp_version'] or 'version not known yet'}"
    )
    if adapter["seconds_without_answer"] >= 1:
        text = f"ExaBGP has not answered for {adapter['seconds_without_answer']:.0f} s"
        yield Line(text, "bold red")
    silent_seconds = adapter.get("seconds_without_heartbeat", 0)  # an adapter of 0.1.0 has none
    if silent_seconds >= _ENGINE_SILENT_SECONDS:
        text = f"No heartbeat of an engine for {duration(silent_seconds)}: alerts are not executed"
        yield Line(text, "bold red")
    counted = adapter["events_total"]
    yield (
        f"refused (total): {counted['refused']} rules, {counted['alert_refused']} alerts;"
        f" noted (total): {counted.get('alert_noted', 0)} alerts;"
        f" dry run (total): {counted['dry_run']} rules"
    )
    families = [
        {
            "address family": family,
            "rules": budget[f"rules_{family}"],
            "max rules": budget[f"max_rules_{family}"],
            "announced (total)": sum(
                each["count"]
                for each in adapter["deployed_total"]
                if each["address_family"] == family
            ),
        }
        for family in ("ipv4", "ipv6")
    ]
    yield table(families, ("address family", "rules", "max rules", "announced (total)"))
    yield f"estimated TCAM entries of all active rules: {budget['tcam_entries']}"
    if guarded := adapter.get("protected_prefixes"):  # an adapter of 0.1.0 says nothing
        file, admins = guarded["configuration"], guarded["admins"]
        yield f"protected prefixes: {file} of the file, {admins} of admins (flowspec protected)"
    if adapter["peer_limits"]:
        columns = ("address", "profile", "max_rules", "max_tcam_entries")
        yield table(adapter["peer_limits"], columns)
    if not adapter["peers"]:
        yield "No BGP session known yet."
    else:
        peers = [{**peer, "reason": peer.get("why") or peer["reason"]} for peer in adapter["peers"]]
        of_peer = ("address", "state", "since", "local_as", "peer_as", "families", "missing_rules")
        yield table(peers, (*of_peer, "reason"), drop=("since", "local_as", "peer_as"))
    for problem in adapter.get("exabgp_problems", ()):
        yield f"ExaBGP's configuration: {problem['message']}"


def events(listed: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    rows = [{**event, "about": _about(event["detail"])} for event in listed]
    columns = ("at", "event", "rule_id", "incident", "caller", "reason", "about")
    if not rows:
        yield "No such event."
        return
    yield table(
        rows,
        [*_provider(rows), *columns],
        drop=("caller", "incident", "provider", "rule_id", "reason"),
        into={"reason": "about"},
    )


def events_of_all(result: Mapping[str, Any]) -> Iterator[Any]:
    """The answer of the action history."""
    yield from events(result.get("events", ()))


def results(rows: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """The results of a withdrawal at one adapter."""
    yield _rows(rows) if rows else "No active rules: nothing to withdraw."


def resumed(answer: Mapping[str, Any]) -> Iterator[Any]:
    """What can be resumed, or what was announced again."""
    listed, announced = answer.get("resumable", ()), answer.get("results", ())
    if listed:
        rows = [{**claim, "left": duration(claim["seconds_left"])} for claim in listed]
        columns = ("id", "description", "incident", "left", "withdrawn_at", "withdrawn_by")
        yield table(
            rows,
            [*_provider(rows), *columns, "reason"],
            drop=("withdrawn_at", "provider", "withdrawn_by"),
        )
    if announced:
        yield _rows(announced)
    if not listed and not announced and not answer.get("problems"):
        yield "No withdrawn rule can be resumed."


def kill_switch(switch: Mapping[str, Any]) -> Iterator[Any]:
    if not switch["engaged"]:
        yield "Released: rules may be announced again. No withdrawn rule comes back by itself."
        return
    yield "Engaged: nothing is announced until the kill switch is released."
    yield "withdrawn: " + ("yes" if switch["withdrawn"] else "NOT CONFIRMED by ExaBGP")
    yield "survives a restart: " + ("yes" if switch["durable"] else "NO, the disk did not store it")
    yield "recorded in the history: " + (
        "yes" if switch["recorded"] else "no, the registry does not work"
    )


def kill_switches(result: Mapping[str, Any]) -> Iterator[Any]:
    """The answer of the action kill_switch."""
    for provider in result.get("providers", ()):
        yield f"{provider['provider']}:"
        yield from kill_switch(provider)
    yield from (f"note: {note}" for note in result.get("notes", ()))


def engaged_instead(switch: Mapping[str, Any]) -> Iterator[Any]:
    """withdraw-all at one adapter whose registry does not work."""
    yield "The registry does not work, so the kill switch was engaged instead."
    yield from kill_switch(switch)


def withdrawn_at_all(result: Mapping[str, Any]) -> Iterator[Any]:
    """The answer of the action withdraw_all."""
    switches = result.get("kill_switches", ())
    if result.get("results") or not (switches or result["problems"]):
        yield from results(result["results"])
    for switch in switches:
        yield f"{switch['provider']}:"
        yield from engaged_instead(switch)
    yield from (f"note: {note}" for note in result.get("notes", ()))


def answer(result: Mapping[str, Any]) -> Iterator[Any]:
    """The answer of a pack action: outcome, lists of rows, notes."""
    if "outcome" in result:
        yield str(result["outcome"])
    for name, rows in result.items():
        if name in ("problems", "notes") or not isinstance(rows, list) or not rows:
            continue
        if name != "results":
            yield f"{name.replace('_', ' ')}:"
        yield _rows(rows)
    yield from (f"note: {note}" for note in result.get("notes", ()))


def _provider(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return ["provider"] if any("provider" in row for row in rows) else []


def _rows(rows: Sequence[Mapping[str, Any]]) -> Rows:
    columns = [key for key in _COLUMNS if any(row.get(key) for row in rows)]
    return table(rows, columns, drop=("expires_at", "dry_run", "incidents", "incident", "seconds"))


def _about(detail: Mapping[str, Any]) -> str:
    """What a history event is about."""
    refused = detail.get("error", detail).get("message")
    return str(refused or detail.get("description") or "")


def duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {rest:02}s"


def _age(since: Any) -> str:
    if not isinstance(since, str):
        return ""
    seconds = max(0, int(time.time() - seconds_of(since)))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
