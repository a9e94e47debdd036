"""What the chat shows of an action's answer."""

from __future__ import annotations

from typing import Any

import jinja2

from .conftest import metadata

ALIASES = metadata("aliases")


def said(alias: str, answer: tuple[bool, dict[str, Any]]) -> list[str]:
    """The lines of the chat's answer."""
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, autoescape=False)
    succeeded, result = answer
    status = "succeeded" if succeeded else "failed"
    url = "https://stackstorm.example/#/history/1"
    execution = {"status": status, "result": {"result": result}, "id": "1", "web_url": url}
    text = environment.from_string(ALIASES[alias]["result"]["format"]).render(execution=execution)
    return text.strip().splitlines()
