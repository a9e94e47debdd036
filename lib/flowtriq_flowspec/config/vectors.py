"""What the configuration says of single vectors: on or off, another action, another match."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import InvalidConfig, InvalidRule
from ..flowspec.rule import parse_match
from ..playbook.escalation import DISCARD
from ..playbook.vectors import catalogue
from ..refusal_wording import shown


@dataclass(frozen=True)
class VectorConfig:
    """Settings for one vector; None where nothing is said."""

    enabled: bool | None = None
    action: str | None = None
    rate_limit_bps: int | None = None
    match: Mapping[str, Any] | None = None
    dry_run: bool | None = None
    approval: str | None = None

    def over(self, other: VectorConfig) -> VectorConfig:
        """What this says, and what ``other`` says where this says nothing."""
        mine = {key: value for key, value in vars(self).items() if value is not None}
        return VectorConfig(**{**vars(other), **mine})


def vector_configs(given: Mapping[str, Any], field: str) -> Mapping[str, VectorConfig]:
    """By the vector's name. Raises InvalidConfig."""
    known = catalogue()
    for name, item in given.items():
        if name not in known:
            message = f"{field}.{name} is not a vector; docs/user/vectors.md lists them"
            raise InvalidConfig(message, field=f"{field}.{name}", value=name)
        if item.get("action") == DISCARD and known[name].discard == "never":
            message = (
                f"{field}.{name}.action is discard; this vector is only limited, never discarded"
            )
            raise InvalidConfig(message, field=f"{field}.{name}.action", value=DISCARD)
        if known[name].refuse and set(item) - {"enabled"}:
            message = f"{field}.{name} makes no rule: {known[name].refuse}"
            raise InvalidConfig(message, field=f"{field}.{name}", value=shown(dict(item)))
        _require_valid_match(item.get("match", {}), f"{field}.{name}.match")
    return {name: VectorConfig(**item) for name, item in given.items()}


def _require_valid_match(match: Mapping[str, Any], field: str) -> None:
    """The target alone is a rule's destination; the rest must fit one address family at least."""
    if "destination" in match:
        message = f"{field}.destination cannot be set: it is always the attacked target"
        raise InvalidConfig(message, field=f"{field}.destination")
    problem = None
    for host in ("192.0.2.1/32", "2001:db8::1/128"):
        try:
            parse_match({**match, "destination": host})
            return
        except InvalidRule as error:
            problem = problem or error
    raise InvalidConfig(f"{field}: {problem}", field=field, value=shown(match))
