"""``make bench``: every row of the table, on one machine, in one run."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import click
from rich.console import Console

from tests.lab import exabgp

from . import report
from .rows import (
    alerts,
    bulk,
    expiring,
    many_clients,
    memory,
    one_rule,
    processor,
    reading,
    restart,
    shell,
    speakers,
    storm,
    targets,
)
from .setting import Setting

ROWS = {
    "processor": processor,
    "bulk": bulk,
    "one-rule": one_rule,
    "targets": targets,
    "restart": restart,
    "clients": many_clients,
    "reading": reading,
    "expiring": expiring,
    "start": memory,
    "shell": shell,
    "speakers": speakers,
    "storm": storm,
    "alerts": alerts,
}


@click.command(context_settings={"show_default": True})
@click.argument("rows", nargs=-1, type=click.Choice(list(ROWS)))
@click.option(
    "--quick", is_flag=True, help="Few rules: shows that it runs. Its figures say little."
)
@click.option("--exabgp", "version", type=click.Choice(exabgp.VERSIONS), default=exabgp.VERSIONS[0])
@click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("build/bench.json"),
    help="Where the figures go for a machine to read.",
)
@click.option("--docs", is_flag=True, help="Write docs/performance.json and docs/performance.md.")
def main(rows: tuple[str, ...], quick: bool, version: str, json_path: Path, docs: bool) -> None:
    """Measure ROWS, or all of them, and exit with 1 if a mark is missed."""
    if reason := exabgp.missing(version):
        raise click.ClickException(reason)
    setting = Setting.quick(version) if quick else Setting(version)
    console = Console(stderr=True)
    found = report.Found(setting, {}, {})
    for name in rows or ROWS:
        began = time.monotonic()
        console.print(f"{name} …")
        try:
            found.figures[name] = list(ROWS[name].measure(setting))
        except Exception as problem:
            # The other rows are worth having; this one is a mark missed.
            found.failed[name] = f"{name}: {type(problem).__name__}: {problem}"
        console.print(f"{name}: {time.monotonic() - began:.0f} s")
    report.show(found)
    report.save(found, json_path)
    if docs:
        report.save(found, report.DOCUMENT_JSON)
        report.write_document()
    sys.exit(0 if found.kept else 1)


main()
