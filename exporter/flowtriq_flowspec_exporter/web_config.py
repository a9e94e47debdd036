"""The file of ``--web.config.file``: TLS, client certificates, users, headers.

Its form is that of Prometheus' own exporters (prometheus/exporter-toolkit's
docs/web-configuration.md), and like there a changed file, certificate or key counts from the next
connection on.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import logging
import re
import ssl
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.validation import require_valid, with_defaults

log = logging.getLogger(__name__)

_SCHEMA = "exporter_web"
_VERSIONS = {"TLS12": ssl.TLSVersion.TLSv1_2, "TLS13": ssl.TLSVersion.TLSv1_3}
_CLIENT_AUTH = {
    "NoClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
_FILES = ("cert_file", "key_file", "client_ca_file")
_NOBODY = b"$2b$10$7EqJtq98hPqEX7fNZaFWoOhi5RWBpJf8vuTzMD/sKCVwTH5mHw5ce"
"""Compared with where the user does not exist, so that the time tells nothing."""
_MOST_KNOWN = 100


class WebConfig:
    """What one state of the file says. Raises InvalidConfig."""

    def __init__(self, settings: Mapping[str, Any], folder: Path) -> None:
        self.headers: Mapping[str, str] = settings.get("http_server_config", {}).get("headers", {})
        limit = settings.get("rate_limit")
        self.rate_limit = RateLimit.of(limit) if limit else None
        self._users: Mapping[str, str] = settings.get("basic_auth_users", {})
        tls = settings.get("tls_server_config")
        self.allowed_sans = frozenset(tls.get("client_allowed_sans", ())) if tls else frozenset()
        self.tls = _tls(tls, folder) if tls else None
        self._key = hashlib.sha256(repr(settings).encode()).digest()
        self._known: OrderedDict[bytes, bool] = OrderedDict()
        self._lock = threading.Lock()
        if self._users:
            _bcrypt()

    @classmethod
    def from_file(cls, path: Path) -> WebConfig:
        settings = read_settings(path, str(path))
        settings = {} if settings is None else settings
        require_valid(settings, _SCHEMA, InvalidConfig)
        defaults = with_defaults(settings, _SCHEMA)
        return cls({name: defaults[name] for name in settings}, path.parent)

    @property
    def asks_for_a_user(self) -> bool:
        return bool(self._users)

    def knows(self, user: str, password: str) -> bool:
        """bcrypt takes its time, on purpose: an answer is remembered for the next scrape."""
        key = hmac.digest(self._key, f"{user}:{password}".encode(), "sha256")
        with self._lock:
            if key in self._known:
                return self._known[key]
        hashed = self._users.get(user, "").encode() or _NOBODY
        try:
            fits = _bcrypt().checkpw(password.encode(), hashed) and user in self._users
        except ValueError:  # longer than bcrypt reads, or with a zero octet
            fits = False
        with self._lock:
            self._known[key] = fits
            while len(self._known) > _MOST_KNOWN:
                self._known.popitem(last=False)
        return fits


class WebConfigFile:
    """The file as it is now. Where it cannot be used any more, what it said before goes on."""

    def __init__(self, path: Path | None) -> None:
        """Raises InvalidConfig."""
        self._path = path
        self._seen: object = None
        self._lock = threading.Lock()
        self._config = WebConfig({}, Path())
        if path is not None:
            self._seen = self._marks(path)
            self._config = WebConfig.from_file(path)

    @classmethod
    def of_certificate(cls, certificate: Path, key: Path, client_ca: Path | None) -> WebConfigFile:
        """What the flags of 0.1.0 say. Raises InvalidConfig."""
        tls = {"cert_file": str(certificate.resolve()), "key_file": str(key.resolve())}
        if client_ca is not None:
            tls["client_ca_file"] = str(client_ca.resolve())
            tls["client_auth_type"] = "RequireAndVerifyClientCert"
        settings = with_defaults({"tls_server_config": tls}, _SCHEMA)
        file = cls(None)
        file._config = WebConfig(settings, Path())
        return file

    def now(self) -> WebConfig:
        if self._path is None:
            return self._config
        with self._lock:
            marks = self._marks(self._path)
            if marks != self._seen:
                self._seen = marks
                try:
                    self._config = WebConfig.from_file(self._path)
                except InvalidConfig as problem:
                    log.error("the web configuration stays as it was: %s", problem)
            return self._config

    def _marks(self, path: Path) -> object:
        """Change with the file and with each file that it names, or might name."""
        marks = []
        for file in (path, *sorted(self._named(path))):
            try:
                state = file.stat()
                marks.append((str(file), state.st_mtime_ns, state.st_size, state.st_ino))
            except OSError:
                marks.append((str(file), 0, 0, 0))
        return tuple(marks)

    @staticmethod
    def _named(path: Path) -> set[Path]:
        try:
            tls = read_settings(path, str(path))["tls_server_config"]
            return {path.parent / tls[name] for name in _FILES if name in tls}
        except (InvalidConfig, KeyError, TypeError):
            return set()


def _bcrypt() -> Any:
    """Only who has users needs it."""
    try:
        import bcrypt
    except ImportError as problem:
        raise InvalidConfig(
            "basic_auth_users needs the Python package bcrypt, which is not installed",
            field="basic_auth_users",
        ) from problem
    return bcrypt


class RateLimit:
    """A request for each ``interval_seconds``, and ``burst`` of them at once."""

    def __init__(self, interval_seconds: float, burst: int) -> None:
        self._interval_seconds, self._burst = interval_seconds, burst
        self._left, self._at = float(burst), time.monotonic()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> RateLimit | None:
        """None where there is no limit."""
        number, unit = re.fullmatch("([0-9]+)(ms|s|m|)", str(settings["interval"])).groups()  # type: ignore[union-attr]
        seconds = int(number) * {"ms": 0.001, "s": 1.0, "m": 60.0, "": 0.0}[unit]
        return cls(seconds, settings["burst"]) if seconds else None

    def allows(self) -> bool:
        """Whether one more request is to be answered."""
        with self._lock:
            now = time.monotonic()
            more = (now - self._at) / self._interval_seconds
            self._left, self._at = min(self._burst, self._left + more), now
            if self._left < 1:
                return False
            self._left -= 1
            return True


@contextlib.contextmanager
def _files(settings: Mapping[str, Any], folder: Path) -> Iterator[dict[str, str]]:
    """The PEM files by their settings' names. What is in the settings themselves is in a file for a
    moment, since Python's TLS reads files."""
    with contextlib.ExitStack() as written:
        files = {}
        for name in _FILES:
            inline = name.removesuffix("_file")
            if name in settings and inline in settings:
                raise InvalidConfig(
                    f"tls_server_config has both {inline} and {name}; give one of them",
                    field=f"tls_server_config.{inline}",
                )
            if name in settings:
                files[name] = str(folder / settings[name])
            elif inline in settings:
                file = written.enter_context(NamedTemporaryFile("w", encoding="utf-8"))
                file.write(settings[inline])
                file.flush()
                files[name] = file.name
            elif name != "client_ca_file":
                raise InvalidConfig(
                    f"tls_server_config.{name} is missing, and so is tls_server_config.{inline}",
                    field=f"tls_server_config.{name}",
                )
        yield files


