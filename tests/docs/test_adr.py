"""Decision records: numbers in sequence, short, dated; every reference to one leads to one."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from adr_index import records  # noqa: E402

RECORDS = records()  # which raises where a record has no number, title, date or status
TEXTS = (".py", ".md", ".yaml", ".yml", ".toml", ".txt", ".sql", ".json")
ROOMS = (
    *("actions", "adapter", "aliases", "bench", "cli", "deploy", "docs", "embedded", "examples"),
    *("exporter", "lib", "monitoring", "rules", "sensors", "tests", "tools", "workflows"),
)
REFERENCE = re.compile(r"adr/(\d{4}(?:-[a-z0-9-]+\.md)?)|\bADR (\d+)")


def references() -> list[tuple[str, str]]:
    """(file, what it refers to: a number, or a record's file name)."""
    paths = [path for path in ROOT.iterdir() if path.suffix in TEXTS]
    for room in ROOMS:
        paths += [path for path in (ROOT / room).rglob("*") if path.suffix in TEXTS]
    return [
        (str(path.relative_to(ROOT)), match[1] or match[2])
        for path in paths
        if path.is_file()
        for match in REFERENCE.finditer(path.read_text(encoding="utf-8"))
    ]


def test_numbers_are_sequential() -> None:
    assert [record.number for record in RECORDS] == list(range(1, len(RECORDS) + 1))
    assert all(record.path.name.startswith(f"{record.number:04d}-") for record in RECORDS)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.path.stem)
def test_a_record_has_at_most_200_words(record) -> None:
    assert len(record.path.read_text(encoding="utf-8").split()) <= 200


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.path.stem)
def test_a_record_names_decision_reason_and_cost(record) -> None:
    text = record.path.read_text(encoding="utf-8")
    assert all(f"**{part}.**" in text for part in ("Decision", "Why", "Cost"))


def test_every_reference_leads_to_a_record() -> None:
    names = {record.path.name for record in RECORDS}
    numbers = {str(record.number) for record in RECORDS}
    numbers |= {f"{record.number:04d}" for record in RECORDS}
    wrong = [(path, what) for path, what in references() if what not in names | numbers]
    assert wrong == []
