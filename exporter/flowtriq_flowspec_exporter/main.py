"""``flowtriq-flowspec-exporter``: serves the adapters' and routers' figures to Prometheus."""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import threading
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import click
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.limits.verdicts import Thresholds
from flowtriq_flowspec.logs import log_to_stderr
from flowtriq_flowspec.process_memory import keep_small

from . import config
from .adapters import Adapters
from .log_format import FORMATS, LEVELS
from .running import Running
from .scrape import Sources
from .web import ExporterServer, Site
from .web_config import WebConfigFile
from .webhooks import Webhooks

_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
"""The last reads the configuration again, the others end the program."""

_DISTRIBUTION = "flowtriq-exabgp-adapter"
log = logging.getLogger(__name__)


@contextlib.contextmanager
def _blocking_signals() -> Iterator[None]:
    """Around all: each thread has the mask of the one that began it. So has each program that the
    caller starts later, and one with this mask would never hear SIGTERM: the former comes back."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        while signal.sigpending() & _SIGNALS:
            signal.sigwait(_SIGNALS)  # another one for a program that ends anyway
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(context_settings={"show_default": True})
@click.option(
    "--adapter",
    "flags",
    multiple=True,
    metavar="NAME=SOCKET",
    help="An adapter to read: the provider's name and the path of its Unix socket. Repeatable.",
)
@click.option(
    "--config.file",
    "file",
    type=_FILE,
    help="A YAML file, instead of --adapter.",
)
@click.option(
    "--adapter.timeout-seconds",
    "timeout_seconds",
    type=click.FloatRange(min=0.1, max=60),
    default=3.0,
    help="How long an adapter may take; keep it below Prometheus' scrape_timeout.",
)
@click.option(
    "--router.timeout-seconds",
    "router_timeout_seconds",
    type=click.FloatRange(min=0.1, max=60),
    default=5.0,
    help="How long a router may take for all its counters; keep it below scrape_timeout, too.",
)
@click.option(
    "--webhook",
    "webhooks",
    multiple=True,
    metavar="URL",
    help="A webhook of the pack whose /health is asked: http://127.0.0.1:8099. Repeatable.",
)
@click.option(
    "--webhook.ca",
    "webhook_ca",
    type=_FILE,
    help="PEM of the webhooks' authority.",
)
@click.option(
    "--web.listen-address",
    "address",
    default="127.0.0.1:10179",
    help="HOST:PORT to serve /metrics on; port 0 takes a free one.",
)
@click.option(
    "--web.config.file",
    "web_file",
    type=_FILE,
    help="A YAML file with TLS, client certificates and users, as Prometheus' exporters have.",
)
@click.option(
    "--web.enable-lifecycle", "lifecycle", is_flag=True, help="Allow POST /-/reload, as SIGHUP."
)
@click.option("--web.tls-certificate", "certificate", type=_FILE, help="PEM; turns on HTTPS.")
@click.option("--web.tls-key", "key", type=_FILE, help="PEM key of the certificate.")
@click.option(
    "--web.tls-client-ca",
    "client_ca",
    type=_FILE,
    help="PEM; only clients with a certificate of this authority are served.",
)
@click.option(
    "--log.level",
    "level",
    type=click.Choice(list(LEVELS)),
    default="info",
    help="Only log lines of this level and above.",
)
@click.option(
    "--log.format",
    "log_format",
    type=click.Choice(list(FORMATS)),
    default="json",
    help="The format of a log line.",
)
@click.version_option(package_name=_DISTRIBUTION, message="%(prog)s, version %(version)s")
@_blocking_signals()
def main(
    flags: tuple[str, ...],
    file: Path | None,
    timeout_seconds: float,
    router_timeout_seconds: float,
    webhooks: tuple[str, ...],
    webhook_ca: Path | None,
    address: str,
    web_file: Path | None,
    lifecycle: bool,
    certificate: Path | None,
    key: Path | None,
    client_ca: Path | None,
    level: str,
    log_format: str,
) -> None:
    """Serve the FlowSpec metrics of one or several adapters to Prometheus."""
    log_to_stderr(FORMATS[log_format], LEVELS[level])

    def read_config() -> tuple[Sources, Thresholds]:
        adapters, routers, thresholds = _configured(flags, file)
        watched = _watched(webhooks, timeout_seconds, webhook_ca)
        return _sources(adapters, timeout_seconds, routers, router_timeout_seconds, watched), (
            thresholds
        )

    try:
        web = _web(web_file, certificate, key, client_ca)
        running = Running(read_config)
        host, port = _host_and_port(address)
    except InvalidConfig as error:
        raise click.UsageError(str(error)) from error
    site = Site(
        lambda accept, names: running.scrape.metrics(accept, names),
        web,
        version(_DISTRIBUTION),
        running.reload if lifecycle else None,
    )
    server = ExporterServer((host, port), site, web)
    try:
        server.prepare()
    except OSError as error:
        raise click.ClickException(f"cannot serve on {address}: {error}") from error
    _keep_small()
    served = {"host": host, "port": server.bind_addr[1]}
    threading.Thread(target=server.serve, name="http", daemon=True).start()
    log.info("serving /metrics", extra=served)
    while signal.sigwait(_SIGNALS) == signal.SIGHUP:
        with contextlib.suppress(InvalidConfig):  # it is in the log
            running.reload()
    server.stop()


def _keep_small() -> None:
    """A scrape makes many objects and no cycles, and to look for those takes a third of its time.
    Each request has a thread."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)
    keep_small()