def _tls(settings: Mapping[str, Any], folder: Path) -> ssl.SSLContext:
    with _files(settings, folder) as files:
        return _context(settings, files)


def _context(settings: Mapping[str, Any], files: Mapping[str, str]) -> ssl.SSLContext:
    where = "tls_server_config"
    mode = _CLIENT_AUTH[settings["client_auth_type"]]
    if (mode == ssl.CERT_NONE) == ("client_ca_file" in files):
        raise InvalidConfig(
            f"{where}.client_ca_file and a {where}.client_auth_type that verifies need each other",
            field=f"{where}.client_ca_file",
        )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = _VERSIONS[settings["min_version"]]
    context.maximum_version = _VERSIONS[settings["max_version"]]
    if context.minimum_version > context.maximum_version:
        raise InvalidConfig(
            f"{where}.min_version is TLS13, above max_version TLS12", field=f"{where}.min_version"
        )
    if "cipher_suites" in settings:
        context.set_ciphers(":".join(map(_openssl_name, settings["cipher_suites"])))
    if not settings["prefer_server_cipher_suites"]:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    try:
        context.load_cert_chain(files["cert_file"], files["key_file"])
        if "client_ca_file" in files:
            context.load_verify_locations(files["client_ca_file"])
    except OSError as problem:
        inline = {name.removesuffix("_file") for name in files} & settings.keys()
        named = ", ".join(
            name.removesuffix("_file") if name.removesuffix("_file") in inline else file
            for name, file in files.items()
        )
        raise InvalidConfig(
            f"{where}: {named} cannot be used: {problem.strerror or problem}", field=where
        ) from problem
    context.verify_mode = mode
    return context


def _openssl_name(name: str) -> str:
    """TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 is ECDHE-RSA-AES128-GCM-SHA256."""
    name = name.replace("TLS_", "").replace("_WITH", "").replace("AES_", "AES")
    if "CHACHA20" in name:
        name = name.replace("_SHA256", "")
    return name.replace("_", "-")
