"""The figures for a person, for a machine, and for docs/performance.md."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from . import alternatives
from .figures import Figure
from .setting import Setting

DOCS = Path(__file__).resolve().parents[1] / "docs"
DOCUMENT, DOCUMENT_JSON = DOCS / "performance.md", DOCS / "performance.json"
BEGIN, END = "<!-- generated: begin -->\n", "<!-- generated: end -->\n"


@dataclass(frozen=True)
class Found:
    """By row: its figures, or why there are none."""

    setting: Setting
    figures: dict[str, list[Figure]]
    failed: dict[str, str]

    @property
    def kept(self) -> bool:
        return not self.failed and all(each.kept for row in self.figures.values() for each in row)


def show(found: Found) -> None:
    table = Table(title=f"ExaBGP {found.setting.exabgp_version}, {machine()}")
    for heading in ("what", "measured", "beside", "mark", ""):
        table.add_column(heading, justify="right" if heading == "measured" else "left")
    for row in found.figures.values():
        for each in row:
            verdict = "[green]kept[/]" if each.kept else "[red]missed[/]"
            cells = each.what, f"{_number(each.value)} {each.unit}", each.beside, each.mark
            table.add_row(*cells, verdict if each.mark else "")
        table.add_section()
    console = Console()
    console.print(table)
    for name, why in found.failed.items():
        console.print(f"{name} was not measured: {why}")
    for name in alternatives.missing():
        console.print(f"not measured, since it is not here: {name}")


def save(found: Found, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = {
        name: [{**asdict(each), "kept": each.kept} for each in row]
        for name, row in found.figures.items()
    }
    document = {
        "machine": machine(),
        "at": datetime.now(timezone.utc).date().isoformat(),
        "setting": asdict(found.setting),
        "not_here": alternatives.missing(),
        "failed": found.failed,
        "rows": rows,
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def machine() -> str:
    """Processor, cores, kernel and Python."""
    model = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    system = f"{platform.system()} {platform.release()}"
    return f"{model}, {os.cpu_count()} cores, {system}, Python {platform.python_version()}"


def write_document() -> None:
    """Put the figures of docs/performance.json into docs/performance.md."""
    DOCUMENT.write_text(document_text(), encoding="utf-8")


def document_text() -> str:
    before, _, rest = DOCUMENT.read_text(encoding="utf-8").partition(BEGIN)
    after = rest.partition(END)[2]
    lines = "\n".join(_lines(json.loads(DOCUMENT_JSON.read_text(encoding="utf-8"))))
    return f"{before}{BEGIN}{lines}\n{END}{after}"


def _lines(document: Mapping[str, Any]) -> Iterator[str]:
    yield f"Measured on {document['at']}: {document['machine']}; ExaBGP"
    yield f"{document['setting']['exabgp_version']}."
    for why in document["failed"].values():
        yield f"A row was not measured: {why}"
    for name in document["not_here"]:
        yield f"Not measured, since it was not installed: {name}."
    yield ""
    yield "| what | measured | beside | mark | |"
    yield "|---|---|---|---|---|"
    for row in document["rows"].values():
        for item in row:
            kept = item.pop("kept")
            each = Figure(**item)
            verdict = ("kept" if kept else "**missed**") if each.mark else ""
            measured = f"{_number(each.value)} {each.unit}"
            yield f"| {each.what} | {measured} | {each.beside} | {each.mark} | {verdict} |"


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"