def _web(
    web_file: Path | None, certificate: Path | None, key: Path | None, client_ca: Path | None
) -> WebConfigFile:
    """The flags of 0.1.0 say the same as a file. Raises InvalidConfig."""
    if bool(certificate) != bool(key) or (client_ca and not certificate):
        raise InvalidConfig(
            "TLS needs both --web.tls-certificate and --web.tls-key; --web.tls-client-ca needs them"
        )
    if web_file is not None and certificate is not None:
        raise InvalidConfig("give either --web.config.file or --web.tls-certificate")
    if certificate is None or key is None:
        return WebConfigFile(web_file)
    return WebConfigFile.of_certificate(certificate, key, client_ca)


def _configured(
    flags: tuple[str, ...], file: Path | None
) -> tuple[list[config.AdapterConfig], list[config.RouterConfig], Thresholds]:
    if bool(flags) == bool(file):
        raise InvalidConfig("name the adapters with either --adapter or --config.file")
    if file is not None:
        adapters, routers = config.from_file(file)
        thresholds = config.thresholds_from_file(file)
    else:
        adapters, routers = [config.from_flag(flag) for flag in flags], []
        thresholds = Thresholds()
    config.require_distinct(adapters)
    return adapters, routers, thresholds


def _sources(
    adapters: list[config.AdapterConfig],
    timeout_seconds: float,
    routers: list[config.RouterConfig],
    router_timeout_seconds: float,
    webhooks: Webhooks,
) -> Sources:
    read = Adapters(adapters, timeout_seconds)
    if not routers:
        return Sources(read, webhooks=webhooks)
    from .routers import Routers  # who reads no router need not wait until SNMP is loaded

    return Sources(read, Routers(routers, router_timeout_seconds), webhooks)


def _watched(urls: tuple[str, ...], timeout_seconds: float, ca: Path | None) -> Webhooks:
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
            raise InvalidConfig(
                f"webhook is {url!r}; it must read http://HOST:PORT or https://HOST:PORT",
                field="webhook",
                value=url,
            )
    return Webhooks(urls, timeout_seconds, ca)


def _host_and_port(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{address}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port is None:
        raise InvalidConfig(
            f"web.listen-address is {address!r}; it must read HOST:PORT",
            field="web.listen-address",
            value=address,
        )
    return host, port


if __name__ == "__main__":
    main()
