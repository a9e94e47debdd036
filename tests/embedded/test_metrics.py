"""The embedded engine's own figures, from outside: alerts taken, executions, what waits."""

from __future__ import annotations

import subprocess
import time
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from ..lab.ports import free_port
from ..lab.waiting import eventually, wait_until
from .conftest import FLOWSPEC, Stack

ENGINE = "flowtriq_flowspec_engine"
HANGING = """
import pathlib, time
from st2common.runners.base_action import Action

class Hang(Action):
    def run(self, text, folder=None):
        while not pathlib.Path(self.config["folder"], "go-on").exists():
            time.sleep(0.05)
"""


@pytest.fixture
def port(stack: Stack) -> int:
    port = free_port()
    with (stack.folder / "stack.yaml").open("a", encoding="utf-8") as settings:
        settings.write(f"metrics: 127.0.0.1:{port}\n")
    return port


def figures(port: int) -> dict[tuple[str, ...], float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return {
        (sample.name.replace(f"{ENGINE}_", ""), *sample.labels.values()): sample.value
        for metric in text_string_to_metric_families(text)
        for sample in metric.samples
        if not sample.name.endswith("_created")
    }


def test_what_was_taken_and_what_became_of_it(stack: Stack, port: int) -> None:
    stack.up_and_ready()
    assert figures(port) == {
        ("triggers_total", "small.posted"): 0,
        **{("executions_total", status): 0 for status in ("succeeded", "failed", "timeout")},
        **{
            ("open_executions", status): 0 for status in ("running", "delayed", "paused", "pending")
        },
        ("waiting_seconds",): 0,
    }
    stack.post(name="a")
    stack.post(name="raise")
    wait_until(lambda: figures(port)["executions_total", "failed"])
    wait_until(lambda: figures(port)["executions_total", "succeeded"])
    assert figures(port)["triggers_total", "small.posted"] == 2
    assert figures(port)["waiting_seconds",] == 0


def test_an_alert_that_is_taken_and_not_executed_waits(stack: Stack, port: int) -> None:
    (stack.folder / "actions/mark.py").write_text(HANGING, encoding="utf-8")
    stack.up_and_ready()
    assert figures(port)["waiting_seconds",] == 0
    assert stack.post(name="a") == "202"
    wait_until(lambda: figures(port)["waiting_seconds",] > 1.5)
    assert figures(port)["open_executions", "running"] == 1
    (stack.folder / "go-on").touch()
    assert eventually(lambda: figures(port)["waiting_seconds",] == 0)


def test_a_delay_and_a_question_wait_for_nothing(stack: Stack, port: int) -> None:
    stack.up_and_ready()
    assert stack.post(name="a", delay=60) == "202"
    wait_until(lambda: figures(port)["open_executions", "running"] == 1)
    wait_until(lambda: figures(port)["waiting_seconds",] == 0)


def test_after_kill_9_nobody_answers(stack: Stack, port: int) -> None:
    stack.up_and_ready()
    figures(port)
    stack.kill()
    with pytest.raises(urllib.error.URLError):
        figures(port)


def test_a_port_that_is_taken_is_said_in_one_sentence(stack: Stack, port: int) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", port))
        taken.listen()
        command = [FLOWSPEC, "up", "--config", "stack.yaml", "--pack", "."]
        done = subprocess.run(
            command, cwd=stack.folder, capture_output=True, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert f"metrics: cannot listen on 127.0.0.1 port {port}" in done.stderr
    assert "Traceback" not in done.stderr


def test_when_a_timer_last_ran(stack: Stack, port: int) -> None:
    (stack.folder / "rules/tick.yaml").write_text(
        "name: tick\n"
        "enabled: true\n"
        "trigger: {type: core.st2.IntervalTimer, parameters: {unit: seconds, delta: 1}}\n"
        "action: {ref: small.mark, parameters: {text: tick}}\n",
        encoding="utf-8",
    )
    stack.up_and_ready()
    assert stack.marks.next() == "tick"
    key = ("timer_last_tick_timestamp_seconds", "tick")
    wait_until(lambda: key in figures(port))
    assert abs(time.time() - figures(port)[key]) < 60
