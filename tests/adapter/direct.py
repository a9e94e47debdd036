"""A client of an adapter in this process (serving.py), without the HTTP in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowtriq_flowspec.adapter_client import AdapterClient, _refusal
from flowtriq_flowspec.errors import AdapterBroken, AdapterUnreachable

from .serving import Serving


class Direct(AdapterClient):
    """``down``: it does not answer; ``asked``: the paths that were."""

    def __init__(self, adapter: Serving) -> None:
        self.adapter = adapter
        self.down = False
        self.asked: list[str] = []

    def close(self) -> None:
        pass

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        if self.down:
            raise AdapterUnreachable("no answer")
        self.asked.append(path.partition("?")[0])
        sent = {key: value for key, value in (body or {}).items() if value is not None}
        response = self.adapter.ask(method, path, sent if body is not None else None)
        answer: dict[str, Any] = response.get_json()
        if response.status_code >= 500:
            raise AdapterBroken(f"the adapter cannot: {answer['error']['message']}")
        if "error" in answer:
            raise _refusal(answer["error"])
        return answer
