"""YAML files that an operator writes, and those of the pack."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from ..errors import InvalidConfig
from ..unambiguous_json import not_json

_TWICE = " is written twice"
_MOST_VALUES = 1_000_000
_DEEPEST = 100
_MERGE = "tag:yaml.org,2002:merge"
_MOMENT = "tag:yaml.org,2002:timestamp"

_YAML = {
    # {{ x }} is a mapping whose only name is a mapping.
    "found unhashable key": "a name is a list or a mapping; put quotes around a template",
    "mapping values are not allowed here": "a colon stands where none may be; look at the"
    " indentation, and put quotes around a text with a colon",
    "could not find expected ':'": "a colon is missing after a name",
    "found unexpected end of stream": "a quote or a bracket is not closed",
    "but found another document": "a second document begins; a file has one",
    "found unknown escape character": "a text in double quotes has a backslash that YAML does not"
    " know; use single quotes",
}
_YAML_BEGINS = {
    "found undefined alias": "a * names something that is not defined; put quotes around the text",
    "found character '\\t'": "a tab stands where spaces must be",
    "found character": "a text begins with a sign that YAML keeps for itself; put quotes around it",
    "expected <block end>": "the indentation does not fit the lines before, or a quote is not"
    " closed",
    "expected ',' or": "a comma or a closing bracket is missing",
    "expected the node content": "a value is missing, or a bracket stands too early",
    "expected alphabetic or numeric": "a * or & needs a name; put quotes around the text",
    "could not determine a constructor": "a tag with ! is not known; put quotes around the text",
}


class _Strict(yaml.constructor.SafeConstructor):
    """Refuses a setting that is written twice, where YAML would silently keep the last: the first
    list of protected prefixes would be gone. ``1`` and ``"1"``, or ``on`` and ``true``, are the
    same setting too."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        seen: set[Hashable] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _MERGE:
                continue
            names = {key.value, self.construct_object(key)}
            if names & seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value}{_TWICE}", key.start_mark
                )
            seen |= names
        return super().construct_mapping(node, deep)


class _Loader(_Strict, yaml.SafeLoader):
    """Stops at a depth that nobody configures: 2,000 brackets took it 10 s."""

    def fetch_flow_collection_start(self, token_class: Any) -> None:
        if self.flow_level == _DEEPEST:
            raise RecursionError
        super().fetch_flow_collection_start(token_class)

    def add_indent(self, column: int) -> bool:
        if len(self.indents) > _DEEPEST:
            raise RecursionError
        return bool(super().add_indent(column))


class _FastLoader(_Strict, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """By libyaml, in a tenth of the time."""


def read(text: str, *, moments: bool) -> tuple[yaml.Node | None, Any]:
    """The root of a YAML text, which knows the lines, and the value; without ``moments`` these stay
    texts, as in JSON. Raises yaml.YAMLError, ValueError and RecursionError. Of the two readers the
    one in Python is the reference: its words are those in ``_YAML``."""
    try:
        return _read(text, _FastLoader, moments)
    except (yaml.YAMLError, ValueError, RecursionError):
        return _read(text, _Loader, moments)


def _read(text: str, kind: type[Any], moments: bool) -> tuple[yaml.Node | None, Any]:
    loader = kind(text)
    if not moments:
        loader.yaml_implicit_resolvers = _WITHOUT_MOMENTS
    node = loader.get_single_node()
    return node, loader.construct_document(node) if node is not None else None


_WITHOUT_MOMENTS = {
    first: [each for each in resolvers if each[0] != _MOMENT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_settings(path: Path, field: str) -> Any:
    """What the file says. Raises InvalidConfig naming ``field``, also where it can't be read."""
    try:
        text = path.read_text(encoding="utf-8")
        _, settings = read(text, moments=False)
        _require_bounded(settings, frozenset(), {})
        return settings
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as problem:
        line, what = why_unreadable(problem)
        # The field is a setting, or the file itself.
        where = str(path) if line is None else f"{path}:{line}"
        text = f"{where}: {what}" if str(path) in field else f"{field}: {where}: {what}"
        raise InvalidConfig(text, field=field) from problem


def _require_bounded(value: Any, above: frozenset[int], sizes: dict[int, int]) -> int:
    """How many values there are in it, those that aliases repeat counted each time. Raises
    ValueError for more than anybody configures, and for a value that holds itself
    (``a: &a [*a]``): what walks through the settings would find no end."""
    if not isinstance(value, (dict, list)):
        return 1
    if id(value) in above:
        raise ValueError("a value holds itself")
    if id(value) not in sizes:
        inner = value.values() if isinstance(value, dict) else value
        size = 1 + sum(_require_bounded(each, above | {id(value)}, sizes) for each in inner)
        if size > _MOST_VALUES:
            raise ValueError(f"its aliases (*) make more than {_MOST_VALUES} values of it")
        sizes[id(value)] = size
    return sizes[id(value)]


def why_unreadable(problem: Exception) -> tuple[int | None, str]:
    """The line, if it is known, and what is wrong there."""
    if isinstance(problem, yaml.MarkedYAMLError) and problem.problem_mark is not None:
        line, column = problem.problem_mark.line + 1, problem.problem_mark.column + 1
        what = _not_yaml(problem.problem)
        if not what.endswith(_TWICE):
            what = f"cannot be read: {what}"
        return line, f"{what} (line {line}, column {column})"
    if isinstance(problem, RecursionError):
        return None, "cannot be read: it is nested too deeply"
    if isinstance(problem, OSError):
        return None, f"cannot be read: {problem.strerror or problem}"
    if isinstance(problem, UnicodeError):
        return None, "cannot be read: it is not UTF-8"
    return None, f"cannot be read: {' '.join(not_json(problem).split())}"


def _not_yaml(problem: str | None) -> str:
    """In our words what PyYAML says is wrong."""
    text = str(problem)
    begin = next((words for start, words in _YAML_BEGINS.items() if text.startswith(start)), None)
    return _YAML.get(text) or begin or text
