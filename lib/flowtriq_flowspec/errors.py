"""Every error of the product, in two branches: what is final and what may pass.

FlowspecError
├── Refused                  final: the same call is refused again, so it is never retried
│   ├── InvalidRule          a FlowSpec rule that may not exist
│   ├── GuardrailRefused     a valid rule that the operator's limits forbid; ``code`` names it
│   ├── InvalidAlert         an alert that cannot be read
│   ├── InvalidConfig        a configuration that cannot be used
│   ├── Ambiguous            several active rules fit; ``candidates`` lists them
│   └── NotFound             no such rule, incident or match
└── Temporary                may be retried, with a bound
    └── AdapterUnreachable   no answer or no connection
        └── AdapterBroken    a 5xx: the adapter is there, but its registry does not work
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .events import RefusalCode


class FlowspecError(Exception):
    """Base of all errors raised by this product; ``str()`` is a sentence for a person."""


class Refused(FlowspecError):
    """Final. Names the field, the value and the limit where there is one."""

    default_code = RefusalCode.INVALID

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        value: object = None,
        limit: object = None,
        code: RefusalCode | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.value = value
        self.limit = limit
        self.code = RefusalCode(code or self.default_code)

    def as_dict(self) -> dict[str, Any]:
        """JSON form: ``code`` and ``message``; ``field``, ``value``, ``limit`` if known."""
        optional = {"field": self.field, "value": self.value, "limit": self.limit}
        known = {key: value for key, value in optional.items() if value is not None}
        return {"code": self.code.value, "message": self.message, **known}


class InvalidRule(Refused):
    default_code = RefusalCode.INVALID_RULE


class GuardrailRefused(Refused):
    default_code = RefusalCode.GUARDRAIL


class InvalidAlert(Refused):
    default_code = RefusalCode.INVALID_ALERT


class InvalidConfig(Refused):
    default_code = RefusalCode.INVALID_CONFIG


class NotFound(Refused):
    default_code = RefusalCode.NOT_FOUND


class Ambiguous(Refused):
    default_code = RefusalCode.AMBIGUOUS

    def __init__(self, message: str, *, candidates: Sequence[Mapping[str, Any]]) -> None:
        super().__init__(message)
        self.candidates = list(candidates)

    def as_dict(self) -> dict[str, Any]:
        return {**super().as_dict(), "candidates": self.candidates}


class Temporary(FlowspecError):
    """Something that may work later; whoever retries sets the bound."""


class AdapterUnreachable(Temporary):
    """The adapter gave no usable answer: no connection, a time-out, or a 5xx."""


class AdapterBroken(AdapterUnreachable):
    """A 5xx: the adapter is there and cannot do it, as with a registry that is gone or full."""
