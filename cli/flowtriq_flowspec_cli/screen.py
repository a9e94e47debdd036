"""What goes to the terminal: JSON, tables and lines, once or again and again.

What draws tables is imported when there is one to draw: a help text must come at once.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import click
from flowtriq_flowspec.errors import FlowspecError

from .render import Rows, printable

if TYPE_CHECKING:
    from rich.console import Console

_WATCH_SECONDS = 2.0
_UNLIMITED = 10_000  # columns of a file or a pipe, where nothing is to be cut

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
watch_option = click.option("--watch", is_flag=True, help="Repeat every two seconds until Ctrl-C.")


def say(
    answer: Any,
    parts: Iterator[Any],
    *,
    as_json: bool,
    problems: Sequence[Mapping[str, Any]] = (),
) -> None:
    """Print ``answer`` as JSON, or the ``parts`` that it is made into: lines and tables, and its
    ``problems`` to stderr."""
    if as_json:
        click.echo(json.dumps(answer, indent=2))
        return
    from .tables import fitted, line

    console = _console()
    for part in parts:
        drawn = fitted(part, console) if isinstance(part, Rows) else line(part)
        console.print(drawn, soft_wrap=True)
    for problem in problems:
        where = [str(problem[key]) for key in ("provider", "prefix") if problem.get(key)]
        click.echo(printable(": ".join(["Error", *where, str(problem["message"])])), err=True)


_watched: list[io.StringIO] = []
"""While a command repeats itself: what its screen will show."""


def _console() -> Console:
    from rich.console import Console

    if _watched:
        return Console(file=_watched[0], force_terminal=True, width=Console().width)
    return Console() if sys.stdout.isatty() else Console(width=_UNLIMITED)


def repeat(show: Callable[[], bool], *, watch: bool) -> bool:
    """Call ``show`` once, or with ``watch`` every two seconds until Ctrl-C, also while the adapter
    does not answer. Returns what the last call returned."""
    if not watch:
        return show()
    done = False
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            _watched[:] = [io.StringIO()]
            try:
                done = show()
            except FlowspecError as problem:
                done = False
                print(f"Error: {problem}", file=_watched[0])
            _show_screen(_watched.pop().getvalue().splitlines())
            time.sleep(_WATCH_SECONDS)
    _watched.clear()
    return done


def _show_screen(lines: Sequence[str]) -> None:
    """What fits, from the top: the head of a table stays."""
    from rich.console import Console

    screen = Console()
    room = max(screen.height - 2, 3)
    now = datetime.now(timezone.utc).strftime("%H:%M:%S UTC")
    more = f"{len(lines) - room + 1} more lines; " if len(lines) > room else ""
    shown = lines[: room - 1] if more else lines
    click.clear()
    click.echo("\n".join([*shown, f"-- {more}{now}, every {_WATCH_SECONDS:g} s, Ctrl-C ends"]))
