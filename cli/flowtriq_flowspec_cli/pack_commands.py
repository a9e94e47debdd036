"""Commands that run the pack's actions from a shell, as StackStorm and ChatOps run them.

What only a run needs is imported then: a help text must come at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Optional

import click

from .options import WholeNumber, config_option, load_pack, pack_option, provider_option
from .screen import json_option, say


def json_text(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> dict[str, Any] | None:
    """Read JSON, ``@file``, or ``-`` for standard input."""
    if value is None:
        return None
    from flowtriq_flowspec import unambiguous_json
    from flowtriq_flowspec.unambiguous_json import not_json

    try:
        if value == "-":
            value = sys.stdin.read()
        elif value.startswith("@"):
            value = Path(value[1:]).read_text(encoding="utf-8")
        found = unambiguous_json.loads(value)
    except OSError as problem:
        raise click.BadParameter(f"{problem.filename}: {problem.strerror}") from problem
    except (ValueError, RecursionError) as problem:
        raise click.BadParameter(f"not JSON: {not_json(problem)}") from problem
    if not isinstance(found, dict):
        raise click.BadParameter("not a JSON object")
    return found


RuleInWords = tuple[dict[str, Any], Optional[int]]
"""(a rule in JSON form, the seconds that its words say)."""


def typed(
    context: click.Context, parameter: click.Parameter, words: tuple[str, ...]
) -> RuleInWords:
    """Words, JSON, ``@file``, or ``-`` for standard input."""
    from flowtriq_flowspec.flowspec.typed_rule import match_and_then, rule_in_words

    if len(words) == 1 and (words[0] == "-" or words[0].lstrip()[:1] in ("{", "[", "@")):
        return match_and_then(json_text(context, parameter, words[0])), None
    return rule_in_words(words)


def of_the_pack(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options that every command of this module takes."""
    for option in (
        pack_option,
        config_option,
        json_option,
    ):
        command = option(command)
    return command


def run_action(
    config: Path, pack_folder: Path | None, name: str, *, as_json: bool, **parameters: Any
) -> None:
    """Run an action of the pack in this process and print its answer. Exits with 1 if the action
    fails or names a problem."""
    from .render import answer

    done, said = ask_pack(config, pack_folder, name, **parameters)
    say(said, answer(said), as_json=as_json, problems=said["problems"])
    if not done:
        raise SystemExit(1)


def ask_pack(
    config: Path, pack_folder: Path | None, name: str, **parameters: Any
) -> tuple[bool, dict[str, Any]]:
    """Run an action of the pack in this process. Returns whether it succeeded without a problem,
    and its answer, which has ``problems``."""
    import logging

    # The commands that ask one adapter share this module, and need no engine.
    from flowtriq_flowspec_embedded.pack.parameters import InvalidParameters, pack_settings
    from flowtriq_flowspec_embedded.python_runner import PythonRunner, prepare_path
    from flowtriq_flowspec_embedded.stack_config import StackConfig

    # What an action warns of is in its answer.
    logging.basicConfig(level=logging.ERROR)
    loaded = load_pack(pack_folder)
    prepare_path(loaded)
    try:
        given = StackConfig.from_file(config).settings(loaded.config_schema)
        settings = pack_settings(loaded.config_schema, given)
    except InvalidParameters as problem:
        raise click.ClickException(f"pack_config: {problem}") from problem
    action = loaded.actions[f"{loaded.ref}.{name}"]
    runner = PythonRunner(settings)
    runner.load(action)
    given = {key: value for key, value in parameters.items() if value not in (None, (), "")}
    succeeded, result = runner.run(action, json.loads(json.dumps(given)))
    said = result.get("result", result)
    if not isinstance(said, dict) or "problems" not in said:
        why = said.get("error", said) if isinstance(said, dict) else said
        said = {"problems": [{"message": f"the action {name} failed: {why}"}]}
    return succeeded and not said["problems"], said


