"""Answers as people read them: tables and lines. What programs read is ``--json``."""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click
from flowtriq_flowspec.errors import FlowspecError
from flowtriq_flowspec.flowspec.then import read_then
from rich.console import Console
from rich.table import Table
from rich.text import Text

_WATCH_SECONDS = 2.0
_UNLIMITED = 10_000  # columns of a file or a pipe, where nothing is to be cut

# Of the rows in an answer of the pack's actions: what is shown where a row has it, in this order.
_COLUMNS = (
    *("provider", "prefix", "incident", "id", "step", "state", "change", "ok", "seconds", "why"),
    *("expires_at", "description", "dry_run", "approval", "incidents", "not_installed_by"),
)

_MATCHED = ("packets", "bytes")

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of words.")
watch_option = click.option("--watch", is_flag=True, help="Again every two seconds, until Ctrl-C.")


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
            part = _one_below_the_other(part)
        console.print(_plain(part) if isinstance(part, str) else part, soft_wrap=True)
    for problem in problems:
        where = [str(problem[key]) for key in ("provider", "prefix") if problem.get(key)]
        click.echo(_plain(": ".join(["Error", *where, str(problem["message"])])).plain, err=True)


def again_and_again(show: Callable[[], bool], *, watch: bool) -> bool:
    """Call ``show`` once, or with ``watch`` until Ctrl-C, whatever the adapter does meanwhile.
    Whether it went well."""
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


def _fits(found: Table, console: Console) -> bool:
    wide = console.options.update(width=_UNLIMITED)
    return console.measure(found, options=wide).maximum <= console.width


def _one_below_the_other(found: Table) -> Text:
    """What a table says, for a terminal too narrow for it: half an address is none."""
    names = [str(column.header) for column in found.columns]
    longest = max(map(len, names))
    rows = zip(*(column.cells for column in found.columns))
    return Text("\n\n").join(
        Text("\n").join(
            Text(f"{name:>{longest}}  ").append_text(cell)
            for name, cell in zip(names, row)
            if isinstance(cell, Text) and cell.plain
        )
        for row in rows
    )


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> Table:
    found = Table(*columns)
    for row in rows:
        found.add_row(*(_plain(_said(row.get(column))) for column in columns))
    return found


