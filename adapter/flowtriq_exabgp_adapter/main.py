"""``flowtriq-exabgp-adapter``: what ExaBGP's ``process`` section runs."""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from pathlib import Path

import click
from flowtriq_flowspec.errors import FlowspecError
from pythonjsonlogger.json import JsonFormatter

from . import __version__
from .clock import Clock
from .config import AdapterConfig
from .control.drift import Auditor, audit
from .control.expiry import Expiry
from .control.gate import Gate
from .control.kill_switch import KillSwitch
from .exabgp.speaker import Speaker
from .http.app import Api
from .http.auth import READ, Doors
from .http.server import TlsServer, UnixSocketServer
from .store.claims import Actor
from .store.recorder import Recorder
from .store.registry import Registry

log = logging.getLogger(__name__)


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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    try:
        serve(AdapterConfig.from_file(config_path))
    except FlowspecError as problem:
        # ExaBGP runs its processes as the user of its own setting, which is nobody by default.
        log.critical("%s", problem, extra={"user_id": os.geteuid()})
        sys.exit(1)


def serve(config: AdapterConfig) -> None:
    """Serve until ExaBGP closes the pipe or a signal says stop."""
    clock = Clock()
    registry = Registry(config.database)
    recorder = Recorder(
        registry, clock, config.history_days, lambda rule_id: speaker.is_gone(rule_id)
    )
    kill_switch = KillSwitch(config.database.with_name(f"{config.database.name}.kill-switch"))
    gate = Gate(registry, config.guardrails, clock, kill_switch)
    lost = Actor("adapter", "the registry does not work: nobody knows which rules are overdue")
    expiry = Expiry(gate.expire, lambda: gate.engage_kill_switch(lost))
    speaker = Speaker(
        sys.stdin.buffer,
        sys.stdout.buffer,
        on_acknowledged=recorder.acknowledged,
        on_quarantined=recorder.quarantined,
        on_session_change=lambda: None,
    )
    gate.connect(speaker, expiry.changed)
    auditor = Auditor(lambda: audit(gate, speaker), config.audit_seconds)
    doors = Doors(
        socket_roles=config.socket_roles,
        tokens_file=config.tokens_file,
        certificate_role=config.tcp.certificate_role if config.tcp else READ,
        max_requests_per_minute=config.max_requests_per_minute,
    )
    api = Api(
        gate,
        speaker,
        doors,
        config.guardrails,
        max_body_bytes=config.max_body_bytes,
        started_at=clock.now(),
    )
    servers: list[UnixSocketServer | TlsServer] = [
        UnixSocketServer(
            config.socket_path, api, mode=config.socket_mode, group=config.socket_group
        )
    ]
    if config.tcp is not None:
        servers.append(TlsServer(config.tcp, api))
    signal.signal(signal.SIGTERM, lambda *_: speaker.closed.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for ExaBGP, which then ends this

    try:
        for server in servers:
            server.prepare()
        recorder.start()
        speaker.start()
        if registry.lost is not None:
            # ExaBGP may still announce what the damaged registry held.
            log.critical("the registry was damaged; begun anew", extra={"kept": str(registry.lost)})
            speaker.clear_all()
        gate.start()
        expiry.start()
        auditor.start()
        for server in servers:
            threading.Thread(target=server.serve, name="http", daemon=True).start()
        log.info("serving", extra={"socket": str(config.socket_path)})
        speaker.closed.wait()
    finally:
        # Also where the start fails: their threads would keep a process alive that does nothing.
        for server in servers:
            server.stop()
        registry.close()
