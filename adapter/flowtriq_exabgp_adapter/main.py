"""``flowtriq-exabgp-adapter``: what ExaBGP's ``process`` section runs."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flowtriq_flowspec.errors import FlowspecError
from flowtriq_flowspec.logs import log_json_to_stderr

from . import __version__

if TYPE_CHECKING:
    from .build import Adapter

log = logging.getLogger(__name__)

_SWITCH_SECONDS = 0.0005
"""Of the interpreter's lock: so long an announcement waits for who reads ten thousand rules."""

_COLLECTING = 20_000, 50, 100
"""When Python looks for cycles: rules have none, and looking at ten thousand of them takes long."""


@click.command()
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=Path("/etc/flowtriq/adapter.yaml"),
    show_default=True,
    envvar="FLOWTRIQ_ADAPTER_CONFIG",
    help="The configuration file.",
)
@click.version_option(__version__)
def main(config_path: Path) -> None:
    """Take FlowSpec rules as JSON over a Unix socket and announce them through ExaBGP.

    Run by ExaBGP (its section "process"): standard input and output are ExaBGP's. Logs go to
    standard error, one JSON object a line.
    """
    log_json_to_stderr()
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.set_threshold(*_COLLECTING)
    # Only now: Python looks for cycles less often while it imports, and --version needs none of it.
    from .build import build
    from .clock import Clock
    from .config import AdapterConfig

    try:
        config = AdapterConfig.from_file(config_path)
        run(build(config, sys.stdin.buffer, sys.stdout.buffer, Clock()))
    except FlowspecError as problem:
        # ExaBGP runs its processes as the user of its own setting, which is nobody by default.
        log.critical("%s", problem, extra={"user_id": os.geteuid()})
        sys.exit(1)


def run(adapter: Adapter) -> None:
    """Serve until ExaBGP closes the pipe, or SIGTERM comes."""
    closed = adapter.speaker.closed
    signal.signal(signal.SIGTERM, lambda *_: closed.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for ExaBGP, which then ends this
    try:
        adapter.start()
        log.info("serving", extra={"socket": adapter.servers[0].bind_addr})
        closed.wait()
    finally:
        # Also where the start fails: their threads would keep a process alive that does nothing.
        adapter.close()
