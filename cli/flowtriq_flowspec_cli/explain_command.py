"""``flowspec explain``: describes a rule in words before it is announced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig, InvalidRule
from flowtriq_flowspec.flowspec.rule import parse_rule
from flowtriq_flowspec.limits.explain import explain as explain_rule
from flowtriq_flowspec.limits.guardrails import Guardrails

from .adapters import socket_option
from .options import FILE
from .pack_commands import RuleInWords, typed
from .screen import json_option


@click.command()
@click.argument("rule", nargs=-1, required=True, callback=typed)
@socket_option
@click.option(
    "--adapter-config",
    type=FILE,
    help="The guardrails of this file, instead of the running adapter's.",
)
@json_option
def explain(rule: RuleInWords, socket: str, adapter_config: Path | None, as_json: bool) -> None:
    """Explain what RULE would match, do and cost, and which guardrail would refuse it.

    Nothing is announced.

    RULE is in words, as for flowspec announce, or JSON with match and then, @file, or - for
    standard input. Exit code 1 if a guardrail refuses the rule.
    """
    said, _seconds = rule
    found = _by_file(said, adapter_config) if adapter_config else _by_adapter(said, socket)
    click.echo(json.dumps(found, indent=2) if as_json else found["text"])
    if found["refusals"]:
        raise SystemExit(1)


def _by_adapter(rule: dict[str, Any], socket: str) -> dict[str, Any]:
    with AdapterClient(socket) as client:
        (found,) = client.explain([rule])
    if "error" in found:
        raise InvalidRule(found["error"]["message"])
    return dict(found)


def _by_file(rule: dict[str, Any], file: Path) -> dict[str, Any]:
    settings = read_settings(file, str(file))
    if not isinstance(settings, dict) or "guardrails" not in settings:
        raise InvalidConfig(f"{file} has no guardrails", field="guardrails")
    return explain_rule(parse_rule(rule), Guardrails.from_dict(settings["guardrails"])).as_dict()


COMMANDS = (explain,)
