"""What a person typed in a chat, read here: StackStorm's own messages about a value that does not
fit its type are a parser's words. Each refusal has an example."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from .. import unambiguous_json
from ..errors import InvalidRule, Refused
from ..refusal_wording import shown

_CURLY = str.maketrans({**dict.fromkeys("“”„‟«»", '"'), **dict.fromkeys("‘’‚‛", "'")})
_DURATION = re.compile(r"([0-9]{1,6}) ?(s|sec|m|min|h|d)[a-z]*", re.IGNORECASE | re.ASCII)
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_RULE_ID = re.compile(r"[0-9a-f]{12}", re.ASCII)
_NO_BRACES = "it is not in braces"
_SHORTEST = 4
"""Characters of an incident's short name: fewer are typed by mistake."""


def json_object(field: str, text: str, example: str) -> dict[str, Any]:
    """A rule's match or then. Raises InvalidRule."""
    try:
        value = unambiguous_json.loads(text)
        problem = "" if isinstance(value, dict) else _NO_BRACES
    except (ValueError, RecursionError) as error:
        braces = text.strip().startswith("{")
        value, problem = {}, unambiguous_json.not_json(error) if braces else _NO_BRACES
        straight = text.translate(_CURLY)
        if straight != text:
            problem = "it has curly quotes, which chat programs make of straight ones"
            example = straight if _is_object(straight) else example
    if problem:
        message = f"{field} is {shown(text)}, which is no JSON: {problem}; example: {example}"
        raise InvalidRule(message, field=field, value=shown(text))
    return dict(value)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def whole_number(field: str, text: str, low: int, high: int, example: str) -> int:
    """Raises Refused."""
    digits = text.strip()
    number = int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 16 else None
    if number is not None and low <= number <= high:
        return number
    message = f"{field} is {shown(text)}; it is a whole number from {low} to {high}, for example: "
    raise Refused(message + example, field=field, value=shown(text), limit=high)


def seconds(field: str, text: str, word: str, low: int = 1, high: int = 10**9) -> int:
    """``word`` is what stands before the number in a chat. Raises Refused."""
    found = _DURATION.fullmatch(text.strip())
    wanted = int(found[1]) * _SECONDS[found[2].lower()] if found else 0
    example = wanted if low <= wanted <= high and wanted else 600
    return whole_number(field, text, low, high, f"{word}{example} (seconds)")


def yes(field: str, text: str) -> bool:
    """Raises Refused."""
    word = text.strip().lower()
    if word in ("true", "yes"):
        return True
    if word in ("false", "no", ""):
        return False
    message = f"{field} is {shown(text)}; it is true or false, for example: {field}=true"
    raise Refused(message, field=field, value=shown(text), limit="true or false")


def require_rule_id(text: str) -> None:
    """Raises Refused for what can be no rule's id."""
    if not _RULE_ID.fullmatch(text):
        message = (
            f"id is {shown(text)}; a rule's id has twelve hexadecimal digits, for example "
            "0a1b2c3d4e5f; flowspec list shows them"
        )
        raise Refused(message, field="id", value=shown(text), limit="12 hexadecimal digits")


def incident_called(text: str, known: Iterable[str]) -> str:
    """The incident that ``text`` names: whole, or by how its name begins, with or without the
    sender. A name that no incident has is given back. Raises Refused where several fit."""
    incidents = sorted(set(known))
    if text in incidents or len(text) < _SHORTEST:
        return text
    fitting = [each for each in incidents if _begins(each, text)]
    if len(fitting) > 1:
        names = ", ".join(fitting[:5]) + (", …" if len(fitting) > 5 else "")
        message = f"incident is {shown(text)}, which fits {len(fitting)}: {names}; give more of it"
        raise Refused(message, field="incident", value=shown(text), limit="one")
    return fitting[0] if fitting else text


def _begins(incident: str, text: str) -> bool:
    return incident.startswith(text) or incident.partition(":")[2].startswith(text)
