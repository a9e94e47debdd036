"""The adapter's configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.validation import require_valid, schema


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

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> AdapterConfig:
        """Raises InvalidConfig naming the setting."""
        require_valid(settings, "adapter_config", InvalidConfig)
        properties = schema("adapter_config")["properties"]
        socket = {
            name: part.get("default") for name, part in properties["socket"]["properties"].items()
        }
        socket.update(settings.get("socket", {}))

        def setting(name: str) -> Any:
            return settings.get(name, properties[name].get("default"))

        return cls(
            socket_path=Path(socket["path"]),
            socket_mode=int(socket["mode"], 8),
            socket_group=socket["group"],
            socket_roles=socket["roles"],
            tcp=_tcp(settings),
            tokens_file=Path(settings["tokens_file"]) if "tokens_file" in settings else None,
            max_requests_per_minute=setting("max_requests_per_minute"),
            audit_seconds=setting("audit_seconds"),
            database=Path(setting("database")),
            max_body_bytes=setting("max_body_bytes"),
            history_days=setting("history_days"),
            guardrails=Guardrails.from_dict(settings["guardrails"]),
        )

    @classmethod
    def from_file(cls, path: Path) -> AdapterConfig:
        """Read the YAML file. Raises InvalidConfig."""
        loaded = read_settings(path, str(path))
        if not isinstance(loaded, Mapping):
            raise InvalidConfig(f"{path} has no settings", field=str(path))
        return cls.from_dict(loaded)


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
        certificate_role=given.get("certificate_role", "operate"),
    )
