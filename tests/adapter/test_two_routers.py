"""Two routers, of which one misbehaves: the other is served all the same. Both versions."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from flowtriq_flowspec.errors import AdapterUnreachable
from flowtriq_flowspec.flowspec.rule import parse_match

from ..lab.bgp_listener import BGPListener
from ..lab.flapping import flapping
from ..lab.waiting import eventually
from .exabgp_lab import Lab, lab, route, want
from .neighbors import Lab as NeighborLab
from .neighbors import flow, started
from .speaking import rule

_NEW_RULES = 5


@contextlib.contextmanager
def two(exabgp_version: str, folder, healthy: BGPListener) -> Iterator[tuple[Lab, BGPListener]]:
    with (
        BGPListener("127.0.0.11") as other,
        lab(exabgp_version, folder, healthy, other, encoder="json") as started,
    ):
        assert healthy.wait_established()
        assert other.wait_established()
        assert eventually(
            lambda: [peer.families is not None for peer in started.speaker.peers()] == [True] * 2
        )
        yield started, other


@pytest.mark.parametrize("after_seconds", [0.1, 0.5])
def test_a_flapping_router_keeps_no_rule_off_the_other(
    exabgp_version, tmp_path, listener, after_seconds
):
    """It flapped before the rules came, so it convicts none."""
    old = [rule(number) for number in range(50)]
    with two(exabgp_version, tmp_path, listener) as (started, other):
        want(started.speaker, *old)
        assert listener.wait_for(lambda: len(listener.table) == len(old))
        with flapping(other, after_seconds):
            assert other.wait_for(lambda: other.sessions > 3)
            for number in range(100, 100 + _NEW_RULES):
                began = time.monotonic()
                want(started.speaker, rule(number))
                assert listener.wait_for(
                    lambda number=number: route(rule(number)) in listener.table, 2
                )
                assert time.monotonic() - began < 2
                time.sleep(0.3)  # a rule after another, as attacks come
            rules = [*old, *(rule(number) for number in range(100, 100 + _NEW_RULES))]
            assert set(listener.table) == {route(each) for each in rules}
        assert started.heard.reasons == {}
        assert listener.sessions == 1
        assert all(not update.withdrawn for update in listener.updates)
        assert other.wait_for(lambda: set(other.table) == set(listener.table), 20)


def test_a_search_on_one_router_holds_nothing_back_from_the_other(
    exabgp_version, tmp_path, listener
):
    rules = [rule(number) for number in range(8)]
    poison = rules[5]
    with two(exabgp_version, tmp_path, listener) as (started, other):
        other.poison = lambda each: each == route(poison)
        want(started.speaker, *rules)
        assert eventually(lambda: started.speaker.observe([poison.id])[0].refused_at)
        rest = {route(each) for each in rules if each is not poison}
        assert other.wait_for(lambda: set(other.table) == rest)
        assert listener.wait_for(lambda: set(listener.table) == {*rest, route(poison)})
        assert listener.sessions == 1
        assert not any(update.withdrawn for update in listener.updates)
        assert [
            started.speaker.observe([each.id])[0].refusal for each in rules if each is not poison
        ] == [None] * 7


class TestOneRouterThatRejectsARule:
    """The rule is kept from that router alone, through restarts; the others have it."""

    def test_it_is_kept_from_that_router_alone(self, exabgp_version: str, tmp_path: Path) -> None:
        with started(exabgp_version, tmp_path, both=True) as it:
            poison = ("ipv4 flow", parse_match(flow(4)["match"]).nlri)
            it.two.poison = lambda each: each == poison
            it.announce(*(flow(number) for number in range(1, 7)), wait_seconds=0)
            expected = {it.one.address: "announced", it.two.address: "refused"}
            assert eventually(lambda: self.of_poison(it) == ("partly_announced", expected), 10)
            assert it.is_at(it.one, 6)
            assert it.is_at(it.two, 5, 20)  # ExaBGP 4.2 takes its time before it connects again
            assert it.one.sessions == 1
            assert not any(update.withdrawn for update in it.one.updates)
            # ExaBGP acknowledges the last ones after the router has them.
            status = it.adapter.client.status
            assert eventually(lambda: status()["rules"]["partly_announced"] == 1)
            missing = {each["address"]: each["missing_rules"] for each in status()["peers"]}
            assert missing == {it.one.address: 0, it.two.address: 1}

            sessions = it.two.sessions
            it.adapter.kill(it.exabgp)
            assert eventually(lambda: self.of_poison(it) == ("partly_announced", expected), 10)
            it.two.drop()  # ExaBGP sends all that it has for this router
            assert it.two.wait_for(lambda: it.two.sessions == sessions + 1, 40)
            assert it.is_at(it.two, 5, 20)
            assert it.is_at(it.one, 6)
            assert it.two.wait_quiet(1)
            assert it.two.sessions == sessions + 1

            it.two.poison = None  # its action was what the router could not read
            limited = flow(4, **{"rate-limit": 8_000_000})
            it.adapter.client.withdraw(match=flow(4)["match"])
            it.announce(limited)
            assert it.is_at(it.two, 6)
            it.announce(flow(4))
            assert it.is_at(it.two, 5)
            assert it.is_at(it.one, 6)

    def test_the_last_router_without_it_is_joined_by_another(
        self, exabgp_version: str, tmp_path: Path
    ) -> None:
        with started(exabgp_version, tmp_path) as it:
            it.one.poison = lambda each: True
            it.announce(flow(1), wait_seconds=0)
            refused = "pending", {it.one.address: "refused"}
            assert eventually(lambda: self.of_poison(it, 1) == refused, 10)
            it.exabgp.reload([it.one, it.two])
            assert it.two.wait_established()
            assert it.is_at(it.two, 1)
            both = {it.one.address: "refused", it.two.address: "announced"}
            assert eventually(lambda: self.of_poison(it, 1) == ("partly_announced", both), 10)

    def of_poison(self, it: NeighborLab, number: int = 4) -> tuple[str, dict[str, str]] | None:
        with contextlib.suppress(AdapterUnreachable):
            for each in it.adapter.client.rules():
                if each["match"] == flow(number)["match"]:
                    return each["state"], {at["address"]: at["state"] for at in each["peers"]}
        return None
