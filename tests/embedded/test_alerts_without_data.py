"""Grafana without data, from its POST to the router: nothing comes, and nothing goes."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import requests

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.engine import Engine
from tests.lab.exabgp import ExaBGP
from tests.lab.waiting import wait_until

TOKEN = "t" * 32
PATIENCE_SECONDS = 30.0
LABELS = {"alertname": "SYN", "attack_vector": "syn_flood", "severity": "critical"}


def alert(host: int, status: str = "firing", reason: str = "", name: str = "SYN") -> dict[str, Any]:
    return {
        "status": status,
        "labels": {**LABELS, "alertname": name, "rulename": "SYN", "target": f"203.0.113.{host}"},
        "annotations": {"grafana_state_reason": reason} if reason else {},
        "startsAt": "2026-01-15T03:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z",
        "fingerprint": f"{host:016x}",
        "values": None if reason else {"B": 1},
    }


def test_grafana_without_data_neither_announces_nor_withdraws(tmp_path: Path) -> None:
    adapter = Adapter(tmp_path, {"allowed_destinations": ["203.0.113.0/24"]})
    folder = tmp_path / "engine"
    folder.mkdir()
    edge = {"name": "edge", "adapter_socket": str(adapter.socket), "withdraw_after_seconds": 0}
    engine = Engine(folder, {"providers": [edge], "senders": {"grafana": {"token": TOKEN}}})

    def post(*alerts: dict[str, Any], key: str = "{}:{}") -> int:
        body = {"version": "1", "groupKey": key, "alerts": list(alerts)}
        headers = {"Authorization": f"Bearer {TOKEN}"}
        url = f"{engine.url}/grafana"
        return requests.post(url, json=body, headers=headers, timeout=PATIENCE_SECONDS).status_code

    def counted(event: str) -> int:
        return int(adapter.client.status()["events_total"][event])

    with (
        BGPListener() as router,
        ExaBGP("5.0.15", tmp_path, [router], process=adapter.command) as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        engine.start()
        try:
            assert post(alert(45)) == 202
            assert router.wait_for(lambda: len(router.table) == 1, PATIENCE_SECONDS)
            assert post(alert(45, "resolved", "MissingSeries")) == 200
            assert post(alert(46, "firing", "NoData", "DatasourceNoData")) == 200
            assert post(alert(47), key=f"webhook-57c6d9296de2ad39-{int(time.time())}") == 200
            wait_until(lambda: counted("alert_without_data") == 2, PATIENCE_SECONDS)
            wait_until(lambda: counted("test_alert") == 1, PATIENCE_SECONDS)
            # Whatever a note waited for, a rule or a withdrawal would have come by now.
            assert len(router.table) == 1
            (rule,) = adapter.client.rules()
            assert rule["match"]["destination"] == "203.0.113.45/32"
            assert post(alert(45, "resolved")) == 202
            assert router.wait_for(lambda: not router.table, PATIENCE_SECONDS)
        finally:
            engine.stop()
        events = adapter.client.history(events=["alert_without_data"])
        assert {event["incident"] for event in events} == {
            "grafana:000000000000002d",
            "grafana:000000000000002e",
        }
