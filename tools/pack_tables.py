"""The tables of docs/user/pack.md, from the pack's own metadata."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent


def pack_md() -> str:
    sensors = [[f"`{it['class_name']}`", it["description"]] for it in _metadata("sensors")]
    return "\n".join(
        [
            *_section("Sensors", ["sensor", "what it does"], sensors),
            *_section("Triggers", ["trigger", "when"], _triggers()),
            *_section("Payload of an attack", ["field", "type", "description"], _payload()),
            *_section("Routes", ["route", "which attacks", "leads to"], _routes()),
            *_section(
                "Actions and workflows", ["action", "parameters", "what it does"], _actions()
            ),
            *_section("ChatOps", ["say", "what happens"], _aliases()),
            *_section("Policies", ["policy", "what it does"], _policies()),
        ]
    )


def _section(title: str, head: list[str], rows: list[list[str]]) -> list[str]:
    lines = [f"| {' | '.join(row)} |" for row in [head, ["---"] * len(head), *rows]]
    return [f"## {title}", "", *(lines if rows else ["None."]), ""]


def _metadata(folder: str) -> list[dict[str, Any]]:
    paths = sorted((ROOT / folder).glob("*.yaml"))
    return [yaml.safe_load(path.read_text(encoding="utf-8")) for path in paths]


def _trigger_types() -> list[dict[str, Any]]:
    return [it for sensor in _metadata("sensors") for it in sensor.get("trigger_types", [])]


def _triggers() -> list[list[str]]:
    return [[f"`flowtriq_flowspec.{it['name']}`", it["description"]] for it in _trigger_types()]


def triggers_md() -> str:
    """The payloads of the triggers of the event sensor, for docs/user/triggers.md."""
    sensor = next(it for it in _metadata("sensors") if it["class_name"] == "EventSensor")
    lines = []
    for it in sensor["trigger_types"]:
        properties = it["payload_schema"]["properties"]
        rows = _fields(properties)
        for name, field in properties.items():
            inner = field.get("items", {}).get("properties", {})
            rows += [[f"`{name}[]`.{row[0]}", *row[1:]] for row in _fields(inner)]
        head = ["field", "type", "description"]
        lines += _section(f"`flowtriq_flowspec.{it['name']}`", head, rows)
        lines.insert(-len(rows) - 3, f"{it['description']}.\n")
    return "\n".join(lines)


def _payload() -> list[list[str]]:
    detected = next(it for it in _trigger_types() if it["name"] == "attack_detected")
    return _fields(detected["payload_schema"]["properties"])


def _fields(properties: Mapping[str, Any]) -> list[list[str]]:
    return [
        [
            f"`{name}`",
            it["type"] + ("" if it.get("required") else ", optional"),
            it.get("description", ""),
        ]
        for name, it in properties.items()
    ]


def _routes() -> list[list[str]]:
    rows = []
    for route in _metadata("rules"):
        wanted = " and ".join(
            f"`{key.partition('.')[2]}` {rule['type']} `{rule['pattern']}`"
            for key, rule in route.get("criteria", {}).items()
        )
        trigger = f"`{route['trigger']['type'].partition('.')[2]}`"
        timer = route["trigger"].get("parameters")  # only a timer's has any
        on = "" if route["enabled"] else " (switched off)"
        which = f"{trigger} with {wanted}" if wanted else f"every {trigger}"
        which = f"every {timer['delta']} {timer['unit']}" if timer else which
        rows.append([f"`{route['name']}`{on}", f"{which}: {route['description']}", _ref(route)])
    return rows


def _ref(route: Mapping[str, Any]) -> str:
    return f"`{route['action']['ref'].partition('.')[2]}`"


def _actions() -> list[list[str]]:
    rows = []
    for action in _metadata("actions"):
        parameters = sorted(action["parameters"].items(), key=lambda item: item[1]["position"])
        said = [
            f"`{name}`{_need(it)}: {it['description']}"
            for name, it in parameters
            if not it.get("immutable")  # nobody may give it
        ]
        kind = "workflow " if action["runner_type"] == "orquesta" else ""
        rows.append([f"{kind}`{action['name']}`", "<br>".join(said), action["description"]])
    return rows


def _need(parameter: Mapping[str, Any]) -> str:
    if parameter.get("required"):
        return " (required)"
    default = parameter.get("default")
    return "" if default in (None, "", [], {}) else f" ({str(default).lower()})"


def _aliases() -> list[list[str]]:
    rows = []
    for alias in _metadata("aliases"):
        said = [it["display"].replace("<", "&lt;") for it in alias["formats"]]
        rows.append(["<br>".join(said), alias["description"]])
    return rows


def _policies() -> list[list[str]]:
    return [[f"`{it['name']}`", it["description"]] for it in _metadata("policies")]
