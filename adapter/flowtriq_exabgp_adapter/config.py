"""The adapter's configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowtriq_flowspec.config.differences import dotted
from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.validation import require_valid, with_defaults


@dataclass(frozen=True)
class TcpConfig:
    """The TCP server, always with TLS."""

    address: str
    port: int
    certificate: Path
    key: Path
    client_ca: Path | None
    certificate_role: str


@dataclass(frozen=True)
class AdapterConfig:
    """The adapter's settings. Meanings and defaults: adapter_config.schema.json."""

    socket_path: Path
    socket_mode: int
    socket_group: str | None
    socket_roles: Mapping[str, str] | None
    tcp: TcpConfig | None
    tokens_file: Path | None
    max_requests_per_minute: int
    audit_seconds: int
    database: Path
    max_body_bytes: int
    history_days: int
    guardrails: Guardrails
    settings: Mapping[str, Any]
    """All but the guardrails, with defaults, by dotted name."""
    file: Path | None = None

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any], file: Path | None = None) -> AdapterConfig:
        """``file``: where they were read. Raises InvalidConfig naming the setting."""
        require_valid(settings, "adapter_config", InvalidConfig)
        given = with_defaults(settings, "adapter_config")
        socket = given["socket"]
        return cls(
            socket_path=Path(socket["path"]),
            socket_mode=int(socket["mode"], 8),
            socket_group=socket.get("group"),
            socket_roles=socket.get("roles"),
            tcp=_tcp(given),
            tokens_file=Path(given["tokens_file"]) if "tokens_file" in given else None,
            max_requests_per_minute=given["max_requests_per_minute"],
            audit_seconds=given["audit_seconds"],
            database=Path(given["database"]),
            max_body_bytes=given["max_body_bytes"],
            history_days=given["history_days"],
            guardrails=Guardrails.from_dict(given.pop("guardrails")),
            settings=dict(dotted(given)),
            file=file,
        )

    @classmethod
    def from_file(cls, path: Path) -> AdapterConfig:
        """Read the YAML file. Raises InvalidConfig."""
        loaded = read_settings(path, str(path))
        if not isinstance(loaded, Mapping):
            raise InvalidConfig(f"{path} has no settings", field=str(path))
        return cls.from_dict(loaded, path.absolute())


def _tcp(settings: Mapping[str, Any]) -> TcpConfig | None:
    given = settings.get("tcp")
    if given is None:
        return None
    if "tokens_file" not in settings and "client_ca" not in given:
        raise InvalidConfig(
            "tcp needs tokens_file or tcp.client_ca: without them everyone could announce rules",
            field="tcp",
        )
    return TcpConfig(
        address=given["address"],
        port=given["port"],
        certificate=Path(given["certificate"]),
        key=Path(given["key"]),
        client_ca=Path(given["client_ca"]) if "client_ca" in given else None,
        certificate_role=given["certificate_role"],
    )
