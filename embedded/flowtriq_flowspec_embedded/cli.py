"""``flowspec``: the stack in one process, and the commands of an operator."""

from __future__ import annotations

import json
import logging
import signal
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import FlowspecError
from pythonjsonlogger.json import JsonFormatter
from rich.console import Console
from rich.table import Table

from .documents import PackError
from .stack import Stack, StackConfig
from .store import Store
from .verbs import COMMANDS, FILE, FOLDER

_WATCH_SECONDS = 2.0
_DEFAULT_SOCKET = "/var/run/flowtriq/exabgp.sock"

_socket = click.option(
    "--socket",
    default=_DEFAULT_SOCKET,
    show_default=True,
    envvar="FLOWTRIQ_ADAPTER_SOCKET",
    help="The adapter's Unix socket.",
)
_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")


class _Commands(click.Group):
    """Exit code 1 and one sentence for what was refused or cannot be reached."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (FlowspecError, PackError) as problem:
            raise click.ClickException(str(problem)) from problem


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="flowtriq-exabgp-adapter")
def main() -> None:
    """Turn DDoS alerts into BGP FlowSpec rules, and see what is announced.

    Exit codes: 0 done, 1 refused or not reachable (one sentence says why), 2 a wrong command line.
    """


for _command in COMMANDS:
    main.add_command(_command)


@main.command()
@click.option("--config", type=FILE, required=True, help="What to start, a YAML file.")
@click.option(
    "--pack",
    "pack_folder",
    type=FOLDER,
    default=Path(),
    help="The pack's folder; the current one if not given.",
)
def up(config: Path, pack_folder: Path) -> None:
    """Run ExaBGP, adapter, pack and exporter in the foreground until Ctrl-C."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    stack = Stack(StackConfig.from_file(config), pack_folder.resolve())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stack.stop())
    with stack:
        click.echo("up; Ctrl-C stops it", err=True)
        died = stack.wait()
    if died is not None:
        raise click.ClickException(died)


@main.command()
@click.option("--config", type=FILE, required=True, help="The file given to flowspec up.")
@click.option("--limit", type=click.IntRange(1, 10000), default=20, show_default=True)
@click.option("--failed", is_flag=True, help="Only what failed: attacks that are not mitigated.")
@_json
def executions(config: Path, limit: int, failed: bool, as_json: bool) -> None:
    """List what the engine ran, newest first."""
    store = Store(StackConfig.from_file(config).database)
    status = "failed" if failed else None
    found = [_summary(each) for each in store.executions(limit, status=status)]
    columns = ("id", "status", "action", "rule", "started", "about")
    _show(found, columns, as_json=as_json)


@main.command()
@click.argument("execution_id")
@click.option("--config", type=FILE, required=True, help="The file given to flowspec up.")
def execution(execution_id: str, config: Path) -> None:
    """Show one execution with its tasks, as JSON."""
    store = Store(StackConfig.from_file(config).database)
    found = store.execution(execution_id)
    if found is None:
        raise click.ClickException(f"no execution has the id {execution_id}")
    found.pop("state")
    tasks = store.children(execution_id)
    for task in tasks:
        task.pop("state")
    click.echo(json.dumps({**found, "tasks": tasks}, indent=2))


@main.command("list")
@_socket
@_json
@click.option("--watch", is_flag=True, help="Again every two seconds, until Ctrl-C.")
def list_rules(socket: str, as_json: bool, watch: bool) -> None:
    """List the rules that live: what they match and do, since when, for whom, for how long."""
    _list_rules(socket, as_json=as_json)
    while watch:
        time.sleep(_WATCH_SECONDS)
        click.clear()
        _list_rules(socket, as_json=as_json)


