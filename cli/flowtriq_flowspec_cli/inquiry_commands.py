"""``flowspec inquiry``: does for the embedded engine what ``st2 inquiry`` does for StackStorm.

The command writes the answer into the engine's database. The engine reads it there, at once or
when it is started again.
"""

from __future__ import annotations

import getpass
import json
from pathlib import Path
from typing import Any

import click
from flowtriq_flowspec import unambiguous_json
from flowtriq_flowspec.unambiguous_json import not_json
from flowtriq_flowspec_embedded.inquiry_answers import answer, find, moment, require_open
from flowtriq_flowspec_embedded.orquesta.inquiries import question

from .engine_store import engine_store
from .options import config_option
from .render import table
from .screen import json_option, say


@click.group()
def inquiry() -> None:
    """Show and answer the questions of paused workflows, such as whether to announce a rule."""


@inquiry.command("list")
@config_option
@json_option
def list_inquiries(config: Path, as_json: bool) -> None:
    """List the questions that are open, oldest first."""
    rows = [_row(each) for each in engine_store(config).inquiries()]
    shown = table(rows, ("id", "until", "question")) if rows else "No question is open."
    say(rows, iter([shown]), as_json=as_json)


@inquiry.command()
@click.argument("inquiry_id")
@config_option
def get(inquiry_id: str, config: Path) -> None:
    """Show one question with the schema of its answer, as JSON."""
    found = find(engine_store(config), inquiry_id)
    click.echo(json.dumps({**_row(found), **found["result"], "status": found["status"]}, indent=2))


@inquiry.command()
@click.argument("inquiry_id")
@click.option(
    "-r", "--response", help="The answer as JSON; without it the command asks on the terminal."
)
@config_option
def respond(inquiry_id: str, response: str | None, config: Path) -> None:
    """Answer a question; the first answer counts."""
    store = engine_store(config)
    found = find(store, inquiry_id)
    require_open(found)
    try:
        said = _asked(found["result"]) if response is None else unambiguous_json.loads(response)
    except (ValueError, RecursionError) as problem:
        raise click.BadParameter(f"the response is not JSON: {not_json(problem)}") from problem
    answer(store, inquiry_id, getpass.getuser(), said)
    click.echo(f"Response accepted for inquiry {inquiry_id}.")


def _asked(asked: dict[str, Any]) -> dict[str, Any]:
    """Ask on the terminal for each property of the schema, as ``st2 inquiry respond`` does."""
    answer: dict[str, Any] = {}
    for name, spec in asked["schema"].get("properties", {}).items():
        if spec.get("type") != "boolean":
            raise click.UsageError("give the answer with --response: yes or no is not enough here")
        answer[name] = click.confirm(str(spec.get("description", name)), err=True)
    return answer


def _row(found: dict[str, Any]) -> dict[str, Any]:
    has_end = found["result"]["ttl"] > 0
    return {
        "id": found["id"],
        "until": moment(found["due_at"]).isoformat(timespec="seconds") if has_end else "",
        "question": question(found["result"]),
    }


COMMANDS = (inquiry,)
