"""Two routers, of which one misbehaves: the other is served all the same. Both versions."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import pytest

from ..lab.bgp_listener import BGPListener
from ..lab.flapping import flapping
from ..lab.waiting import eventually
from .exabgp_lab import Lab, lab, route, want
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
        assert eventually(lambda: started.speaker.refused(poison.id))
        rest = {route(each) for each in rules if each is not poison}
        assert other.wait_for(lambda: set(other.table) == rest)
        assert listener.wait_for(lambda: set(listener.table) == rest)
        assert listener.sessions == 1
        withdrawn = {each for update in listener.updates for each in update.withdrawn}
        assert withdrawn == {route(poison)}
        assert [started.speaker.refused(each.id) for each in rules if each is not poison] == [
            None
        ] * 7
