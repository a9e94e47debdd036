"""``flowspec up``: runs the embedded engine and what belongs to it."""

from __future__ import annotations

import signal
from pathlib import Path

import click
from flowtriq_flowspec.logs import log_json_to_stderr

from .options import config_option, load_pack, pack_option

_ADAPTER_SECONDS = 30.0


@click.command()
@config_option
@pack_option
@click.option("--verbose", is_flag=True, help="Also show the log of ExaBGP.")
def up(config: Path, pack_folder: Path | None, verbose: bool) -> None:
    """Run ExaBGP, adapter, pack and exporter in the foreground until Ctrl-C.

    Checks every file and port first, and says "up" when the adapter has answered.
    """
    # A file that is missing is refused before the engine is imported, which takes longer.
    from flowtriq_flowspec_embedded.preflight import adapter_of, findings, taken_ports
    from flowtriq_flowspec_embedded.stack import Stack
    from flowtriq_flowspec_embedded.stack_config import StackConfig

    log_json_to_stderr()
    settings, pack = StackConfig.from_file(config), load_pack(pack_folder)
    found = findings(settings, pack) or taken_ports(settings, pack)
    if found:
        for line in found:
            click.echo(line, err=True)
        raise click.ClickException("nothing was started")
    stack = Stack(settings, pack, verbose=verbose)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stack.stop())
    adapter = adapter_of(settings.exabgp) if settings.exabgp else None
    with stack:
        died = None
        if adapter is not None:
            died = stack.wait_for_adapter(adapter.settings["socket"]["path"], _ADAPTER_SECONDS)
        if died is None:
            click.echo("up; Ctrl-C stops it", err=True)
            died = stack.wait()
    if died is not None:
        raise click.ClickException(died)


COMMANDS = (up,)
