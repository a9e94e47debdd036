"""Puts the parts of the adapter together, starts and ends them."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import BinaryIO, Union

from .clock import Clock
from .config import AdapterConfig
from .control.drift import audit_until_answered
from .control.expiry import Expiry
from .control.gate import Gate
from .control.kill_switch import KillSwitch
from .control.periodic import Periodic
from .control.registry_faults import RegistryFaults
from .control.reload import Reload
from .control.session_log import SessionLog
from .exabgp.speaker import Speaker
from .http.app import Api
from .http.auth import READ, Authenticator
from .http.server import TlsServer, UnixSocketServer
from .store.claims import Actor
from .store.protected_prefixes import ProtectedPrefixes
from .store.recorder import Recorder
from .store.registry import Registry

log = logging.getLogger(__name__)

_PRUNING_SECONDS = 3600.0
_LOOK_AFTER_SECONDS = 1.0
_CHECKPOINT_SECONDS = 5.0
_ENDING_SECONDS = 1.0
"""How late the end of a protected prefix may take effect."""

_STORING_SECONDS = 1.0
"""How long the end waits until the last acknowledgements are stored."""

Server = Union[UnixSocketServer, TlsServer]


@dataclass
class Adapter:
    """The parts. ``start`` takes over what a former process announced, and serves; ``close`` ends
    what ``start`` began, also where it failed."""

    registry: Registry
    recorder: Recorder
    speaker: Speaker
    gate: Gate
    expiry: Expiry
    auditing: Periodic
    pruning: Periodic
    ending_protections: Periodic
    looking_after: Periodic
    session_log: Periodic
    checkpointing: Periodic
    authenticator: Authenticator
    api: Api
    servers: list[Server]

    def start(self) -> None:
        """Raises InvalidConfig where a socket cannot be bound."""
        for server in self.servers:
            server.prepare()
        self.start_speaking()
        self.gate.start()
        self.expiry.start()
        self.auditing.start()
        self.pruning.start()
        self.ending_protections.start()
        self.looking_after.start()
        self.session_log.start()
        self.checkpointing.start()
        for server in self.servers:
            threading.Thread(target=server.serve, name="http", daemon=True).start()

    def start_speaking(self) -> None:
        """Speak to ExaBGP, and store what it acknowledges."""
        self.recorder.start(self.speaker.is_gone)
        self.speaker.start()
        if self.registry.lost is not None:
            # ExaBGP may still announce what the damaged registry held.
            kept = {"kept": str(self.registry.lost)}
            log.critical("the registry was damaged; a new one was begun", extra=kept)
            self.speaker.clear_all()

    def close(self) -> None:
        for server in self.servers:
            server.stop()
        self.recorder.stop(_STORING_SECONDS)
        self.registry.close()


def build(config: AdapterConfig, stdin: BinaryIO, stdout: BinaryIO, clock: Clock) -> Adapter:
    """``stdin`` and ``stdout`` are the ends of the pipe to ExaBGP."""
    registry = Registry(config.database)
    if registry.lost is not None:
        ProtectedPrefixes(registry).take_over(registry.lost)
    recorder = Recorder(registry, clock)
    speaker = Speaker(stdin, stdout, recorder)
    kill_switch = KillSwitch(config.database.with_name(f"{config.database.name}.kill-switch"))
    gate = Gate(registry, speaker, config.guardrails, clock, kill_switch)
    authenticator = Authenticator(
        socket_roles=config.socket_roles,
        tokens_file=config.tokens_file,
        certificate_role=config.tcp.certificate_role if config.tcp else READ,
        max_requests_per_minute=config.max_requests_per_minute,
    )
    reload = Reload(
        config,
        gate.guardrail_changes,
        lambda new: authenticator.apply(new.socket_roles, new.max_requests_per_minute),
    )
    api = Api(
        gate,
        speaker,
        recorder,
        authenticator,
        reload,
        max_body_bytes=config.max_body_bytes,
        started_at=clock.now(),
    )
    broken = Actor("adapter", "the registry does not work: nobody knows which claims are overdue")
    return Adapter(
        registry,
        recorder,
        speaker,
        gate,
        Expiry(gate.expire, gate.claims_changed, lambda: gate.engage_kill_switch(broken)),
        Periodic(
            "audit",
            lambda: audit_until_answered(gate, speaker),
            config.audit_seconds,
            first_after_seconds=0,
        ),
        Periodic(
            "pruning the history",
            lambda: registry.prune_history(clock.now() - reload.config.history_days * 86400.0),
            _PRUNING_SECONDS,
            first_after_seconds=0,
        ),
        Periodic(
            "ending protections",
            gate.guardrail_changes.end_overdue,
            _ENDING_SECONDS,
            first_after_seconds=0,
        ),
        Periodic(
            "looking after the registry",
            RegistryFaults(registry, clock).look,
            _LOOK_AFTER_SECONDS,
            first_after_seconds=0,
        ),
        Periodic(
            "looking at the sessions",
            SessionLog(registry, speaker, clock).look,
            _LOOK_AFTER_SECONDS,
            first_after_seconds=0,
        ),
        Periodic(
            "checkpointing the registry",
            registry.checkpoint,
            _CHECKPOINT_SECONDS,
            first_after_seconds=_LOOK_AFTER_SECONDS,
        ),
        authenticator,
        api,
        _servers(config, api),
    )


def _servers(config: AdapterConfig, api: Api) -> list[Server]:
    most = config.max_body_bytes
    servers: list[Server] = [
        UnixSocketServer(
            config.socket_path,
            api,
            mode=config.socket_mode,
            group=config.socket_group,
            max_body_bytes=most,
        )
    ]
    if config.tcp is not None:
        servers.append(TlsServer(config.tcp, api, max_body_bytes=most))
    return servers
