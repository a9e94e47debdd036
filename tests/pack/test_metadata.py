"""The pack's metadata is what StackStorm takes, and every name in it leads somewhere.

StackStorm refuses an unknown key, a bad parameter type or an unknown trigger when the pack is
registered. It accepts without a word a rule that names an unknown action or parameter, and a
workflow that is broken or missing: they are caught here.
"""

from __future__ import annotations

import inspect
import os
import re
import struct
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from flowtriq_flowspec.playbook.vectors import catalogue
from flowtriq_flowspec.published_schemas import schema
from flowtriq_flowspec_embedded.orquesta.inquiries import PARAMETERS as ASK_PARAMETERS
from flowtriq_flowspec_embedded.orquesta.spec import ENGINE_COMMANDS
from flowtriq_flowspec_embedded.pack import grammar
from flowtriq_flowspec_embedded.pack.yaml_source import Document
from jsonschema import Draft7Validator

from tests.lab.yaml_file import load_yaml

from .conftest import PACK, STAND_INS, action_class, load_module, metadata, only_class

REF = "flowtriq_flowspec"
GRAMMARS = {
    "actions": "action",
    "rules": "route",
    "sensors": "sensor",
    "aliases": "alias",
    "workflows": "workflow",
}
FILES = [
    (path, name)
    for folder, name in GRAMMARS.items()
    for path in sorted((PACK / folder).glob("*.yaml"))
]
FILES += [(PACK / "pack.yaml", "pack"), (PACK / "config.schema.yaml", "config")]
# Parameters of the runners themselves; one of the same name would change the runner's.
RUNNER_PARAMETERS = {
    "python-script": {"debug", "content_version", "env", "timeout", "log_level"},
    "orquesta": {"notify"},
}
ACTIONS = metadata("actions")
ROUTES = metadata("rules")
SENSORS = metadata("sensors")
ALIASES = metadata("aliases")
WORKFLOWS = metadata("workflows")
PYTHON_ACTIONS = [name for name, it in ACTIONS.items() if it["runner_type"] == "python-script"]


def name_of(path: object) -> str:
    return str(path.relative_to(PACK)) if isinstance(path, Path) else str(path)


@pytest.mark.parametrize("name", sorted({name for _path, name in FILES}))
def test_each_grammar_is_a_json_schema(name: str) -> None:
    Draft7Validator.check_schema(grammar.schema(name))


@pytest.mark.parametrize(("path", "name"), FILES, ids=name_of)
def test_each_file_fits_the_grammar(path: Path, name: str) -> None:
    grammar.require_grammar(Document(path), name)


@pytest.mark.parametrize("folder", ["actions", "rules", "aliases", "sensors"])
def test_each_file_is_described_and_says_whether_it_is_enabled(folder: str) -> None:
    for stem, it in metadata(folder).items():
        assert it.get("description"), stem
        assert folder in ("aliases", "sensors") or isinstance(it.get("enabled"), bool), stem


def test_the_pack_has_no_policies() -> None:
    """The embedded engine refuses them, and StackStorm's retry does not apply inside workflows."""
    assert metadata("policies") == {}


YAML_FILES = [path for folder in ["", *GRAMMARS] for path in sorted((PACK / folder).glob("*.yaml"))]


@pytest.mark.parametrize("path", YAML_FILES, ids=name_of)
def test_no_key_is_there_twice(path: Path) -> None:
    """PyYAML takes the last one without a word."""

    def check(node: yaml.Node) -> None:
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _value in node.value]
            assert sorted(keys) == sorted(set(keys)), node.start_mark
            for _key, value in node.value:
                check(value)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                check(item)

    root = yaml.compose(path.read_text(encoding="utf-8"))
    assert root is not None
    check(root)


def test_pack_yaml_names_the_pack() -> None:
    assert load_yaml(PACK / "pack.yaml")["ref"] == REF


def test_the_pack_has_the_version_of_the_distribution() -> None:
    text = (PACK / "pyproject.toml").read_text(encoding="utf-8")
    version = re.search(r'^version = "(.+)"$', text, flags=re.MULTILINE)
    assert version is not None
    assert load_yaml(PACK / "pack.yaml")["version"] == version[1]
    adapter = PACK / "adapter/flowtriq_exabgp_adapter/__init__.py"
    assert f'__version__ = "{version[1]}"' in adapter.read_text(encoding="utf-8")


TOO_OLD = (
    "flowtriq-flowspec-needs-python @ file:///flowtriq_flowspec/needs/Python/3.9/or/newer"
    ' ; python_version < "3.9"'
)


