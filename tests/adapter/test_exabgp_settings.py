"""Settings of ExaBGP that take something from the adapter are named, and survived if possible."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ..lab.adapter import Adapter
from ..lab.bgp_listener import BGPListener
from ..lab.exabgp import ExaBGP
from ..lab.waiting import eventually
from .neighbors import NETWORKS, flow, started

NO_ACK = {"exabgp_api_ack": "false"}


def named(adapter: Adapter) -> dict[str, Any]:
    """The problems of the status, with the router of each."""
    found = adapter.client.status()["exabgp_problems"]
    return {each["problem"]: each["peer"] for each in found}


def test_acknowledgements_are_off(exabgp_version: str, tmp_path: Path) -> None:
    """5.0 has a command that switches them on; of 4.2 the cause is named."""
    adapter = Adapter(tmp_path, NETWORKS)
    with (
        BGPListener("127.0.0.20") as router,
        ExaBGP(
            exabgp_version, tmp_path, [router], process=adapter.command, environment=NO_ACK
        ) as exabgp,
    ):
        assert router.wait_established()
        assert eventually(adapter.socket.exists)
        (result,) = adapter.client.announce(incident="a:1", rules=[flow(1)])["results"]
        if exabgp_version.startswith("5"):
            assert result["state"] == "announced"
            assert router.wait_for(lambda: len(router.table) == 1)
        else:
            assert result["state"] == "pending"
            assert "exabgp.api.ack" in result["why"]
            assert named(adapter) == {"no_acknowledgements": None}
        assert "exabgp.api.ack" in exabgp.log.read_text()


def test_a_session_that_is_not_reported(exabgp_version: str, tmp_path: Path) -> None:
    with started(exabgp_version, tmp_path, events="negotiated;") as lab:
        assert eventually(lambda: named(lab.adapter) == {"no_session_events": lab.one.address})


def test_all_is_well(exabgp_version: str, tmp_path: Path) -> None:
    with started(exabgp_version, tmp_path) as lab:
        lab.announce(flow(1))
        assert named(lab.adapter) == {}
        assert [each["keeps_rules_seconds"] for each in lab.adapter.client.status()["peers"]] == [0]


@pytest.mark.parametrize("line", ["adj-rib-out false;"])
def test_exabgp_does_not_keep_its_routes(exabgp_version: str, tmp_path: Path, line: str) -> None:
    """The adapter announces them again at each start of the session."""
    with started(exabgp_version, tmp_path, more=line) as lab:
        lab.announce(flow(1))
        assert lab.is_at(lab.one, 1)
        assert eventually(lambda: named(lab.adapter) == {"no_adj_rib_out": lab.one.address})
        lab.one.drop()
        assert lab.one.wait_for(lambda: lab.one.sessions == 2)
        assert lab.is_at(lab.one, 1)


class TestGracefulRestart:
    def test_it_is_named(self, exabgp_version: str, tmp_path: Path) -> None:
        with graceful(exabgp_version, tmp_path) as lab:
            assert eventually(lambda: named(lab.adapter) == {"graceful_restart": lab.one.address})
            (peer,) = lab.adapter.client.status()["peers"]
            assert peer["keeps_rules_seconds"] == 120
            assert "120 s" in lab.exabgp.log.read_text()

    def test_the_runbooks_last_resort(self, exabgp_version: str, tmp_path: Path) -> None:
        """Without the adapter's help: the kill switch's file, and a restart of ExaBGP."""
        with graceful(exabgp_version, tmp_path) as lab:
            lab.announce(flow(1))
            assert lab.is_at(lab.one, 1)
            lab.exabgp.kill()
            assert lab.one.wait_for(lambda: not lab.one.established)
            assert len(lab.one.table) == 1, "the router keeps it"
            lab.adapter.database.with_name("adapter.sqlite3.kill-switch").touch()
            lab.exabgp.start()
            assert lab.one.wait_for(lambda: not lab.one.table), "stale routes go at End-of-RIB"


def graceful(version: str, folder: Path) -> Any:
    more = "capability { graceful-restart 120; }"
    return started(version, folder, more=more, restart_seconds=120)
