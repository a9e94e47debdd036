"""``flowspec``: the stack in one process, and the commands of an operator."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
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

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
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
    """Turn DDoS alerts into BGP FlowSpec rules, and see what is announced."""


@main.command()
@click.option("--config", type=_FILE, required=True, help="What to start, a YAML file.")
@click.option(
    "--pack",
    "pack_folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="The pack's folder; the current one if not given.",
)
def up(config: Path, pack_folder: Path) -> None:
    """Run ExaBGP, adapter, pack and exporter in the foreground until Ctrl-C."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with Stack(StackConfig.from_file(config), pack_folder.resolve()) as stack:
        click.echo("up; Ctrl-C stops it", err=True)
        while not stop.wait(1.0):
            dead = stack.dead_child()
            if dead is not None:
                raise click.ClickException(dead)


@main.command()
@click.option("--config", type=_FILE, required=True, help="The file given to flowspec up.")
@click.option("--limit", type=click.IntRange(1, 10000), default=20, show_default=True)
@_json
def executions(config: Path, limit: int, as_json: bool) -> None:
    """List what the engine ran, newest first."""
    store = Store(StackConfig.from_file(config).database)
    found = [_summary(each) for each in store.executions(limit)]
    columns = ("id", "status", "action", "rule", "started", "about")
    _show(found, columns, as_json=as_json)


@main.command()
@click.argument("execution_id")
@click.option("--config", type=_FILE, required=True, help="The file given to flowspec up.")
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
def list_rules(socket: str, as_json: bool) -> None:
    """List the rules that live: what they match and do, since when, for whom, for how long."""
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
            "left": f"{rule['seconds_left']} s" if "seconds_left" in rule else "",
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
