"""What was lost with the engine is made up for: its sensor asks the real adapter."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import requests

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.engine import Engine
from tests.lab.exabgp import ExaBGP

TOKEN = "t" * 32
WITHIN_SECONDS = 60.0


def test_an_alert_and_its_end_that_were_lost_are_carried_out(tmp_path: Path) -> None:
    adapter = Adapter(tmp_path, {"allowed_destinations": ["203.0.113.0/24"]})
    folder = tmp_path / "engine"
    folder.mkdir()
    edge = {"name": "edge", "adapter_socket": str(adapter.socket), "withdraw_after_seconds": 0}
    engine = Engine(folder, {"providers": [edge], "senders": {"generic": {"token": TOKEN}}})

    def lost(status: str, seen_at: float) -> None:
        """The sensor has told the adapter; what the engine knew is gone with its database."""
        attack: dict[str, Any] = {
            **{"source": "generic", "status": status, "severity": "high", "summary": ""},
            **{"vector": "syn_flood", "family": "tcp_flood", "observed": {}, "seen_at": seen_at},
            "targets": [{"prefix": "203.0.113.45/32", "incident": "generic:lost"}],
        }
        adapter.client.report_attacks([attack], caller="test")

    with (
        BGPListener() as router,
        ExaBGP("5.0.15", tmp_path, [router], process=adapter.command) as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        now = time.time()
        lost("started", now)
        engine.start()
        try:
            assert router.wait_for(lambda: len(router.table) == 1, WITHIN_SECONDS)
            lost("ended", now + 1)
            assert router.wait_for(lambda: not router.table, WITHIN_SECONDS)
            # Of an alert that is carried out the adapter is told too, and that it is settled.
            body = {"id": "7", "status": "started", "target": "203.0.113.46", "vector": "syn_flood"}
            answer = requests.post(
                f"{engine.url}/generic",
                json={"alerts": [body]},
                headers={"Authorization": f"Bearer {TOKEN}"},
                timeout=30,
            )
            assert answer.status_code == 202, answer.text
            (known,) = adapter.client.attacks_seen(incidents=["generic:7"])
            assert known["status"] == "started"
            assert router.wait_for(lambda: len(router.table) == 1, WITHIN_SECONDS)
        finally:
            engine.stop()
        assert adapter.client.status()["events_total"]["attack_made_up_for"] >= 2
