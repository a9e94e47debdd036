"""StackStorm's interval timer in the embedded engine, and the refusal of whatever else it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from flowtriq_flowspec_embedded.pack import loader
from flowtriq_flowspec_embedded.pack.yaml_source import PackError

from .conftest import Stack
from .packs import write_pack

RULE = """
name: tick
enabled: true
trigger:
  type: core.st2.IntervalTimer
  parameters: {unit: seconds, delta: 1}
action:
  ref: small.mark
  parameters: {text: tick}
"""


def test_it_fires_again_and_again_and_leaves_no_record(stack: Stack) -> None:
    (stack.folder / "rules/tick.yaml").write_text(RULE, encoding="utf-8")
    stack.up_and_ready()
    assert [stack.marks.next() for _ in range(2)] == ["tick", "tick"]
    assert stack.executions() == []
    assert stack.stop() == 0


def test_a_failure_is_kept_and_the_timer_goes_on(stack: Stack) -> None:
    rule = RULE.replace("text: tick", "text: raise")
    (stack.folder / "rules/tick.yaml").write_text(rule, encoding="utf-8")
    stack.up_and_ready()
    assert [stack.marks.next() for _ in range(2)] == ["raise", "raise"]
    assert stack.stop() == 0
    failed = stack.executions()
    assert len(failed) >= 2
    assert {(it["status"], it["action"], it["route"]) for it in failed} == {
        ("failed", "small.mark", "small.tick")
    }


FLOW_RULE = RULE.replace("small.mark", "small.ticking").replace("{text: tick}", "{}")
FLOW = {
    "actions/ticking.yaml": """
name: ticking
runner_type: orquesta
entry_point: workflows/ticking.yaml
parameters: {}
""",
    "actions/workflows/ticking.yaml": """
version: 1.0
tasks:
  first:
    action: small.mark
    input: {text: tick}
    next:
      - when: "{{ succeeded() }}"
        do: second
  second:
    action: small.mark
    input: {text: tock}
""",
    "rules/tick.yaml": FLOW_RULE,
}


def test_it_runs_a_workflow_and_leaves_no_record(stack: Stack) -> None:
    write_pack(stack.folder, FLOW)
    stack.up_and_ready()
    assert [stack.marks.next() for _ in range(4)] == ["tick", "tock", "tick", "tock"]
    assert stack.executions() == []
    assert stack.stop() == 0


def test_the_failure_of_a_workflow_is_kept(stack: Stack) -> None:
    flow = "actions/workflows/ticking.yaml"
    write_pack(stack.folder, {**FLOW, flow: FLOW[flow].replace("text: tock", "text: raise")})
    stack.up_and_ready()
    assert [stack.marks.next() for _ in range(4)] == ["tick", "raise", "tick", "raise"]
    assert stack.stop() == 0
    assert {(it["status"], it["action"], it["route"]) for it in stack.executions()} == {
        ("failed", "small.ticking", "small.tick")
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("input: {text: tick}", "input: {text: tick}\n    delay: 1"),
        ("input: {text: tick}", "input: {text: tick}\n    retry: {count: 1}"),
        (
            "action: small.mark\n    input: {text: tock}",
            "action: small.flow\n    input: {attack: {}}",
        ),
    ],
)
def test_a_workflow_that_must_wait_is_refused(old: str, new: str, tmp_path: Path) -> None:
    flow = "actions/workflows/ticking.yaml"
    assert old in FLOW[flow]
    write_pack(tmp_path, {**FLOW, flow: FLOW[flow].replace(old, new)})
    with pytest.raises(PackError, match="workflow on a timer"):
        loader.load(tmp_path)


def test_one_that_is_switched_off_does_not_fire(stack: Stack) -> None:
    off, on = RULE.replace("true", "false").replace("text: tick", "text: off"), RULE
    (stack.folder / "rules/off.yaml").write_text(off, encoding="utf-8")
    (stack.folder / "rules/tick.yaml").write_text(on, encoding="utf-8")
    stack.up_and_ready()
    assert [stack.marks.next() for _ in range(2)] == ["tick", "tick"]


@pytest.mark.parametrize("unit", ["minutes", "hours", "days", "weeks"])
def test_units(unit: str, tmp_path: Path) -> None:
    write_pack(
        tmp_path, {"rules/tick.yaml": RULE.replace("seconds, delta: 1", f"{unit}, delta: 2")}
    )
    (route,) = (it for it in loader.load(tmp_path).routes if it.ref == "small.tick")
    wanted = {"minutes": 120, "hours": 7200, "days": 172_800, "weeks": 1_209_600}
    assert route.every_seconds == wanted[unit]


@pytest.mark.parametrize(
    ("old", "new", "construct"),
    [
        ("IntervalTimer", "CronTimer", "CronTimer"),
        ("IntervalTimer", "DateTimer", "DateTimer"),
        ("unit: seconds", "unit: months", "months"),
        ("delta: 1", "delta: 0", "delta is 0"),
        ("delta: 1", "delta: 0.5", "delta is 0.5"),
        ("delta: 1", "delta: '1'", "delta is '1'"),
        (", delta: 1", "", "delta is missing"),
        ("delta: 1", "delta: 1, timezone: UTC", "timezone"),
        ("  parameters: {unit: seconds, delta: 1}\n", "", "parameters is missing"),
        ("action:\n", "criteria: {trigger.a: {type: exists, pattern: x}}\naction:\n", "criteria"),
        ("text: tick", "text: '{{ trigger.executed_at }}'", "trigger"),
        ("small.mark", "small.flow", "task .second. .* delay or retry"),
    ],
)
def test_what_is_refused(old: str, new: str, construct: str, tmp_path: Path) -> None:
    assert old in RULE
    write_pack(tmp_path, {"rules/tick.yaml": RULE.replace(old, new)})
    with pytest.raises(PackError, match=construct) as refusal:
        loader.load(tmp_path)
    assert "tick.yaml:" in str(refusal.value)
