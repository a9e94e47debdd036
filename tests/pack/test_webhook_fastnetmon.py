"""FastNetMon over the webhook: a ban, what is said while it lasts, the unban."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from . import acting
from .conftest import PACK, SensorService
from .sensing import DETECTED, ENDED, TOKEN, started


class FastNetMon:
    def __init__(self, url: str, service: SensorService) -> None:
        self.url, self.service = url, service

    def post(self, name: str, **more: Any) -> requests.Response:
        text = (PACK / "tests/payloads/fastnetmon" / f"{name}.json").read_text(encoding="utf-8")
        self.service.dispatched.clear()
        return requests.post(
            self.url,
            json={**json.loads(text), **more},
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=10,
        )

    def says(self, name: str, **more: Any) -> list[dict[str, Any]]:
        """The payloads that one callback dispatches, without the time."""
        answer = self.post(name, **more)
        assert answer.status_code == 202, answer.text
        expected = ENDED if answer.json()["accepted"][0]["status"] == "ended" else DETECTED
        assert {trigger for trigger, _payload in self.service.dispatched} == {expected}
        return [
            {key: value for key, value in payload.items() if key != "seen_at"}
            for _trigger, payload in self.service.dispatched
        ]


@contextlib.contextmanager
def sensing(service: SensorService) -> Iterator[FastNetMon]:
    sender = {"token": TOKEN, "use_flow_spec_rules": True}
    config = {**acting.CONFIG, "webhook": {"port": 0}, "senders": {"fastnetmon": sender}}
    sensor, thread = started(config, service)
    yield FastNetMon("http://{}:{}/fastnetmon".format(*sensor.address), service)
    sensor.cleanup()
    thread.join(timeout=10)


@pytest.fixture
def fastnetmon(
    sensor_service: SensorService,
    adapters: dict[str, Any],
) -> Iterator[FastNetMon]:
    with sensing(sensor_service) as sender:
        yield sender


@pytest.fixture
def second(fastnetmon: FastNetMon) -> Iterator[FastNetMon]:
    """Another sensor, which heard nothing of what the first did: the same after a restart."""
    with sensing(fastnetmon.service) as sender:
        yield sender


HOSTGROUP = {
    "alert_scope": "hostgroup",
    "hostgroup_networks": ["203.0.113.0/28", "2001:db8:1::/48"],
}


@pytest.mark.parametrize(
    ("first", "scope"),
    [
        ("ban-dns-amplification", {}),
        ("ban-two-amplifications", {}),
        ("partial-block", {}),
        ("ban-hostgroup", HOSTGROUP),
    ],
)
def test_a_status_renews_what_the_ban_began(
    fastnetmon: FastNetMon, second: FastNetMon, first: str, scope: dict[str, Any]
) -> None:
    """It has counters alone: by those the DNS amplification is a UDP flood of any port."""
    begun = fastnetmon.says(first)
    renewed = [{**payload, "status": "updated"} for payload in begun]
    for sensor in (fastnetmon, second, second):
        assert sensor.says("attack-status", **scope) == renewed


def test_one_adapter_that_answers_is_enough(
    fastnetmon: FastNetMon, second: FastNetMon, adapters: dict[str, Any]
) -> None:
    adapters[acting.EDGE].down = True
    (begun,) = fastnetmon.says("ban-dns-amplification")
    assert second.says("attack-status") == [{**begun, "status": "updated"}]


def test_a_status_that_nobody_can_explain_is_dispatched_as_such(
    fastnetmon: FastNetMon, second: FastNetMon, adapters: dict[str, Any]
) -> None:
    fastnetmon.says("ban-dns-amplification")
    for adapter in adapters.values():
        adapter.down = True
    (payload,) = second.says("attack-status")
    assert payload["bare"] is True


def test_a_groups_status_renews_the_rules_of_its_hosts(fastnetmon: FastNetMon) -> None:
    """The ban had packets, and they went to one host."""
    packets = json.loads((PACK / "tests/payloads/fastnetmon/ban-syn-flood.json").read_text())
    networks = {**HOSTGROUP, "hostgroup_networks": ["203.0.113.0/24", "2001:db8:1::/48"]}
    dump = {"packet_dump_detailed": packets["packet_dump_detailed"]}
    (begun,) = fastnetmon.says("ban-hostgroup", **networks, **dump)
    assert [target["prefix"] for target in begun["targets"]] == ["203.0.113.20/32"]
    assert fastnetmon.says("attack-status", **networks) == [{**begun, "status": "updated"}]
    (ended,) = fastnetmon.says("unban", **networks)
    assert ended["targets"][0]["incident"] == begun["targets"][0]["incident"]


def test_a_status_about_another_host_is_not_taken_for_the_ban_s(fastnetmon: FastNetMon) -> None:
    fastnetmon.says("ban-hostgroup")
    (payload,) = fastnetmon.says("attack-status")
    assert [target["prefix"] for target in payload["targets"]] == ["203.0.113.20/32"]


def test_a_status_of_an_attack_whose_ban_nobody_heard_counts_as_it_stands(
    fastnetmon: FastNetMon,
) -> None:
    (payload,) = fastnetmon.says("attack-status")
    assert (payload["status"], payload["vector"]) == ("updated", "udp_flood")
    assert payload["bare"] is True


def test_a_status_that_comes_after_the_end_changes_nothing_unless_it_is_of_another_attack(
    fastnetmon: FastNetMon, second: FastNetMon, monkeypatch: pytest.MonkeyPatch
) -> None:
    fastnetmon.says("ban-dns-amplification")
    (ended,) = fastnetmon.says("unban")
    assert ended["status"] == "ended"
    answer = second.post("attack-status")
    assert (answer.status_code, answer.json()["accepted"]) == (200, [])
    (noted,) = answer.json()["noted"]
    assert "has ended" in noted["message"]
    monkeypatch.setattr("flowtriq_flowspec.senders.fastnetmon_first_alert._LATE", -1.0)
    (payload,) = second.says("attack-status")
    assert (payload["vector"], payload["bare"]) == ("udp_flood", True)


def test_a_status_with_packets_is_newer(fastnetmon: FastNetMon) -> None:
    fastnetmon.says("partial-block")
    fastnetmon.says("ban-dns-amplification", action="attack_status")
    (payload,) = fastnetmon.says("attack-status")
    assert payload["vector"] == "dns_amplification"