def test_an_old_python_is_refused_with_a_sentence() -> None:
    """By pip at the installation, and by whatever imports the library."""
    assert TOO_OLD in (PACK / "requirements.txt").read_text(encoding="utf-8").splitlines()
    old = PACK / ".lab" / "python3.8" / "bin" / "python"
    if not old.exists():
        pytest.skip("Python 3.8 is not here")
    for folder in ("actions/lib", "sensors"):
        environment = {**os.environ, "PYTHONPATH": f"{PACK / folder}:{STAND_INS}"}
        module = "flowspec_action" if folder == "actions/lib" else "webhook_sensor"
        done = subprocess.run(
            [old, "-c", f"import {module}"], env=environment, capture_output=True, text=True
        )
        *_, last = done.stderr.splitlines()
        assert last.startswith("RuntimeError: flowtriq_flowspec needs Python 3.9 or newer; this is")


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-tests.txt"])
def test_stackstorm_installs_only_what_the_distribution_names(file: str) -> None:
    text = (PACK / "pyproject.toml").read_text(encoding="utf-8")
    named = set(re.findall(r'^  "([A-Za-z0-9-]+>=[0-9.]+)",(?: #.*)?$', text, flags=re.MULTILINE))
    lines = (PACK / file).read_text(encoding="utf-8").splitlines()
    wanted = {line for line in lines if line and not line.startswith("#")} - {TOO_OLD}
    assert wanted
    assert wanted <= named


@pytest.mark.parametrize("folder", ["actions", "rules", "aliases"])
def test_each_file_is_called_as_what_it_holds(folder: str) -> None:
    assert {stem: it["name"] for stem, it in metadata(folder).items()} == {
        stem: stem for stem in metadata(folder)
    }


@pytest.mark.parametrize("folder", ["rules", "aliases"])
def test_each_file_belongs_to_this_pack(folder: str) -> None:
    assert {it["pack"] for it in metadata(folder).values()} <= {REF}


def test_no_yaml_file_has_another_ending() -> None:
    """StackStorm reads *.yaml; a *.yml would be left out without a word."""
    assert [path for folder in GRAMMARS for path in (PACK / folder).glob("*.yml")] == []


def test_the_names_of_aliases_are_this_pack_s_alone() -> None:
    """StackStorm knows an alias by its bare name, so one called "list" could overwrite another
    pack's."""
    assert [name for name in ALIASES if not name.startswith("flowspec_")] == []


# --- actions --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIONS)
def test_positions_of_parameters_have_no_gap(name: str) -> None:
    places = [it["position"] for it in ACTIONS[name]["parameters"].values()]
    assert sorted(places) == list(range(len(places)))


@pytest.mark.parametrize("name", ACTIONS)
def test_parameters_leave_the_runner_s_own_alone(name: str) -> None:
    action = ACTIONS[name]
    assert not set(action["parameters"]) & RUNNER_PARAMETERS[action["runner_type"]]


@pytest.mark.parametrize("name", ACTIONS)
def test_each_parameter_says_what_it_is(name: str) -> None:
    for parameter, it in ACTIONS[name]["parameters"].items():
        assert it.get("description"), parameter


@pytest.mark.parametrize("name", ACTIONS)
def test_entry_point_is_there(name: str) -> None:
    action = ACTIONS[name]
    wanted = f"{name}.py" if name in PYTHON_ACTIONS else f"workflows/{name}.yaml"
    assert action["entry_point"] == wanted
    assert (PACK / "actions" / wanted).is_file()


def test_each_program_and_workflow_has_its_metadata() -> None:
    programs = {path.stem for path in (PACK / "actions").glob("*.py")}
    assert programs == set(PYTHON_ACTIONS)
    assert set(WORKFLOWS) == set(ACTIONS) - set(PYTHON_ACTIONS)


@pytest.mark.parametrize("name", PYTHON_ACTIONS)
def test_run_takes_the_parameters_of_the_yaml(name: str) -> None:
    signature = inspect.signature(action_class(name).run)
    parameters = {key: it for key, it in signature.parameters.items() if key != "self"}
    declared = ACTIONS[name]["parameters"]
    assert list(parameters) == sorted(declared, key=lambda key: declared[key]["position"])
    for key, parameter in parameters.items():
        required = parameter.default is inspect.Parameter.empty
        assert required is declared[key].get("required", False), key
        default = declared[key].get("default")
        if isinstance(default, str) and "{{" in default:
            default = ""  # the engine fills it in
        if not required and default not in ([], {}):  # no mutable default in Python
            assert parameter.default == default, key


