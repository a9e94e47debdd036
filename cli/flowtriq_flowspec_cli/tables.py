"""Tables that fit the terminal: columns are dropped or wrapped at spaces before a table is given up
for a list, since half an address is useless."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowtriq_flowspec.events import Answer, Event, Outcome, RuleState
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from .render import Line, Rows, printable

_BETWEEN = 2  # spaces between two columns
_LEAST_FLEX = 24  # columns, for a text that is wrapped
_WRAPPED = frozenset(
    {"match", "description", "about", "reason", "why", "question", "outcome", "families"}
)
_BROKEN = ("down", Outcome.FAILED, Answer.TIMED_OUT, Event.REJECTED, Event.QUARANTINED)
_REFUSED = (RuleState.REFUSED, Event.ALERT_REFUSED, Event.ATTACK_UNMITIGATED, Outcome.UNMITIGATED)
_WAITING = (RuleState.PENDING, RuleState.PARTLY_ANNOUNCED, RuleState.WITHDRAWING, Outcome.PARTLY)
_WRONG: dict[str, str] = {
    **dict.fromkeys(_BROKEN, "bold red"),
    **dict.fromkeys(_REFUSED, "red"),
    **dict.fromkeys(_WAITING, "yellow"),
}


def fitted(table: Rows, console: Console) -> Table | Text:
    """The widest form that fits the console; one row below the other where none does."""
    rows = [{name: _plain(_cell(row.get(name))) for name in table.columns} for row in table.rows]
    columns, whole = list(table.columns), rows
    for dropped in (None, *(name for name in table.drop if name in columns)):
        if dropped is not None:
            columns.remove(dropped)
            target = table.into.get(dropped)
            if target is not None:
                rows = [_added(row, dropped, target) for row in rows]
        widths = _widths(rows, columns, console.width)
        if widths is not None:
            return _table(rows, columns, widths)
    return _stacked(whole, table.columns)


def line(given: Line | str) -> Text:
    if isinstance(given, str):
        return Text(printable(given))
    return Text(printable(given.text), style=given.style)


def _added(row: Mapping[str, Text], name: str, target: str) -> dict[str, Text]:
    text = Text(": ").join(part for part in (row[target], row[name]) if part.plain)
    return {**row, target: text}


def _widths(
    rows: Sequence[Mapping[str, Text]], columns: Sequence[str], most: int
) -> dict[str, int] | None:
    """Each column's width within ``most`` in all; None where that is not enough."""
    widths = {
        name: max([len(name), *(row[name].cell_len for row in rows)], default=0) for name in columns
    }
    over = sum(widths.values()) + _BETWEEN * (len(columns) - 1) - most
    for name in sorted(_WRAPPED.intersection(columns), key=lambda name: -widths[name]):
        if over <= 0:
            break
        words = [len(word) for row in rows for word in row[name].plain.split()]
        least = min(widths[name], max([_LEAST_FLEX, len(name), *words]))
        cut = min(over, widths[name] - least)
        widths[name] -= cut
        over -= cut
    return widths if over <= 0 else None


def _table(
    rows: Sequence[Mapping[str, Text]], columns: Sequence[str], widths: Mapping[str, int]
) -> Table:
    shown = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in columns:
        shown.add_column(name, width=widths[name], no_wrap=name not in _WRAPPED)
    for row in rows:
        shown.add_row(*(_colored(row[name]) for name in columns))
    return shown


def _colored(cell: Text) -> Text:
    style = _WRONG.get(cell.plain)
    return Text(cell.plain, style=style) if style else cell


def _stacked(rows: Sequence[Mapping[str, Text]], columns: Sequence[str]) -> Text:
    longest = max(map(len, columns))
    return Text("\n\n").join(
        Text("\n").join(
            Text(f"{name:>{longest}}  ").append_text(_colored(row[name]))
            for name in columns
            if row[name].plain
        )
        for row in rows
    )


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _plain(text: str) -> Text:
    return Text(printable(text))
