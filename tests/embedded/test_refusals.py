"""What the engine does not run is refused when a pack is loaded: file, line and construct."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flowtriq_flowspec_embedded.pack import loader
from flowtriq_flowspec_embedded.pack.yaml_source import PackError

from .packs import FILES, write_pack

REPOSITORY = Path(__file__).resolve().parents[2]
FLOW = "actions/workflows/flow.yaml"
RULE = "rules/flow.yaml"

REFUSED = {
    "YAQL": (FLOW, "{{ ctx().attack.name }}-second", "<% ctx().attack %>", "YAQL"),
    "blocks": (FLOW, "{{ ctx().attack.name }}-second", "{% if 1 %}x{% endif %}", "blocks"),
    "two lines": (FLOW, '"{{ ctx().attack.name }}-second"', '"{{ ctx()\\n }}"', "one line"),
    "syntax": (FLOW, "{{ ctx().attack.name }}-second", "{{ 1 + }}", "unexpected|Expected"),
    "function": (FLOW, "{{ ctx().attack.name }}-second", "{{ st2kv('a') }}", "st2kv"),
    "filter": (
        FLOW,
        "{{ ctx().attack.name }}-second",
        "{{ 1 | to_json_string }}",
        "to_json_string",
    ),
    "result in an input": (FLOW, "{{ ctx().attack.name }}-second", "{{ result() }}", "result"),
    "the whole context": (FLOW, "{{ ctx().attack.name }}-second", "{{ ctx() }}", "a name of the"),
    "its methods": (
        FLOW,
        "{{ ctx().attack.name }}-second",
        "{{ ctx().get('a') }}",
        "a name of the",
    ),
    "unknown name": (FLOW, "{{ ctx().attack.name }}-second", "{{ ctx().nobody }}", "ctx...nobody"),
    "a name behind default": (
        FLOW,
        "{{ ctx().attack.name }}-second",
        "{{ ctx().nobody | default(1) }}",
        "nobody",
    ),
    "task key": (FLOW, "    delay:", "    timeout: 5\n    delay:", "timeout"),
    "transition key": (FLOW, "do: second}", "do: second, after: 1}", "after"),
    "retry command": (FLOW, "do: second", "do: retry", "retry"),
    "no such task": (FLOW, "do: second", "do: third", "third"),
    "fail beside others": (FLOW, "do: second", "do: [second, fail]", "fail"),
    "loop": (FLOW, '-second"}\n', '-second"}\n    next: [{do: second}]\n', "loop"),
    "join": (FLOW, "    delay:", "    join: all\n    delay:", "'join' is not supported"),
    "items": (FLOW, "    delay:", "    with: '{{ [1] }}'\n    delay:", "'with' is not supported"),
    "a key that is no text": (FLOW, "{text:", "{1: x, text:", "key 1 is not a text"),
    "no criterion's pattern": (RULE, ", pattern: nobody", "", "pattern is missing"),
    "no author": ("pack.yaml", "author: nobody", "", "author is missing"),
    "a setting's type": ("config.schema.yaml", "type: string", "type: text", "type is 'text'"),
    "reserved name": (FLOW, "  second:", "  noop: {action: small.mark}\n  second:", "reserved"),
    "a delay of words": (FLOW, '"{{ ctx().attack.delay | default(0) }}"', "soon", "soon"),
    "no such action": (FLOW, "action: small.mark", "action: small.nothing", "small.nothing"),
    "an action's expression": (
        FLOW,
        "action: small.mark",
        "action: '{{ 1 }}'",
        "1 }} does not exist",
    ),
    "inline parameters": (FLOW, "action: small.mark", "action: small.mark a=1", "does not exist"),
    "no such parameter": (FLOW, "{text:", "{words:", "words"),
    "missing parameter": (FLOW, 'input: {text: "{{ ctx().attack.name }}"}', "", "text"),
    "input that is no parameter": (FLOW, "input: [attack]", "input: [attack, more]", "more"),
    "version": (FLOW, "version: 1.0", "version: 2.0", "version"),
    "not a mapping": (FLOW, FILES[FLOW], "- 1\n", "not a mapping"),
    "no workflow file": (
        "actions/flow.yaml",
        "workflows/flow.yaml",
        "workflows/no.yaml",
        "no.yaml",
    ),
    "runner": ("actions/mark.yaml", "python-script", "remote-shell-cmd", "remote-shell-cmd"),
    "action key": ("actions/mark.yaml", "name: mark", "name: mark\npolicies: {}", "policies"),
    "a default's expression": (
        "actions/mark.yaml",
        "folder: {type: string}",
        "folder: {type: string, default: '{{ config_context.a }}'}",
        "config_context",
    ),
    "parameter type": (
        "actions/mark.yaml",
        "folder: {type: string}",
        "folder: {type: text}",
        "text",
    ),
    "operator": (RULE, "nequals", "search", "search"),
    "criterion's path": (RULE, "trigger.name", "'trigger.name[*]'", "trigger.<field>"),
    "pattern's expression": (RULE, "nobody", "'{{ st2kv.system.a }}'", "pattern"),
    "trigger": (RULE, "small.posted", "core.st2.webhook", "core.st2.webhook"),
    "trigger parameters": (
        RULE,
        "{type: small.posted}",
        "{type: small.posted, parameters: {}}",
        "param",
    ),
    "rule's action": (RULE, "small.flow", "core.local", "core.local"),
    "rule's parameter": (RULE, "{attack:", "{strike:", "strike"),
    "rule key": (RULE, "enabled: true", "enabled: true\ncontext: {}", "context"),
    "nested expression": (RULE, '"{{ trigger }}"', '{a: "{{ trigger }}"}', "within a mapping"),
    "required as a list": (
        "sensors/post.yaml",
        "      properties:",
        "      required: [name]\n      properties:",
        "required",
    ),
    "written twice": (RULE, "enabled: true", "enabled: true\nenabled: false", "enabled is written"),
    "broken YAML": (RULE, "enabled: true", "enabled: [true", "line"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_file_line_and_construct(name: str, tmp_path: Path) -> None:
    file, old, new, construct = REFUSED[name]
    assert old in FILES[file]
    write_pack(tmp_path, {file: FILES[file].replace(old, new, 1)})
    with pytest.raises(PackError, match=construct) as refusal:
        loader.load(tmp_path)
    where = r"\w+/(\w+/)?[\w.]+\.yaml(:\d+: |: .*line \d+)"
    assert re.search(where, str(refusal.value), re.DOTALL), refusal.value


def test_the_line_is_that_of_the_construct(tmp_path: Path) -> None:
    write_pack(tmp_path, {RULE: FILES[RULE].replace("nequals", "search")})
    with pytest.raises(PackError) as refusal:
        loader.load(tmp_path)
    assert str(refusal.value) == (f"{tmp_path / RULE}:6: operator 'search' is not supported")


def test_policies_are_refused(tmp_path: Path) -> None:
    write_pack(tmp_path, {"policies/retry.yaml": "name: retry\n"})
    with pytest.raises(PackError, match=r"retry.yaml:1: execution policies"):
        loader.load(tmp_path)


def test_the_first_refusal_of_a_file_is_named(tmp_path: Path) -> None:
    workflow = (
        FILES[FLOW].replace("    delay:", "    with: x\n    delay:").replace("do: second", "to: x")
    )
    write_pack(tmp_path, {FLOW: workflow})
    with pytest.raises(PackError, match=r"flow.yaml:8: 'to' is not supported here"):
        loader.load(tmp_path)


def test_an_alias_that_stackstorm_would_not_register_is_refused(tmp_path: Path) -> None:
    write_pack(tmp_path, {"aliases/mark.yaml": "name: mark\npack: small\nformat: mark\n"})
    with pytest.raises(PackError, match=r"mark.yaml:1: description is missing"):
        loader.load(tmp_path)


def test_the_pack_of_this_repository_loads() -> None:
    loaded = loader.load(REPOSITORY)
    assert {"flowtriq_flowspec.mitigate", "flowtriq_flowspec.release"} <= set(loaded.actions)
    assert {route.action for route in loaded.routes} <= set(loaded.actions)
    assert set(loaded.triggers) == {
        f"flowtriq_flowspec.{name}"
        for name in (
            *("alerts_refused", "attack_detected", "attack_ended", "providers_differ"),
            *("approval_needed", "attack_mitigated", "attack_over", "attack_unmitigated"),
            *("kill_switch_changed", "people_to_tell", "rule_announced", "rule_quarantined"),
            *("rule_withdrawn", "session_changed"),
        )
    }
