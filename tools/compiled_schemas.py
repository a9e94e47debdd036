"""Writes the JSON Schemas as Python, by fastjsonschema: those of the library, the grammar of a
pack's files in the embedded engine, and that of JSON Schemas themselves.

What the schemas say for people is left out, and so are fastjsonschema's own messages: a refusal
is worded by jsonschema (validation_messages.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastjsonschema import compile_to_code
from jsonschema import Draft7Validator

ROOT = Path(__file__).resolve().parent.parent
LIBRARY = ROOT / "lib/flowtriq_flowspec"
PACK = ROOT / "embedded/flowtriq_flowspec_embedded/pack"
_FOR_PEOPLE = {"$id", "$schema", "title", "description", "default", "examples", "secret"}
_REF = "#/definitions/"
_HEAD = '''"""Generated from {source} by tools/generate.py: edit that one.

CHECKS has a function for the whole schema, by the key None, and for each of its definitions. A
function raises Unfit.
"""

# ruff: noqa
# flake8: noqa
import re

from {unfit} import Unfit

'''
# fastjsonschema's line, and what stands instead of it.
_INSTEAD = (
    (r"raise JsonSchemaValueException\(.*\)$", "raise Unfit"),
    (r"\(JsonSchemaValueException, JsonSchemaValuesException\)", "Unfit"),
    (r"custom_formats=\{\}, name_prefix=None", ""),
    (r"\(data, \):", "(data):"),
    (r", custom_formats, \(name_prefix or \"data\"\).*\)$", ")"),
    (r"\blist, tuple\b", "list"),  # a tuple is no array to jsonschema
    (r"\bfloat, Decimal\b", "float"),  # json.loads makes none
    (r"\bNoneType\b", "type(None)"),
    (r"validate___definitions_", "fits_"),
)


def compiled_schemas() -> dict[Path, str]:
    """Every module with the text it should have."""
    modules = {}
    for name in _names(LIBRARY):
        text = _module(_read(LIBRARY, name), f"schemas/{name}.schema.json", ".")
        modules[LIBRARY / f"compiled_schemas/{name}.py"] = text
    unfit = "flowtriq_flowspec.compiled_schemas"
    draft7 = _module(Draft7Validator.META_SCHEMA, "JSON Schema's own schema, Draft-07", unfit)
    files = {name: _read(PACK, name) for name in _names(PACK)}
    shared = files.pop("definitions")
    whole = {**shared, "definitions": {**shared["definitions"], **files}}
    return {
        **modules,
        PACK / "compiled_schemas/draft7.py": draft7,
        PACK / "compiled_schemas/grammar.py": _module(whole, "schemas/", unfit),
    }


def _names(folder: Path) -> list[str]:
    return sorted(path.name.partition(".")[0] for path in folder.glob("schemas/*.schema.json"))


def _read(folder: Path, name: str) -> dict[str, Any]:
    text = (folder / f"schemas/{name}.schema.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def _module(given: Mapping[str, Any], source: str, unfit: str) -> str:
    whole = dict(given)
    definitions = whole.pop("definitions", {})
    parts = {key: _reduced(part, definitions) for key, part in definitions.items()}
    parts["whole"] = _reduced(whole, definitions)
    # fastjsonschema compiles what is referred to.
    uses = {key: {"$ref": _REF + key} for key in parts}
    draft = {"$schema": whole["$schema"]}
    code = compile_to_code({**draft, "definitions": parts, "properties": uses}, use_default=False)
    for found, instead in _INSTEAD:
        code = re.sub(found, instead, code, flags=re.MULTILINE)
    head, _, *functions = re.split(r"\n\n(?=def )", code.strip())
    _, begin, patterns = head.partition("REGEX_PATTERNS")
    constants = (begin + patterns).replace("type(None) = type(None)", "").strip()
    checks = [("None", "whole"), *((repr(key), key) for key in definitions)]
    table = "".join(f"    {key}: fits_{function.lower()},\n" for key, function in checks)
    return "\n\n".join(
        [
            _HEAD.format(source=source, unfit=unfit) + constants,
            *sorted(functions),
            f"CHECKS = {{\n{table}}}\n",
        ]
    )


def _reduced(part: Any, definitions: Mapping[str, Any]) -> Any:
    """Without what is for people. Draft 7 ignores what stands beside a ``$ref``; here it counts,
    as in ``flowtriq_flowspec.published_schemas.resolved``."""
    if not isinstance(part, dict):
        return part
    kept: dict[str, Any] = {}
    for key, value in part.items():
        if key == "properties":
            kept[key] = {name: _reduced(item, definitions) for name, item in value.items()}
        elif key in ("oneOf", "anyOf", "allOf"):
            kept[key] = [_reduced(item, definitions) for item in value]
        elif key == "$ref":
            kept[key] = f"{_REF}whole" if value == "#" else value
        elif key not in _FOR_PEOPLE:
            kept[key] = _reduced(value, definitions)
    if "$ref" in kept and len(kept) > 1:
        named = definitions[kept.pop("$ref")[len(_REF) :]]
        return {**_reduced(named, definitions), **kept}
    return kept
