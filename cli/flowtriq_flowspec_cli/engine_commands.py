"""The commands that read the embedded engine's database."""

from __future__ import annotations

import contextlib
import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click

from .engine_store import engine_store
from .options import WholeNumber, config_option
from .render import table
from .screen import json_option, say


@click.command()
@config_option
@click.option(
    "--limit",
    type=WholeNumber(1, 10000),
    default=20,
    show_default=True,
    help="How many executions.",
)
@click.option(
    "--failed", is_flag=True, help="Only failed executions: attacks that are not mitigated."
)
@json_option
def executions(config: Path, limit: int, failed: bool, as_json: bool) -> None:
    """List the engine's executions, newest first."""
    store = engine_store(config)
    status = "failed" if failed else None
    rows = [_summary(each) for each in store.executions(limit, status=status)]
    columns = ("id", "status", "action", "route", "started", "about", "outcome")
    drop = ("route", "started", "action")
    empty = "No execution failed." if failed else "The engine has executed nothing yet."
    say(rows, iter([table(rows, columns, drop=drop) if rows else empty]), as_json=as_json)


@click.command()
@click.argument("execution_id")
@config_option
def execution(execution_id: str, config: Path) -> None:
    """Show one execution with its tasks, as JSON."""
    store = engine_store(config)
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
    attack = _attack(execution["parameters"])
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


def _attack(parameters: dict[str, Any]) -> dict[str, Any]:
    """What the execution is about; the pack's routes hand it on as JSON text (docs/adr/0060). None
    of it where somebody ran the action with a text that is no attack."""
    given = parameters.get("attack_json") or parameters.get("attack")
    if isinstance(given, str):
        with contextlib.suppress(ValueError):
            given = json.loads(given)
    return given if isinstance(given, dict) else {}


COMMANDS = (executions, execution)
