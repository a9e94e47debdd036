"""An exporter's /metrics with a text that we set."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType


def router(up: int, *, provider: str = "edge", address: str = "10.0.0.1") -> str:
    return f'flowtriq_flowspec_router_up{{provider="{provider}",router="{address}"}} {up}\n'


def matched(
    rule: str,
    outcome: str,
    packets: int,
    octets: int,
    *,
    provider: str = "edge",
    address: str = "10.0.0.1",
) -> str:
    labels = f'outcome="{outcome}",provider="{provider}",router="{address}",rule="{rule}"'
    return (
        f"flowtriq_flowspec_rule_packets_total{{{labels}}} {packets}\n"
        f"flowtriq_flowspec_rule_bytes_total{{{labels}}} {octets}\n"
    )


def verdict(rule: str, word: str, *, provider: str = "edge") -> str:
    labels = f'provider="{provider}",rule="{rule}",verdict="{word}"'
    return f"flowtriq_flowspec_rule_verdict{{{labels}}} 1\n"


class MetricsPage:
    """Serves ``text`` at ``url`` + /metrics while it is open, or ``status`` and nothing usable."""

    def __init__(self, text: str, status: int = 200) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = status if self.path.partition("?")[0] == "/metrics" else 404
                self.send_response(found)
                self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> MetricsPage:
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
