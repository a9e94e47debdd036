"""The pack in the hands of StackStorm's own code, where that can be imported.

Run so with st2common, st2reactor and Orquesta on the path, as StackStorm's own environment has
them. Elsewhere the JSON Schemas of the embedded engine stand in.
"""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.lab.yaml_file import load_yaml

from .conftest import PACK, SensorService, metadata
from .sensing import CONFIG, DETECTED, DNS, SYN_FLOOD, Sensor, started

action_models = pytest.importorskip(
    "st2common.models.api.action", reason="StackStorm is not installed (no st2common)"
)

from st2common import operators  # noqa: E402
from st2common.models.api.pack import ConfigSchemaAPI, PackAPI  # noqa: E402
from st2common.models.api.rule import RuleAPI  # noqa: E402
from st2common.models.api.sensor import SensorTypeAPI  # noqa: E402
from st2common.util import casts, jinja, param  # noqa: E402
from st2common.util import schema as util_schema  # noqa: E402
from st2common.util.pack import validate_config_against_schema  # noqa: E402
from st2common.validators.api.action import _validate_parameters  # noqa: E402
from st2common.validators.api.reactor import validate_criteria  # noqa: E402

MODELS = {
    "actions": action_models.ActionAPI,
    "aliases": action_models.ActionAliasAPI,
    "rules": RuleAPI,
    "sensors": SensorTypeAPI,
}


@pytest.mark.parametrize(
    ("folder", "name"), [(folder, name) for folder in MODELS for name in metadata(folder)]
)
def test_it_takes_each_metadata_file(folder: str, name: str) -> None:
    content = {"pack": "flowtriq_flowspec", **metadata(folder)[name]}
    MODELS[folder](**content).validate()


@pytest.mark.parametrize("name", metadata("actions"))
def test_it_takes_each_action_s_parameters(name: str) -> None:
    _validate_parameters(name, metadata("actions")[name]["parameters"], {})


@pytest.mark.parametrize("name", metadata("rules"))
def test_it_takes_each_route_s_criteria(name: str) -> None:
    validate_criteria(metadata("rules")[name].get("criteria", {}))


def test_the_embedded_engine_has_no_operator_of_its_own() -> None:
    from flowtriq_flowspec_embedded.pack.criteria import OPERATORS

    assert set(OPERATORS) <= set(operators.get_allowed_operators())


def test_it_takes_pack_yaml() -> None:
    PackAPI(**load_yaml(PACK / "pack.yaml")).validate()


def test_it_takes_the_configuration() -> None:
    attributes = load_yaml(PACK / "config.schema.yaml")
    ConfigSchemaAPI(pack="flowtriq_flowspec", attributes=attributes).validate()
    validate_config_against_schema(
        config_schema=attributes,
        config_object=load_yaml(PACK / "flowtriq_flowspec.yaml.example"),
        config_path="flowtriq_flowspec.yaml.example",
        pack_name="flowtriq_flowspec",
    )


def trigger_types() -> dict[str, Any]:
    found = load_yaml(PACK / "sensors" / "webhook_sensor.yaml")["trigger_types"]
    return {f"flowtriq_flowspec.{it['name']}": it for it in found}


@pytest.fixture
def payloads(sensor_service: SensorService) -> list[dict[str, Any]]:
    """What the sensor dispatches, on StackStorm's own base class."""
    ended = copy.deepcopy(SYN_FLOOD)
    ended["alerts"][0]["status"] = "resolved"
    running, thread = started(CONFIG, sensor_service)
    sensor = Sensor(running, sensor_service)
    assert sensor.alertmanager(SYN_FLOOD).status_code == 202
    assert sensor.flowtriq(DNS).status_code == 202
    assert sensor.alertmanager(ended).status_code == 202
    assert sensor.flowtriq({**DNS, "event_type": '攻撃 "quoted" it\'s'}).status_code == 422
    running.cleanup()
    thread.join(timeout=10)
    refused = [("flowtriq_flowspec.alerts_refused", load) for load in sensor_service.refused]
    sent = [*sensor_service.dispatched, *refused]
    return [{"trigger": name, "payload": load} for name, load in sent]


