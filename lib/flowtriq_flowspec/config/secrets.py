"""Secrets of a configuration: written in it, in a file of their own, or in the environment.

A setting ``token`` may instead be ``token_file``, the path of a file that holds it. In StackStorm
a secret is usually a template that StackStorm renders (``{{ st2kv.system.… }}``). Where nobody
renders it, everybody knows it: such a secret is refused.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..errors import InvalidConfig

ENVIRONMENT_PREFIX = "FLOWSPEC_SECRET_"
# Of Jinja, of YAQL, and of what fills in variables of the environment.
_TEMPLATE = re.compile(r"\{\{|\{%|<%|\$\{\w+\}", re.ASCII)
_MAX_BYTES = 4096

_Place = tuple[tuple[str, ...], dict[str, Any], str]
"""(where it is, the mapping that has it, its name there)"""


def with_secrets(
    config: Mapping[str, Any], schema: Mapping[str, Any], environment: Mapping[str, str]
) -> dict[str, Any]:
    """A copy of ``config`` with each secret read into its place. Which settings are secrets, the
    JSON Schema says (``secret: true``). Of ``environment``, the variables with
    ENVIRONMENT_PREFIX: ``FLOWSPEC_SECRET_SENDERS_GENERIC_TOKEN`` is ``senders.generic.token``; an
    item of a list is named by its ``name``, or its number.

    Raises InvalidConfig naming the setting, also for a variable that names none.
    """
    complete = copy.deepcopy(dict(config))
    unused = {name for name in environment if name.startswith(ENVIRONMENT_PREFIX)}
    known = []
    for path, owner, name in _places(schema, complete, ()):
        variable = ENVIRONMENT_PREFIX + re.sub(r"\W", "_", "_".join(path), flags=re.ASCII).upper()
        known.append(variable)
        unused.discard(variable)
        _settle(".".join(path), owner, name, variable, environment.get(variable))
    if unused:
        raise InvalidConfig(
            f"the environment variable {min(unused)} names no secret; known are:"
            f" {', '.join(sorted(known))}",
            field=min(unused),
        )
    settled: dict[str, Any] = _without_empty(complete, config)
    return settled


def secret_names(schema: Mapping[str, Any], config: Mapping[str, Any]) -> set[str]:
    """The dotted names of the settings that are secrets; an item of a list by its ``name``."""
    places = _places(schema, copy.deepcopy(dict(config)), ())
    return {".".join(path) for path, _owner, _name in places}


def where_secrets_are(
    config: Mapping[str, Any], schema: Mapping[str, Any]
) -> Iterator[tuple[str, Path | None]]:
    """Each secret's setting, and the file of its own; None where the configuration has it."""
    for path, owner, name in _places(schema, copy.deepcopy(dict(config)), ()):
        if isinstance(owner.get(name), str):
            yield ".".join(path), None
        elif isinstance(owner.get(f"{name}_file"), str):
            yield f"{'.'.join(path)}_file", Path(owner[f"{name}_file"])


def read_secret(file: Path, field: str) -> str:
    """The secret in a file, without the line break at its end. Raises InvalidConfig."""
    try:
        with file.open(encoding="utf-8-sig") as stream:
            text = stream.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as problem:
        why = problem.strerror if isinstance(problem, OSError) else "it is not UTF-8"
        raise InvalidConfig(f"{field}: {file} cannot be read: {why}", field=field) from problem
    secret = text.rstrip("\r\n")
    what = None
    if not secret:
        what = "is empty"
    elif len(text) > _MAX_BYTES:
        what = f"has more than {_MAX_BYTES} characters"
    elif len(secret.splitlines()) > 1:
        what = "has more than one line"
    if what:
        raise InvalidConfig(f"{field}: {file} {what}", field=field)
    refuse_template(secret, f"{field}: the secret in {file}", field)
    return secret


def refuse_template(secret: str, what: str, field: str) -> None:
    """Raise InvalidConfig for a template that nobody rendered."""
    if _TEMPLATE.search(secret):
        raise InvalidConfig(
            f"{what} is a template that nobody rendered; write the secret itself, or the path of"
            " its file",
            field=field,
            value="(secret)",
        )


def _places(schema: Mapping[str, Any], value: Any, path: tuple[str, ...]) -> Iterator[_Place]:
    """Every secret of the schema; a mapping that is left out is added, empty."""
    if not isinstance(value, dict):
        return
    for name, rules in schema.get("properties", {}).items():
        below = (*path, name)
        if rules.get("secret"):
            yield below, value, name
        elif "properties" in rules:
            if value.get(name) is None:
                value[name] = {}
            yield from _places(rules, value[name], below)
        elif isinstance(value.get(name), list):
            for index, item in enumerate(value[name]):
                label = item.get("name") if isinstance(item, dict) else None
                where = (*below, label if isinstance(label, str) else str(index))
                yield from _places(rules.get("items", {}), item, where)


def _settle(
    field: str, owner: dict[str, Any], name: str, variable: str, from_environment: str | None
) -> None:
    in_file = f"{name}_file"
    given = {
        field: owner.get(name),
        f"{field}_file": owner.get(in_file),
        f"the environment variable {variable}": from_environment,
    }
    if from_environment == "":
        raise InvalidConfig(f"the environment variable {variable} is empty", field=variable)
    sources = [source for source, value in given.items() if value]
    if len(sources) > 1:
        message = f"{' and '.join(sources)} are the same secret: give one of them"
        raise InvalidConfig(message, field=field)
    if isinstance(owner.get(in_file), str) and owner[in_file]:
        file = Path(owner.pop(in_file))
        if not file.is_absolute():
            message = f"{field}_file is {file}; it must be a whole path, as /etc/flowtriq/token"
            raise InvalidConfig(message, field=f"{field}_file", value=str(file))
        owner[name] = read_secret(file, f"{field}_file")
    elif from_environment:
        owner[name] = from_environment
    if isinstance(owner.get(name), str):
        refuse_template(owner[name], sources[0] if sources else field, field)


def _without_empty(complete: Any, given: Any) -> Any:
    """Without the mappings that were added and stayed empty."""
    if isinstance(complete, list):
        return [_without_empty(item, own) for item, own in zip(complete, given)]
    if not isinstance(complete, dict):
        return complete
    given = given if isinstance(given, Mapping) else {}
    kept = {name: _without_empty(value, given.get(name)) for name, value in complete.items()}
    return {name: kept[name] for name in kept if kept[name] != {} or name in given}