def rules(found: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    rows = [
        {
            **rule,
            "match": rule["description"],
            "since": rule.get("announced_at"),
            "left": duration(rule.get("seconds_left")),
            **{unit: f"{rule[unit]:,}" for unit in _MATCHED if unit in rule},
        }
        for rule in found
    ]
    if not rows:
        yield "No rule lives."
    else:
        columns = ("id", "state", "match", "action", "since", "incidents", "left")
        matched = [unit for unit in _MATCHED if any(unit in rule for rule in found)]
        yield table(rows, [*_provider(rows), *columns, *matched])
    for rule in found:
        if rule.get("why"):
            where = f"{rule['provider']}: " if "provider" in rule else ""
            yield f"{where}{rule['id']}: {rule['why']}"


def rules_of_all(said: Mapping[str, Any]) -> Iterator[Any]:
    """Of the action list."""
    found = said.get("rules", ())
    if found or not said["problems"]:  # an adapter that does not answer may have some
        yield from rules(found)
    yield from (f"note: {note}" for note in said.get("notes", ()))


def rule(found: Mapping[str, Any]) -> Iterator[Any]:
    yield f"{found['id']}: {found['description']}"
    why = f": {found['why']}" if found.get("why") else ""
    yield f"{found['state']}{why}; {found.get('action', 'no action any more')}"
    yield f"ends in {duration(found.get('seconds_left'))}"
    claims = [
        {**claim, "action": read_then(claim["then"], found["address_family"]).describe()}
        for claim in found["claims"]
    ]
    yield table(claims, ("incident", "vector", "action", "created_at", "expires_at", "reason"))


def rule_at_each(said: Mapping[str, Any]) -> Iterator[Any]:
    """Of the action show."""
    for found in said.get("rules", ()):
        yield f"at {found['provider']}:"
        yield from rule(found)


def status_of_each(said: Mapping[str, Any]) -> Iterator[Any]:
    """Of the action status."""
    for found in said.get("providers", ()):
        yield f"{found['provider']}:"
        if found["dry_run"]:
            yield "dry run: nothing is announced here"
        yield from status(found)


def status(found: Mapping[str, Any]) -> Iterator[Any]:
    if found["kill_switch"]:
        yield "THE KILL SWITCH IS ENGAGED: nothing is announced until it is released"
    counts, budget = found["rules"], found["budget"]
    yield (
        f"rules: {counts['announced']} announced, {counts['pending']} pending,"
        f" {counts['withdrawing']} being withdrawn; at most {budget['max_rules']}"
    )
    yield (
        f"adapter {found['version']} since {found['started_at']},"
        f" ExaBGP {found['exabgp_version'] or 'not heard yet'}"
    )
    if found["seconds_without_answer"] >= 1:
        yield f"ExaBGP has not answered for {found['seconds_without_answer']:.0f} s"
    counted = found["events_total"]
    yield (
        f"ever refused: {counted['refused']} rules and {counted['alert_refused']} alerts;"
        f" dry runs: {counted['dry_run']} rules"
    )
    families = [
        {
            "family": family,
            "rules": budget[f"rules_{family}"],
            "at most": budget[f"max_rules_{family}"],
            "announced in all": sum(
                each["count"]
                for each in found["deployed_total"]
                if each["address_family"] == family
            ),
        }
        for family in ("ipv4", "ipv6")
    ]
    yield table(families, ("family", "rules", "at most", "announced in all"))
    yield f"estimated TCAM entries of all rules that live: {budget['tcam_entries']}"
    if found["peer_limits"]:
        columns = ("address", "profile", "max_rules", "max_tcam_entries")
        yield table(found["peer_limits"], columns)
    if not found["peers"]:
        yield "No router is known yet."
    else:
        yield table(found["peers"], ("address", "state", "since", "families", "reason"))


def events(found: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    rows = [{**event, "about": _about(event["detail"])} for event in found]
    columns = ("at", "event", "rule_id", "incident", "caller", "reason", "about")
    yield table(rows, [*_provider(rows), *columns])


def events_of_all(said: Mapping[str, Any]) -> Iterator[Any]:
    """Of the action history."""
    yield from events(said.get("events", ()))


def results(found: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """Of a withdrawal at one adapter."""
    yield _rows(found) if found else "No rule lived."


def kill_switch(found: Mapping[str, Any]) -> Iterator[Any]:
    if not found["engaged"]:
        yield "Released: rules may be announced again. Nothing comes back by itself."
        return
    yield "Engaged: nothing is announced until it is released."
    yield "withdrawn: " + ("yes" if found["withdrawn"] else "ExaBGP HAS NOT CONFIRMED IT")
    yield "outlasts a restart: " + ("yes" if found["durable"] else "NO, the disk did not take it")
    yield "in the audit trail: " + ("yes" if found["recorded"] else "no, the registry is broken")


def kill_switches(said: Mapping[str, Any]) -> Iterator[Any]:
    """Of the action kill_switch."""
    for found in said.get("providers", ()):
        yield f"{found['provider']}:"
        yield from kill_switch(found)


def engaged_instead(found: Mapping[str, Any]) -> Iterator[Any]:
    """Of withdraw-all at one adapter."""
    yield "The registry does not work, so the kill switch was engaged instead."
    yield from kill_switch(found)


def withdrawn_at_all(said: Mapping[str, Any]) -> Iterator[Any]:
    """Of the action withdraw_all."""
    engaged = said.get("kill_switches", ())
    if said.get("results") or not (engaged or said["problems"]):
        yield from results(said["results"])
    for found in engaged:
        yield f"{found['provider']}:"
        yield from engaged_instead(found)


def answer(found: Mapping[str, Any]) -> Iterator[Any]:
    """Of an action of the pack: its outcome, each of its lists of rows, and its notes."""
    if "outcome" in found:
        yield str(found["outcome"])
    for name, rows in found.items():
        if name in ("problems", "notes") or not isinstance(rows, list) or not rows:
            continue
        if name != "results":
            yield f"{name.replace('_', ' ')}:"
        yield _rows(rows)
    yield from (f"note: {note}" for note in found.get("notes", ()))


def _provider(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    return ["provider"] if any("provider" in row for row in rows) else []


def _rows(rows: Sequence[Mapping[str, Any]]) -> Table:
    return table(rows, [key for key in _COLUMNS if any(row.get(key) for row in rows)])


def _about(detail: Mapping[str, Any]) -> str:
    """What an event of the audit trail refused or announced."""
    refused = detail.get("error", detail).get("message")
    return str(refused or detail.get("description") or "")


def duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {rest:02}s"


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _plain(text: str) -> Text:
    """Text of others: neither rich's markup nor the terminal's control characters."""
    return Text("".join(each if each.isprintable() else "?" for each in text))
