"""The commands that look at rules, and those that withdraw them.

What only some of them need is imported where it is used: `list` must answer at once.
"""

from __future__ import annotations

from typing import Any

import click
from flowtriq_flowspec.errors import Refused

from .adapters import Adapters, adapters_option, finish, print_reply
from .options import WholeNumber
from .pack_commands import json_text
from .screen import json_option, repeat, watch_option


def _network(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Any:
    if value is None:
        return None
    from flowtriq_flowspec.operations.queries import network_of

    try:
        return network_of(value)
    except Refused as problem:
        raise click.BadParameter(str(problem)) from problem


reason_option = click.option("--reason", default="", help="Why: kept in the history.")
target_option = click.option(
    "--target",
    callback=_network,
    help="Rules whose destination covers this address or prefix, or lies within it.",
)


@click.command("list")
@adapters_option
@target_option
@click.option(
    "--exporter",
    envvar="FLOWTRIQ_EXPORTER",
    metavar="URL",
    help="Show the packets and bytes that each rule matched, from this exporter: http://host:port.",
)
@json_option
@watch_option
def list_rules(
    adapters: Adapters, target: Any, exporter: str | None, as_json: bool, watch: bool
) -> None:
    """List the active rules: match, action, since when, for which incidents, time left."""
    finish(repeat(lambda: print_reply(adapters.rules(target, exporter), as_json), watch=watch))


@click.command()
@adapters_option
@click.argument("rule_id")
@json_option
def show(adapters: Adapters, rule_id: str, as_json: bool) -> None:
    """Show one rule with its claims."""
    finish(print_reply(adapters.rule(rule_id), as_json))


@click.command()
@adapters_option
@json_option
@watch_option
def status(adapters: Adapters, as_json: bool, watch: bool) -> None:
    """Show the adapter's BGP sessions, address families, counts and budgets."""
    finish(repeat(lambda: print_reply(adapters.status(), as_json), watch=watch))


@click.command()
@adapters_option
@click.option(
    "--limit", type=WholeNumber(1, 10000), default=20, show_default=True, help="How many events."
)
@click.option("--incident", help="Only events of this incident.")
@click.option("--rule", metavar="ID", help="Only events of the rule with this id.")
@click.option("--target", metavar="PREFIX", help="Only events of rules that touch this address.")
@click.option("--event", "events", multiple=True, help="Only events of this kind; may be repeated.")
@click.option("--since", metavar="TIME", help="2026-01-15T03:00:00Z, or 2h for two hours ago.")
@click.option(
    "--until", metavar="TIME", help="Only events until this time, written as for --since."
)
@json_option
@watch_option
def history(adapters: Adapters, limit: int, as_json: bool, watch: bool, **wanted: Any) -> None:
    """Show the history: who changed what, when and why; newest first."""
    finish(repeat(lambda: print_reply(adapters.history(limit, wanted), as_json), watch=watch))


@click.command()
@adapters_option
@click.option("--id", help="The rule with this id.")
@click.option("--incident", help="The rules that only this incident claims.")
@target_option
@click.option("--match", callback=json_text, help="The one rule with these components: JSON.")
@click.option(
    "--after-seconds", type=WholeNumber(0, 86400), default=0, help="Withdraw after so many seconds."
)
@reason_option
@json_option
def withdraw(
    adapters: Adapters, after_seconds: int, reason: str, as_json: bool, **selections: Any
) -> None:
    """Withdraw one rule, or the rules of an incident or a target."""
    given = {key: value for key, value in selections.items() if value is not None}
    if len(given) != 1:
        raise click.UsageError(f"give one of {', '.join(f'--{name}' for name in selections)}")
    finish(print_reply(adapters.withdraw(given, after_seconds, reason), as_json))


@click.command("withdraw-all")
@adapters_option
@click.option("--yes", is_flag=True, help="Do not ask.")
@reason_option
@json_option
def withdraw_all(adapters: Adapters, yes: bool, reason: str, as_json: bool) -> None:
    """Withdraw every rule at once.

    Where an adapter's registry does not work, its kill switch is engaged instead.
    """
    if not yes:
        click.confirm(f"Withdraw every FlowSpec rule at {adapters}?", abort=True, err=True)
    finish(print_reply(adapters.withdraw_all(reason), as_json))


@click.command("kill-switch")
@adapters_option
@click.argument("state", type=click.Choice(["engage", "release"]))
@reason_option
@json_option
def kill_switch(adapters: Adapters, state: str, reason: str, as_json: bool) -> None:
    """Withdraw every rule at once and announce nothing until the switch is released.

    Works also when the adapter's registry is damaged or its disk is full.
    """
    finish(print_reply(adapters.kill_switch(state, reason), as_json))


COMMANDS = (list_rules, show, status, history, withdraw, withdraw_all, kill_switch)