@pytest.mark.parametrize("name", PYTHON_ACTIONS)
def test_actions_are_thin(name: str) -> None:
    lines = (PACK / "actions" / f"{name}.py").read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 35


# --- sensors and triggers -------------------------------------------------------------------------


def triggers() -> dict[str, dict[str, Any]]:
    return {
        f"{REF}.{it['name']}": it for sensor in SENSORS.values() for it in sensor["trigger_types"]
    }


@pytest.mark.parametrize("name", SENSORS)
def test_sensor_s_class_is_there(name: str) -> None:
    from st2reactor.sensor.base import PollingSensor, Sensor

    sensor = SENSORS[name]
    base = PollingSensor if "poll_interval" in sensor else Sensor
    module = load_module(PACK / "sensors" / sensor["entry_point"])
    assert only_class(module, base).__name__ == sensor["class_name"]


def schemas_within(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "type" in value and not isinstance(value["type"], dict):
            yield value
        for item in value.values():
            yield from schemas_within(item)


@pytest.mark.parametrize("name", [f"{REF}.attack_detected", f"{REF}.attack_ended"])
def test_payload_schema_is_the_attack_s(name: str) -> None:
    """``required: [a, b]`` registers in StackStorm, and then drops every payload; it belongs on
    each property."""
    payload = triggers()[name]["payload_schema"]
    for each in schemas_within(payload):
        assert isinstance(each.get("required", False), bool)
    attack = schema("attack")
    assert set(payload["properties"]) == set(attack["properties"])
    for key, it in payload["properties"].items():
        assert it.get("required", False) is (key in attack["required"]), key
        assert it["type"] == attack["properties"][key]["type"], key


# --- routes ---------------------------------------------------------------------------------------


def parameters_of(ref: str) -> dict[str, dict[str, Any]]:
    pack, _, name = ref.partition(".")
    if ref == "core.ask":  # StackStorm's own
        return {name: {} for name in ASK_PARAMETERS}
    assert pack == REF, f"{ref} is not of this pack"
    assert name in ACTIONS, f"no action {ref}"
    parameters: dict[str, dict[str, Any]] = ACTIONS[name]["parameters"]
    return parameters


def assert_call_fits(ref: str, given: dict[str, Any]) -> None:
    declared = parameters_of(ref)
    assert set(given) <= set(declared), ref
    assert {key for key, it in declared.items() if it.get("required")} <= set(given), ref


@pytest.mark.parametrize("name", ROUTES)
def test_route_s_trigger_and_action_are_there(name: str) -> None:
    route = ROUTES[name]
    assert_call_fits(route["action"]["ref"], route["action"].get("parameters", {}))
    if route["trigger"]["type"] == "core.st2.IntervalTimer":
        return
    assert route["trigger"]["type"] in triggers()
    fields = triggers()[route["trigger"]["type"]]["payload_schema"]["properties"]
    for criterion in route.get("criteria", {}):
        assert criterion.split(".")[1].partition("#")[0] in fields


def mitigating_routes(family: str) -> list[str]:
    found = []
    for name, route in ROUTES.items():
        criteria = route.get("criteria", {})
        if route["action"]["ref"] == f"{REF}.mitigate" and route["enabled"]:
            assert set(criteria) == {"trigger.family"}, f"{name} leaves attacks out"
            assert criteria["trigger.family"]["type"] == "equals"
            # As an object, hundreds of targets cost StackStorm seconds of processor time.
            assert route["action"]["parameters"] == {"attack_json": "{{ trigger | tojson }}"}, name
            found += [name] if criteria["trigger.family"]["pattern"] == family else []
    return found


@pytest.mark.parametrize("family", sorted({vector.family for vector in catalogue().values()}))
def test_no_attack_falls_through_and_none_is_mitigated_twice(family: str) -> None:
    assert len(mitigating_routes(family)) == 1


def test_no_route_waits_for_a_family_that_no_vector_has() -> None:
    families = {vector.family for vector in catalogue().values()}
    waiting = {
        route["criteria"]["trigger.family"]["pattern"]
        for route in ROUTES.values()
        if "trigger.family" in route.get("criteria", {})
    }
    assert waiting == families


def test_every_ended_attack_is_released() -> None:
    releasing = [
        route
        for route in ROUTES.values()
        if route["trigger"]["type"] == f"{REF}.attack_ended"
        and route["action"]["ref"] == f"{REF}.release"
    ]
    assert len(releasing) == 1
    assert releasing[0]["enabled"]
    assert not releasing[0].get("criteria")


# --- workflows ------------------------------------------------------------------------------------


def transitions(workflow: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], list[str]]]:
    for name, task in workflow["tasks"].items():
        for transition in task.get("next", []):
            targets = transition.get("do", [])
            targets = re.split(r"\s*,\s*", targets) if isinstance(targets, str) else targets
            yield name, transition, targets


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_takes_the_parameters_of_its_action(name: str) -> None:
    inputs = [
        it if isinstance(it, str) else next(iter(it)) for it in WORKFLOWS[name].get("input", ())
    ]
    assert inputs == list(ACTIONS[name]["parameters"])


