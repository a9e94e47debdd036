"""The console's configuration: one YAML file (schemas/console.schema.json)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.config.secrets import with_secrets
from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.inquiries_client import InquiriesClient
from flowtriq_flowspec.published_schemas import resolved
from flowtriq_flowspec.validation import require_valid, with_defaults


@dataclass(frozen=True)
class Proxy:
    """Signs people in: ``header`` has the user's name, and counts only from ``addresses``."""

    header: str
    addresses: frozenset[str]
    roles: Mapping[str, str]

    def role_of(self, user: str) -> str | None:
        return self.roles.get(user, self.roles.get("*"))


@dataclass(frozen=True)
class ConsoleConfig:
    """``hosts``: the names that a request may be for. ``pack`` names the adapters. ``questions``:
    where answers to questions for approval go."""

    pack: PackConfig
    users: Path
    host: str
    port: int
    certificate: Path | None
    key: Path | None
    hosts: tuple[str, ...]
    secure_cookie: bool
    session_seconds: float
    proxy: Proxy | None
    questions: InquiriesClient | None

    @classmethod
    def from_file(cls, path: Path) -> ConsoleConfig:
        """Raises InvalidConfig naming the setting, its value and its limit."""
        given = read_settings(path, str(path))
        if isinstance(given, Mapping):
            given = with_secrets(given, resolved("console"), {})
        require_valid(given, "console", InvalidConfig)
        settings = with_defaults(given, "console")
        folder = path.resolve().parent
        host, _, port = settings["listen_address"].rpartition(":")
        host = host.strip("[]")
        if int(port) > 65535:
            message = f"listen_address: {port} is no TCP port; the largest is 65535"
            raise InvalidConfig(message, field="listen_address", value=int(port), limit=65535)
        if ("tls_certificate" in settings) != ("tls_key" in settings):
            message = "tls_certificate and tls_key go together; one is missing"
            raise InvalidConfig(message, field="tls_key")
        certificate = settings.get("tls_certificate")
        return cls(
            pack=_pack(folder / settings["pack_config"]),
            users=folder / settings["users"],
            host=host,
            port=int(port),
            certificate=folder / certificate if certificate else None,
            key=folder / settings["tls_key"] if certificate else None,
            hosts=("localhost", "127.0.0.1", "[::1]", _in_url(host), *settings["hosts"]),
            secure_cookie=settings["secure_cookie"] or certificate is not None,
            session_seconds=settings["session_hours"] * 3600,
            proxy=_proxy(settings.get("proxy")),
            questions=_questions(settings.get("questions"), folder),
        )


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _pack(path: Path) -> PackConfig:
    settings = read_settings(path, str(path))
    if not isinstance(settings, Mapping):
        raise InvalidConfig(f"{path} has no settings", field=str(path))
    try:
        return PackConfig.from_dict(settings)
    except InvalidConfig as problem:
        raise InvalidConfig(f"{path}: {problem}", field=problem.field) from problem


def _proxy(settings: Mapping[str, Any] | None) -> Proxy | None:
    if settings is None:
        return None
    for index, address in enumerate(settings["addresses"]):
        try:
            ip_address(address)
        except ValueError:
            field = f"proxy.addresses.{index}"
            message = f"{field}: {address!r} is no IP address"
            raise InvalidConfig(message, field=field, value=address) from None
    return Proxy(settings["header"], frozenset(settings["addresses"]), settings["roles"])


def _questions(settings: Mapping[str, Any] | None, folder: Path) -> InquiriesClient | None:
    if not settings:
        return None
    url, engine_socket = settings.get("stackstorm_url", ""), settings.get("engine_socket", "")
    if bool(url) == bool(engine_socket):
        message = "questions: give one of stackstorm_url and engine_socket"
        raise InvalidConfig(message, field="questions")
    if engine_socket:
        unused = [key for key in ("api_key", "ca_file") if key in settings]
        if unused:
            message = f"questions.{unused[0]} is for stackstorm_url; engine_socket needs none"
            raise InvalidConfig(message, field=f"questions.{unused[0]}")
        return InquiriesClient(str(folder / engine_socket))
    if "api_key" not in settings:
        message = "questions: StackStorm takes answers with an API key: give api_key_file"
        raise InvalidConfig(message, field="questions.api_key")
    _refuse_plain_http(url)
    ca_file = str(folder / settings["ca_file"]) if "ca_file" in settings else None
    return InquiriesClient(url, {"St2-Api-Key": settings["api_key"]}, ca_file)


def _refuse_plain_http(url: str) -> None:
    """Anybody on the way would read the API key."""
    parts = urlsplit(url)
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        message = f"questions.stackstorm_url is {url}; only loopback may be without TLS: https://"
        raise InvalidConfig(message, field="questions.stackstorm_url", value=url)
