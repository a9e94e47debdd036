"""Reads the configuration file again, and loads what can change without a restart: all of it, or
nothing.

ExaBGP runs the adapter, so a restart of the adapter alone is not in an operator's hand, and one of
ExaBGP ends its BGP sessions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from flowtriq_flowspec.config.differences import differences
from flowtriq_flowspec.errors import InvalidConfig, Refused
from flowtriq_flowspec.events import RefusalCode
from flowtriq_flowspec.flowspec.prefix_set import PrefixSet
from flowtriq_flowspec.limits.guardrails import Guardrails

from ..config import AdapterConfig
from .guardrail_changes import ChangedBy, GuardrailChanges
from .rule_state import Result

TAKEN_UP = ("guardrails", "socket.roles", "max_requests_per_minute", "history_days")
"""Settings that change while the adapter runs. The tokens file is read whenever it changes."""


class Reload:
    """``config`` is the configuration in force. ``apply`` takes a new one."""

    def __init__(
        self,
        config: AdapterConfig,
        guardrail_changes: GuardrailChanges,
        apply: Callable[[AdapterConfig], None],
    ) -> None:
        self.config = config
        self._guardrail_changes = guardrail_changes
        self._apply = apply
        self._one = threading.Lock()

    def reload(self, by: ChangedBy) -> tuple[list[Result], list[Result]]:
        """Returns the settings that changed, and the claims that ended. Raises InvalidConfig,
        Refused where a setting needs a restart, and NotStored; the old settings stay then."""
        with self._one:
            try:
                new = self._read()
                changed = _differences(self.config, new)
                _refuse_restart(changed)
            except Refused as refusal:
                self._guardrail_changes.refused(refusal, by)
                raise
            if not changed:
                return [], []
            ended = self._guardrail_changes.apply(new.guardrails, changed, by)
            self._apply(new)
            self.config = new
            return changed, ended

    def _read(self) -> AdapterConfig:
        if self.config.file is None:
            raise InvalidConfig("the adapter was started without a file", field="config")
        return AdapterConfig.from_file(self.config.file)


def _refuse_restart(changed: list[Result]) -> None:
    fixed = [
        each
        for each in changed
        if not any(
            each["setting"] == name or _is_within(each["setting"], name) for name in TAKEN_UP
        )
    ]
    if fixed:
        names = ", ".join(each["setting"] for each in fixed)
        verb = "need" if len(fixed) > 1 else "needs"
        raise Refused(
            f"{names} changed in the file and {verb} a restart of ExaBGP; nothing was changed."
            f" Without a restart change: {', '.join(TAKEN_UP)}",
            field=fixed[0]["setting"],
            value=fixed[0].get("new"),
            limit=fixed[0].get("old"),
            code=RefusalCode.NEEDS_RESTART,
        )


def _is_within(setting: str, name: str) -> bool:
    return setting.startswith(f"{name}.")


def _differences(old: AdapterConfig, new: AdapterConfig) -> list[Result]:
    before, after = ({**config.settings, **_guardrails(config.guardrails)} for config in (old, new))
    return differences(before, after)


def _guardrails(guardrails: Guardrails) -> dict[str, Any]:
    """By dotted name, in one form for each value, however the file writes it."""
    found: dict[str, Any] = {}
    for field in fields(guardrails):
        value = getattr(guardrails, field.name)
        if isinstance(value, PrefixSet):
            value = sorted(map(str, value))
        elif field.name == "peers":
            value = [asdict(peer) for peer in value]
        elif isinstance(value, tuple):
            value = sorted(value)
        found[f"guardrails.{field.name}"] = value
    return found
