"""What StackStorm 3.9 takes as a pack's metadata, stated for Draft-07.

Worked out from st2common 3.9.0 (models/api/*.py, util/schema/*.json, validators/api) and from
Orquesta's specs/native/v1/models.py. StackStorm refuses some of it at registration, and some of it
never: see test_metadata.py.
"""

from __future__ import annotations

from typing import Any

WORD = r"^\w+$"
_TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"]
_TEXT: dict[str, Any] = {"type": "string"}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def _attribute(type_rule: dict[str, Any]) -> dict[str, Any]:
    """One parameter or property, in StackStorm's dialect: ``required`` is a boolean on each."""
    nested = {"type": "object", "additionalProperties": {"$ref": "#/definitions/attribute"}}
    some = {"$ref": "#/definitions/attribute"}
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "id": _TEXT,
            "$schema": _TEXT,
            "title": _TEXT,
            "description": _TEXT,
            "default": {},
            "multipleOf": {"type": "number", "exclusiveMinimum": 0},
            "maximum": {"type": "number"},
            "exclusiveMaximum": {"type": "boolean"},
            "minimum": {"type": "number"},
            "exclusiveMinimum": {"type": "boolean"},
            "maxLength": {"type": "integer", "minimum": 0},
            "minLength": {"type": "integer", "minimum": 0},
            "pattern": {"type": "string", "format": "regex"},
            "additionalItems": {"anyOf": [{"type": "boolean"}, some]},
            "items": {"anyOf": [some, {"type": "array", "minItems": 1, "items": some}]},
            "maxItems": {"type": "integer", "minimum": 0},
            "minItems": {"type": "integer", "minimum": 0},
            "uniqueItems": {"type": "boolean"},
            "maxProperties": {"type": "integer", "minimum": 0},
            "minProperties": {"type": "integer", "minimum": 0},
            "required": {"type": "boolean"},
            "secret": {"type": "boolean"},
            "additionalProperties": {"anyOf": [{"type": "boolean"}, some]},
            "definitions": nested,
            "properties": nested,
            "patternProperties": nested,
            "enum": {"type": "array", "minItems": 1, "uniqueItems": True},
            "type": type_rule,
            "position": {"type": "number", "minimum": 0},
            "immutable": {"type": "boolean"},
            "allOf": {"type": "array", "minItems": 1, "items": some},
            "anyOf": {"type": "array", "minItems": 1, "items": some},
            "oneOf": {"type": "array", "minItems": 1, "items": some},
            "not": some,
        },
    }


# An action's parameter, and a setting of the configuration, has one type.
_ONE_TYPE = _attribute({"enum": _TYPES})
_PARAMETERS = {
    "type": "object",
    "patternProperties": {WORD: {"$ref": "#/definitions/attribute"}},
    "additionalProperties": False,
}

PACK = {
    **_object(
        {
            "ref": {"type": "string", "pattern": r"^[a-z0-9_]+$"},
            "name": _TEXT,
            "description": _TEXT,
            "keywords": {"type": "array", "items": _TEXT},
            "version": {
                "type": "string",
                "pattern": r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$",
            },
            "stackstorm_version": {
                "type": "string",
                "pattern": r"^((>|>=|=|<=|<)\s*[0-9]+\.[0-9]+\.[0-9]+(\s*,)?\s*)+$",
            },
            "python_versions": {
                "type": "array",
                "items": {"enum": ["2", "3"]},
                "minItems": 1,
                "uniqueItems": True,
            },
            "author": _TEXT,
            "email": {"type": "string", "pattern": "^[^@ ]+@[^@ ]+$"},
            "contributors": {"type": "array", "items": {"type": "string", "maxLength": 100}},
            "dependencies": {"type": "array", "items": _TEXT},
        },
        *("ref", "name", "description", "version", "author", "email"),
    ),
}

CONFIG_SCHEMA = {**_PARAMETERS, "definitions": {"attribute": _ONE_TYPE}}

ACTION = {
    **_object(
        {
            "name": _TEXT,
            "pack": _TEXT,
            "description": _TEXT,
            "enabled": {"type": "boolean"},
            "runner_type": {"enum": ["python-script", "orquesta"]},
            "entry_point": _TEXT,
            "parameters": _PARAMETERS,
            "output_schema": {"type": "object"},
            "tags": {"type": "array", "items": {"type": "object"}},
            "notify": {"type": "object"},
        },
        *("name", "description", "runner_type", "entry_point", "enabled"),
    ),
    "definitions": {"attribute": _ONE_TYPE},
}

# Parameters of the runners themselves; one of the same name would change the runner's.
RUNNER_PARAMETERS = {
    "python-script": {"debug", "content_version", "env", "timeout", "log_level"},
    "orquesta": {"notify"},
}

OPERATORS = {
    *("matchwildcard", "matchregex", "regex", "iregex", "eq", "equals", "neq", "nequals", "ieq"),
    *("iequals", "contains", "icontains", "ncontains", "incontains", "startswith", "istartswith"),
    *("endswith", "iendswith", "lt", "lessthan", "gt", "greaterthan", "td_lt", "timediff_lt"),
    *("td_gt", "timediff_gt", "exists", "nexists", "inside", "in", "ninside", "nin", "search"),
}