@pytest.mark.parametrize("name", WORKFLOWS)
def test_each_task_s_action_is_there_and_takes_its_input(name: str) -> None:
    for task in WORKFLOWS[name]["tasks"].values():
        if "action" in task:  # A task without one only branches.
            assert_call_fits(task["action"], task.get("input", {}))


@pytest.mark.parametrize("name", WORKFLOWS)
def test_each_task_is_there_and_can_be_reached(name: str) -> None:
    tasks = WORKFLOWS[name]["tasks"]
    reached = {
        target for _task, _transition, targets in transitions(WORKFLOWS[name]) for target in targets
    }
    assert reached <= {*tasks, *ENGINE_COMMANDS}
    starts = set(tasks) - reached
    assert len(starts) == 1, "one task starts the workflow"


@pytest.mark.parametrize("name", WORKFLOWS)
def test_each_variable_is_there_before_it_is_read(name: str) -> None:
    workflow = WORKFLOWS[name]
    known = set(ACTIONS[name]["parameters"])
    known |= {key for it in workflow.get("vars", []) for key in it}
    known |= {
        key
        for _task, transition, _targets in transitions(workflow)
        for it in transition.get("publish", [])
        for key in it
    }
    assert set(re.findall(r"ctx\(\)\.(\w+)", yaml.dump(workflow))) <= known


@pytest.mark.parametrize("name", WORKFLOWS)
def test_output_is_there_however_the_workflow_ends(name: str) -> None:
    """Orquesta renders the output of a failed workflow too, and a variable that nobody has set is
    then a second error."""
    workflow = WORKFLOWS[name]
    always = set(ACTIONS[name]["parameters"]) | {
        key for it in workflow.get("vars", ()) for key in it
    }
    assert set(re.findall(r"ctx\(\)\.(\w+)", yaml.dump(workflow.get("output")))) <= always


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_expressions_are_jinja(name: str) -> None:
    environment = jinja2.Environment(autoescape=False)
    for text in texts(WORKFLOWS[name]):
        assert "<%" not in text, "YAQL"
        for expression in re.findall(r"{{(.*?)}}", text):
            environment.compile_expression(expression)


# --- aliases --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ALIASES)
def test_alias_s_action_takes_its_words(name: str) -> None:
    alias = ALIASES[name]
    formats = [text for it in alias["formats"] for text in it["representation"]]
    words = {word for text in formats for word in re.findall(r"{{\s*(\w+)", text)}
    words |= set(alias.get("immutable_parameters", {}))
    assert words <= set(parameters_of(alias["action_ref"]))


# --- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("actions/workflows", "workflows"),
        ("actions/lib/flowtriq_flowspec", "lib/flowtriq_flowspec"),
        ("sensors/flowtriq_flowspec", "lib/flowtriq_flowspec"),
    ],
)
def test_symlink_is_alive(link: str, target: str) -> None:
    path = PACK / link
    assert path.is_symlink()
    assert not path.readlink().is_absolute()
    assert path.resolve() == (PACK / target).resolve()


def test_icon_is_a_whole_square_picture() -> None:
    """PNG: a signature, then chunks of length, type, data and CRC."""
    icon = (PACK / "icon.png").read_bytes()
    assert icon.startswith(b"\x89PNG\r\n\x1a\n")
    chunks, at = [], 8
    while at < len(icon):
        (length,) = struct.unpack_from(">I", icon, at)
        kind, data = icon[at + 4 : at + 8], icon[at + 8 : at + 8 + length]
        assert icon[at + 8 + length : at + 12 + length] == struct.pack(
            ">I", zlib.crc32(kind + data)
        )
        chunks.append((kind, data))
        at += 12 + length
    assert (chunks[0][0], chunks[-1][0]) == (b"IHDR", b"IEND")
    width, height = struct.unpack_from(">II", chunks[0][1])
    assert width == height >= 64
    assert zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
