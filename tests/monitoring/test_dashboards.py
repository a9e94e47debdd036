"""The dashboards against Grafana's own types, which the Grafana Foundation SDK has from Grafana's
schemas. That each query returns rows is shown in tests/packets."""

from __future__ import annotations

import enum
import json
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.lab.yaml_file import load_yaml

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tools"))

pytest.importorskip("grafana_foundation_sdk", reason="the SDK needs Python 3.11")

import grafana_dashboards  # noqa: E402
from grafana_foundation_sdk.cog.encoder import JSONEncoder  # noqa: E402
from grafana_foundation_sdk.cog.plugins import register_default_plugins  # noqa: E402
from grafana_foundation_sdk.models import dashboard as models  # noqa: E402

BOARDS = {path.name: json.loads(text) for path, text in grafana_dashboards.dashboards().items()}
DATA = {load_yaml(file)["uid"]: file for file in grafana_dashboards.DATA}
by_board = pytest.mark.parametrize("name", BOARDS)
register_default_plugins()


def faults(value: Any, kind: Any, where: str) -> Iterator[str]:
    """What of ``value`` is not of the type ``kind``, with the place of each."""
    origin, inner = typing.get_origin(kind), typing.get_args(kind)
    if isinstance(value, dict) and hasattr(kind, "from_json"):
        value = kind.from_json(value)  # some lists are left as they were read
    if kind in (Any, object):
        return
    if origin in (typing.Union, types.UnionType):
        kinds = [type(value)] if type(value) in inner else set(inner) - {type(None)}
        found = [list(faults(value, each, where)) for each in kinds]
        if value is not None and all(found):
            yield from min(found, key=len)
    elif origin is typing.Literal:
        if value not in inner:
            yield f"{where} is {value!r}, not one of {inner}"
    elif origin in (list, dict):
        if not isinstance(value, origin):
            yield f"{where} is no {origin.__name__}"
            return
        items = enumerate(value) if origin is list else value.items()
        for key, each in items:
            yield from faults(each, inner[-1], f"{where}.{key}")
    elif isinstance(kind, enum.EnumMeta):
        if value not in {each.value for each in kind}:
            yield f"{where} is {value!r}, not one of {list(kind)}"
    elif kind is float:
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            yield f"{where} is {value!r}, no number"
    elif not isinstance(value, kind):
        yield f"{where} is {value!r}, not of {kind}"
    elif not isinstance(value, (str, int)):
        for name, each in typing.get_type_hints(type(value)).items():
            if hasattr(value, name):
                yield from faults(getattr(value, name), each, f"{where}.{name}")


@by_board
def test_every_field_is_of_grafanas_type(name: str) -> None:
    assert not list(faults(models.Dashboard.from_json(BOARDS[name]), models.Dashboard, name))


@by_board
def test_no_field_is_unknown_to_grafana(name: str) -> None:
    """What the types do not know, they lose on the way."""
    read = json.loads(json.dumps(models.Dashboard.from_json(BOARDS[name]), cls=JSONEncoder))
    written = json.loads(json.dumps(BOARDS[name]))
    for annotation in written["annotations"]["list"]:
        for field in grafana_dashboards.ANNOTATION_TEXTS:
            annotation.pop(field)
    assert read == written


def test_a_wrong_type_is_found() -> None:
    board = json.loads(json.dumps(BOARDS["grafana-dashboard.json"]))
    board["panels"][1]["gridPos"]["w"] = "wide"
    board["panels"][1]["targets"][0]["expr"] = 7
    board["refresh"] = 30
    found = list(faults(models.Dashboard.from_json(board), models.Dashboard, "board"))
    assert len(found) == 3, found


@by_board
def test_panels_have_ids_of_their_own_and_say_what_they_show(name: str) -> None:
    panels = BOARDS[name]["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in grafana_dashboards.panels_of(BOARDS[name]):
        assert panel["title"]
        assert panel["targets"]


def test_dashboards_that_users_have_imported_keep_their_uid() -> None:
    assert BOARDS["grafana-dashboard.json"]["uid"] == "flowtriq-flowspec"
    assert set(DATA) == {board["uid"] for board in BOARDS.values()}


def test_provisioning_files_are_in_grafanas_form() -> None:
    folder = ROOT / "monitoring/provisioning"
    (source,) = yaml.safe_load((folder / "datasources/prometheus.yml").read_text())["datasources"]
    assert (source["type"], source["access"]) == ("prometheus", "proxy")
    scrapes = yaml.safe_load((ROOT / "monitoring/prometheus.yml").read_text())["global"]
    assert source["jsonData"]["timeInterval"] == scrapes["scrape_interval"]
    (provider,) = yaml.safe_load((folder / "dashboards/flowspec.yml").read_text())["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"] in (ROOT / "docs/operator/install.md").read_text()
