"""What the exporter reads: adapters from the command line, or adapters and routers from one YAML
file."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Union
from urllib.parse import urlsplit

from flowtriq_flowspec.config.secrets import refuse_template
from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.limits.verdicts import Thresholds
from flowtriq_flowspec.validation import require_valid, with_defaults

_SNMP_PORT = 161


@dataclass(frozen=True)
class AdapterConfig:
    """One adapter. ``provider`` becomes the label of that name; ``socket`` is a path."""

    provider: str
    socket: str
    token_file: str | None = None

    def token(self) -> str | None:
        """Read anew each time, so that a rotated token needs no restart. Raises OSError."""
        return _secret(self.token_file) if self.token_file else None


@dataclass(frozen=True)
class Community:
    """SNMPv2c: whoever sees a packet can read it and forge others."""

    name: str = field(repr=False)


@dataclass(frozen=True)
class User:
    """SNMPv3 with authentication and encryption (AES-128)."""

    name: str
    auth_protocol: str
    auth_passphrase: str = field(repr=False)
    priv_passphrase: str = field(repr=False)


Credentials = Union[Community, User]


@dataclass(frozen=True)
class UserConfig:
    """An SNMPv3 user; the passphrases are in files."""

    name: str
    auth_protocol: str
    auth_passphrase_file: str
    priv_passphrase_file: str


@dataclass(frozen=True)
class RouterConfig:
    """One router that has the rules of ``provider``; ``address``, as it is configured, becomes the
    label ``router``. ``policer_counts`` is what a policer's row counts, "dropped" or "passed"."""

    provider: str
    address: str
    host: str
    port: int
    filters: tuple[str, ...]
    policer_counts: str
    access: UserConfig | str

    def credentials(self) -> Credentials:
        """Read anew each time, so that a rotated secret needs no restart. Raises OSError and
        UnicodeDecodeError."""
        if isinstance(self.access, str):
            return Community(_secret(self.access))
        return User(
            self.access.name,
            self.access.auth_protocol,
            _secret(self.access.auth_passphrase_file),
            _secret(self.access.priv_passphrase_file),
        )


def _secret(file: str) -> str:
    return Path(file).read_text(encoding="utf-8").strip()


def from_file(path: Path) -> tuple[list[AdapterConfig], list[RouterConfig]]:
    """``adapters`` and ``routers`` as schemas/exporter.schema.json has them.

    Raises InvalidConfig.
    """
    document = read_settings(path, str(path))
    require_valid(document, "exporter", InvalidConfig)
    document = with_defaults(document, "exporter")
    adapters = [
        AdapterConfig(entry["provider"], entry["adapter_socket"], entry.get("token_file"))
        for entry in document["adapters"]
    ]
    routers = [
        _router(entry, f"routers.{index}")
        for index, entry in enumerate(document.get("routers", ()))
    ]
    known = {adapter.provider for adapter in adapters}
    seen = set()
    for index, router in enumerate(routers):
        where = f"routers.{index}"
        if router.provider not in known:
            raise _invalid(f"{where}.provider", router.provider, "is not a provider of adapters")
        place = (router.provider, router.host, router.port)
        if place in seen:
            raise _invalid(f"{where}.address", router.address, "is there already")
        seen.add(place)
    _refuse_templates(adapters, routers)
    return adapters, routers


def thresholds_from_file(path: Path) -> Thresholds:
    """``verdicts`` of a file that from_file has read. Raises InvalidConfig."""
    document = with_defaults(read_settings(path, str(path)), "exporter")
    return Thresholds(**document.get("verdicts", {}))


def _refuse_templates(adapters: list[AdapterConfig], routers: list[RouterConfig]) -> None:
    """A template that nobody rendered is no secret. A file that is missing may come later."""
    files = {f"adapters.{i}.token_file": each.token_file for i, each in enumerate(adapters)}
    for index, router in enumerate(routers):
        access, field = router.access, f"routers.{index}"
        if isinstance(access, str):
            files[f"{field}.snmp_v2c.community_file"] = access
        else:
            files[f"{field}.snmp_v3.auth_passphrase_file"] = access.auth_passphrase_file
            files[f"{field}.snmp_v3.priv_passphrase_file"] = access.priv_passphrase_file
    for field, file in files.items():
        if file is not None:
            with contextlib.suppress(OSError, UnicodeDecodeError):
                refuse_template(_secret(file), f"{field}: the secret in {file}", field)


def _router(entry: dict[str, Any], field: str) -> RouterConfig:
    address = entry["address"]
    try:
        host, port = str(ip_address(address)), _SNMP_PORT
    except ValueError:
        try:
            parts = urlsplit(f"//{address}")
            host, port = str(ip_address(parts.hostname or "")), parts.port or _SNMP_PORT
        except ValueError:
            limit = "must be an IP address, with or without a port: 10.0.0.1:161, [2001:db8::1]:161"
            raise _invalid(f"{field}.address", address, limit) from None
    if ("snmp_v3" in entry) == ("snmp_v2c" in entry):
        message = f"{field} needs either snmp_v3 or snmp_v2c"
        raise InvalidConfig(message, field=f"{field}.snmp_v3")
    access: UserConfig | str
    if "snmp_v3" in entry:
        user = entry["snmp_v3"]
        access = UserConfig(
            user["user"],
            user["auth_protocol"],
            user["auth_passphrase_file"],
            user["priv_passphrase_file"],
        )
    else:
        access = entry["snmp_v2c"]["community_file"]
    return RouterConfig(
        entry["provider"],
        address,
        host,
        port,
        tuple(entry["filters"]),
        entry["policer_counts"],
        access,
    )


def _invalid(field: str, value: str, problem: str) -> InvalidConfig:
    return InvalidConfig(f"{field} is {value!r}; it {problem}", field=field, value=value)


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
