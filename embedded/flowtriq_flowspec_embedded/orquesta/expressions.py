"""Jinja expressions as Orquesta and StackStorm's rules evaluate them. Expressions in another
language (YAQL), and those that they would evaluate otherwise (Jinja's blocks), are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import GeneratorType
from typing import Any

from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import SandboxedEnvironment

CONTEXT = frozenset({"ctx"})
OUTCOME = frozenset({"ctx", "result", "succeeded", "failed", "completed"})
"""The functions that expressions may call: everywhere, and where a task has ended (when, publish,
retry.when)."""
DEFAULT = frozenset({"action_context"})
"""The name that the default value of an action's parameter may read."""

_GLOBALS = frozenset({"range", "dict"})  # Jinja's own; true and none are no names to it
_EXPRESSION = re.compile(r"{{.*?}}")  # Orquesta's: on one line, up to the first }}
_OPENING = re.compile(r"{{.*?}}|{%|<%")
_MAY_OPEN = re.compile(r"{{|{%|<%")
_MARK = re.compile(r"{{|}}|{%|<%")
_CONTEXT_NAME = re.compile(
    r"\bctx\(\)\.([a-zA-Z0-9_-]+)\b(?!\()|\bctx\(['\"]?([a-zA-Z0-9_-]+)['\"]?\)"
)

_WHOLE_CONTEXT = re.compile(r"\bctx\(\s*\)(?!\.[a-zA-Z0-9_-]+\b(?!\())")

_environment = SandboxedEnvironment(undefined=StrictUndefined)
"""With Jinja's own filters. StackStorm and Orquesta add some of theirs; they are refused."""


class ExpressionError(Exception):
    """An expression that cannot be read or evaluated."""


def texts(value: Any) -> Iterator[str]:
    """Every text within ``value``, keys included."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(key)
            yield from texts(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def opens_expression(value: Any) -> bool:
    """Whether Orquesta would see an expression somewhere within ``value``."""
    if not isinstance(value, str) and not _MAY_OPEN.search(json.dumps(value, default=str)):
        return False  # as a rule, and an attack may have thousands of texts
    return any(_OPENING.search(text) for text in texts(value))


def context_names(value: Any) -> set[str]:
    """The names that the expressions within ``value`` take from the context."""
    return {
        dotted or called
        for text in texts(value)
        for expression in _EXPRESSION.findall(text)
        for dotted, called in _CONTEXT_NAME.findall(expression)
    }


def check(value: Any, functions: frozenset[str]) -> None:
    """Raise ExpressionError unless every text within ``value`` can be read, and calls nothing but
    ``functions`` and Jinja's own filters."""
    if isinstance(value, Mapping):
        for key in value:
            if isinstance(key, str) and _MARK.search(key):
                raise ExpressionError(f"an expression in a key is not supported: {key}")
    for text in texts(value):
        _check_text(text, functions)


def _check_text(text: str, functions: frozenset[str]) -> None:
    if "<%" in text:
        raise ExpressionError(f"YAQL is not supported, use Jinja: {text}")
    if "{%" in text:
        raise ExpressionError(f"Jinja's blocks are not supported: {text}")
    if _MARK.search(_EXPRESSION.sub("", text)):
        raise ExpressionError(f"an expression is {{{{ … }}}} on one line: {text}")
    for expression in _EXPRESSION.findall(text):
        inner = _inner(expression)
        try:
            _compiled(inner)
            parsed = _environment.parse(f"{{{{ {inner} }}}}")
        except TemplateError as problem:
            raise ExpressionError(f"{problem}: {text}") from problem
        if _WHOLE_CONTEXT.search(inner):
            # In StackStorm it also holds data of the execution.
            raise ExpressionError(f"ctx() needs a name of the context: {text}")
        # An expression defines no name of its own, so each that it has is read.
        names = {each.name for each in parsed.find_all(nodes.Name)}
        for name in sorted(names - functions - _GLOBALS):
            raise ExpressionError(f"{name} is not supported here: {text}")


def _inner(expression: str) -> str:
    return expression.strip("{}").strip()


@lru_cache(maxsize=1024)
def _compiled(inner: str) -> Callable[..., Any]:
    return _environment.compile_expression(inner, undefined_to_none=False)


def evaluate(value: Any, names: Mapping[str, Any]) -> Any:
    """``value`` with its expressions replaced. A text that is one expression keeps the type of its
    result, as in Orquesta; other texts become texts. Raises ExpressionError."""
    if isinstance(value, Mapping):
        return {key: evaluate(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [evaluate(item, names) for item in value]
    if not isinstance(value, str):
        return value
    text = value
    for expression in _EXPRESSION.findall(value):
        result = _evaluate_one(expression, names)
        if expression == value:
            return result
        text = text.replace(expression, str(result))
    return text


def _evaluate_one(expression: str, names: Mapping[str, Any]) -> Any:
    try:
        result = _compiled(_inner(expression))(**names)
        if isinstance(result, GeneratorType):
            result = list(result)
        if isinstance(result, StrictUndefined):
            str(result)  # raises, naming what is undefined
        plain = json.loads(json.dumps(result))  # what can be kept; a tuple is a list
    # Whatever a template's functions and filters raise is a failure of this expression.
    except Exception as problem:
        raise ExpressionError(f"{expression}: {problem}") from problem
    if isinstance(plain, str) and opens_expression(plain):
        # Orquesta would evaluate the result once more. Here no alert may run a template.
        raise ExpressionError(f"{expression}: the result itself holds an expression")
    return plain


def workflow_names(
    context: Mapping[str, Any], extra: Mapping[str, Callable[..., Any]]
) -> dict[str, Any]:
    """The functions that a workflow's expressions may call."""

    def ctx(key: str | None = None) -> Any:
        return context[key] if key else context

    return {"ctx": ctx, **extra}
