"""The operators of StackStorm's rule criteria that the embedded engine runs."""

from __future__ import annotations

import fnmatch
import logging
import re
from collections.abc import Callable, Mapping
from typing import Any

log = logging.getLogger(__name__)

_Operator = Callable[[Any, Any], bool]


def _with_pattern(operator: _Operator) -> _Operator:
    return lambda value, pattern: pattern is not None and operator(value, pattern)


def _fold(operator: _Operator) -> _Operator:
    return lambda value, pattern: operator(value.lower(), pattern.lower())


def _equals(value: Any, pattern: Any) -> bool:
    return bool(value == pattern)


def _contains(value: Any, pattern: Any) -> bool:
    return pattern in value


def _starts(value: Any, pattern: Any) -> bool:
    return bool(value.startswith(pattern))


def _ends(value: Any, pattern: Any) -> bool:
    return bool(value.endswith(pattern))


_NEEDS_PATTERN: Mapping[str, _Operator] = {
    "equals": _equals,
    "eq": _equals,
    "iequals": _fold(_equals),
    "ieq": _fold(_equals),
    "contains": _contains,
    "icontains": _fold(_contains),
    "ncontains": lambda value, pattern: not _contains(value, pattern),
    "incontains": _fold(lambda value, pattern: not _contains(value, pattern)),
    "startswith": _starts,
    "istartswith": _fold(_starts),
    "endswith": _ends,
    "iendswith": _fold(_ends),
    "matchwildcard": lambda value, pattern: fnmatch.fnmatch(value, pattern),
    "regex": lambda value, pattern: re.search(pattern, value) is not None,
    "iregex": lambda value, pattern: re.search(pattern, value, re.IGNORECASE) is not None,
    "greaterthan": lambda value, pattern: value > pattern,
    "gt": lambda value, pattern: value > pattern,
    "lessthan": lambda value, pattern: value < pattern,
    "lt": lambda value, pattern: value < pattern,
    "inside": lambda value, pattern: value in pattern,
    "in": lambda value, pattern: value in pattern,
    "ninside": lambda value, pattern: value not in pattern,
    "nin": lambda value, pattern: value not in pattern,
}

OPERATORS: Mapping[str, _Operator] = {
    **{name: _with_pattern(operator) for name, operator in _NEEDS_PATTERN.items()},
    "nequals": lambda value, pattern: bool(value != pattern),
    "neq": lambda value, pattern: bool(value != pattern),
    "exists": lambda value, _pattern: value is not None,
    "nexists": lambda value, _pattern: value is None,
}
"""Each takes the payload's value (None where it is missing) and the criterion's pattern."""


def holds(criteria: Mapping[str, Mapping[str, Any]], payload: Mapping[str, Any]) -> bool:
    """Whether every criterion holds; ``trigger.a.b`` looks into the payload. An operator that
    cannot compare the two, such as a text with a number, does not hold, as in StackStorm."""
    if criteria and not payload:
        return False
    return all(_holds(path, each, payload) for path, each in criteria.items())


def _holds(path: str, criterion: Mapping[str, Any], payload: Mapping[str, Any]) -> bool:
    value, pattern = _look_up(payload, path), criterion.get("pattern")
    try:
        return OPERATORS[criterion["type"]](value, pattern)
    except (TypeError, AttributeError, ValueError, re.error):
        log.warning("criterion %s: %s cannot compare %r", path, criterion["type"], value)
        return False


def _look_up(payload: Any, path: str) -> Any:
    for key in path.split(".")[1:]:
        if not isinstance(payload, Mapping) or key not in payload:
            return None
        payload = payload[key]
    return payload
