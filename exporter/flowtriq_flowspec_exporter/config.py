"""Which adapters the exporter reads: from the command line, or from one YAML file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.validation import require_valid


@dataclass(frozen=True)
class AdapterConfig:
    """One adapter. ``provider`` becomes the label of that name; ``socket`` is a path."""

    provider: str
    socket: str
    token_file: str | None = None

    def token(self) -> str | None:
        """Read anew each time, so that a rotated token needs no restart. Raises OSError."""
        return Path(self.token_file).read_text().strip() if self.token_file else None


def from_file(path: Path) -> list[AdapterConfig]:
    """``adapters:``, a list of ``provider``, ``adapter_socket`` and optionally ``token_file``.

    Raises InvalidConfig.
    """
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidConfig(f"{path} cannot be read: {error}", field="config.file") from error
    require_valid(document, "exporter", InvalidConfig)
    return [
        AdapterConfig(entry["provider"], entry["adapter_socket"], entry.get("token_file"))
        for entry in document["adapters"]
    ]


def from_flag(value: str) -> AdapterConfig:
    """``NAME=SOCKET``. Raises InvalidConfig."""
    provider, _, socket = value.rpartition("=")
    if not provider or not socket:
        raise InvalidConfig(
            f"adapter is {value!r}; it must read NAME=SOCKET", field="adapter", value=value
        )
    return AdapterConfig(provider, socket)


def require_distinct(adapters: Iterable[AdapterConfig]) -> None:
    """Two adapters under one provider would be one series with two values. Raises InvalidConfig."""
    names = Counter(adapter.provider for adapter in adapters)
    for name, times in names.items():
        if times > 1:
            raise InvalidConfig(
                f"provider {name!r} is configured {times} times; each name may be used once",
                field="provider",
                value=name,
                limit=1,
            )
