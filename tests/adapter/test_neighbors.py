"""Neighbours that come, go and change under a running adapter: both versions, seen at the routers.

What each router has is what its listener got; what the adapter says of it is compared with that.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..lab.adapter import Adapter
from ..lab.bgp_listener import BGPListener
from ..lab.exabgp import ExaBGP
from ..lab.waiting import eventually
from .neighbors import HELD_WITHIN_SECONDS, NETWORKS, Lab, View, flow, started


@pytest.fixture
def lab(exabgp_version: str, tmp_path: Path) -> Iterator[Lab]:
    with started(exabgp_version, tmp_path) as running:
        yield running


class TestReload:
    def test_an_added_neighbour_gets_the_rules(self, lab: Lab) -> None:
        lab.announce(*(flow(number) for number in range(1, 31)))
        assert lab.is_at(lab.one, 30)
        updates = len(lab.one.updates)
        lab.exabgp.reload([lab.one, lab.two])
        assert lab.two.wait_established()
        assert lab.is_at(lab.two, 30)
        assert lab.comes_to(all="announced", one="announced", two="announced")
        if lab.exabgp.version.startswith("5"):  # 4.2 sends all routes again at each reload
            assert len(lab.one.updates) == updates, "the others are left alone"

    def test_an_added_neighbour_gets_the_blackholes(
        self, exabgp_version: str, tmp_path: Path
    ) -> None:
        families = ("ipv4 flow", "ipv4 unicast")
        adapter = Adapter(
            tmp_path,
            {
                **NETWORKS,
                "allowed_blackhole_next_hops": ["192.0.2.1"],
            },
        )
        blackhole = {
            "match": {"destination": "203.0.113.1/32"},
            "then": {"blackhole": "192.0.2.1"},
        }
        with (
            BGPListener("127.0.0.20", families=families) as one,
            BGPListener("127.0.0.21", families=families) as two,
            ExaBGP(exabgp_version, tmp_path, [one], process=adapter.command) as exabgp,
        ):
            adapter.wait_until_established(exabgp)
            lab = Lab(adapter, exabgp, one, two)
            lab.announce(blackhole)
            assert lab.is_at(one, 1)
            exabgp.reload([one, two])
            assert two.wait_established()
            assert lab.is_at(two, 1)

    def test_an_added_neighbour_that_is_away_is_named(self, lab: Lab) -> None:
        lab.announce(flow(1))
        lab.two.refuse()
        lab.exabgp.reload([lab.one, lab.two])
        assert lab.comes_to(all="partly_announced", one="announced", two="session_down")
        (rule,) = lab.adapter.client.rules()
        assert lab.two.address in rule["why"]
        (again,) = lab.announce(flow(1))
        assert again["state"] == "partly_announced"
        assert {each["address"]: each["state"] for each in again["peers"]} == {
            lab.one.address: "announced",
            lab.two.address: "session_down",
        }
        status = lab.adapter.client.status()
        assert (status["rules"]["partly_announced"], status["rules"]["announced"]) == (1, 0)
        missing = {each["address"]: each["missing_rules"] for each in status["peers"]}
        assert missing == {lab.one.address: 0, lab.two.address: 1}
        assert sum(each["count"] for each in status["active"]) == 1
        lab.two.refuse(False)
        assert lab.two.wait_established()
        assert lab.is_at(lab.two, 1)
        assert lab.comes_to(all="announced", one="announced", two="announced")

    @pytest.mark.parametrize("away", [False, True])
    def test_a_removed_neighbour_is_not_missed(
        self, exabgp_version: str, tmp_path: Path, away: bool
    ) -> None:
        with started(exabgp_version, tmp_path, both=True) as lab:
            lab.announce(flow(1))
            assert lab.comes_to(all="announced", one="announced", two="announced")
            if away:
                lab.two.refuse()
                assert lab.comes_to(all="partly_announced", one="announced", two="session_down")
            lab.exabgp.reload([lab.one])
            assert lab.comes_to(all="announced", one="announced")

    def test_removed_and_added_again(self, exabgp_version: str, tmp_path: Path) -> None:
        with started(exabgp_version, tmp_path, both=True) as lab:
            lab.announce(flow(1), flow(2))
            assert lab.is_at(lab.two, 2)
            lab.exabgp.reload([lab.one])
            assert lab.is_at(lab.two, 0, 10)
            lab.adapter.client.withdraw(match=flow(2)["match"])
            lab.announce(flow(3))
            lab.exabgp.reload([lab.one, lab.two])
            assert lab.two.wait_for(lambda: lab.two.sessions == 2)
            assert lab.is_at(lab.two, 2)
            assert set(lab.two.table) == set(lab.one.table)

    def test_a_family_that_is_added(self, exabgp_version: str, tmp_path: Path) -> None:
        six = {"match": {"destination": "2001:db8::1/128"}, "then": {"discard": True}}
        with started(exabgp_version, tmp_path) as lab:
            lab.exabgp.reload([lab.one, View(lab.two, ("ipv4 flow",))])
            assert lab.two.wait_established()
            (result,) = lab.announce(six)
            assert result["state"] == "announced"
            assert lab.comes_to(all="announced", one="announced", two="not_configured")
            lab.exabgp.reload([lab.one, lab.two])
            assert lab.two.wait_for(lambda: lab.two.sessions == 2)
            assert lab.is_at(lab.two, 1)
            assert lab.comes_to(all="announced", one="announced", two="announced")

    def test_a_family_that_is_taken_away(self, exabgp_version: str, tmp_path: Path) -> None:
        """4.2 fails at this reload, goes on with the old configuration, and ends the adapter."""
        with started(exabgp_version, tmp_path, both=True) as lab:
            lab.announce(flow(1))
            assert lab.is_at(lab.two, 1)
            lab.exabgp.reload([lab.one, View(lab.two, ("ipv6 flow",))])
            if exabgp_version.startswith("4"):
                assert eventually(lambda: not lab.adapter.pid(lab.exabgp))
                assert "dictionary changed size" in lab.exabgp.log.read_text()
                lab.exabgp.stop()  # what the runbook says
                lab.exabgp.start()
                lab.adapter.wait_until_established(lab.exabgp)
            assert lab.is_at(lab.two, 0, 10)
            assert lab.is_at(lab.one, 1, 10)
            assert lab.comes_to(all="announced", one="announced", two="not_configured")

    def test_another_local_address(self, exabgp_version: str, tmp_path: Path) -> None:
        """For ExaBGP that is a new neighbour, without a route."""
        with started(exabgp_version, tmp_path, both=True) as lab:
            lab.announce(flow(1))
            lab.exabgp.reload([lab.one, lab.two], local_address="127.0.0.2")
            for router in (lab.one, lab.two):
                assert router.wait_for(lambda router=router: router.sessions == 2)
                assert router.wait_established()
                assert lab.is_at(router, 1)
            assert lab.comes_to(all="announced", one="announced", two="announced")

    def test_no_neighbour_at_all_for_a_while(self, lab: Lab) -> None:
        lab.announce(flow(1))
        lab.exabgp.reload([])
        assert eventually(lambda: not lab.adapter.client.status()["peers"])
        lab.announce(flow(2), wait_seconds=0.5)
        lab.exabgp.reload([lab.one])
        assert lab.one.wait_for(lambda: lab.one.sessions == 2)
        assert lab.is_at(lab.one, 2)


class TestFlaps:
    def test_one_of_two_flaps(self, exabgp_version: str, tmp_path: Path) -> None:
        with started(exabgp_version, tmp_path, both=True) as lab:
            for number in range(1, 6):
                lab.announce(flow(number))
                lab.two.drop()
            assert lab.two.wait_established()
            assert lab.is_at(lab.two, 5)
            assert lab.is_at(lab.one, 5)
            assert lab.one.sessions == 1
            assert lab.comes_to(all="announced", one="announced", two="announced")

    def test_the_kill_switch_while_one_is_away(self, exabgp_version: str, tmp_path: Path) -> None:
        with started(exabgp_version, tmp_path, both=True) as lab:
            lab.announce(flow(1), flow(2))
            assert lab.is_at(lab.two, 2)
            lab.two.refuse()
            assert lab.comes_to(all="partly_announced", one="announced", two="session_down")
            lab.announce(flow(3))
            lab.adapter.client.kill_switch(True)
            assert lab.is_at(lab.one, 0)
            seen = len(lab.two.updates)
            lab.two.refuse(False)
            assert lab.two.wait_established()
            assert lab.two.wait_quiet(1.5)
            assert not any(update.announced for update in lab.two.updates[seen:])

    def test_a_session_without_the_family(self, exabgp_version: str, tmp_path: Path) -> None:
        adapter = Adapter(tmp_path, NETWORKS)
        with (
            BGPListener("127.0.0.20") as one,
            BGPListener("127.0.0.21", families=("ipv6 flow",)) as two,
        ):
            both = View(two, ("ipv4 flow", "ipv6 flow"))
            with ExaBGP(exabgp_version, tmp_path, [one, both], process=adapter.command) as exabgp:
                adapter.wait_until_established(exabgp)
                lab = Lab(adapter, exabgp, one, two)
                (result,) = lab.announce(flow(1))
                assert result["state"] == "partly_announced"
                assert "did not negotiate ipv4 flow" in result["why"]
                assert lab.comes_to(all="partly_announced", one="announced", two="not_negotiated")


@pytest.mark.parametrize("events", ["", "negotiated;"])
def test_a_neighbour_without_neighbor_changes(
    exabgp_version: str, tmp_path: Path, events: str
) -> None:
    with started(exabgp_version, tmp_path, events=events) as lab:
        lab.announce(flow(1))
        lab.exabgp.reload([lab.one, lab.two])
        assert lab.two.wait_established()
        began = time.monotonic()
        assert lab.is_at(lab.two, 1)
        assert time.monotonic() - began < HELD_WITHIN_SECONDS
        lab.two.refuse()
        assert lab.comes_to(all="partly_announced", one="announced", two="session_down")
