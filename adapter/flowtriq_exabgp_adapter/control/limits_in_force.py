"""The guardrails that every rule is judged by: one value, replaced whole, under the gate's lock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flowtriq_flowspec.flowspec.prefixes import Network
from flowtriq_flowspec.limits.guardrails import Guardrails

from ..store.protected_prefixes import ProtectedPrefix, ProtectedPrefixes
from ..store.registry import Registry


@dataclass(frozen=True)
class Limits:
    """``configured`` are those of the configuration file; ``guardrails`` are these together with
    the prefixes that admins protect, ``protected``."""

    configured: Guardrails
    protected: Mapping[Network, ProtectedPrefix]
    guardrails: Guardrails

    @classmethod
    def of(cls, configured: Guardrails, protected: Iterable[ProtectedPrefix]) -> Limits:
        by_prefix = {each.prefix: each for each in protected}
        return cls(configured, by_prefix, configured.protecting(by_prefix))


class LimitsInForce:
    """Holds the value; whoever decides reads it once. Changed by
    control/guardrail_changes.py alone."""

    def __init__(self, configured: Guardrails, registry: Registry) -> None:
        self.value = Limits.of(configured, ProtectedPrefixes(registry).all())

    @property
    def guardrails(self) -> Guardrails:
        return self.value.guardrails
