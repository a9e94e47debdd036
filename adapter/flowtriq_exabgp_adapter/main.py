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
from .control.drift import audit
from .control.expiry import Expiry
from .control.gate import Gate
from .control.kill_switch import KillSwitch
from .control.periodic import Periodic
from .exabgp.speaker import Speaker
from .http.app import Api
from .http.auth import READ, Authenticator
from .http.server import TlsServer, UnixSocketServer
from .store.claims import Actor
from .store.recorder import Recorder
from .store.registry import Registry

log = logging.getLogger(__name__)

_PRUNING_SECONDS = 3600.0


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
    recorder = Recorder(registry, clock, lambda rule_id: speaker.is_gone(rule_id))
    kill_switch = KillSwitch(config.database.with_name(f"{config.database.name}.kill-switch"))
    speaker = Speaker(
        sys.stdin.buffer,
        sys.stdout.buffer,
        on_acknowledged=recorder.acknowledged,
        on_quarantined=recorder.quarantined,
        on_session_change=lambda: None,
    )
    gate = Gate(registry, speaker, config.guardrails, clock, kill_switch)
    broken = Actor("adapter", "the registry does not work: nobody knows which claims are overdue")
    expiry = Expiry(gate.expire, gate.claims_changed, lambda: gate.engage_kill_switch(broken))
    seconds = config.audit_seconds
    auditing = Periodic("audit", lambda: audit(gate, speaker), seconds, first_after_seconds=seconds)
    history_seconds = config.history_days * 86400.0
    pruning = Periodic(
        "pruning the history",
        lambda: registry.prune_history(clock.now() - history_seconds),
        _PRUNING_SECONDS,
        first_after_seconds=0,
    )
    authenticator = Authenticator(
        socket_roles=config.socket_roles,
        tokens_file=config.tokens_file,
        certificate_role=config.tcp.certificate_role if config.tcp else READ,
        max_requests_per_minute=config.max_requests_per_minute,
    )
    api = Api(
        gate,
        speaker,
        authenticator,
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
        auditing.start()
        pruning.start()
        for server in servers:
            threading.Thread(target=server.serve, name="http", daemon=True).start()
        log.info("serving", extra={"socket": str(config.socket_path)})
        speaker.closed.wait()
    finally:
        # Also where the start fails: their threads would keep a process alive that does nothing.
        for server in servers:
            server.stop()
        registry.close()
