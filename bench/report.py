"""The figures for a person, and for a machine."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from .figures import Results


def show(results: Results) -> None:
    pipe, pipe_bulk = results.latencies["pipe"], results.bulk_seconds["pipe"]
    table = Table(title=f"From the request to the UPDATE, ExaBGP {results.exabgp_version}")
    table.add_column(f"{results.rounds} rounds")
    for heading in ("p50 ms", "p95 ms", "p99 ms", "p50 more than the pipe, ms"):
        table.add_column(heading, justify="right")
    table.add_column(f"{results.bulk_rules:,} rules at once, s", justify="right")
    table.add_column("times the pipe", justify="right")
    for name, latency in results.latencies.items():
        bulk = results.bulk_seconds[name]
        table.add_row(
            name,
            *(f"{each:.1f}" for each in (latency.p50, latency.p95, latency.p99)),
            f"{latency.p50 - pipe.p50:.1f}",
            f"{bulk:.2f}",
            f"{bulk / pipe_bulk:.2f}",
        )
    console = Console()
    console.print(table)

    table = Table(title=f"Marks; memory with {results.bulk_rules:,} rules")
    table.add_column("mark")
    for heading in ("measured", "at most", ""):
        table.add_column(heading, justify="right")
    for mark in results.marks:
        verdict = "[green]kept[/]" if mark.kept else "[red]missed[/]"
        measured, limit = f"{mark.value:.1f} {mark.unit}", f"{mark.limit:.4g} {mark.unit}"
        table.add_row(mark.name, measured, limit, verdict)
    console.print(table)


def save(results: Results, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    document = {
        "machine": machine,
        "python": platform.python_version(),
        **asdict(results),
        "marks": [{**asdict(mark), "kept": mark.kept} for mark in results.marks],
    }
    path.write_text(json.dumps(document, indent=2) + "\n")
