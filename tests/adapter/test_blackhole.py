"""Blackholes: ordinary routes through the same gate, with a real ExaBGP and a router that has both
kinds of families."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.adapter import meddler
from tests.adapter.serving import serving
from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import ExaBGP

NETWORK = {
    "allowed_destinations": ["203.0.113.0/24", "2001:db8::/32"],
    "protected_prefixes": ["203.0.113.1/32"],
    "allowed_blackhole_next_hops": ["192.0.2.1", "100::1"],
    "max_blackholes": 3,
}
FAMILIES = ("ipv4 flow", "ipv6 flow", "ipv4 unicast", "ipv6 unicast")
BLACKHOLE_COMMUNITY = bytes.fromhex("ffff029a")  # RFC 7999 section 5


def blackhole(host: str, next_hop: str = "192.0.2.1", **then: object) -> dict[str, object]:
    return {"match": {"destination": host}, "then": {"blackhole": next_hop, **then}}


Announcing = Callable[..., "tuple[int, dict[str, Any]]"]


@pytest.fixture
def announcing(tmp_path: Path) -> Iterator[Announcing]:
    """What needs no router: the answer to an announcement, with its HTTP status."""
    with serving(tmp_path, NETWORK) as adapter:

        def announce(*rules: object) -> tuple[int, dict[str, Any]]:
            body = {"incident": "a:1", "rules": list(rules), "wait_seconds": 0}
            answer = adapter.ask("POST", "/v1/rules", body)
            return answer.status_code, answer.get_json()

        yield announce


HOST, HOST_IPV6 = "203.0.113.45/32", "2001:db8::53/128"
IPV4 = ("ipv4 unicast", bytes.fromhex("20 cb00712d"))
IPV6 = ("ipv6 unicast", bytes.fromhex("80 20010db8000000000000000000000053"))
FLOW = ("ipv4 flow", bytes.fromhex("01 20 cb00712d"))


@contextlib.contextmanager
def running(
    folder: Path, version: str, families: tuple[str, ...] = FAMILIES, **more: object
) -> Iterator[tuple[Adapter, ExaBGP, BGPListener]]:
    with BGPListener(families=families) as router:
        adapter = Adapter(folder, NETWORK, **more)
        with ExaBGP(version, folder, [router], process=adapter.command) as exabgp:
            adapter.wait_until_established(exabgp)
            yield adapter, exabgp, router


def test_it_is_a_route_beside_the_flowspec_rule(tmp_path: Path, exabgp_version: str) -> None:
    with running(tmp_path, exabgp_version) as (adapter, exabgp, router):
        discard = {"match": {"destination": HOST}, "then": {"discard": True}}
        rules = [blackhole(HOST), blackhole(HOST_IPV6, "100::1"), discard]
        results = adapter.client.announce(incident="a:1", rules=rules)["results"]
        assert [each["state"] for each in results] == ["announced"] * 3
        assert len({each["id"] for each in results}) == 3
        assert router.wait_for(lambda: set(router.table) == {IPV4, IPV6, FLOW})
        held = router.table[IPV4]
        assert held.communities == (BLACKHOLE_COMMUNITY,)
        assert held.next_hop == bytes([192, 0, 2, 1])
        assert router.table[IPV6].next_hop == bytes([1, *[0] * 14, 1])

        status = adapter.client.status()
        active = {(it["address_family"], it["action"]): it["count"] for it in status["active"]}
        assert active["ipv4", "blackhole"] == active["ipv6", "blackhole"] == 1
        assert active["ipv4", "discard"] == 1

        adapter.kill_exabgp(exabgp)
        exabgp.start()
        assert router.wait_for(lambda: set(router.table) == {IPV4, IPV6, FLOW}, timeout=30)
        adapter.wait_until_established(exabgp)
        adapter.client.withdraw(id=results[0]["id"])
        assert router.wait_for(lambda: set(router.table) == {IPV6, FLOW})
        # A command soon after another is resent until its delivery is confirmed, then no more.
        assert router.wait_quiet(2.0, timeout=30)

        adapter.client.kill_switch(True)
        assert router.wait_for(lambda: not router.table)


def test_a_changed_next_hop_is_another_action(tmp_path: Path, exabgp_version: str) -> None:
    with running(tmp_path, exabgp_version) as (adapter, _exabgp, router):
        adapter.client.announce(incident="a:1", rules=[blackhole(HOST)])
        more = blackhole(HOST, community=["65535:65281"])
        (result,) = adapter.client.announce(incident="a:1", rules=[more])["results"]
        assert result["state"] == "announced"
        both = {BLACKHOLE_COMMUNITY, bytes.fromhex("ffffff01")}
        assert router.wait_for(lambda: set(router.table[IPV4].communities) == both)
        adapter.client.withdraw(match={"destination": HOST})
        assert router.wait_for(lambda: not router.table)


def test_a_session_without_ordinary_routes_leaves_it_pending(tmp_path: Path) -> None:
    with running(tmp_path, "5.0.15", ("ipv4 flow",)) as (adapter, _exabgp, router):
        (result,) = adapter.client.announce(incident="a:1", rules=[blackhole(HOST)])["results"]
        assert result["state"] == "pending"
        assert result["why"] == "no established session carries ipv4 unicast"
        assert not router.table


@pytest.mark.parametrize(
    ("rule", "code", "field"),
    [
        (blackhole(HOST, "192.0.2.2"), "allowed_blackhole_next_hops", "then.blackhole"),
        (blackhole(HOST, "100::1"), "invalid_rule", "then.blackhole"),
        (blackhole("203.0.113.0/25"), "invalid_rule", "match.destination"),
        (blackhole("198.51.100.1"), "allowed_destinations", "match.destination"),
        (blackhole("203.0.113.1"), "protected_prefixes", "match.destination"),
        (blackhole(HOST, discard=True), "invalid_rule", "then.discard"),
        (
            blackhole(HOST, community=["64500:666"]),
            "allowed_blackhole_communities",
            "then.community",
        ),
        (
            {
                "match": {"destination": HOST, "protocol": "udp"},
                "then": {"blackhole": "192.0.2.1"},
            },
            "invalid_rule",
            "match.protocol",
        ),
        (
            {"match": {"destination": HOST, "unicast": True}, "then": {"discard": True}},
            "invalid_rule",
            "match.unicast",
        ),
    ],
)
def test_what_is_refused(
    announcing: Announcing, rule: dict[str, object], code: str, field: str
) -> None:
    status, answer = announcing(rule)
    assert status == 422
    (result,) = answer["results"]
    assert (result["error"]["code"], result["error"]["field"]) == (code, field)


def test_no_more_than_the_budget(announcing: Announcing) -> None:
    hosts = [f"203.0.113.{number}" for number in (10, 11, 12, 13)]
    status, answer = announcing(*(blackhole(host) for host in hosts))
    assert status == 200
    assert [each["state"] for each in answer["results"][:3]] == ["pending"] * 3
    assert answer["results"][3]["error"]["code"] == "max_blackholes"
    (late,) = announcing(blackhole("203.0.113.14"))[1]["results"]
    assert late["error"]["limit"] == 3


def test_the_audit_leaves_the_routes_of_others_alone(tmp_path: Path, exabgp_version: str) -> None:
    """A leaked blackhole goes, a lost one comes back, a route that is no blackhole stays."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with BGPListener(families=FAMILIES) as router:
        adapter = Adapter(tmp_path, NETWORK, audit_seconds=10)
        exabgp = ExaBGP(exabgp_version, tmp_path, [router], process=adapter.command)
        text = exabgp.configuration.read_text().replace(
            "processes [ flowtriq-adapter ]", "processes [ flowtriq-adapter, meddler ]"
        )
        run = f"{sys.executable} {meddler.PATH} {pipe}"
        exabgp.configuration.write_text(f"process meddler {{ run {run}; encoder text; }}\n{text}")
        with exabgp:
            adapter.wait_until_established(exabgp)
            adapter.client.announce(incident="a:1", rules=[blackhole(HOST)])
            assert router.wait_for(lambda: set(router.table) == {IPV4})
            with pipe.open("w") as commands:
                commands.write("withdraw route 203.0.113.45/32 next-hop 192.0.2.1\n")
                for number, community in ((46, "[ 1:1 65535:666 ]"), (47, "1:666")):
                    text = f"203.0.113.{number}/32 next-hop 192.0.2.1 community {community}"
                    commands.write(f"announce route {text}\n")
            leaked, other = (("ipv4 unicast", bytes([32, 203, 0, 113, n])) for n in (46, 47))
            assert router.wait_for(lambda: set(router.table) == {leaked, other})
            assert router.wait_for(lambda: set(router.table) == {IPV4, other}, timeout=30)


def test_its_id_is_not_the_flowspec_rules() -> None:
    discard = {"match": {"destination": HOST}, "then": {"discard": True}}
    assert parse_rule(blackhole(HOST)).id != parse_rule(discard).id
