"""Commands that ask the adapters: one at its socket, for which they need nothing else, no engine
and no pack; or, with ``--config``, those of all providers, by the pack's own actions."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import click
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import NotFound
from flowtriq_flowspec.operations.rule_counters import add_matched

from . import render
from .pack_commands import FILE, FOLDER, ask_pack, json_text
from .render import again_and_again, json_option, say, watch_option

_CALLER = "flowspec"
_DEFAULT_SOCKET = "/var/run/flowtriq/exabgp.sock"


socket_option = click.option(
    "--socket",
    default=_DEFAULT_SOCKET,
    show_default=True,
    envvar="FLOWTRIQ_ADAPTER_SOCKET",
    help="The adapter's Unix socket.",
)


@dataclass(frozen=True)
class Providers:
    """Those of the configuration, or the one that ``provider`` names."""

    config: Path
    pack_folder: Path
    provider: str | None

    def __str__(self) -> str:
        return self.provider or f"all providers of {self.config}"

    def say(
        self,
        action: str,
        parts: Callable[[dict[str, Any]], Iterator[Any]],
        *,
        as_json: bool,
        **parameters: Any,
    ) -> bool:
        """Run an action of the pack and print its answer. Whether there was no problem."""
        where = {"provider": self.provider, **parameters}
        done, said = ask_pack(self.config, self.pack_folder, action, **where)
        say(said, parts(said), as_json=as_json, problems=said["problems"])
        return done


def _adapters(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say which adapters; the command gets ``socket``, and ``providers`` or
    None."""

    @functools.wraps(command)
    def wrapped(
        socket: str,
        config: Path | None,
        pack_folder: Path,
        provider: str | None,
        **options: Any,
    ) -> None:
        if provider and not config:
            raise click.UsageError("--provider needs --config, which names the providers")
        providers = Providers(config, pack_folder, provider) if config else None
        command(socket=socket, providers=providers, **options)

    for option in (
        click.option("--provider", help="Only this provider of --config."),
        click.option("--pack", "pack_folder", type=FOLDER, default=Path(), help="Its folder."),
        click.option(
            "--config",
            type=FILE,
            help="The file given to flowspec up: all its providers instead of one socket.",
        ),
        socket_option,
    ):
        wrapped = option(wrapped)
    return wrapped


