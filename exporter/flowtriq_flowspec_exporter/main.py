"""``flowtriq-flowspec-exporter``: serves the adapters' and routers' figures to Prometheus."""

from __future__ import annotations

import logging
import signal
import threading
from pathlib import Path
from urllib.parse import urlsplit

import click
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.logs import log_json_to_stderr
from prometheus_client import CollectorRegistry, start_http_server

from . import config, scrape
from .adapters import Adapters
from .webhooks import Webhooks

log = logging.getLogger(__name__)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(context_settings={"show_default": True})
@click.option(
    "--adapter",
    "flags",
    multiple=True,
    metavar="NAME=SOCKET",
    help="An adapter to read: the provider's name and the path of its Unix socket. Repeatable.",
)
@click.option("--config.file", "file", type=_FILE, help="YAML with adapters and routers, instead.")
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
    help="How long a router may take for all its counters; keep it below that too.",
)
@click.option(
    "--webhook",
    "webhooks",
    multiple=True,
    metavar="URL",
    help="A webhook of the pack whose /health is asked: http://127.0.0.1:8099. Repeatable.",
)
@click.option("--webhook.ca", "webhook_ca", type=_FILE, help="PEM; whoever signed theirs.")
@click.option(
    "--web.listen-address",
    "address",
    default="127.0.0.1:10179",
    help="HOST:PORT to serve /metrics on; port 0 takes a free one.",
)
@click.option("--web.tls-certificate", "certificate", type=_FILE, help="PEM; turns on HTTPS.")
@click.option("--web.tls-key", "key", type=_FILE, help="PEM key of the certificate.")
@click.option(
    "--web.tls-client-ca",
    "client_ca",
    type=_FILE,
    help="PEM; only clients with a certificate of this authority are served.",
)
def main(
    flags: tuple[str, ...],
    file: Path | None,
    timeout_seconds: float,
    router_timeout_seconds: float,
    webhooks: tuple[str, ...],
    webhook_ca: Path | None,
    address: str,
    certificate: Path | None,
    key: Path | None,
    client_ca: Path | None,
) -> None:
    """Serve the FlowSpec metrics of one or several adapters to Prometheus."""
    log_json_to_stderr()
    try:
        adapters, routers = _configured(flags, file)
        watched = _watched(webhooks, timeout_seconds, webhook_ca)
        host, port = _host_and_port(address)
    except InvalidConfig as error:
        raise click.UsageError(str(error)) from error
    if bool(certificate) != bool(key) or (client_ca and not certificate):
        raise click.UsageError(
            "TLS needs both --web.tls-certificate and --web.tls-key; --web.tls-client-ca needs them"
        )
    try:
        server, thread = start_http_server(
            port,
            host,
            _metrics(adapters, timeout_seconds, routers, router_timeout_seconds, watched),
            certfile=str(certificate) if certificate else None,
            keyfile=str(key) if key else None,
            client_cafile=str(client_ca) if client_ca else None,
            client_auth_required=client_ca is not None,
        )
    except OSError as error:
        raise click.ClickException(f"cannot serve on {address}: {error}") from error
    log.info("serving /metrics", extra={"host": host, "port": server.server_port})

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    stop.wait()
    server.shutdown()
    server.server_close()
    thread.join()


def _configured(
    flags: tuple[str, ...], file: Path | None
) -> tuple[list[config.AdapterConfig], list[config.RouterConfig]]:
    if bool(flags) == bool(file):
        raise InvalidConfig("name the adapters with either --adapter or --config.file")
    adapters, routers = (
        config.from_file(file) if file else ([config.from_flag(flag) for flag in flags], [])
    )
    config.require_distinct(adapters)
    return adapters, routers


def _metrics(
    adapters: list[config.AdapterConfig],
    timeout_seconds: float,
    routers: list[config.RouterConfig],
    router_timeout_seconds: float,
    webhooks: Webhooks,
) -> CollectorRegistry:
    if not routers:
        return scrape.registry(Adapters(adapters, timeout_seconds), webhooks=webhooks)
    from .routers import Routers  # who reads no router need not wait until pysnmp is loaded

    with_rules = {router.provider for router in routers}
    return scrape.registry(
        Adapters(adapters, timeout_seconds, with_rules),
        Routers(routers, router_timeout_seconds),
        webhooks,
    )


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
