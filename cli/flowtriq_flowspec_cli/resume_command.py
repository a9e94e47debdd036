"""``flowspec resume``: announces again what was withdrawn, after showing it."""

from __future__ import annotations

from typing import Any

import click
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.operations.providers import OrderGiver
from flowtriq_flowspec.operations.resume import CONFIRMATION, chosen, resume_at

from . import render
from .adapter_commands import reason_option, target_option
from .adapters import CALLER, Adapters, Providers, Reply, adapters_option, finish, print_reply
from .screen import json_option


@click.command()
@adapters_option
@click.option("--id", help="Only the claims on the rule with this id.")
@click.option("--incident", help="Only the claims of this incident.")
@target_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@reason_option
@json_option
def resume(adapters: Adapters, yes: bool, reason: str, as_json: bool, **selections: Any) -> None:
    """Announce again what a person or the kill switch withdrew while its attack goes on.

    The command shows the claims first, and asks. Each claim ends when it would have ended. Left out
    are claims whose attack has ended, and claims that a repeated alert has made again.
    """
    choices = {key: str(value) for key, value in selections.items() if value is not None}
    if not yes:
        planned = _resume(adapters, choices, reason, confirmed=False)
        listed = planned.answer["resumable"]
        done = print_reply(planned, as_json and not listed)
        if not listed:
            finish(done)
            return
        click.confirm(f"Announce this again at {adapters}?", abort=True, err=True)
    finish(print_reply(_resume(adapters, choices, reason, confirmed=True), as_json))


def _resume(adapters: Adapters, choices: dict[str, str], reason: str, *, confirmed: bool) -> Reply:
    if isinstance(adapters, Providers):
        word = CONFIRMATION if confirmed else ""
        return adapters.run("resume", render.resumed, **choices, confirm=word, reason=reason)
    with AdapterClient(adapters.socket) as client:
        claims = chosen(client.resumable(), choices)
        answer: dict[str, Any] = {"resumable": claims, "results": []}
        if confirmed:
            giver = OrderGiver(CALLER, automation=False)
            answer = {"resumable": [], "results": resume_at(client, claims, choices, reason, giver)}
    refused = tuple(result["error"] for result in answer["results"] if "error" in result)
    return Reply(answer, render.resumed(answer), not refused, refused)


COMMANDS = (resume,)