def _list_rules(socket: str, *, as_json: bool) -> None:
    rules = AdapterClient(socket).rules()
    if as_json:
        click.echo(json.dumps(rules, indent=2))
        return
    rows = [
        {
            "id": rule["id"],
            "state": rule["state"],
            "match": rule["description"],
            "action": rule.get("action", ""),
            "since": rule.get("announced_at", ""),
            "incidents": ", ".join(rule["incidents"]),
            "left": _time_left(rule.get("seconds_left")),
        }
        for rule in rules
    ]
    _show(rows, ("id", "state", "match", "action", "since", "incidents", "left"), as_json=False)


@main.command()
@_socket
@click.argument("rule_id")
def show(socket: str, rule_id: str) -> None:
    """Show one rule with its claims, as JSON."""
    click.echo(json.dumps(AdapterClient(socket).rule(rule_id), indent=2))


@main.command()
@_socket
def status(socket: str) -> None:
    """Show the adapter's sessions, counts and budgets, as JSON."""
    click.echo(json.dumps(AdapterClient(socket).status(), indent=2))


@main.command()
@_socket
@click.option("--limit", type=click.IntRange(1, 10000), default=20, show_default=True)
@_json
def history(socket: str, limit: int, as_json: bool) -> None:
    """Show the audit trail: who changed what, when and why, newest first."""
    events = AdapterClient(socket).history(limit)
    columns = ("at", "event", "rule_id", "incident", "caller", "reason")
    _show(events, columns, as_json=as_json)


@main.command()
@_socket
@click.option("--id", "rule_id", help="The rule's id.")
@click.option("--incident", help="All rules that this incident alone holds.")
@click.option("--reason", default="", help="For the audit trail.")
@_json
def withdraw(
    socket: str, rule_id: str | None, incident: str | None, reason: str, as_json: bool
) -> None:
    """Withdraw one rule, or the rules of an incident."""
    if (rule_id is None) == (incident is None):
        raise click.UsageError("give either --id or --incident")
    answer = AdapterClient(socket).withdraw(
        id=rule_id, incident=incident, reason=reason, caller="flowspec"
    )
    _show(answer["results"], ("id", "state"), as_json=as_json)


@main.command("kill-switch")
@_socket
@click.argument("state", type=click.Choice(["engage", "release"]))
@click.option("--reason", default="", help="For the audit trail.")
def kill_switch(socket: str, state: str, reason: str) -> None:
    """Withdraw everything at once and announce nothing until released.

    Works also when the adapter's registry is damaged or its disk is full.
    """
    engaged = state == "engage"
    answer = AdapterClient(socket).kill_switch(engaged, reason=reason, caller="flowspec")
    click.echo(json.dumps(answer, indent=2))


@main.command("withdraw-all")
@_socket
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--reason", default="", help="For the audit trail.")
@_json
def withdraw_all(socket: str, yes: bool, reason: str, as_json: bool) -> None:
    """Withdraw every rule at once."""
    if not yes:
        click.confirm("Withdraw every FlowSpec rule?", abort=True, err=True)
    answer = AdapterClient(socket).withdraw(all=True, reason=reason, caller="flowspec")
    _show(answer["results"], ("id", "state"), as_json=as_json)


def _time_left(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes:02}m" if hours else f"{minutes}m {rest:02}s"


def _summary(execution: dict[str, Any]) -> dict[str, Any]:
    result = execution["result"] or {}
    attack = execution["parameters"].get("attack") or {}
    targets = [each["prefix"] for each in attack.get("targets", [])]
    more = f" and {len(targets) - 3} more" if len(targets) > 3 else ""
    started = datetime.fromtimestamp(execution["started_at"], timezone.utc)
    return {
        "id": execution["id"],
        "status": execution["status"],
        "action": execution["action"],
        "rule": execution["rule"],
        "started": started.isoformat(timespec="seconds"),
        "about": f"{attack.get('vector', '')} {', '.join(targets[:3])}{more}".strip(),
        "outcome": (result.get("output") or {}).get("outcome"),
        "errors": result.get("errors") or [],
    }


def _show(rows: Sequence[dict[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    table = Table(*columns)
    for row in rows:
        table.add_row(*(str(row.get(column) or "") for column in columns))
    Console().print(table)
