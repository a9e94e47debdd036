"""From a template to an answer. Every value is escaped."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from starlette.responses import HTMLResponse, Response

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True
)


def page(name: str, context: Mapping[str, Any], status: int = 200) -> Response:
    """A text of a sender may have half a surrogate pair (JSON allows it), which UTF-8 has not."""
    text = _environment.get_template(name).render(context)
    return HTMLResponse(text.encode("utf-8", "replace"), status)
