"""Commands that run the pack's actions from a shell, as StackStorm and ChatOps run them."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from flowtriq_flowspec.errors import InvalidRule
from flowtriq_flowspec.messages import not_json

from .render import answer, json_option, say

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


def json_text(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> dict[str, Any] | None:
    """Read JSON, ``@file``, or ``-`` for standard input."""
    if value is None:
        return None
    try:
        if value == "-":
            value = sys.stdin.read()
        elif value.startswith("@"):
            value = Path(value[1:]).read_text(encoding="utf-8")
        found = json.loads(value)
    except OSError as problem:
        raise click.BadParameter(f"{problem.filename}: {problem.strerror}") from problem
    except (ValueError, RecursionError) as problem:
        raise click.BadParameter(f"not JSON: {not_json(problem)}") from problem
    if not isinstance(found, dict):
        raise click.BadParameter("not a JSON object")
    return found


def of_the_pack(command: Callable[..., None]) -> Callable[..., None]:
    """Adds the options that every command of this module takes."""
    for option in (
        click.option("--pack", "pack_folder", type=FOLDER, default=Path(), help="Pack folder."),
        click.option("--config", type=FILE, required=True, help="The file given to flowspec up."),
        json_option,
    ):
        command = option(command)
    return command


_provider = click.option("--provider", help="Only this provider of the configuration.")


def run_action(
    config: Path, pack_folder: Path, name: str, *, as_json: bool, **parameters: Any
) -> None:
    """Run an action of the pack in this process and print its answer. Exits with 1 if the action
    fails or names a problem."""
    done, said = ask_pack(config, pack_folder, name, **parameters)
    say(said, answer(said), as_json=as_json, problems=said["problems"])
    if not done:
        raise SystemExit(1)


def ask_pack(
    config: Path, pack_folder: Path, name: str, **parameters: Any
) -> tuple[bool, dict[str, Any]]:
    """Run an action of the pack in this process. Returns whether it succeeded without a problem,
    and its answer, which has ``problems``."""
    # The commands that ask one adapter share this module, and need no engine.
    from flowtriq_flowspec_embedded.pack import loader
    from flowtriq_flowspec_embedded.pack.parameters import InvalidParameters, pack_settings
    from flowtriq_flowspec_embedded.python_runner import PythonRunner, prepare_path
    from flowtriq_flowspec_embedded.stack import StackConfig

    # What an action warns of is in its answer.
    logging.basicConfig(level=logging.ERROR)
    loaded = loader.load(pack_folder.resolve())
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
@click.option("--destination-port", "destination_ports", multiple=True, help="May be repeated.")
@click.option("--source-port", "source_ports", multiple=True, help="May be repeated.")
@click.option(
    "--attack",
    callback=json_text,
    help="Instead: the payload of attack_detected, JSON.",
)
@_provider
@of_the_pack
def plan(config: Path, pack_folder: Path, **parameters: Any) -> None:
    """Show the rules that would be announced for an attack. Nothing is announced."""
    run_action(config, pack_folder, "plan", **parameters)


@click.command()
@click.argument("rule", callback=json_text)
@click.option("--incident", help="The incident that claims the rule; manual if not given.")
@click.option("--expires-in-seconds", type=click.IntRange(1), help="When the rule expires.")
@click.option("--reason", help="Why: kept in the history.")
@click.option("--dry-run", is_flag=True, help="Check everything, announce nothing.")
@click.option("--operator", is_flag=True, help="Use the share of the budgets kept for operators.")
@_provider
@of_the_pack
def announce(config: Path, pack_folder: Path, rule: dict[str, Any], **parameters: Any) -> None:
    """Announce RULE: JSON with match and then, @file, or - for standard input."""
    if set(rule) != {"match", "then"}:
        has = ", ".join(sorted(rule)) or "nothing"
        raise InvalidRule(f"a rule has match and then, and nothing else; this one has: {has}")
    run_action(config, pack_folder, "announce_rule", **rule, **parameters)


@click.command()
@click.argument("seconds", type=click.IntRange(1))
@click.option("--id", help="The rule's id: the claims of all its incidents.")
@click.option("--incident", help="The incident whose claims are extended.")
@click.option("--reason", help="Why: kept in the history.")
@_provider
@of_the_pack
def extend(config: Path, pack_folder: Path, **parameters: Any) -> None:
    """Let a rule, or the rules of an incident, expire SECONDS from now."""
    run_action(config, pack_folder, "extend", **parameters)


@click.command()
@click.option("--wait-seconds", type=click.IntRange(1, 60), help="How long each step may take.")
@_provider
@of_the_pack
def probe(config: Path, pack_folder: Path, **parameters: Any) -> None:
    """Announce the test rule for 100.64.0.0/32, find it in adj-rib-out, withdraw it; show times."""
    run_action(config, pack_folder, "probe", **parameters)


@click.command()
@click.argument("prefix")
@of_the_pack
def divert(config: Path, pack_folder: Path, **parameters: Any) -> None:
    """Have Cloudflare Magic Transit advertise PREFIX of the configuration."""
    run_action(config, pack_folder, "divert", **parameters)


@click.command()
@click.argument("prefix")
@of_the_pack
def undivert(config: Path, pack_folder: Path, **parameters: Any) -> None:
    """Have Cloudflare Magic Transit withdraw PREFIX: its traffic comes to you directly again."""
    run_action(config, pack_folder, "undivert", **parameters)


COMMANDS = (plan, announce, extend, probe, divert, undivert)
