"""The commands of the embedded engine: ``up`` runs it, the others read its database."""

from __future__ import annotations

import json
import signal
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click
from flowtriq_flowspec.logs import log_json_to_stderr
from flowtriq_flowspec_embedded.stack import Stack, StackConfig
from flowtriq_flowspec_embedded.store import Store

from .pack_commands import FILE, FOLDER
from .render import json_option, say, table


@click.command()
@click.option("--config", type=FILE, required=True, help="The YAML file that says what to start.")
@click.option(
    "--pack",
    "pack_folder",
    type=FOLDER,
    default=Path(),
    help="The pack's folder; the current one if not given.",
)
def up(config: Path, pack_folder: Path) -> None:
    """Run ExaBGP, adapter, pack and exporter in the foreground until Ctrl-C."""
    log_json_to_stderr()
    stack = Stack(StackConfig.from_file(config), pack_folder.resolve())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stack.stop())
    with stack:
        click.echo("up; Ctrl-C stops it", err=True)
        died = stack.wait()
    if died is not None:
        raise click.ClickException(died)


@click.command()
@click.option("--config", type=FILE, required=True, help="The file given to flowspec up.")
@click.option("--limit", type=click.IntRange(1, 10000), default=20, show_default=True)
@click.option("--failed", is_flag=True, help="Only failed ones: attacks not mitigated.")
@json_option
def executions(config: Path, limit: int, failed: bool, as_json: bool) -> None:
    """List the engine's executions, newest first."""
    store = Store(StackConfig.from_file(config).database, guest=True)
    status = "failed" if failed else None
    rows = [_summary(each) for each in store.executions(limit, status=status)]
    columns = ("id", "status", "action", "route", "started", "about", "outcome")
    say(rows, iter([table(rows, columns)]), as_json=as_json)


@click.command()
@click.argument("execution_id")
@click.option("--config", type=FILE, required=True, help="The file given to flowspec up.")
def execution(execution_id: str, config: Path) -> None:
    """Show one execution with its tasks, as JSON."""
    store = Store(StackConfig.from_file(config).database, guest=True)
    found = store.execution(execution_id)
    if found is None:
        raise click.ClickException(f"no execution has the id {execution_id}")
    found.pop("state")
    tasks = store.children(execution_id)
    for task in tasks:
        task.pop("state")
    click.echo(json.dumps({**found, "tasks": tasks}, indent=2))


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
        "route": execution["route"],
        "started": started.isoformat(timespec="seconds"),
        "about": f"{attack.get('vector', '')} {', '.join(targets[:3])}{more}".strip(),
        "outcome": (result.get("output") or {}).get("outcome"),
        "errors": result.get("errors") or [],
    }


COMMANDS = (up, executions, execution)
