"""Which adapters a command asks: the one at ``--socket``, which needs no engine and no pack; or,
with ``--config``, those of all providers, through the actions of the pack.

What only some commands need is imported where it is used: `list` must answer at once.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Union

import click
from click.core import ParameterSource
from flowtriq_flowspec.adapter_answers import ResultDict, RuleDict
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import NotFound

from . import render
from .options import CONFIG_VARIABLE, FILE, pack_option, provider_option
from .pack_commands import ask_pack
from .screen import say

CALLER = "flowspec"
_DEFAULT_SOCKET = "/var/run/flowtriq/exabgp.sock"

socket_option = click.option(
    "--socket",
    default=_DEFAULT_SOCKET,
    show_default=True,
    envvar="FLOWTRIQ_ADAPTER_SOCKET",
    help="The adapter's Unix socket.",
)


@dataclass(frozen=True)
class Reply:
    """``answer`` is what ``--json`` prints; ``parts`` are the lines and tables for people;
    ``done`` is False where something was refused or not reachable."""

    answer: Any
    parts: Iterator[Any]
    done: bool = True
    problems: tuple[Mapping[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class OneAdapter:
    """The adapter at one Unix socket."""

    socket: str

    def __str__(self) -> str:
        return self.socket

    def rules(self, target: Any, exporter: str | None) -> Reply:
        with AdapterClient(self.socket) as client:
            rules = _touching(client.rules(), target)
        notes = []
        if exporter:
            from flowtriq_flowspec.operations.rule_counters import add_matched

            notes = add_matched(rules, exporter)
        return Reply(rules, render.rules(rules), notes=tuple(notes))

    def rule(self, rule_id: str) -> Reply:
        with AdapterClient(self.socket) as client:
            rule = client.rule(rule_id)
        return Reply(rule, render.rule(rule))

    def status(self) -> Reply:
        with AdapterClient(self.socket) as client:
            status = client.status()
        return Reply(status, render.status(status))

    def history(self, limit: int, wanted: dict[str, Any]) -> Reply:
        from flowtriq_flowspec.operations.history import HistoryFilter, history_of

        with AdapterClient(self.socket) as client:
            events = history_of(client, limit, HistoryFilter.of(**wanted))
        return Reply(events, render.events(events))

    def withdraw(self, selection: dict[str, Any], after_seconds: int, reason: str) -> Reply:
        results: list[ResultDict] = []
        left = 0
        with AdapterClient(self.socket) as client:
            for one in self._selections(client, selection):
                with contextlib.suppress(*([NotFound] if "target" in selection else [])):
                    answer = client.withdraw(
                        **one, after_seconds=after_seconds, reason=reason, caller=CALLER
                    )
                    results += answer["results"]
                    left = answer.get("resumable", 0)
        return Reply(results, render.results(results), notes=_notes(left))

    def _selections(self, client: AdapterClient, selection: dict[str, Any]) -> list[dict[str, Any]]:
        """What the adapter understands: it does not know targets. A rule of a target may expire
        meanwhile."""
        if "target" not in selection:
            return [selection]
        target = selection["target"]
        rules = _touching(client.rules(), target)
        if not rules:
            raise NotFound(f"no active rule touches {target}", field="target")
        return [{"id": rule["id"]} for rule in rules]

    def withdraw_all(self, reason: str) -> Reply:
        with AdapterClient(self.socket) as client:
            answer = client.withdraw_all(reason=reason, caller=CALLER)
        engaged = answer.get("kill_switch")
        if engaged is None:
            notes = _notes(answer.get("resumable", 0))
            return Reply(answer["results"], render.results(answer["results"]), notes=notes)
        return Reply(answer, render.engaged_instead(engaged), engaged["withdrawn"])

    def kill_switch(self, state: str, reason: str) -> Reply:
        with AdapterClient(self.socket) as client:
            answer = client.kill_switch(state == "engage", reason=reason, caller=CALLER)
        notes = _notes(answer.get("resumable", 0))
        return Reply(answer, render.kill_switch(answer), answer.get("withdrawn", True), notes=notes)


@dataclass(frozen=True)
class Providers:
    """The adapters of all providers of a configuration, or of the one that ``provider`` names."""

    config: Path
    pack_folder: Path | None
    provider: str | None

    def __str__(self) -> str:
        return self.provider or f"all providers of {self.config}"

    def rules(self, target: Any, exporter: str | None) -> Reply:  # noqa: ARG002
        # Each provider's exporter_url names its exporter.
        return self.run("list", render.rules_of_all, target=target and str(target))

    def rule(self, rule_id: str) -> Reply:
        return self.run("show", render.rule_at_each, id=rule_id)

    def status(self) -> Reply:
        return self.run("status", render.status_of_each)

    def history(self, limit: int, wanted: dict[str, Any]) -> Reply:
        return self.run("history", render.events_of_all, limit=limit, **wanted)

    def withdraw(self, selection: dict[str, Any], after_seconds: int, reason: str) -> Reply:
        if "target" in selection:
            selection = {"target": str(selection["target"])}
        terms = {"after_seconds": after_seconds, "reason": reason}
        return self.run("withdraw", render.answer, **selection, **terms)

    def withdraw_all(self, reason: str) -> Reply:
        return self.run(
            "withdraw_all", render.withdrawn_at_all, confirm="withdraw-all", reason=reason
        )

    def kill_switch(self, state: str, reason: str) -> Reply:
        return self.run("kill_switch", render.kill_switches, state=state, reason=reason)

    def run(
        self,
        action: str,
        parts: Callable[[dict[str, Any]], Iterator[Any]],
        **parameters: Any,
    ) -> Reply:
        """Run an action of the pack."""
        parameters["provider"] = self.provider
        done, answer = ask_pack(self.config, self.pack_folder, action, **parameters)
        return Reply(answer, parts(answer), done, tuple(answer["problems"]))


Adapters = Union[OneAdapter, Providers]


def _given(option: str) -> bool:
    """Whether an option is on the command line."""
    source = click.get_current_context().get_parameter_source(option)
    return source is ParameterSource.COMMANDLINE


def adapters_option(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say which adapters to ask; the command gets them as ``adapters``."""

    @functools.wraps(command)
    def wrapped(
        socket: str,
        config: Path | None,
        pack_folder: Path | None,
        provider: str | None,
        **options: Any,
    ) -> None:
        if provider and not config:
            raise click.UsageError("--provider needs --config, which names the providers")
        if config and _given("socket") and not _given("config"):
            config = None  # a variable does not outweigh what is on the command line
        adapters: Adapters = (
            Providers(config, pack_folder, provider) if config else OneAdapter(socket)
        )
        command(adapters=adapters, **options)

    for option in (
        provider_option,
        pack_option,
        click.option(
            "--config",
            type=FILE,
            envvar=CONFIG_VARIABLE,
            help="The configuration file of flowspec up: ask all its providers, not one socket.",
        ),
        socket_option,
    ):
        wrapped = option(wrapped)
    return wrapped


def _touching(rules: list[RuleDict], target: Any) -> list[RuleDict]:
    """The rules whose destination overlaps ``target``; all of them without a target."""
    if target is None:
        return rules
    from flowtriq_flowspec.operations.queries import touches

    return [rule for rule in rules if touches(rule, target)]


def _notes(resumable: int) -> tuple[str, ...]:
    from flowtriq_flowspec.operations.resume import note_of

    return tuple(note_of(resumable))


def print_reply(reply: Reply, as_json: bool) -> bool:
    """Print a reply; returns whether everything was done."""
    say(reply.answer, reply.parts, as_json=as_json, problems=reply.problems)
    for note in reply.notes:
        click.echo(f"note: {note}", err=True)
    return reply.done


def finish(done: bool) -> None:
    """Exit with 1 unless everything was done."""
    if not done:
        raise SystemExit(1)
