"""``flowspec init``: writes a commented configuration from flags or questions."""

from __future__ import annotations

import json
import secrets
import socket
import string
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.flowspec.prefixes import configured_prefix
from flowtriq_flowspec.published_schemas import resolved

from .options import WholeNumber

_TEMPLATES = Path(__file__).parent / "templates"
_FILES = ("exabgp.conf", "adapter.yaml", "flowtriq_flowspec.yaml", "stack.yaml")
_TOKEN = "alertmanager-token"  # noqa: S105  (the name of a file)
_AS = WholeNumber(1, 4294967295)
_PORT = WholeNumber(1, 65535)
_PROFILES = resolved("guardrails")["properties"]["peers"]["items"]["properties"]["profile"]["enum"]


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@click.option("--neighbor", metavar="ADDRESS", help="Your router.")
@click.option(
    "--local-address", metavar="ADDRESS", help="This machine's address on the way to the router."
)
@click.option("--local-as", type=_AS, help="This machine's AS number.")
@click.option("--peer-as", type=_AS, help="The router's AS number; without it, --local-as.")
@click.option(
    "--network",
    "networks",
    multiple=True,
    help="A network of yours that rules may protect; may be repeated.",
)
@click.option("--protect", multiple=True, help="A prefix that no rule may match; may be repeated.")
@click.option(
    "--profile",
    type=click.Choice(_PROFILES),
    default="generic",
    show_default=True,
    help="The kind of router.",
)
@click.option("--bgp-port", type=_PORT, default=179, show_default=True)
@click.option("--webhook-port", type=_PORT, default=8099, show_default=True)
@click.option("--exporter-port", type=_PORT, default=10179, show_default=True)
def init(folder: Path, **given: Any) -> None:
    """Write a commented configuration into DIR. The command asks for each value that no
    option gives.

    The new configuration has dry_run, so nothing is announced yet. Files that exist are not
    overwritten.
    """
    folder = folder.resolve()
    there = [name for name in (*_FILES, _TOKEN) if (folder / name).exists()]
    if there:
        raise click.ClickException(f"{folder} has {', '.join(there)} already; nothing was written")
    values = _values(folder, given)
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        template = string.Template((_TEMPLATES / name).read_text(encoding="utf-8"))
        (folder / name).write_text(template.substitute(values), encoding="utf-8")
    token = folder / _TOKEN
    token.touch(mode=0o600)
    token.write_text(f"{secrets.token_hex(24)}\n", encoding="utf-8")
    click.echo(f"written: {', '.join((*_FILES, _TOKEN))} in {folder}")
    click.echo(f"next: flowspec check --config {folder}/stack.yaml")
    click.echo(f"then: flowspec up --config {folder}/stack.yaml")


def _values(folder: Path, given: dict[str, Any]) -> dict[str, Any]:
    neighbor = _address("--neighbor", given["neighbor"] or _ask("Your router's address"))
    own = given["local_address"] or _ask("This machine's address", _address_towards(neighbor))
    local_address = _address("--local-address", own)
    if ip_address(local_address).version != ip_address(neighbor).version:
        raise click.UsageError(
            f"--local-address is {local_address}, and --neighbor {neighbor}; a session needs two"
            " addresses of one family"
        )
    local_as = given["local_as"] or _ask("This machine's AS number", type=_AS)
    networks = given["networks"] or _ask("Your networks, with commas between").split(",")
    protect = [*given["protect"], neighbor, local_address]
    version4 = ip_address(local_address).version == 4
    port = given["bgp_port"]
    return {
        "folder": folder,
        "adapter": Path(sys.executable).with_name("flowtriq-exabgp-adapter"),
        "neighbor": neighbor,
        "local_address": local_address,
        "router_id": local_address if version4 else "192.0.2.1",
        "local_as": local_as,
        "peer_as": given["peer_as"] or local_as,
        "connect": "" if port == 179 else f"\n  connect {port};",
        "networks": _prefixes("--network", networks),
        "protected": _prefixes("--protect", protect),
        "profile": given["profile"],
        "webhook_port": given["webhook_port"],
        "exporter_port": given["exporter_port"],
    }


def _ask(question: str, default: str | None = None, **more: Any) -> Any:
    if not sys.stdin.isatty():
        if default is not None:
            return default
        raise click.UsageError(f"{question} is missing; flowspec init --help lists the options")
    return click.prompt(question, default=default, err=True, **more)


def _address(option: str, text: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        raise click.UsageError(
            f"{option} is {text!r}, not an address such as 192.0.2.1 or 2001:db8::1"
        ) from None


def _address_towards(neighbor: str) -> str | None:
    """The address from which this machine would reach the neighbor. Sends nothing."""
    family = socket.AF_INET6 if ":" in neighbor else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as attempt:
            attempt.connect((neighbor, 179))
            return str(attempt.getsockname()[0])
    except OSError:
        return None


def _prefixes(option: str, texts: Sequence[str]) -> str:
    """As a YAML list; an IPv6 prefix needs quotes."""
    try:
        prefixes = [str(configured_prefix(text.strip(), option)) for text in texts]
    except InvalidConfig as problem:
        raise click.UsageError(str(problem)) from problem
    return json.dumps(list(dict.fromkeys(prefixes)))


COMMANDS = (init,)