def _network(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Any:
    try:
        return None if value is None else ip_network(value)
    except ValueError as problem:
        raise click.BadParameter(str(problem)) from problem


_reason = click.option("--reason", default="", help="For the audit trail.")
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


def _exit_unless(done: bool) -> None:
    if not done:
        raise SystemExit(1)


@click.command("list")
@_adapters
@_target
@click.option(
    "--exporter",
    envvar="FLOWTRIQ_EXPORTER",
    metavar="URL",
    help="Show the packets and bytes that each rule matched, from this exporter: http://host:port.",
)
@json_option
@watch_option
def list_rules(
    socket: str,
    providers: Providers | None,
    target: Any,
    exporter: str | None,
    as_json: bool,
    watch: bool,
) -> None:
    """List the rules that live: what they match and do, since when, for whom, for how long."""

    def once() -> bool:
        if providers:
            wanted = None if target is None else str(target)
            return providers.say("list", render.rules_of_all, as_json=as_json, target=wanted)
        with AdapterClient(socket) as client:
            found = _touching(client.rules(), target)
        notes = add_matched(found, exporter) if exporter else []
        say(found, render.rules(found), as_json=as_json)
        for note in notes:
            click.echo(f"note: {note}", err=True)
        return True

    _exit_unless(again_and_again(once, watch=watch))


@click.command()
@_adapters
@click.argument("rule_id")
@json_option
def show(socket: str, providers: Providers | None, rule_id: str, as_json: bool) -> None:
    """Show one rule with its claims."""
    if providers:
        _exit_unless(providers.say("show", render.rule_at_each, as_json=as_json, id=rule_id))
        return
    with AdapterClient(socket) as client:
        found = client.rule(rule_id)
    say(found, render.rule(found), as_json=as_json)


@click.command()
@_adapters
@json_option
@watch_option
def status(socket: str, providers: Providers | None, as_json: bool, watch: bool) -> None:
    """Show the adapter's sessions, families, counts and budgets."""

    def once() -> bool:
        if providers:
            return providers.say("status", render.status_of_each, as_json=as_json)
        with AdapterClient(socket) as client:
            found = client.status()
        say(found, render.status(found), as_json=as_json)
        return True

    _exit_unless(again_and_again(once, watch=watch))


@click.command()
@_adapters
@click.option("--limit", type=click.IntRange(1, 10000), default=20, show_default=True)
@json_option
@watch_option
def history(
    socket: str, providers: Providers | None, limit: int, as_json: bool, watch: bool
) -> None:
    """Show the audit trail: who changed what, when and why, newest first."""

    def once() -> bool:
        if providers:
            return providers.say("history", render.events_of_all, as_json=as_json, limit=limit)
        with AdapterClient(socket) as client:
            found = client.history(limit)
        say(found, render.events(found), as_json=as_json)
        return True

    _exit_unless(again_and_again(once, watch=watch))


@click.command()
@_adapters
@click.option("--id", help="The rule's id.")
@click.option("--incident", help="All rules that this incident alone holds.")
@_target
@click.option("--match", callback=json_text, help="The one rule with these components: JSON.")
@click.option("--after-seconds", type=click.IntRange(0, 86400), default=0, help="Schedule it.")
@_reason
@json_option
def withdraw(
    socket: str,
    providers: Providers | None,
    after_seconds: int,
    reason: str,
    as_json: bool,
    **named: Any,
) -> None:
    """Withdraw one rule, or the rules of an incident or a target."""
    given = {key: value for key, value in named.items() if value is not None}
    if len(given) != 1:
        raise click.UsageError(f"give one of {', '.join(f'--{name}' for name in named)}")
    how = {"after_seconds": after_seconds, "reason": reason}
    if providers:
        given = {key: str(it) if key == "target" else it for key, it in given.items()}
        done = providers.say("withdraw", render.answer, as_json=as_json, **given, **how)
        _exit_unless(done)
        return
    with AdapterClient(socket) as client:
        found = _withdrawn(client, given, {**how, "caller": _CALLER})
    say(found, render.results(found), as_json=as_json)


def _withdrawn(
    client: AdapterClient, given: dict[str, Any], how: dict[str, Any]
) -> list[dict[str, Any]]:
    target = given.get("target")
    if target is None:
        results: list[dict[str, Any]] = client.withdraw(**given, **how)["results"]
        return results
    rules = _touching(client.rules(), target)
    if not rules:
        raise NotFound(f"no active rule touches {target}", field="target")
    found = []
    for rule in rules:
        with contextlib.suppress(NotFound):  # one may end just now
            found += client.withdraw(id=rule["id"], **how)["results"]
    return found


@click.command("withdraw-all")
@_adapters
@click.option("--yes", is_flag=True, help="Do not ask.")
@_reason
@json_option
def withdraw_all(
    socket: str, providers: Providers | None, yes: bool, reason: str, as_json: bool
) -> None:
    """Withdraw every rule at once.

    Where an adapter's registry does not work, its kill switch is engaged instead.
    """
    if not yes:
        click.confirm(
            f"Withdraw every FlowSpec rule at {providers or socket}?", abort=True, err=True
        )
    if providers:
        word = {"confirm": "withdraw-all", "reason": reason}
        done = providers.say("withdraw_all", render.withdrawn_at_all, as_json=as_json, **word)
        _exit_unless(done)
        return
    with AdapterClient(socket) as client:
        found = client.withdraw_all(reason=reason, caller=_CALLER)
    engaged = found.get("kill_switch")
    if engaged is None:
        say(found["results"], render.results(found["results"]), as_json=as_json)
        return
    say(found, render.engaged_instead(engaged), as_json=as_json)
    _exit_unless(engaged["withdrawn"])


@click.command("kill-switch")
@_adapters
@click.argument("state", type=click.Choice(["engage", "release"]))
@_reason
@json_option
def kill_switch(
    socket: str, providers: Providers | None, state: str, reason: str, as_json: bool
) -> None:
    """Withdraw everything at once and announce nothing until released.

    Works also when the adapter's registry is damaged or its disk is full.
    """
    if providers:
        said = {"state": state, "reason": reason}
        done = providers.say("kill_switch", render.kill_switches, as_json=as_json, **said)
        _exit_unless(done)
        return
    with AdapterClient(socket) as client:
        found = client.kill_switch(state == "engage", reason=reason, caller=_CALLER)
    say(found, render.kill_switch(found), as_json=as_json)
    _exit_unless(found.get("withdrawn", True))


COMMANDS = (list_rules, show, status, history, withdraw, withdraw_all, kill_switch)
