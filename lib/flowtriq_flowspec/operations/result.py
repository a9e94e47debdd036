"""What an operation answers: typed here, JSON for StackStorm's next task.

Every answer is an object with ``problems``. A problem has ``code``, ``message``, ``temporary``
(whether trying again may help) and, where they are known, where it happened (``provider``,
``incident``, …) and ``field``, ``value``, ``limit``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import Enum
from types import MappingProxyType
from typing import Any

from ..errors import FlowspecError, Refused, Temporary
from ..events import RefusalCode


@dataclass(frozen=True)
class Problem:
    """``about``: where it happened, and what else is known of it, in JSON form."""

    code: str
    message: str
    temporary: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, error: FlowspecError, **about: Any) -> Problem:
        """The problem that an error is."""
        if isinstance(error, Refused):
            details = error.as_dict()
            code, message = details.pop("code"), details.pop("message")
            return cls(code, message, False, {**about, **details})
        temporary = isinstance(error, Temporary)
        code = RefusalCode.TEMPORARY if temporary else RefusalCode.FAILED
        return cls(code, str(error), temporary, about)

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> Problem:
        """A problem of an earlier task."""
        about = {key: item[key] for key in item if key not in ("code", "message", "temporary")}
        return cls(item["code"], item["message"], bool(item.get("temporary", False)), about)

    def __str__(self) -> str:
        where = [str(self.about[key]) for key in ("provider", "prefix") if self.about.get(key)]
        return ": ".join([*where, self.message])

    def to_json(self) -> dict[str, Any]:
        return {
            **self.about,
            "code": str(self.code),
            "message": self.message,
            "temporary": self.temporary,
        }


@dataclass(frozen=True)
class Result:
    """Base of all answers. ``succeeded`` is whether the execution succeeds: unless an answer says
    otherwise, it does where there is no problem."""

    problems: list[Problem] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        answer: dict[str, Any] = to_json_of(self)
        return answer


_SHOWN = 20
"""Items of a list in a summary: engines store it several times."""


def summary(
    lists: Mapping[str, Sequence[Any]], earlier: Mapping[str, int] = MappingProxyType({})
) -> dict[str, Any]:
    """JSON of the first items of each list, and in ``counts`` how many there are in all. Of lists
    that a summary had cut before, ``earlier`` has the counts of what is not in them."""
    return {
        **{name: to_json_of(items[:_SHOWN]) for name, items in lists.items()},
        "counts": {name: len(items) + earlier.get(name, 0) for name, items in lists.items()},
    }


def left_out(given: Mapping[str, Any]) -> dict[str, int]:
    """How many items the lists of a summary lack, by list."""
    counts = given.get("counts", {})
    return {name: count - len(given.get(name, ())) for name, count in counts.items()}


def to_json_of(value: Any) -> Any:
    """JSON of a typed value. A dataclass becomes an object without the fields that are None."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Problem):
        return value.to_json()
    if is_dataclass(value) and not isinstance(value, type):
        pairs = ((each.name, getattr(value, each.name)) for each in fields(value))
        return {name: to_json_of(item) for name, item in pairs if item is not None}
    if isinstance(value, Mapping):
        return {key: to_json_of(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json_of(item) for item in value]
    return value
