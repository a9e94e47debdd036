"""The console's application (ASGI)."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from .config import ConsoleConfig
from .live import Live
from .orders import Orders
from .pages import Pages
from .questions import OpenQuestions
from .reader import Reader
from .security import Gate, Headers
from .sessions import Attempts, Sessions
from .sign_in import SignIn
from .users import Users

_HERE = Path(__file__).parent


def build(config: ConsoleConfig) -> Starlette:
    """The application for ``config``. Its reader runs while the application does."""
    reader = Reader(config.pack, OpenQuestions(config.questions))
    gate = Gate(config, Users(config.users), Sessions(config.session_seconds))
    pages = Pages(config, reader, gate)
    orders = Orders(config, reader, gate, pages)
    sign_in = SignIn(config, gate, Attempts())

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        reader.start()
        yield
        reader.stop()

    get = partial(Route, methods=["GET"])
    post = partial(Route, methods=["POST"])
    routes = [
        get("/healthy", _healthy),
        get("/sign-in", sign_in.show),
        post("/sign-in", sign_in.begin),
        post("/sign-out", sign_in.end),
        get("/live", Live(reader, gate).stream),
        *(get(path, endpoint) for path, endpoint in pages.routes().items()),
        *(post(path, endpoint) for path, endpoint in orders.routes().items()),
        Mount("/static", StaticFiles(directory=_HERE / "static")),
    ]
    middleware = [
        Middleware(Headers),
        Middleware(TrustedHostMiddleware, allowed_hosts=list(config.hosts), www_redirect=False),
    ]
    return Starlette(routes=routes, middleware=middleware, lifespan=lifespan)


async def _healthy(_request: Request) -> Response:
    return PlainTextResponse("The console runs.\n")
