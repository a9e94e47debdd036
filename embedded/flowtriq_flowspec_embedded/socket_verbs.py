"""Commands that ask one adapter, at its socket: they need nothing else, no engine and no pack."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

import click
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import NotFound

from . import tables
from .tables import again_and_again, json_option, say, watch_option
from .verbs import json_text

_CALLER = "flowspec"
_DEFAULT_SOCKET = "/var/run/flowtriq/exabgp.sock"

_socket = click.option(
    "--socket",
    default=_DEFAULT_SOCKET,
    show_default=True,
    envvar="FLOWTRIQ_ADAPTER_SOCKET",
    help="The adapter's Unix socket.",
)
_reason = click.option("--reason", default="", help="For the audit trail.")


def _network(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Any:
    try:
        return None if value is None else ip_network(value)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from problem


_target = click.option(
    "--target",
    callback=_network,
    help="Rules whose destination covers this address or prefix, or lies within it.",
)


def _touching(found: list[dict[str, Any]], target: Any) -> list[dict[str, Any]]:
    def touches(rule: dict[str, Any]) -> bool:
        destination = ip_network(rule["match"]["destination"])
        return destination.version == target.version and destination.overlaps(target)

    return [rule for rule in found if target is None or touches(rule)]


@click.command("list")
@_socket
@_target
@json_option
@watch_option
def list_rules(socket: str, target: Any, as_json: bool, watch: bool) -> None:
    """List the rules that live: what they match and do, since when, for whom, for how long."""

    def once() -> None:
        with AdapterClient(socket) as client:
            found = _touching(client.rules(), target)
        say(found, tables.rules(found), as_json=as_json)

    again_and_again(once, watch=watch)


@click.command()
@_socket
@click.argument("rule_id")
@json_option
def show(socket: str, rule_id: str, as_json: bool) -> None:
    """Show one rule with its claims."""
    with AdapterClient(socket) as client:
        found = client.rule(rule_id)
    say(found, tables.rule(found), as_json=as_json)


@click.command()
@_socket
@json_option
@watch_option
def status(socket: str, as_json: bool, watch: bool) -> None:
    """Show the adapter's sessions, counts and budgets."""

    def once() -> None:
        with AdapterClient(socket) as client:
            found = client.status()
        say(found, tables.status(found), as_json=as_json)

    again_and_again(once, watch=watch)


@click.command()
@_socket
@click.option("--limit", type=click.IntRange(1, 10000), default=20, show_default=True)
@json_option
@watch_option
def history(socket: str, limit: int, as_json: bool, watch: bool) -> None:
    """Show the audit trail: who changed what, when and why, newest first."""

    def once() -> None:
        with AdapterClient(socket) as client:
            found = client.history(limit)
        say(found, tables.events(found), as_json=as_json)

    again_and_again(once, watch=watch)


@click.command()
@_socket
@click.option("--id", "rule_id", help="The rule's id.")
@click.option("--incident", help="All rules that this incident alone holds.")
@_target
@click.option("--match", callback=json_text, help="The one rule with these components: JSON.")
@click.option("--after-seconds", type=click.IntRange(0, 86400), default=0, help="Schedule it.")
@_reason
@json_option
def withdraw(
    socket: str,
    rule_id: str | None,
    incident: str | None,
    target: Any,
    match: dict[str, Any] | None,
    after_seconds: int,
    reason: str,
    as_json: bool,
) -> None:
    """Withdraw one rule, or the rules of an incident or a target, at this adapter."""
    named = {"id": rule_id, "incident": incident, "target": target, "match": match}
    given = {key: value for key, value in named.items() if value is not None}
    if len(given) != 1:
        raise click.UsageError(f"give one of {', '.join(f'--{name}' for name in named)}")
    with AdapterClient(socket) as client:
        choices = [given]
        if target is not None:
            choices = [{"id": rule["id"]} for rule in _touching(client.rules(), target)]
            if not choices:
                raise NotFound(f"no active rule touches {target}", field="target")
        found = []
        how = {"after_seconds": after_seconds, "reason": reason, "caller": _CALLER}
        for choice in choices:
            try:
                found += client.withdraw(**choice, **how)["results"]
            except NotFound:
                if target is None:
                    raise  # of a target's rules, one may end just now
    say(found, tables.results(found), as_json=as_json)


@click.command("withdraw-all")
@_socket
@click.option("--yes", is_flag=True, help="Do not ask.")
@_reason
@json_option
def withdraw_all(socket: str, yes: bool, reason: str, as_json: bool) -> None:
    """Withdraw every rule at once."""
    if not yes:
        click.confirm("Withdraw every FlowSpec rule?", abort=True, err=True)
    with AdapterClient(socket) as client:
        found = client.withdraw(all=True, reason=reason, caller=_CALLER)["results"]
    say(found, tables.results(found), as_json=as_json)


@click.command("kill-switch")
@_socket
@click.argument("state", type=click.Choice(["engage", "release"]))
@_reason
@json_option
def kill_switch(socket: str, state: str, reason: str, as_json: bool) -> None:
    """Withdraw everything at once and announce nothing until released.

    Works also when the adapter's registry is damaged or its disk is full.
    """
    with AdapterClient(socket) as client:
        found = client.kill_switch(state == "engage", reason=reason, caller=_CALLER)
    say(found, tables.kill_switch(found), as_json=as_json)


COMMANDS = (list_rules, show, status, history, withdraw, withdraw_all, kill_switch)