def test_it_takes_each_payload(payloads: list[dict[str, Any]]) -> None:
    """Otherwise it would drop them with a line in its log."""
    assert len(payloads) == 4
    for each in payloads:
        util_schema.validate(
            instance=each["payload"],
            schema=trigger_types()[each["trigger"]]["payload_schema"],
            cls=util_schema.CustomValidator,
            use_default=True,
            allow_default_none=True,
        )


def test_it_drops_a_payload_without_a_required_field(payloads: list[dict[str, Any]]) -> None:
    """The schema does bite: ``required`` on each property is understood."""
    import jsonschema

    broken = {**payloads[0]["payload"]}
    del broken["family"]
    with pytest.raises(jsonschema.ValidationError):
        util_schema.validate(
            instance=broken,
            schema=trigger_types()[DETECTED]["payload_schema"],
            cls=util_schema.CustomValidator,
            use_default=True,
            allow_default_none=True,
        )


@pytest.mark.parametrize(
    ("route", "workflow"),
    [("mitigate_tcp_flood", "mitigate"), ("release_on_attack_ended", "release")],
)
def test_a_route_hands_the_whole_attack_to_its_workflow(
    payloads: list[dict[str, Any]], route: str, workflow: str
) -> None:
    """A rule's parameters are rendered to text and cast by the action's parameter type. What is
    text there is cast to an object where the next action takes one."""
    ((name, template),) = metadata("rules")[route]["action"]["parameters"].items()
    kind = metadata("actions")[workflow]["parameters"][name]["type"]
    for each in payloads[:3]:
        rendered = jinja.render_values({name: template}, {"trigger": each["payload"]})
        assert casts.get_cast("object")(casts.get_cast(kind)(rendered[name])) == each["payload"]


def test_a_route_hands_refused_alerts_to_its_action(payloads: list[dict[str, Any]]) -> None:
    parameters = metadata("rules")["note_refused_alerts"]["action"]["parameters"]
    action = metadata("actions")["note_refused_alerts"]["parameters"]
    payload = payloads[3]["payload"]
    assert "quoted" in payload["refused"][0]["message"]
    rendered = jinja.render_values(parameters, {"trigger": payload})
    cast = {name: casts.get_cast(action[name]["type"])(rendered[name]) for name in action}
    assert cast == payload


def test_a_summary_in_any_script_survives(payloads: list[dict[str, Any]]) -> None:
    payload = {**payloads[0]["payload"], "summary": '攻撃 "quoted" it\'s \\ 100% ’'}
    templates = {"object": "{{ trigger }}", "text": "{{ trigger | tojson }}"}
    rendered = jinja.render_values(templates, {"trigger": payload})
    assert casts.get_cast("object")(rendered["object"]) == payload
    assert json.loads(rendered["text"]) == payload


@pytest.mark.parametrize(
    ("context", "user"),
    [
        ({"user": "stanley", "api_user": "alice"}, "alice"),  # in chat
        ({"user": "bob"}, "bob"),
        ({"user": "bob", "api_user": None}, "bob"),
        ({}, ""),
    ],
)
def test_it_fills_in_who_asks(context: dict[str, Any], user: str) -> None:
    asking = [it for it in metadata("actions").values() if "user" in it["parameters"]]
    assert asking
    for action in asking:
        spec = {"user": action["parameters"]["user"]}
        _, rendered = param.render_final_params({}, spec, {}, context)
        assert rendered == {"user": user}


def test_its_own_templates_answer_the_chat() -> None:
    environment = jinja.get_jinja_environment(allow_undefined=True)
    for alias in metadata("aliases").values():
        template = environment.from_string(alias["result"]["format"])
        template.render(execution={"status": "failed", "result": {"result": {}}})
