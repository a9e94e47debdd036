"""A double of Cloudflare's API for BGP prefixes, over real HTTP on loopback.

Paths, bodies and answers: https://developers.cloudflare.com/api/resources/addressing/subresources/
prefixes/subresources/bgp_prefixes/.
"""

from __future__ import annotations

import json
import threading
from types import TracebackType
from typing import Any

from cheroot.wsgi import Server
from werkzeug.wrappers import Request, Response

ACCOUNT, TOKEN = "023e105f4ecef8ad9ca31a8372d0c353", "v1-Sn3lZJTBX6kkg7OdcBUAxOO963GEIyGQqnFTOFYY"


def answer(
    status: int, result: Any = None, errors: tuple[Any, ...] = (), **headers: str
) -> Response:
    body = {"success": status < 300, "errors": errors, "messages": [], "result": result}
    response = Response(json.dumps(body), status=status, content_type="application/json")
    response.headers.update({key.replace("_", "-"): value for key, value in headers.items()})
    return response


def refusal(status: int, code: int, message: str, **headers: str) -> Response:
    return answer(status, errors=({"code": code, "message": message},), **headers)


class Cloudflare:
    """``bgp_prefixes`` by (prefix id, BGP prefix id). The answers in ``instead`` are given first,
    in their order; None among them is silence until the end of the test."""

    def __init__(self) -> None:
        self.bgp_prefixes: dict[tuple[str, str], dict[str, Any]] = {}
        self.instead: list[Response | None] = []
        self.requests: list[tuple[str, str, Any]] = []  # method, CIDR, body
        self._over = threading.Event()
        self._server = Server(("127.0.0.1", 0), self._answer)
        self._server.prepare()
        self._thread = threading.Thread(target=self._server.serve)

    def add(self, cidr: str, **on_demand: Any) -> dict[str, str]:
        """A BGP prefix, withdrawn at first; what the pack's configuration says of it."""
        number = len(self.bgp_prefixes)
        ids = (f"{number:032x}", f"{number + 1000:032x}")
        self.bgp_prefixes[ids] = {
            "id": ids[1],
            "asn": 64500,
            "cidr": cidr,
            "bgp_signal_opts": {"enabled": False, "modified_at": None},
            "on_demand": {
                "advertised": False,
                "advertised_modified_at": None,
                "on_demand_enabled": True,
                "on_demand_locked": False,
                **on_demand,
            },
        }
        return {"prefix": cidr, "prefix_id": ids[0], "bgp_prefix_id": ids[1]}

    def advertised(self) -> list[str]:
        found = self.bgp_prefixes.values()
        return [it["cidr"] for it in found if it["on_demand"]["advertised"]]

    def methods(self) -> list[str]:
        return [method for method, _cidr, _body in self.requests]

    @Request.application
    def _answer(self, request: Request) -> Response:
        parts = request.path.split("/")
        # /accounts/{account}/addressing/prefixes/{prefix}/bgp/prefixes/{bgp_prefix}
        fits = parts[:5] == ["", "accounts", ACCOUNT, "addressing", "prefixes"]
        found = self.bgp_prefixes.get((parts[5], parts[8])) if fits and len(parts) == 9 else None
        body = json.loads(request.get_data()) if request.method == "PATCH" else None
        self.requests.append((request.method, found["cidr"] if found else request.path, body))
        if self.instead:
            given = self.instead.pop(0)
            if given is None:
                self._over.wait(30)
            return given or answer(504)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return refusal(403, 10000, "Authentication error")
        if found is None or parts[6:8] != ["bgp", "prefixes"]:
            return refusal(404, 1000, "not found")
        if body is not None:
            found["on_demand"]["advertised"] = body["on_demand"]["advertised"]
        return answer(200, found)

    def __enter__(self) -> Cloudflare:
        self._thread.start()
        host, port = self._server.bind_addr[:2]
        self.url = f"http://{host}:{port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._server.stop()
        self._thread.join(timeout=10)
