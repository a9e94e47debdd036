"""The adapter's configuration file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.guardrails import Guardrails
from flowtriq_flowspec.validation import require_valid, schema


@dataclass(frozen=True)
class AdapterConfig:
    """What the adapter is told. Defaults and meanings: adapter_config.schema.json."""

    socket_path: Path
    socket_mode: int
    socket_group: str | None
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
            key: each.get("default") for key, each in properties["socket"]["properties"].items()
        }
        socket.update(settings.get("socket", {}))

        def setting(name: str) -> Any:
            return settings.get(name, properties[name].get("default"))

        return cls(
            socket_path=Path(socket["path"]),
            socket_mode=int(socket["mode"], 8),
            socket_group=socket["group"],
            database=Path(setting("database")),
            max_body_bytes=setting("max_body_bytes"),
            history_days=setting("history_days"),
            guardrails=Guardrails.from_dict(settings["guardrails"]),
        )

    @classmethod
    def from_file(cls, path: Path) -> AdapterConfig:
        """Read the YAML file. Raises InvalidConfig."""
        try:
            loaded = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
            raise InvalidConfig(f"{path}: {problem}", field=str(path)) from problem
        if not isinstance(loaded, Mapping):
            raise InvalidConfig(f"{path} holds no settings", field=str(path))
        return cls.from_dict(loaded)
