"""How StackStorm reads what is typed in a chat, and what it shows of an action's answer."""

from __future__ import annotations

import re
from typing import Any

import jinja2

from .acting import run
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


def matches(command: str) -> list[tuple[str, dict[str, str]]]:
    """(alias, parameters) for each format that the command fits, as StackStorm reads formats."""
    found = []
    for name, alias in ALIASES.items():
        for text in (text for it in alias["formats"] for text in it["representation"]):
            expression = re.sub(r"{{ (\w+) }}", r"(?P<\1>.+?)", text)
            fit = re.fullmatch(rf"\s*{expression}\s*", command)
            found += [(name, fit.groupdict())] if fit else []
    return found


def typed(command: str) -> list[str]:
    """The answer to a command, with ``name=value`` at its end."""
    given = re.search(r'(?: \w+=(?:"[^"]*"|\S+))+$', command)
    words = command[: given.start()] if given else command
    ((alias, parameters),) = matches(words)
    pairs = re.findall(r'(\w+)=(?:"([^"]*)"|(\S+))', given[0] if given else "")
    more = {name: quoted or bare for name, quoted, bare in pairs}
    fixed = ALIASES[alias].get("immutable_parameters", {})
    action = ALIASES[alias]["action_ref"].partition(".")[2]
    return said(alias, run(action, **parameters, **more, **fixed))
