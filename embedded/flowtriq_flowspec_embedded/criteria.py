"""The operators of StackStorm's rule criteria that the embedded engine runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_Operator = Callable[[Any, Any], bool]


def _text(operator: Callable[[str, str], bool], *, fold: bool = False) -> _Operator:
    """Compares as texts, as StackStorm does; None never fits."""

    def compare(value: Any, pattern: Any) -> bool:
        if value is None:
            return False
        left, right = str(value), str(pattern)
        return operator(left.lower(), right.lower()) if fold else operator(left, right)

    return compare


def _number(operator: Callable[[float, float], bool]) -> _Operator:
    def compare(value: Any, pattern: Any) -> bool:
        return value is not None and operator(float(value), float(pattern))

    return compare


OPERATORS: Mapping[str, _Operator] = {
    "equals": lambda value, pattern: value is not None and value == pattern,
    "eq": lambda value, pattern: value is not None and value == pattern,
    "nequals": lambda value, pattern: value is not None and value != pattern,
    "neq": lambda value, pattern: value is not None and value != pattern,
    "iequals": _text(lambda value, pattern: value == pattern, fold=True),
    "contains": _text(lambda value, pattern: pattern in value),
    "icontains": _text(lambda value, pattern: pattern in value, fold=True),
    "startswith": _text(lambda value, pattern: value.startswith(pattern)),
    "endswith": _text(lambda value, pattern: value.endswith(pattern)),
    "regex": _text(lambda value, pattern: re.search(pattern, value) is not None),
    "greaterthan": _number(lambda value, pattern: value > pattern),
    "gt": _number(lambda value, pattern: value > pattern),
    "lessthan": _number(lambda value, pattern: value < pattern),
    "lt": _number(lambda value, pattern: value < pattern),
    "exists": lambda value, _pattern: value is not None,
    "nexists": lambda value, _pattern: value is None,
    "inside": lambda value, pattern: value in pattern,
    "ninside": lambda value, pattern: value not in pattern,
}
"""Each takes the payload's value (None where it is missing) and the criterion's pattern."""


def holds(criteria: Mapping[str, Mapping[str, Any]], payload: Mapping[str, Any]) -> bool:
    """Whether every criterion holds; ``trigger.a.b`` looks into the payload."""
    return all(
        OPERATORS[criterion["type"]](_look_up(payload, path), criterion.get("pattern"))
        for path, criterion in criteria.items()
    )


def _look_up(payload: Any, path: str) -> Any:
    for key in path.split(".")[1:]:
        if not isinstance(payload, Mapping) or key not in payload:
            return None
        payload = payload[key]
    return payload
