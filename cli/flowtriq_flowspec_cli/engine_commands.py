"""The commands of the embedded engine: ``up`` runs it, the others read its database."""

from __future__ import annotations

import json
import signal
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import click
from flowtriq_flowspec.logs import log_json_to_stderr
from flowtriq_flowspec_embedded.stack_config import StackConfig

from .engine_store import engine_store
from .options import Whole, config_option, load_pack, pack_option
from .render import table
from .screen import json_option, say

_ADAPTER_SECONDS = 30.0


@click.command()
@config_option
@pack_option
@click.option("--verbose", is_flag=True, help="Show what ExaBGP itself says, too.")
def up(config: Path, pack_folder: Path | None, verbose: bool) -> None:
    """Run ExaBGP, adapter, pack and exporter in the foreground until Ctrl-C.

    Checks every file and port first, and says "up" when the adapter has answered.
    """
    # What runs a pack takes long to import; the other commands of this file read its database.
    from flowtriq_flowspec_embedded.preflight import adapter_of, findings, taken_ports
    from flowtriq_flowspec_embedded.stack import Stack

    log_json_to_stderr()
    settings, pack = StackConfig.from_file(config), load_pack(pack_folder)
    found = findings(settings, pack) or taken_ports(settings, pack)
    if found:
        for line in found:
            click.echo(line, err=True)
        raise click.ClickException("nothing was started")
    stack = Stack(settings, pack, verbose=verbose)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stack.stop())
    adapter = adapter_of(settings.exabgp) if settings.exabgp else None
    with stack:
        died = None
        if adapter is not None:
            died = stack.wait_for_adapter(adapter.settings["socket"]["path"], _ADAPTER_SECONDS)
        if died is None:
            click.echo("up; Ctrl-C stops it", err=True)
            died = stack.wait()
    if died is not None:
        raise click.ClickException(died)


@click.command()
@config_option
@click.option("--limit", type=Whole(1, 10000), default=20, show_default=True)
@click.option("--failed", is_flag=True, help="Only failed ones: attacks not mitigated.")
@json_option
def executions(config: Path, limit: int, failed: bool, as_json: bool) -> None:
    """List the engine's executions, newest first."""
    store = engine_store(config)
    status = "failed" if failed else None
    rows = [_summary(each) for each in store.executions(limit, status=status)]
    columns = ("id", "status", "action", "route", "started", "about", "outcome")
    drop = ("route", "started", "action")
    empty = "No execution failed." if failed else "Nothing was executed yet."
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
