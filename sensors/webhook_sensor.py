"""The sensor that alert senders post to. Payloads and answers: docs/user/pack.md."""

from __future__ import annotations

import ssl
from collections.abc import Callable

from flowspec_configuration import ConfiguredSensor
from flowspec_dispatch import dispatch, dispatch_refused
from flowspec_reporting import Reporting
from flowspec_webhooks import WebhookApp
from flowtriq_flowspec.attack import Attack
from flowtriq_flowspec.config.pack import PackConfig, WebhookConfig
from flowtriq_flowspec.errors import InvalidAlert, InvalidConfig
from flowtriq_flowspec.http_server.server import TcpServer, tls_context
from flowtriq_flowspec.operations.attacks_seen import known_of_incident
from st2reactor.sensor.base import Sensor


class WebhookSensor(ConfiguredSensor, Sensor):
    """An HTTP server with threads: a sensor's process is patched by eventlet, where asyncio does
    not work."""

    _pack: PackConfig
    _reporting: Reporting | None = None
    _dispatches = True
    _app: WebhookApp | None = None
    _server: TcpServer | None = None
    _listens_as: WebhookConfig | None = None

    def take(self, settings: PackConfig) -> None:
        """Raises InvalidConfig where the webhook cannot be served so."""
        webhook = settings.webhook
        if self._app is None:
            self._pack = settings
            self._app = self._new_app(settings)
        if webhook != self._listens_as:
            self._listen(webhook, self._app)
        if self._reporting is None or settings.providers != self._pack.providers:
            self._stop_reporting()
            self._reporting = Reporting(self.sensor_service, settings.providers, self.log)
        self._app.configure(settings.senders, max_body_bytes=webhook.max_body_bytes)
        self._pack = settings
        on = [name for name, sender in settings.senders.items() if sender.enabled]
        self.log.info("listening on %s:%s for %s", *self.address, ", ".join(on) or "nobody")

    def _new_app(self, settings: PackConfig) -> WebhookApp:
        return WebhookApp(
            settings.senders,
            self._take_attack,
            lambda source, refused: dispatch_refused(
                self.sensor_service, source, refused, self.log
            ),
            lambda incident: [each.attack for each in known_of_incident(self._pack, incident)],
            self.log,
            max_body_bytes=settings.webhook.max_body_bytes,
            healthy=self._healthy,
        )

    def _healthy(self) -> bool:
        """Whether the last attack could be dispatched: after an outage of its broker, StackStorm's
        dispatcher does not connect again (3.9.0), and this process must be started again.

        The embedded engine is in this process and is asked too. StackStorm's is not, and its
        service has no such method: there the route `heartbeat` watches it.
        """
        engine: Callable[[], bool] = getattr(self.sensor_service, "healthy", lambda: True)
        return self._dispatches and engine()

    def _take_attack(self, attack: Attack, seen_at: float) -> str:
        reporting = self._reporting
        if reporting is None:
            raise InvalidConfig("the sensor is not configured")
        try:
            trigger = dispatch(reporting, self._pack, attack, seen_at, reporting.wait_for_first)
            reporting.wait()
        except InvalidAlert:
            raise
        except Exception:
            self._dispatches = False
            raise
        self._dispatches = True
        return trigger

    def _listen(self, webhook: WebhookConfig, app: WebhookApp) -> None:
        """In place of the server before, which goes on where the new one cannot be."""
        before = self._listens_as
        try:
            self._serve(webhook, app)
        except OSError as problem:
            if before is not None and self._server is None:
                self._serve(before, app)
            why = problem.strerror or problem
            message = f"webhook: {webhook.host}:{webhook.port} cannot be served: {why}"
            raise InvalidConfig(message, field="webhook") from problem

    def _serve(self, webhook: WebhookConfig, app: WebhookApp) -> None:
        """Raises InvalidConfig for TLS, before anything changes, and OSError."""
        server = TcpServer(
            (webhook.host, webhook.port),
            app,
            self.log,
            max_body_bytes=webhook.max_body_bytes,
            tls=_tls(webhook),
        )
        self.end()
        server.prepare()
        self._server, self._listens_as = server, webhook
        host, port = server.bind_addr[:2]
        self.address: tuple[str, int] = (host, port)
        """Host and port that the server listens on, which the configuration may leave open."""

    def work(self) -> None:
        if self._server is None:
            self.stopping.wait(1.0)
        else:
            self._server.serve()

    def cleanup(self) -> None:
        super().cleanup()
        self._stop_reporting()

    def _stop_reporting(self) -> None:
        if self._reporting is not None:
            self._reporting.stop()

    def end(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = self._listens_as = None


def _tls(webhook: WebhookConfig) -> ssl.SSLContext | None:
    if not webhook.tls_certificate or not webhook.tls_key:
        return None
    try:
        return tls_context(webhook.tls_certificate, webhook.tls_key)
    except ssl.SSLError as problem:
        both = f"{webhook.tls_certificate} and {webhook.tls_key}"
        message = f"webhook: {both} are no certificate and its key in PEM"
        raise InvalidConfig(message, field="webhook.tls_certificate") from problem
    except OSError as problem:
        message = f"webhook: {problem.filename} cannot be read: {problem.strerror}"
        raise InvalidConfig(message, field="webhook.tls_certificate") from problem
