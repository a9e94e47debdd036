"""Looks through the configuration files of every part, without starting anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import Refused
from ..limits.guardrails import Guardrails
from ..validation import require_valid, with_defaults
from .secrets import read_secret
from .yaml_file import read_settings

_AUTOMATION, _OPERATE = "automation", "operate"


def check_adapter(file: Path) -> list[str]:
    """What is wrong in the adapter's file and in the tokens file that it names, in a line each."""
    return _found(file, lambda: _adapter(file))


def check_exporter(file: Path) -> list[str]:
    """What is wrong in the exporter's file and in the files with its secrets."""
    return _found(file, lambda: _exporter(file))


def _found(file: Path, look: Callable[[], Iterator[str]]) -> list[str]:
    found: list[str] = []
    try:
        found += look()
    except Refused as problem:
        found.append(" ".join(str(problem).split()))
    return [line if str(file) in line else f"{file}: {line}" for line in found]


def _adapter(file: Path) -> Iterator[str]:
    settings = read_settings(file, str(file))
    if not isinstance(settings, Mapping):
        raise Refused(f"{file} has no settings")
    require_valid(settings, "adapter_config", Refused)
    Guardrails.from_dict(with_defaults(settings, "adapter_config")["guardrails"])
    tcp, roles = settings.get("tcp"), dict(_roles(settings))
    if tcp is not None and "tokens_file" not in settings and "client_ca" not in tcp:
        yield "tcp needs tokens_file or tcp.client_ca: without them everyone could announce rules"
    given = sorted(who for who, role in roles.items() if role == _AUTOMATION)
    operate = sorted(who for who, role in roles.items() if role == _OPERATE)
    if given and operate:  # docs/operator/access.md
        yield (
            f"the role automation is given to {', '.join(given)}, and operate to"
            f" {', '.join(operate)}: what the pack orders with the role operate, reconcile does not"
            " pass on"
        )


def _roles(settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for user, role in settings.get("socket", {}).get("roles", {}).items():
        yield f"user {user}", role
    if "tokens_file" in settings:
        tokens = read_settings(Path(settings["tokens_file"]), "tokens_file")
        require_valid(tokens, "adapter_tokens", Refused, within="tokens_file")
        for token in tokens:
            yield f"token {token['name']}", token["role"]
    if "client_ca" in settings.get("tcp", {}):
        yield "tcp.certificate_role", settings["tcp"].get("certificate_role", _OPERATE)


def _exporter(file: Path) -> Iterator[str]:
    settings = read_settings(file, str(file))
    require_valid(settings, "exporter", Refused)
    for field, path in _secret_files(settings, ""):
        yield from _found(file, lambda at=(path, field): _secret(*at))  # type: ignore[misc]


def _secret(path: Path, field: str) -> Iterator[str]:
    read_secret(path, field)
    yield from ()


def _secret_files(value: Any, field: str) -> Iterator[tuple[str, Path]]:
    """Every setting whose name ends with _file."""
    items = value.items() if isinstance(value, Mapping) else enumerate(value)
    for name, item in items:
        below = f"{field}.{name}" if field else str(name)
        if isinstance(item, (Mapping, list)):
            yield from _secret_files(item, below)
        elif str(name).endswith("_file"):
            yield below, Path(item)
