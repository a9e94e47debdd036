"""The exporter asks the webhook's /health: a dead sensor, a dead engine and one that hangs show."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from flowtriq_flowspec_exporter.webhooks import Webhooks
from prometheus_client.parser import text_string_to_metric_families

from ..lab.engine import Engine


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Location", "http://127.0.0.1:1/elsewhere")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.status, server.asked = 200, []
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


@pytest.mark.parametrize(("status", "up"), [(200, True), (503, False), (302, False), (404, False)])
def test_only_a_200_is_healthy(webhook, status, up):
    webhook.status = status
    (reading,) = Webhooks([url(webhook.server_port)], 5, None).read()
    assert (reading.url, reading.healthy) == (url(webhook.server_port), up)
    assert webhook.asked == ["/health"]


def test_nobody_there_is_logged_once(webhook, caplog):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        webhooks = Webhooks([url(taken.getsockname()[1]), url(webhook.server_port)], 5, None)
        assert [it.healthy for it in webhooks.read()] == [False, True]
        webhooks.read()
    assert [it.message for it in caplog.records] == ["a webhook accepts no alerts"]


@pytest.mark.quiet
def test_one_that_trickles_costs_its_time_and_no_more(webhook):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection:
                for octet in b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 10:
                    connection.sendall(bytes([octet]))
                    time.sleep(0.05)

        thread = threading.Thread(target=trickle)
        thread.start()
        urls = [url(listener.getsockname()[1]), url(webhook.server_port)]
        webhooks = Webhooks(urls, 0.5, None)
        for _ in range(2):
            began = time.monotonic()
            assert [it.healthy for it in webhooks.read()] == [False, True]
            assert time.monotonic() - began < 1.5
        thread.join()


def test_the_exporter_serves_it(exporter, folder, stand_in, webhook):
    stand_in()
    running = exporter(f"--adapter=a={folder}/a.sock", "--webhook", url(webhook.server_port))
    samples = {
        sample.labels["webhook"]: sample.value
        for metric in text_string_to_metric_families(running.scrape())
        for sample in metric.samples
        if sample.name == "flowtriq_flowspec_webhook_up"
    }
    assert samples == {url(webhook.server_port): 1}


@pytest.mark.parametrize("wrong", ["127.0.0.1:8099", "ftp://a", "http://", "http://u:p@a"])
def test_an_unusable_url_is_refused_in_one_sentence(folder, wrong):
    from click.testing import CliRunner
    from flowtriq_flowspec_exporter.main import main

    done = CliRunner().invoke(main, [f"--adapter=a={folder}/a.sock", "--webhook", wrong])
    assert done.exit_code == 2
    assert "it must read http://HOST:PORT" in done.output


def test_what_its_caller_starts_later_still_hears_sigterm(folder):
    from click.testing import CliRunner
    from flowtriq_flowspec_exporter.main import main

    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    CliRunner().invoke(main, [f"--adapter=a={folder}/a.sock", "--webhook", "ftp://a"])
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_kill_9_of_the_embedded_engine_shows(tmp_path, exporter, folder, stand_in):
    stand_in()
    provider = {"name": "a", "adapter_socket": f"{folder}/a.sock"}
    engine = Engine(
        tmp_path, {"providers": [provider], "senders": {"generic": {"token": "t" * 20}}}
    )
    engine.start()
    running = exporter(f"--adapter=a={folder}/a.sock", "--webhook", engine.url)
    up = f'flowtriq_flowspec_webhook_up{{webhook="{engine.url}"}} '
    assert up + "1.0" in running.scrape()
    engine.kill()
    assert up + "0.0" in running.scrape()
