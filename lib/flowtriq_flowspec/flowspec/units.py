"""Quantities in words."""

from __future__ import annotations

_PREFIXES = (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3))


def in_words(value: int, unit: str) -> str:
    """``1.5 Gbit/s`` for 1,500,000,000 and ``bit/s``."""
    for prefix, size in _PREFIXES:
        if value >= size:
            return f"{value / size:.13g} {prefix}{unit}"
    return f"{value} {unit}"
