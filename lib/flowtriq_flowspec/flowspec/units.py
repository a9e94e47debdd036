"""What people write in more than one way: quantities, and the word discard."""

from __future__ import annotations

import re
from typing import Any

_PREFIXES = (("T", 10**12), ("G", 10**9), ("M", 10**6), ("k", 10**3))
_FACTORS = {"": 1, **{prefix.lower(): size for prefix, size in _PREFIXES}}
_QUANTITY = re.compile(
    r"([0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]{1,40}(?:\.[0-9]{1,40})?(?:[eE][+-]?[0-9]{1,2})?)"
    r"\s*([kKmMgGtT]?)\s*"
    # B is a byte, so its case counts; "kpps" is packets.
    r"(?:(?P<bps>bps|b/s|b|(?i:bits?(?:/s(?:ec(?:ond)?)?|ps)?))"
    r"|(?P<pps>(?i:pps|p/s|(?:pkt|packet)s?(?:/s(?:ec(?:ond)?)?)?)))?"
)
_ONE_COMMA = re.compile(r"[0-9]+,[0-9]+")
_RATE = re.compile(
    r"([0-9]{1,15})(?:\.([0-9]{1,9}))? ?([kKMGT]?)(bit/s|bps|packets/s|pps)?", re.ASCII
)
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}
_RATE_UNITS = {"bps": ("bit/s", "bps", None), "pps": ("packets/s", "pps", None)}


def in_words(value: int, unit: str) -> str:
    """``1.5 Gbit/s`` for 1,500,000,000 and ``bit/s``."""
    for prefix, size in _PREFIXES:
        if value >= size:
            return f"{value / size:.13g} {prefix}{unit}"
    return f"{value} {unit}"


def quantity(text: str, unit: str = "") -> float | None:
    """What senders write: ``1,200,000``, ``1.2G``, ``1.2 Gbps``; None for anything else, also for a
    number of another unit. ``unit`` is ``bps``, ``pps`` or "" for what has none."""
    parts = _QUANTITY.fullmatch(text.strip())
    if parts is None or parts.lastgroup not in (None, unit):
        return None
    if parts[2] and _ONE_COMMA.fullmatch(parts[1]):
        return None  # 1,200 G: 1200 of them here, 1.2 in other countries
    return float(parts[1].replace(",", "")) * _FACTORS[parts[2].lower()]


def read_rate(text: str, unit: str) -> int | None:
    """What people write: ``10000000``, ``10M``, ``1.5 Gbit/s``; None for anything else. ``unit`` is
    ``bps`` or ``pps``. Exact, and rounded down."""
    parts = _RATE.fullmatch(text)
    if parts is None or parts[4] not in _RATE_UNITS[unit]:
        return None
    whole, fraction, factor = parts[1], parts[2] or "", _FACTORS[parts[3].lower()]
    value: int = int(whole + fraction) * factor // 10 ** len(fraction)
    return value


def read_duration(text: str) -> int | None:
    """Seconds of ``90``, ``90s``, ``10m``, ``2h``, ``1h30m``; None for anything else."""
    if re.fullmatch(r"[0-9]{1,9}", text, re.ASCII):
        return int(text)
    parts = re.findall(r"([0-9]{1,9})([dhms])", text, re.ASCII)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)


def with_rates(settings: Any) -> Any:
    """A copy of settings in which each rate that is written as a text is a number: those whose
    names end with ``_bps`` or ``_pps``. What cannot be read stays, for the schema to refuse."""
    if isinstance(settings, list):
        return [with_rates(item) for item in settings]
    if not isinstance(settings, dict):
        return settings
    return {name: _with_rate(name, value) for name, value in settings.items()}


def _with_rate(name: Any, value: Any) -> Any:
    unit = str(name).rpartition("_")[2]
    if isinstance(value, str) and unit in _RATE_UNITS:
        rate = read_rate(value, unit)
        return value if rate is None else rate
    return with_rates(value)


def with_discard(settings: Any) -> Any:
    """A copy of settings in which each action ``drop`` is ``discard``, the word of rules."""
    if isinstance(settings, list):
        return [with_discard(item) for item in settings]
    if not isinstance(settings, dict):
        return settings
    return {
        name: discard_for_drop(value)
        if name in ("action", "default_action")
        else with_discard(value)
        for name, value in settings.items()
    }


def discard_for_drop(action: Any) -> Any:
    return "discard" if action == "drop" else action
