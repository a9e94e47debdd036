"""A bad alert, from the sender's POST to the adapter's history and its counter."""

from __future__ import annotations

import time
from pathlib import Path

import requests

from tests.lab import commands
from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.engine import Engine
from tests.lab.exabgp import ExaBGP

TOKEN = "t" * 32
ALERT = {"id": "17", "status": "paused", "target": "203.0.113.45", "vector": "syn_flood"}
PATIENCE_SECONDS = 20.0


def test_a_refused_alert_is_in_the_history_and_counted(tmp_path: Path) -> None:
    adapter = Adapter(tmp_path, {"allowed_destinations": ["203.0.113.0/24"]})
    folder = tmp_path / "engine"
    folder.mkdir()
    provider = {"name": "edge", "adapter_socket": str(adapter.socket)}
    engine = Engine(folder, {"providers": [provider], "senders": {"generic": {"token": TOKEN}}})
    with (
        BGPListener() as router,
        ExaBGP("5.0.15", tmp_path, [router], process=adapter.command) as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        engine.start()
        try:
            answer = requests.post(
                f"{engine.url}/generic",
                json={"alerts": [ALERT]},
                headers={"Authorization": f"Bearer {TOKEN}"},
                timeout=PATIENCE_SECONDS,
            )
            assert answer.status_code == 422
            give_up_at = time.monotonic() + PATIENCE_SECONDS
            while not (found := adapter.client.history(events=["alert_refused"])):
                assert time.monotonic() < give_up_at, engine.log.read_text()
                time.sleep(0.05)
        finally:
            engine.stop()
        (event,) = found
        assert event["incident"].startswith("generic:")
        assert "status" in event["detail"]["message"]
        assert "paused" in event["detail"]["message"]
        assert adapter.client.status()["events_total"]["alert_refused"] == 1
        shown = commands.flowspec("history", "--socket", adapter.socket, columns=400).output
        assert event["detail"]["message"] in shown
        assert router.table == {}
