"""Tells open pages that there is something new, as server-sent events (WHATWG HTML, section 9.2).

The event has only a number. The page then fetches its own rows, so that filter, sort and role are
the server's to apply.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from sse_starlette.sse import EventSourceResponse
from starlette.requests import Request
from starlette.responses import Response

from .reader import Reader
from .security import Gate, to_sign_in

_CHECK_SECONDS = 0.2
"""Looking whether the reader has news costs nothing, and a hundred pages need no thread."""


class Live:
    def __init__(self, reader: Reader, gate: Gate) -> None:
        self._reader = reader
        self._gate = gate

    async def stream(self, request: Request) -> Response:
        if self._gate.visitor(request) is None:
            return to_sign_in(request)
        return EventSourceResponse(self._news(request), ping=15)

    async def _news(self, request: Request) -> AsyncIterator[dict[str, str]]:
        """Ends when the page is closed, or its person is signed out."""
        number = -1
        while not await request.is_disconnected() and self._gate.visitor(request) is not None:
            if self._reader.number != number:
                number = self._reader.number
                yield {"event": "news", "data": str(number)}
            await asyncio.sleep(_CHECK_SECONDS)
        yield {"event": "over", "data": ""}
