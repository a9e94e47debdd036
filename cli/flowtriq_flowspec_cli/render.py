"""Prints answers for people: tables and lines. Programs read ``--json``."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click
from flowtriq_flowspec.errors import FlowspecError
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WATCH_SECONDS = 2.0
_ENGINE_SILENT_SECONDS = 300  # as the alert FlowspecEngineSilent; a heartbeat comes every minute
_UNLIMITED = 10_000  # columns of a file or a pipe, where nothing is to be cut

# The columns of an action's rows, in this order; a column that no row has is left out.
_COLUMNS = (
    *("provider", "prefix", "incident", "id", "step", "state", "change", "ok", "seconds", "why"),
    *("expires_at", "description", "dry_run", "approval", "incidents", "not_installed_by"),
)

_MATCHED = ("packets", "bytes")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
watch_option = click.option("--watch", is_flag=True, help="Repeat every two seconds until Ctrl-C.")


def say(
    answer: Any,
    parts: Iterator[Any],
    *,
    as_json: bool,
    problems: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Print ``answer`` as JSON, or the ``parts`` that it is made into: lines and tables, and its
    ``problems`` to stderr."""
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    console = Console() if sys.stdout.isatty() else Console(width=_UNLIMITED)
    for part in parts:
        if isinstance(part, Table) and not _fits(part, console):
            part = _stacked(part)
        console.print(_plain(part) if isinstance(part, str) else part, soft_wrap=True)
    for problem in problems:
        where = [str(problem[key]) for key in ("provider", "prefix") if problem.get(key)]
        click.echo(_plain(": ".join(["Error", *where, str(problem["message"])])).plain, err=True)


def repeat(show: Callable[[], bool], *, watch: bool) -> bool:
    """Call ``show`` once, or with ``watch`` every two seconds until Ctrl-C, also while the adapter
    does not answer. Returns what the last call returned."""
    done = show()
    with contextlib.suppress(KeyboardInterrupt):
        while watch:
            time.sleep(_WATCH_SECONDS)
            click.clear()
            try:
                done = show()
            except FlowspecError as problem:
                click.echo(f"Error: {problem}", err=True)
    return done


def _fits(shown: Table, console: Console) -> bool:
    wide = console.options.update(width=_UNLIMITED)
    return console.measure(shown, options=wide).maximum <= console.width


def _stacked(shown: Table) -> Text:
    """A table's rows one below the other, for a terminal that is too narrow: half an address is
    useless."""
    names = [str(column.header) for column in shown.columns]
    longest = max(map(len, names))
    rows = zip(*(column.cells for column in shown.columns))
    return Text("\n\n").join(
        Text("\n").join(
            Text(f"{name:>{longest}}  ").append_text(cell)
            for name, cell in zip(names, row)
            if isinstance(cell, Text) and cell.plain
        )
        for row in rows
    )


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    shown = Table(*columns)
    for row in rows:
        shown.add_row(*(_plain(_cell(row.get(column))) for column in columns))
    return shown


def rules(listed: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    rows = [
        {
            **rule,
            "match": rule["description"],
            "since": rule.get("announced_at"),
            "left": duration(rule.get("seconds_left")),
            **{unit: f"{rule[unit]:,}" for unit in _MATCHED if unit in rule},
        }
        for rule in listed
    ]
    if not rows:
        yield "No active rules."
    else:
        columns = ("id", "state", "match", "action", "since", "incidents", "left")
        known = (*_MATCHED, "verdict")
        matched = [name for name in known if any(name in rule for rule in listed)]
        yield table(rows, [*_provider(rows), *columns, *matched])
    for rule in listed:
        if rule.get("why"):
            where = f"{rule['provider']}: " if "provider" in rule else ""
            yield f"{where}{rule['id']}: {rule['why']}"


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
        yield "THE KILL SWITCH IS ENGAGED: nothing is announced until it is released"
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
        yield f"ExaBGP has not answered for {adapter['seconds_without_answer']:.0f} s"
    silent_seconds = adapter.get("seconds_without_heartbeat", 0)  # an adapter of 0.1.0 has none
    if silent_seconds >= _ENGINE_SILENT_SECONDS:
        yield f"No heartbeat of an engine for {duration(silent_seconds)}: alerts are not executed"
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
    if adapter["peer_limits"]:
        columns = ("address", "profile", "max_rules", "max_tcam_entries")
        yield table(adapter["peer_limits"], columns)
    if not adapter["peers"]:
        yield "No BGP session known yet."
    else:
        of_peer = ("address", "state", "since", "families", "missing_rules", "reason")
        yield table(adapter["peers"], of_peer)
    for problem in adapter.get("exabgp_problems", ()):
        yield f"ExaBGP's configuration: {problem['message']}"


def events(listed: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    rows = [{**event, "about": _about(event["detail"])} for event in listed]
    columns = ("at", "event", "rule_id", "incident", "caller", "reason", "about")
    yield table(rows, [*_provider(rows), *columns])


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
        yield table(rows, [*_provider(rows), *columns, "reason"])
    if announced:
        yield _rows(announced)
    if not listed and not announced and not answer.get("problems"):
        yield "Nothing that was withdrawn can be resumed."


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


def _rows(rows: Sequence[Mapping[str, Any]]) -> Table:
    return table(rows, [key for key in _COLUMNS if any(row.get(key) for row in rows)])


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


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _plain(text: str) -> Text:
    """Text from outside, without rich's markup and the terminal's control characters."""
    return Text("".join(each if each.isprintable() else "?" for each in text))
