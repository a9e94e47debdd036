"""Odd alerts, from the sender's POST to the adapter: rules as narrow as what could be read of them;
what was not used is in the history, and counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from flowtriq_flowspec.senders.signature import sign_hmac

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.engine import Engine
from tests.lab.exabgp import ExaBGP
from tests.lab.waiting import wait_until

TOKEN = "t" * 32
SYN = {"protocol": "tcp", "tcp-flags": [{"all": ["syn"], "not": ["ack"]}]}


class Lab:
    def __init__(self, adapter: Adapter, engine: Engine) -> None:
        self.adapter, self.engine = adapter, engine

    def post(self, sender: str, body: Any) -> requests.Response:
        text = json.dumps(body).encode()
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "X-Flowtriq-Signature": sign_hmac(TOKEN, text),
        }
        return requests.post(f"{self.engine.url}/{sender}", data=text, headers=headers, timeout=30)

    def rules(self, incident: str) -> list[dict[str, Any]]:
        return [
            rule["match"]
            for rule in self.adapter.client.rules()
            if incident in [claim["incident"] for claim in rule["claims"]]
        ]

    def wait_for_rules(self, incident: str) -> list[dict[str, Any]]:
        wait_until(lambda: self.rules(incident), lambda: self.engine.log.read_text())
        return self.rules(incident)

    def wait_for_notes(self, incident: str) -> list[str]:
        def notes() -> list[str]:
            events = self.adapter.client.history(events=["alert_noted"])
            return [it["detail"]["message"] for it in events if it["incident"] == incident]

        wait_until(notes, lambda: self.engine.log.read_text())
        return notes()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("odd")
    adapter = Adapter(folder, {"allowed_destinations": ["203.0.113.0/24"]})
    provider = {"name": "edge", "adapter_socket": str(adapter.socket)}
    senders = {
        "generic": {"token": TOKEN},
        "alertmanager": {"token": TOKEN},
        "flowtriq": {"hmac_secret": TOKEN, "max_age_seconds": 0},
    }
    (folder / "engine").mkdir()
    engine = Engine(folder / "engine", {"providers": [provider], "senders": senders})
    with (
        BGPListener() as router,
        ExaBGP("5.0.15", folder, [router], process=adapter.command) as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        engine.start()
        try:
            yield Lab(adapter, engine)
        finally:
            engine.stop()


def generic(index: int, vector: Any, **observed: Any) -> dict[str, Any]:
    alert = {"id": str(index), "status": "started", "target": f"203.0.113.{index}"}
    return {"alerts": [{**alert, "vector": vector, "observed": observed}]}


def test_an_unknown_word_and_odd_fields_leave_the_rules_of_what_is_known(lab: Lab) -> None:
    body = generic(1, "TCP SYN, Frobnication", destination_ports=[443, "eth0"], pps="NaN", bps={})
    answer = lab.post("generic", body)
    assert answer.status_code == 202
    (noted,) = answer.json()["noted"]
    assert lab.wait_for_rules("generic:1") == [
        {"destination": "203.0.113.1/32", **SYN, "destination-port": 443}
    ]
    assert lab.wait_for_notes("generic:1") == [noted["message"]]
    for part in ("Frobnication", "eth0", "observed.bps"):
        assert part in noted["message"]
    assert lab.adapter.client.status()["events_total"]["alert_noted"] >= 1
    assert lab.adapter.client.status()["events_total"]["alert_refused"] == 0


def test_a_tool_as_subtype_does_not_hide_the_family_nor_a_null_the_attack(lab: Lab) -> None:
    incident = {
        "uuid": "2",
        "attack_family": "syn_flood",
        "attack_subtype": "mirai_botnet",
        "peak_pps": "1.2G",
        "source_ip_count": None,
        "protocols": ["???"],
        "inner_ip": "::ffff:203.0.113.2",
    }
    node = {"ip_address": "203.0.113.250"}
    body = {"event_type": "attack_start", "incident": incident, "node": node}
    assert lab.post("flowtriq", body).status_code == 202
    assert lab.wait_for_rules("flowtriq:2") == [{"destination": "203.0.113.2/32", **SYN}]
    (note,) = lab.wait_for_notes("flowtriq:2")
    assert "mirai_botnet" in note


def test_a_port_that_cannot_be_read_makes_no_rule_for_a_whole_protocol(lab: Lab) -> None:
    body = generic(3, "unknown", protocols=["udp"], destination_ports="eth0")
    assert lab.post("generic", body).status_code == 202
    lab.wait_for_notes("generic:3")
    # Of a later alert, the rule is there already.
    assert lab.post("generic", generic(4, "syn_flood")).status_code == 202
    lab.wait_for_rules("generic:4")
    assert lab.rules("generic:3") == []


def test_the_machine_that_measured_is_not_attacked(lab: Lab) -> None:
    labels = {"alertname": "SynFlood", "instance": "203.0.113.5:9100"}
    alert = {"status": "firing", "labels": labels, "annotations": {}}
    alert.update(startsAt="2026-01-15T03:00:00Z", fingerprint="00000000000000aa")
    answer = lab.post("alertmanager", {"version": "4", "alerts": [alert]})
    assert answer.status_code == 422
    assert "add a label target" in answer.json()["refused"][0]["message"]
    assert not [
        rule
        for rule in lab.adapter.client.rules()
        if rule["match"]["destination"] == "203.0.113.5/32"
    ]
