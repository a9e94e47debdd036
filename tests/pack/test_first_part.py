"""The first part of a large attack is alone, until its rules are announced."""

from __future__ import annotations

import json
import logging
import threading
from typing import Any

import pytest
from flowtriq_flowspec.attack import Attack
from flowtriq_flowspec.config.pack import PackConfig

from ..lab.waiting import eventually
from .acting import CONFIG, CORE, EDGE, attack, run
from .conftest import PACK, SensorService, load_module

SEEN_AT = 1_767_268_800.0
LARGE = [(f"203.0.113.{number}/32", f"alertmanager:{number:x}") for number in range(1, 255)]


class Engine(SensorService):
    """``carries_out`` what it is given first, as soon as somebody asked for it. ``alone``: whether
    that was done when the second part came."""

    def __init__(self, adapters: dict[str, Any], *, carries_out: bool) -> None:
        super().__init__()
        self.adapters, self.carries_out = adapters, carries_out
        self.asked = self.alone = False
        self.done = threading.Event()

    def dispatch(
        self, trigger: str, payload: dict[str, Any] | None = None, trace_tag: str | None = None
    ) -> None:
        super().dispatch(trigger, payload, trace_tag)
        if len(self.dispatched) == 1 and self.carries_out:
            threading.Thread(target=self._carry_out, args=(payload,), daemon=True).start()
        if len(self.dispatched) == 2:
            self.alone = self.done.is_set()

    def _carry_out(self, payload: dict[str, Any]) -> None:
        assert eventually(self.was_asked)
        run("plan_and_announce", attack=json.dumps(payload))
        self.done.set()

    def was_asked(self) -> bool:
        calls = self.adapters[EDGE].calls + self.adapters[CORE].calls
        return any(name == "rule" and not body for name, body in calls)


def dispatched(engine: Engine, monkeypatch: pytest.MonkeyPatch, **more: Any) -> int:
    """How many parts of a large attack were dispatched."""
    monkeypatch.setattr("flowtriq_flowspec.playbook.cutting.TARGETS_PER_ATTACK", 100)
    sensors = PACK / "sensors"
    config = PackConfig.from_dict(CONFIG)
    module = load_module(sensors / "flowspec_reporting.py")
    if not engine.carries_out:
        monkeypatch.setattr(module, "_FIRST_SECONDS", 0.3)
    reporting = module.Reporting(engine, config.providers, logging.getLogger("test"))
    large = Attack.from_payload(attack(*LARGE, **more))
    try:
        load_module(sensors / "flowspec_dispatch.py").dispatch(
            reporting, config, large, SEEN_AT, reporting.wait_for_first
        )
    finally:
        reporting.stop()
    return len(engine.dispatched)


def test_the_others_follow_when_it_is_done(
    adapters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(adapters, carries_out=True)
    assert dispatched(engine, monkeypatch) == 4
    assert engine.alone


@pytest.mark.parametrize("down", [False, True], ids=["not done", "no adapter answers"])
def test_they_follow_soon_in_any_case(
    adapters: dict[str, Any], monkeypatch: pytest.MonkeyPatch, down: bool
) -> None:
    for adapter in adapters.values():
        adapter.answers_left = 0 if down else None
    assert dispatched(Engine(adapters, carries_out=False), monkeypatch) == 4


@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_after_a_long_wait_the_next_attack_does_not_wait(
    adapters: dict[str, Any], monkeypatch: pytest.MonkeyPatch, long: bool
) -> None:
    module = load_module(PACK / "sensors" / "flowspec_reporting.py")
    monkeypatch.setattr(module, "_LONG_SECONDS", 0.0 if long else 30.0)
    engine = Engine(adapters, carries_out=False)
    reporting = module.Reporting(
        engine, PackConfig.from_dict(CONFIG).providers, logging.getLogger("test")
    )
    first = Attack.from_payload(attack(*LARGE))
    asked = []
    for _ in range(2):
        for adapter in adapters.values():
            adapter.calls.clear()
        reporting.wait_for_first(first, SEEN_AT)
        asked.append(engine.was_asked())
    reporting.stop()
    assert asked == [True, not long]


def test_nothing_waits_for_an_end(
    adapters: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(adapters, carries_out=False)
    assert dispatched(engine, monkeypatch, status="ended") == 4
    assert not engine.was_asked()
