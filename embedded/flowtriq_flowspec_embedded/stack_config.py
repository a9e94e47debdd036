"""The file given to ``flowspec up``: which configurations, databases and programs there are."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowtriq_flowspec.config.secrets import with_secrets
from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.validation import require_valid

if TYPE_CHECKING:
    from .pack.loader import Pack

OURS = "flowtriq_flowspec"
"""Of another pack no more is known than its config.schema.yaml says."""
_EXPORTER_ADDRESS = "127.0.0.1:10179"


@dataclass(frozen=True)
class StackConfig:
    """The file given to ``flowspec up``. Its paths are relative to the file itself."""

    pack_config: Mapping[str, Any]
    pack_config_file: Path
    database: Path
    exabgp: Path | None
    exporter_adapters: Mapping[str, str]
    exporter_address: str | None
    metrics: str | None = None
    console: Path | None = None
    questions_socket: Path | None = None
    file: Path | None = None

    @classmethod
    def from_file(cls, path: Path) -> StackConfig:
        """Read the YAML file (stack.schema.json). Raises InvalidConfig."""
        settings = read_settings(path, str(path))
        if not isinstance(settings, Mapping):
            raise InvalidConfig(f"{path} has no settings", field=str(path))
        require_valid(settings, "stack", InvalidConfig)
        folder = path.resolve().parent
        exporter = settings.get("exporter")
        address = None if exporter is None else exporter.get("listen_address", _EXPORTER_ADDRESS)
        return cls(
            pack_config=_pack_config(folder / settings["pack_config"]),
            pack_config_file=folder / settings["pack_config"],
            database=folder / settings["database"],
            exabgp=folder / settings["exabgp"] if "exabgp" in settings else None,
            exporter_adapters={} if exporter is None else exporter["adapters"],
            exporter_address=address,
            metrics=settings.get("metrics"),
            console=folder / settings["console"] if "console" in settings else None,
            questions_socket=(
                folder / settings["questions_socket"] if "questions_socket" in settings else None
            ),
            file=path.absolute(),
        )

    def settings(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The pack's configuration with its secrets (config/secrets.py), also those of this
        process' environment. ``schema`` is the pack's config.schema.yaml. Raises InvalidConfig."""
        try:
            return with_secrets(self.pack_config, {"properties": schema}, os.environ)
        except InvalidConfig as problem:
            message = f"{self.pack_config_file}: {problem}"
            raise InvalidConfig(message, field=problem.field) from problem

    def complete_settings(self, pack: Pack) -> dict[str, Any]:
        """``settings`` with defaults, and looked through. Raises InvalidConfig."""
        # Who only wants to know where the database is needs none of these.
        from flowtriq_flowspec.config.pack import PackConfig

        from .pack.parameters import InvalidParameters, pack_settings

        given = self.settings(pack.config_schema)
        try:
            complete = pack_settings(pack.config_schema, given)
            if pack.ref == OURS:
                PackConfig.from_dict(complete)
        except (InvalidConfig, InvalidParameters) as problem:
            message = f"{self.pack_config_file}: {problem}"
            raise InvalidConfig(message, field=getattr(problem, "field", None)) from problem
        return complete


def _pack_config(path: Path) -> Mapping[str, Any]:
    loaded = read_settings(path, str(path))
    if not isinstance(loaded, Mapping):
        raise InvalidConfig(f"{path} has no settings", field=str(path))
    return loaded


def program(name: str) -> Path:
    """A console script of this very installation, wherever PATH points."""
    return Path(sys.executable).with_name(name)
