"""flowspec reload: the engine takes up the pack's changed configuration, all of it or nothing."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from click.testing import Result

from ..lab import commands
from ..lab.engine import Engine
from ..lab.waiting import wait_until

OLD, NEW = "the-old-token-of-the-sender", "the-new-token-of-the-sender"
ALERT = {"id": "a1", "status": "started", "target": "203.0.113.45", "vector": "udp_flood"}


def config(folder: Path, token: str = OLD, **more: Any) -> dict[str, Any]:
    provider = {"name": "edge", "adapter_socket": str(folder / "none.sock")}
    return {"providers": [provider], "senders": {"generic": {"token": token}}, **more}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("engine")
    running = Engine(folder, config(folder))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def file(engine: Engine) -> Iterator[Path]:
    """The pack's configuration, put back afterwards."""
    path = engine.log.with_name("pack.yaml")
    before = path.read_text()
    yield path
    path.write_text(before)


def reload(engine: Engine) -> Any:
    done = ask(engine, "--json", "--reason", "a test")
    return json.loads(done.stdout)["engine"]


def ask(engine: Engine, *options: str) -> Result:
    stack = engine.log.with_name("stack.yaml")
    return commands.flowspec("reload", "--config", stack, *options)


def orders(engine: Engine) -> list[dict[str, Any]]:
    """The others may be still at work: an earlier test's refused alert, for one."""
    return [each for each in engine.executions() if each["action"] == "core.reload"]


def change(file: Path, **settings: Any) -> None:
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), **settings}))


def status(engine: Engine, token: str) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    url = f"{engine.url}/generic"
    return requests.post(url, headers=headers, json={"alerts": []}, timeout=20).status_code


def test_sensors_and_actions_take_it_up_and_no_secret_is_shown(engine: Engine, file: Path) -> None:
    before = file.read_text()
    assert status(engine, NEW) == 401
    senders = {"generic": {"token": NEW}}
    edge = {**yaml.safe_load(file.read_text())["providers"][0], "dry_run": True}
    change(file, senders=senders, providers=[edge])
    changed = sorted(reload(engine)["changed"], key=lambda each: each["setting"])
    assert changed == [
        {"setting": "providers.edge.dry_run", "old": None, "new": True},
        {"setting": "senders.generic.token", "old": "(secret)", "new": "(secret)"},
    ]
    assert status(engine, OLD) == 401
    assert status(engine, NEW) != 401
    # The list of executions says who did it, and what it was.
    (newest, *_) = orders(engine)
    assert newest["status"] == "succeeded"
    assert NEW not in engine.log.read_text()
    file.write_text(before)
    reload(engine)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("providers: [", "cannot be read: "),
        ("provider: []\nproviders: []", "did you mean providers"),
        ("providers: []", "providers has 0 items"),
    ],
)
def test_a_file_that_is_wrong_is_refused_before_anything_is_asked(
    engine: Engine, file: Path, text: str, words: str
) -> None:
    before_it = orders(engine)
    before = file.read_text()
    file.write_text(text)
    done = ask(engine)
    file.write_text(before)
    assert done.exit_code == 1
    assert words in done.output, done.output
    assert "Traceback" not in done.output
    assert orders(engine) == before_it
    assert status(engine, OLD) != 401


def test_where_one_sensor_cannot_take_it_all_go_on_as_before(engine: Engine, file: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        change(file, webhook={"port": port}, senders={"generic": {"token": NEW}})
        (error,) = reload(engine)["errors"]
    assert error == f"webhook: 127.0.0.1:{port} cannot be served: Address already in use"
    wait_until(lambda: status(engine, OLD) != 401, lambda: engine.log.read_text())
    assert status(engine, NEW) == 401


def test_another_setting_of_the_stack_needs_a_restart(engine: Engine, file: Path) -> None:
    stack = engine.log.with_name("stack.yaml")
    before = stack.read_text()
    change(file, senders={"generic": {"token": NEW}})
    stack.write_text(f"{before}metrics: 127.0.0.1:19191\n")
    try:
        (error,) = reload(engine)["errors"]
    finally:
        stack.write_text(before)
    assert error == f"{stack}: metrics changed: that needs a restart of flowspec up"
    assert status(engine, NEW) == 401


def test_no_execution_is_lost(engine: Engine, file: Path) -> None:
    headers = {"Authorization": f"Bearer {OLD}"}
    sent = requests.post(
        f"{engine.url}/generic", headers=headers, json={"alerts": [ALERT]}, timeout=20
    )
    assert sent.status_code < 300, sent.text
    change(file, approvals={"minutes": 7})
    assert [each["setting"] for each in reload(engine)["changed"]] == ["approvals.minutes"]

    def ended() -> bool:
        found = [each for each in engine.executions() if "203.0.113.45" in each["about"]]
        return bool(found) and all(each["status"] in ("succeeded", "failed") for each in found)

    wait_until(ended, lambda: str(engine.executions()), 60)


def test_without_an_engine_that_is_said(tmp_path: Path) -> None:
    idle = Engine(tmp_path, config(tmp_path))
    (error,) = reload(idle)["errors"]
    assert error == "no engine has taken the order within 10 s: is flowspec up running?"
