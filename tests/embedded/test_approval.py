"""The whole way with the pack itself: alert, question, answer, and what the router then holds."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flowtriq_flowspec.adapter_client import AdapterClient

from ..lab import commands
from ..lab.adapter import session_is_up
from ..lab.bgp_listener import BGPListener
from ..lab.ports import free_port
from ..lab.waiting import wait_until

ROOT = Path(__file__).resolve().parents[2]
FLOWSPEC = Path(sys.executable).with_name("flowspec")
HELD_BACK, AT_ONCE = "203.0.113.45", "203.0.113.46"


class House:
    """ExaBGP with the adapter, and ``flowspec up`` with this pack, where SYN floods need approval
    and UDP floods need none."""

    def __init__(self, folder: Path, adapter: Path) -> None:
        self.port = free_port()
        config = {
            "providers": [
                {"name": "edge", "adapter_socket": str(adapter), "withdraw_after_seconds": 1}
            ],
            "vectors": {"syn_flood": {"approval": "required"}},
            "webhook": {"port": self.port},
            "senders": {"alertmanager": {"token": "lab"}},
        }
        (folder / "pack.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        self.stack = folder / "stack.yaml"
        self.stack.write_text("pack_config: pack.yaml\ndatabase: engine.sqlite3\n")
        self.adapter = AdapterClient(str(adapter))
        self._log = (folder / "log").open("w")
        self.process = subprocess.Popen(
            [FLOWSPEC, "up", "--config", str(self.stack), "--pack", str(ROOT)], stderr=self._log
        )
        wait_until(self._listens)

    def stop(self) -> None:
        self.process.terminate()
        assert self.process.wait(timeout=30) == 0
        self._log.close()

    def _listens(self) -> bool:
        with socket.socket() as door:
            return door.connect_ex(("127.0.0.1", self.port)) == 0

    def alert(self, host: str, vector: str = "syn_flood", status: str = "firing") -> None:
        body = json.loads((ROOT / "examples/demo/alertmanager-syn-flood.json").read_text())
        (alert,) = body["alerts"]
        alert.update(status=status, fingerprint=host.replace(".", "0"))
        alert["labels"].update(target=host, attack_vector=vector)
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/alertmanager",
            json.dumps(body).encode(),
            {"Authorization": "Bearer lab"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 202

    def flowspec(self, *words: str) -> str:
        done = commands.flowspec(*words, "--config", self.stack)
        assert done.exit_code == 0, done.output
        return done.stdout

    def inquiries(self) -> list[str]:
        return [each["id"] for each in json.loads(self.flowspec("inquiry", "list", "--json"))]

    def the_inquiry(self) -> str:
        wait_until(lambda: len(self.inquiries()) == 1)
        return self.inquiries()[0]

    def respond(self, inquiry_id: str, *, approved: bool) -> None:
        answer = json.dumps({"approved": approved})
        self.flowspec("inquiry", "respond", inquiry_id, "--response", answer)

    def outcomes(self) -> list[str]:
        """Of the workflow mitigate, oldest first; None while one runs."""
        found = json.loads(self.flowspec("executions", "--json"))
        return [each["outcome"] for each in found if each["action"].endswith(".mitigate")][::-1]

    def targets(self) -> set[str]:
        return {rule["match"]["destination"].partition("/")[0] for rule in self.adapter.rules()}


@pytest.fixture
def house(
    tmp_path: Path, listener: BGPListener, start_exabgp: Callable[..., Any]
) -> Iterator[House]:
    # A Unix socket's path has room for about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="fs") as short:
        door = Path(short) / "adapter.sock"
        settings = {
            "socket": {"path": str(door)},
            "database": str(tmp_path / "registry.sqlite"),
            "guardrails": {"allowed_destinations": ["203.0.113.0/24"]},
        }
        (tmp_path / "adapter.yaml").write_text(yaml.safe_dump(settings))
        program = Path(sys.executable).with_name("flowtriq-exabgp-adapter")
        start_exabgp([listener], process=[str(program), "--config", str(tmp_path / "adapter.yaml")])
        wait_until(lambda: session_is_up(door))
        running = House(tmp_path, door)
        yield running
        running.stop()


@pytest.mark.parametrize("exabgp_version", ["5.0.15"])
def test_rules_that_need_approval_wait_and_the_others_do_not(
    house: House, listener: BGPListener
) -> None:
    house.alert(HELD_BACK)
    inquiry_id = house.the_inquiry()
    house.alert(AT_ONCE, "udp_flood")
    wait_until(lambda: house.targets() == {AT_ONCE})
    house.alert(HELD_BACK)  # again, while the question is open
    wait_until(lambda: house.outcomes() == [None, "mitigated", "awaiting_approval"])
    assert house.inquiries() == [inquiry_id]
    house.respond(inquiry_id, approved=True)
    wait_until(lambda: house.targets() == {AT_ONCE, HELD_BACK})
    assert listener.wait_for(lambda: len(listener.table) == 2)
    wait_until(lambda: house.outcomes() == ["mitigated", "mitigated", "awaiting_approval"])
    house.alert(HELD_BACK)
    wait_until(lambda: house.outcomes()[3:] == ["mitigated"])
    assert house.inquiries() == [], "what was approved is renewed"


@pytest.mark.parametrize("exabgp_version", ["5.0.15"])
def test_a_no_and_an_answer_that_comes_too_late(house: House, listener: BGPListener) -> None:
    house.alert(HELD_BACK)
    house.respond(house.the_inquiry(), approved=False)
    wait_until(lambda: house.outcomes() == ["unmitigated"])
    house.alert(AT_ONCE)
    late = house.the_inquiry()
    house.alert(AT_ONCE, status="resolved")
    wait_until(lambda: house.adapter.history(1, ["attack_ended"]) != [])
    house.respond(late, approved=True)
    wait_until(lambda: house.outcomes() == ["unmitigated", "ended"])
    assert house.targets() == set()
    assert listener.table == {}