RULE = _object(
    {
        "name": _TEXT,
        "pack": _TEXT,
        "description": _TEXT,
        "enabled": {"type": "boolean"},
        "trigger": _object({"type": _TEXT, "parameters": {"type": "object"}}, "type"),
        "criteria": {
            "type": "object",
            "propertyNames": {"pattern": r"^trigger\."},
            "additionalProperties": _object(
                {"type": {"enum": sorted(OPERATORS)}, "pattern": {}, "condition": _TEXT},
                *("type", "pattern"),
            ),
        },
        "action": _object({"ref": _TEXT, "parameters": {"type": "object"}}, "ref"),
        "tags": {"type": "array", "items": {"type": "object"}},
    },
    *("name", "pack", "description", "enabled", "trigger", "action"),
)

# st2common/constants/triggers.py; a timezone is taken too.
INTERVAL_TIMER = _object(
    {
        "unit": {"enum": ["weeks", "days", "hours", "minutes", "seconds"]},
        "delta": {"type": "integer"},
    },
    *("unit", "delta"),
)

SENSOR = {
    **_object(
        {
            "class_name": _TEXT,
            "entry_point": _TEXT,
            "description": _TEXT,
            "enabled": {"type": "boolean"},
            "poll_interval": {"type": "number"},
            "trigger_types": {
                "type": "array",
                "items": _object(
                    {
                        "name": _TEXT,
                        "pack": _TEXT,
                        "description": _TEXT,
                        "payload_schema": {"$ref": "#/definitions/attribute"},
                        "parameters_schema": {"$ref": "#/definitions/attribute"},
                    },
                    *("name", "description", "payload_schema"),
                ),
            },
        },
        *("class_name", "entry_point", "description"),
    ),
    "definitions": {
        "attribute": _attribute(
            {"anyOf": [{"enum": _TYPES}, {"type": "array", "items": {"enum": _TYPES}}]}
        )
    },
}

ALIAS = _object(
    {
        "name": _TEXT,
        "pack": _TEXT,
        "description": _TEXT,
        "enabled": {"type": "boolean"},
        "action_ref": _TEXT,
        "formats": {
            "type": "array",
            "minItems": 1,
            "items": _object(
                {
                    "display": _TEXT,
                    "representation": {"type": "array", "minItems": 1, "items": _TEXT},
                },
                *("display", "representation"),
            ),
        },
        "ack": _object(
            {
                "enabled": {"type": "boolean"},
                "format": _TEXT,
                "append_url": {"type": "boolean"},
            }
        ),
        "result": _object({"enabled": {"type": "boolean"}, "format": _TEXT}, "format"),
        "immutable_parameters": {"type": "object"},
    },
    *("name", "pack", "description", "action_ref", "formats"),
)

POLICY_TYPES = {
    "action.concurrency": _object(
        {"threshold": {"type": "integer"}, "action": {"enum": ["delay", "cancel"]}}, "threshold"
    ),
    "action.concurrency.attr": _object(
        {
            "threshold": {"type": "integer"},
            "action": {"enum": ["delay", "cancel"]},
            "attributes": {"type": "array", "uniqueItems": True, "items": _TEXT},
        },
        "threshold",
    ),
    "action.retry": _object(
        {
            "retry_on": {"enum": ["failure", "timeout"]},
            "max_retry_count": {"type": "integer", "minimum": 1, "maximum": 5},
            "delay": {"type": "number", "minimum": 0, "maximum": 120},
        },
        *("retry_on", "max_retry_count"),
    ),
}

POLICY = _object(
    {
        "name": _TEXT,
        "pack": _TEXT,
        "description": _TEXT,
        "enabled": {"type": "boolean"},
        "resource_ref": _TEXT,
        "policy_type": {"enum": sorted(POLICY_TYPES)},
        "parameters": {"type": "object"},
    },
    *("name", "pack", "description", "resource_ref", "policy_type", "parameters"),
)

_WAIT = {"anyOf": [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}]}
_ONE_KEY = {"type": "object", "minProperties": 1, "maxProperties": 1}
_ONE_KEYS = {"type": "array", "minItems": 1, "uniqueItems": True, "items": _ONE_KEY}
_SOME_TEXT = {"type": "string", "minLength": 1}

WORKFLOW = _object(
    {
        "version": {"enum": [1.0]},
        "description": _TEXT,
        "input": {"type": "array", "minItems": 1, "items": {"anyOf": [_SOME_TEXT, _ONE_KEY]}},
        "vars": _ONE_KEYS,
        "output": _ONE_KEYS,
        "tasks": {
            "type": "object",
            "minProperties": 1,
            "additionalProperties": False,
            "patternProperties": {
                WORD: _object(
                    {
                        "delay": _WAIT,
                        "join": {"anyOf": [{"enum": ["all"]}, {"type": "integer", "minimum": 0}]},
                        "with": {
                            "anyOf": [
                                _SOME_TEXT,
                                _object({"items": _SOME_TEXT, "concurrency": _WAIT}, "items"),
                            ]
                        },
                        "action": _SOME_TEXT,
                        "input": {
                            "type": "object",
                            "minProperties": 1,
                            "propertyNames": {"pattern": WORD},
                        },
                        "retry": _object(
                            {"when": _SOME_TEXT, "count": _WAIT, "delay": _WAIT}, "count"
                        ),
                        "next": {
                            "type": "array",
                            "items": _object(
                                {
                                    "when": _SOME_TEXT,
                                    "publish": _ONE_KEYS,
                                    "do": {
                                        "anyOf": [
                                            _SOME_TEXT,
                                            {"type": "array", "minItems": 1, "items": _SOME_TEXT},
                                        ]
                                    },
                                }
                            ),
                        },
                    }
                )
            },
        },
    },
    *("version", "description", "tasks"),
)
# Names of tasks that the engine itself has.
ENGINE_TASKS = {"noop", "fail", "continue", "retry"}
