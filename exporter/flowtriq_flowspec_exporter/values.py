"""What an adapter may answer for one value. Each raises ValueError."""

from __future__ import annotations

from reprlib import repr as shown
from typing import Any

from flowtriq_flowspec.times import seconds_of

_LONGEST_TEXT = 256
_TOO_MUCH = 2**63


def text(value: Any) -> str:
    """A label's value. Half of a surrogate pair would fail the whole scrape when it is written."""
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise ValueError(f"{shown(value)} is no text of at most {_LONGEST_TEXT} characters")
    value.encode()
    return value


def number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < _TOO_MUCH:
        raise ValueError(f"{shown(value)} is no number from 0 to 2^63")
    return float(value)


def count(value: Any) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{shown(value)} is no count")
    return int(number(value))


def yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{shown(value)} is neither true nor false")
    return value


def time(value: Any) -> float:
    return number(seconds_of(text(value)))
