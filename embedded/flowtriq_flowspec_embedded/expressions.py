"""Jinja expressions as Orquesta and StackStorm's rules evaluate them; YAQL is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from jinja2 import StrictUndefined, TemplateError
from jinja2.sandbox import SandboxedEnvironment

_ONE_EXPRESSION = re.compile(r"\s*{{(?P<inner>(?:(?!}}).)*)}}\s*", re.DOTALL)
_JINJA = re.compile(r"{{|{%")
_YAQL = re.compile(r"<%")

_environment = SandboxedEnvironment(undefined=StrictUndefined)
_environment.policies["json.dumps_kwargs"] = {"sort_keys": True}


class ExpressionError(Exception):
    """An expression that cannot be read or evaluated."""


def has_expression(value: object) -> bool:
    return isinstance(value, str) and _JINJA.search(value) is not None


def check(value: Any) -> None:
    """Raise ExpressionError unless every text within ``value`` can be read."""
    if isinstance(value, Mapping):
        for each in value.values():
            check(each)
    elif isinstance(value, list):
        for each in value:
            check(each)
    elif isinstance(value, str):
        if _YAQL.search(value):
            raise ExpressionError(f"YAQL is not supported, use Jinja: {value}")
        try:
            _environment.parse(value)
        except TemplateError as problem:
            raise ExpressionError(f"{problem}: {value}") from problem


def evaluate(value: Any, names: Mapping[str, Any]) -> Any:
    """``value`` with its expressions replaced. A text that is one expression keeps the type of its
    result, as in Orquesta; other texts become texts. Raises ExpressionError."""
    if isinstance(value, Mapping):
        return {key: evaluate(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [evaluate(each, names) for each in value]
    if not has_expression(value):
        return value
    try:
        whole = _ONE_EXPRESSION.fullmatch(value)
        if whole is not None:
            found = _environment.compile_expression(whole["inner"], undefined_to_none=False)(
                **names
            )
            if isinstance(found, StrictUndefined):
                raise ExpressionError(f"{value}: {found._undefined_name!r} is undefined")
            return found
        return _environment.from_string(value).render(**names)
    except ExpressionError:
        raise
    # Whatever a template's functions and filters raise is a failure of this expression.
    except Exception as problem:
        raise ExpressionError(f"{value}: {problem}") from problem


def workflow_names(
    context: Mapping[str, Any], extra: Mapping[str, Callable[..., Any]]
) -> dict[str, Any]:
    """The functions that a workflow's expressions may call."""

    def ctx(key: str | None = None) -> Any:
        return context if key is None else context[key]

    return {"ctx": ctx, **extra}