@click.command()
@click.option("--vector", help="The attack's vector; any name that a sender uses.")
@click.option("--target", help="The attacked address or prefix.")
@click.option(
    "--destination-port",
    "destination_ports",
    multiple=True,
    help="An attacked port; may be repeated.",
)
@click.option(
    "--source-port",
    "source_ports",
    multiple=True,
    help="A source port of the attack; may be repeated.",
)
@click.option("--bps", help="The observed bits per second: 2000000000 or 2G.")
@click.option("--pps", help="The observed packets per second: 400000 or 400k.")
@click.option(
    "--attack",
    callback=json_text,
    help="The payload of attack_detected as JSON, instead of the options above.",
)
@click.option(
    "--alert",
    callback=json_text,
    help="An alert as JSON, as --sender posts it, instead of the options above.",
)
@click.option(
    "--sender", help="The sender of --alert: alertmanager, grafana, flowtriq, fastnetmon, …"
)
@provider_option
@of_the_pack
def plan(config: Path, pack_folder: Path | None, **parameters: Any) -> None:
    """Show the rules that would be announced for an attack. Nothing is announced.

    --attack and --alert take JSON, @file, or - for standard input.
    """
    run_action(config, pack_folder, "plan", **parameters)


@click.command()
@click.argument("rule", nargs=-1, required=True, callback=typed)
@click.option("--incident", help="The incident that claims the rule; manual if not given.")
@click.option(
    "--expires-in-seconds",
    type=WholeNumber(1),
    help="How long the rule lives; without it, max_rule_seconds.",
)
@click.option("--reason", help="Why: kept in the history.")
@click.option("--dry-run", is_flag=True, help="Check everything, announce nothing.")
@click.option("--operator", is_flag=True, help="Use the share of the budgets kept for operators.")
@provider_option
@of_the_pack
def announce(
    config: Path,
    pack_folder: Path | None,
    rule: RuleInWords,
    **parameters: Any,
) -> None:
    """Announce RULE, in words or as JSON with match and then (also @file, or - for standard input).

    \b
    flowspec announce 203.0.113.45 udp source-port 53 then rate-limit 10M for 10m
    flowspec announce 203.0.113.45 tcp dport 80,443 tcp-flags syn and not ack then discard
    """
    said, seconds = rule
    if seconds is not None and parameters["expires_in_seconds"] is not None:
        raise click.UsageError("for and --expires-in-seconds say the same; give one of them")
    parameters["expires_in_seconds"] = seconds or parameters["expires_in_seconds"]
    run_action(config, pack_folder, "announce_rule", **said, **parameters)


@click.command()
@click.argument("seconds", type=WholeNumber(1))
@click.option("--id", help="The rule's id: the claims of all its incidents.")
@click.option("--incident", help="The incident whose claims are extended.")
@click.option("--reason", help="Why: kept in the history.")
@provider_option
@of_the_pack
def extend(config: Path, pack_folder: Path | None, **parameters: Any) -> None:
    """Let a rule, or the rules of an incident, expire SECONDS from now."""
    run_action(config, pack_folder, "extend", **parameters)


@click.command()
@click.option("--wait-seconds", type=WholeNumber(1, 60), help="The longest time for one step.")
@provider_option
@of_the_pack
def probe(config: Path, pack_folder: Path | None, **parameters: Any) -> None:
    """Announce the test rule for 100.64.0.0/32, find it in adj-rib-out, withdraw it; show times."""
    run_action(config, pack_folder, "probe", **parameters)


@click.command()
@click.argument("prefix")
@of_the_pack
def divert(config: Path, pack_folder: Path | None, **parameters: Any) -> None:
    """Have Cloudflare Magic Transit advertise PREFIX of the configuration."""
    run_action(config, pack_folder, "divert", **parameters)


@click.command()
@click.argument("prefix")
@of_the_pack
def undivert(config: Path, pack_folder: Path | None, **parameters: Any) -> None:
    """Have Cloudflare Magic Transit withdraw PREFIX: its traffic comes to you directly again."""
    run_action(config, pack_folder, "undivert", **parameters)


COMMANDS = (plan, announce, extend, probe, divert, undivert)
