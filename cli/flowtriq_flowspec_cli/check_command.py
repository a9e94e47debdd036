"""``flowspec check``: looks through every configuration before something is started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Optional

import click
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.check import check_adapter, check_exporter
from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import FlowspecError
from flowtriq_flowspec_embedded.pack.yaml_source import PackError
from flowtriq_flowspec_embedded.preflight import findings, readable_secrets
from flowtriq_flowspec_embedded.stack_config import StackConfig

from .options import CONFIG_VARIABLE, FILE, STACK, load_pack, pack_option

_ADAPTER = Path("/etc/flowtriq/adapter.yaml")
_EXPORTER = Path("/etc/flowtriq/exporter.yaml")
_STACKSTORM = Path("/opt/stackstorm/configs/flowtriq_flowspec.yaml")

_Files = tuple[Optional[Path], ...]


@click.command()
@click.option(
    "--config",
    type=FILE,
    envvar=CONFIG_VARIABLE,
    help=f"The configuration file of flowspec up; {STACK} if it exists.",
)
@pack_option
@click.option(
    "--adapter-config",
    type=FILE,
    help=f"The adapter's configuration file; {_ADAPTER} if it exists.",
)
@click.option(
    "--exporter-config",
    type=FILE,
    help=f"The exporter's configuration file; {_EXPORTER} if it exists.",
)
@click.option(
    "--stackstorm-config",
    type=FILE,
    help=f"The pack's configuration in StackStorm; {_STACKSTORM} if it exists.",
)
@click.option("--socket", help="Also ask this running adapter for problems of its ExaBGP.")
def check(
    config: Path | None,
    pack_folder: Path | None,
    adapter_config: Path | None,
    exporter_config: Path | None,
    stackstorm_config: Path | None,
    socket: str | None,
) -> None:
    """Check every configuration file: a line for each fault, and exit code 1 if there is one.

    Without options the command checks the files at their usual places. Nothing is started or
    changed.
    """
    files: _Files = (config, adapter_config, exporter_config, stackstorm_config)
    if not any(files) and socket is None:
        usual = (STACK, _ADAPTER, _EXPORTER, _STACKSTORM)
        files = tuple(file if file.exists() else None for file in usual)
        if not any(files):
            raise click.UsageError(f"name a file; there is none at {', '.join(map(str, usual))}")
    found = list(_found(files, pack_folder, socket))
    for line in found:
        click.echo(line)
    if found:
        raise SystemExit(1)
    looked = [*map(str, filter(None, files)), *filter(None, [socket])]
    click.echo(f"no fault in {', '.join(looked)}")


def _found(files: _Files, pack_folder: Path | None, socket: str | None) -> Iterator[str]:
    stack, adapter, exporter, stackstorm = files
    if stack is not None:
        yield from _stack(stack, pack_folder)
    if adapter is not None:
        yield from check_adapter(adapter)
    if exporter is not None:
        yield from check_exporter(exporter)
    if stackstorm is not None:
        yield from _stackstorm(stackstorm)
    if socket is not None:
        yield from _running(socket)


def _stack(file: Path, pack_folder: Path | None) -> Iterator[str]:
    try:
        config = StackConfig.from_file(file)
        pack = load_pack(pack_folder)
    except (FlowspecError, PackError) as problem:
        yield " ".join(str(problem).split())
        return
    found = findings(config, pack)
    yield from found or readable_secrets(config, pack)


def _stackstorm(file: Path) -> Iterator[str]:
    """Its secrets may be templates: StackStorm renders them. But it keeps the last of a setting
    that is written twice."""
    try:
        read_settings(file, str(file))
    except FlowspecError as problem:
        yield str(problem)


def _running(socket: str) -> Iterator[str]:
    try:
        with AdapterClient(socket) as client:
            status = client.status()
    except FlowspecError as problem:
        yield f"{socket}: {problem}"
        return
    # An adapter of 0.1.0 does not look.
    for found in status.get("exabgp_problems", []):
        yield f"{socket}: {found['message']}"


COMMANDS = (check,)
