"""The embedded engine killed at random points: what a sender was told with 202 happens, all of it.

Attacks begin and end; the engine is killed at any moment of that and started again, and whoever got
no 202 posts again, as senders do. At the end every workflow is over, and the router has a rule for
each attack that goes on and for no other. A round is made from its seed alone, as in test_chaos.py:
FLOWSPEC_ENGINE_ROUNDS sets how many, FLOWSPEC_ENGINE_SEED the first; without the former `make test`
takes one and `make test-long` three more.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.lab import flowspec_nlri
from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.engine import Engine
from tests.lab.exabgp import ExaBGP

ROUNDS = int(os.environ.get("FLOWSPEC_ENGINE_ROUNDS", "4"))
FURTHER = () if "FLOWSPEC_ENGINE_ROUNDS" in os.environ else pytest.mark.long
FIRST_SEED = int(os.environ.get("FLOWSPEC_ENGINE_SEED", "1"))
STEPS = 12
PATIENCE_SECONDS = 60.0
TOKEN = "t" * 32
VECTORS = ("syn_flood", "ntp_amplification", "icmp_flood")
NETWORK = {"allowed_destinations": ["203.0.113.0/24"]}


class Round:
    def __init__(self, seed: int, folder: Path, adapter: Adapter) -> None:
        self.random = random.Random(seed)
        provider = {
            "name": "edge",
            "adapter_socket": str(adapter.socket),
            "withdraw_after_seconds": 1,
        }
        self.engine = Engine(
            folder, {"providers": [provider], "senders": {"generic": {"token": TOKEN}}}
        )
        self.going_on: list[dict[str, str]] = []
        self.hosts = iter(range(1, 255))
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        self.engine.start()
        for _ in range(STEPS):
            step = self.random.choice([self.begin, self.begin, self.end, self.begin_and_end])
            step()
            self.done[step.__name__] += 1

    def begin(self) -> list[dict[str, str]]:
        vector = self.random.choice(VECTORS)
        attacks = [
            {"id": f"a{host}", "target": f"203.0.113.{host}", "vector": vector}
            for _, host in zip(range(self.random.randint(1, 3)), self.hosts)
        ]
        self.post("started", attacks)
        self.going_on += attacks
        return attacks

    def end(self) -> None:
        if self.going_on:
            attack = self.random.choice(self.going_on)
            self.going_on.remove(attack)
            self.post("ended", [attack])

    def begin_and_end(self) -> None:
        """So soon that the one may overtake the other."""
        for attack in self.begin():
            self.going_on.remove(attack)
            self.post("ended", [attack])

    def post(self, status: str, attacks: list[dict[str, str]]) -> None:
        """Until it is accepted; the engine may be killed before, meanwhile or soon after."""
        alerts = [{**attack, "status": status, "severity": "high"} for attack in attacks]
        kill = self.random.random() < 0.5
        after_seconds = self.random.uniform(0.0, self.random.choice([0.02, 0.1, 0.5]))
        killing = threading.Timer(after_seconds, self.engine.kill)
        if kill:
            killing.start()
        answered = self.answered(alerts)
        if kill:
            killing.join()
            self.done["kills"] += 1
            self.engine.start()
        if not answered:
            self.done["posted again"] += 1
            assert self.answered(alerts)

    def answered(self, alerts: list[dict[str, Any]]) -> bool:
        try:
            answer = requests.post(
                f"{self.engine.url}/generic",
                json={"alerts": alerts},
                headers={"Authorization": f"Bearer {TOKEN}"},
                timeout=PATIENCE_SECONDS,
            )
        except (requests.ConnectionError, requests.exceptions.ChunkedEncodingError):
            return False  # the latter: killed after the answer's head
        assert answer.status_code == 202, answer.text
        return True

    def wait_until_all_is_over(self) -> list[dict[str, Any]]:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            executions = self.engine.executions()
            if {each["status"] for each in executions} <= {"succeeded", "failed"}:
                return executions
            assert time.monotonic() < give_up_at, executions
            time.sleep(0.2)


@pytest.mark.parametrize(
    "seed",
    [
        FIRST_SEED,
        *(pytest.param(seed, marks=FURTHER) for seed in range(FIRST_SEED + 1, FIRST_SEED + ROUNDS)),
    ],
)
def test_killed_at_any_point_the_engine_loses_nothing(seed: int, tmp_path: Path) -> None:
    adapter = Adapter(tmp_path, NETWORK)
    folder = tmp_path / "engine"
    folder.mkdir()
    with (
        BGPListener() as router,
        ExaBGP("5.0.15", tmp_path, [router], process=adapter.command) as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        this = Round(seed, folder, adapter)
        try:
            this.run()
            this.wait_until_all_is_over()
            expected = {f"{attack['target']}/32" for attack in this.going_on}
            router.wait_quiet(1.0)
            held = {
                str(flowspec_nlri.decode(family.split()[0], nlri).destination)
                for family, nlri in router.table
            }
            assert held == expected
        finally:
            this.engine.stop()
            print(f"seed {seed}: {dict(this.done)}")
