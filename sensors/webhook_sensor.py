"""The sensor that alert senders post to. Payloads and answers: docs/user/pack.md."""

from __future__ import annotations

import ssl
import time
from typing import Any

from flowspec_dispatch import dispatch, dispatch_refused
from flowspec_webhooks import WebhookApp
from flowtriq_flowspec.config.pack import PackConfig, WebhookConfig
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.http_server.server import TcpServer, tls_context
from st2reactor.sensor.base import Sensor


class WebhookSensor(Sensor):
    """An HTTP server with threads: a sensor's process is patched by eventlet, where asyncio does
    not work."""

    def setup(self) -> None:
        settings = PackConfig.from_dict(self.config)
        log = self.sensor_service.get_logger(name=self.__class__.__name__)
        app = WebhookApp(
            settings.senders,
            lambda attack: dispatch(self.sensor_service, settings, attack, time.time()),
            lambda source, refused: dispatch_refused(self.sensor_service, source, refused, log),
            log,
            max_body_bytes=settings.webhook.max_body_bytes,
            # The embedded engine is in this process. StackStorm's is not, and its service has no
            # such method: there the route `heartbeat` watches it.
            healthy=getattr(self.sensor_service, "healthy", lambda: True),
        )
        webhook = settings.webhook
        try:
            self._server = TcpServer(
                (webhook.host, webhook.port),
                app,
                log,
                max_body_bytes=webhook.max_body_bytes,
                tls=_tls(webhook),
            )
            self._server.prepare()
        except OSError as problem:
            why = problem.strerror or problem
            message = f"webhook: {webhook.host}:{webhook.port} cannot be served: {why}"
            raise InvalidConfig(message, field="webhook") from problem
        on = [name for name, sender in settings.senders.items() if sender.enabled]
        log.info("listening on %s:%s for %s", *self.address, ", ".join(on) or "nobody")

    @property
    def address(self) -> tuple[str, int]:
        """Host and port that the server listens on, which the configuration may leave open."""
        host, port = self._server.bind_addr[:2]
        return host, port

    def run(self) -> None:
        self._server.serve()

    def cleanup(self) -> None:
        self._server.stop()

    def add_trigger(self, trigger: Any) -> None:
        """Needed by StackStorm; this sensor's triggers have no parameters."""

    def update_trigger(self, trigger: Any) -> None:
        """Needed by StackStorm; this sensor's triggers have no parameters."""

    def remove_trigger(self, trigger: Any) -> None:
        """Needed by StackStorm; this sensor's triggers have no parameters."""


def _tls(webhook: WebhookConfig) -> ssl.SSLContext | None:
    if not webhook.tls_certificate or not webhook.tls_key:
        return None
    return tls_context(webhook.tls_certificate, webhook.tls_key)
