"""What changed, in words: a setting of an adapter, and a prefix that admins protect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def setting_in_words(changed: Mapping[str, Any]) -> str:
    """``guardrails.max_rules: 1000, now 500`` of a changed setting (adapter_answers)."""
    name = changed["setting"]
    if "old" in changed or "new" in changed:
        return f"{name}: {_word(changed.get('old'))}, now {_word(changed.get('new'))}"
    parts = [
        f"{did} {', '.join(map(_word, changed[did]))}"
        for did in ("added", "removed")
        if changed.get(did)
    ]
    more = [f"and {changed['more']} more"] if changed.get("more") else []
    return f"{name}: {'; '.join([*parts, *more])}"


def _word(value: Any) -> str:
    if value is None:
        return "not set"
    return value if isinstance(value, str) else json.dumps(value)


def protection_in_words(protected: Mapping[str, Any]) -> str:
    """``203.0.113.53/32 until 2026-01-15T03:00:00Z: the new resolver``."""
    until = f" until {protected['expires_at']}" if protected.get("expires_at") else ""
    reason = protected.get("reason") or ""
    return f"{protected['prefix']}{until}{': ' if reason else ''}{reason}"
