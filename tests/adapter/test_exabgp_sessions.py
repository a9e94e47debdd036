"""Sessions that flap, routers that reset them, processes that die: a real ExaBGP, both versions."""

from __future__ import annotations

import time

import pytest

from ..lab.bgp_listener import BGPListener
from ..lab.exabgp import running
from ..lab.waiting import eventually
from .exabgp_lab import holds, lab, route, wait_carries, wait_settled, want, withdraw
from .speaking import rule, speaking


class TestPoisonRules:
    @pytest.mark.quiet
    def test_one_is_in_quarantine_within_two_seconds_and_the_others_stay(self, alone):
        good = [rule(number) for number in range(20)]
        poison = rule(100)
        want(alone.speaker, *good)
        assert holds(alone.router, *good)
        alone.router.poison = lambda each: each == route(poison)
        began = time.monotonic()
        want(alone.speaker, poison)
        assert eventually(lambda: poison.id in alone.heard.reasons)
        assert eventually(lambda: (poison.id, None) in alone.heard.acknowledgements)
        assert time.monotonic() - began < 2
        assert "(3,10)" in alone.speaker.observe([poison.id])[0].refusal
        assert not wait_settled(alone.speaker, poison)
        assert holds(alone.router, *good)
        sessions = alone.router.sessions
        assert not alone.router.wait_for(lambda: alone.router.sessions != sessions, timeout=1)

    def test_one_among_many_new_ones(self, alone):
        rules = [rule(number) for number in range(200, 205)]
        poison = rules[2]
        alone.router.poison = lambda each: each == route(poison)
        want(alone.speaker, *rules)
        assert eventually(lambda: alone.speaker.observe([poison.id])[0].refusal, timeout_seconds=20)
        rest = [each for each in rules if each is not poison]
        assert alone.router.wait_for(
            lambda: set(alone.router.table) == {route(each) for each in rest}, timeout=20
        )
        assert [alone.speaker.observe([each.id])[0].refusal for each in rest] == [None] * 4

    def test_it_is_not_announced_again_with_the_same_action(self, alone):
        poison = rule(101)
        alone.router.poison = lambda each: each == route(poison)
        want(alone.speaker, poison)
        assert eventually(lambda: (poison.id, None) in alone.heard.acknowledgements)
        assert alone.router.wait_established()
        withdraw(alone.speaker, poison)
        assert wait_settled(alone.speaker, poison)
        sessions = alone.router.sessions
        want(alone.speaker, poison, rule(1))
        assert holds(alone.router, rule(1))
        assert alone.speaker.observe([poison.id])[0].refusal
        assert alone.router.sessions == sessions


class TestWhatSurvives:
    def test_the_process_dies_and_its_successor_knows_the_sessions(
        self, exabgp_version, tmp_path, listener, encoder
    ):
        """There is no replay of ``up``: ExaBGP has to be asked, for the families too."""
        with running(exabgp_version, tmp_path, [listener], encoder=encoder) as (_, server, first):
            assert listener.wait_established()
            with speaking(first.stdin, first.stdout, first.hang_up) as (speaker, _):
                want(speaker, rule(1))
                assert holds(listener, rule(1))
            first.close()
            second = server.accept()
            with speaking(second.stdin, second.stdout, second.hang_up) as (speaker, _):
                assert eventually(lambda: speaker.carries("ipv4 flow"))
                assert speaker.carries("ipv6 flow")
                assert [each.match for each in speaker.adj_rib_out(5)] == [rule(1).match]
                withdraw(speaker, rule(1))
                assert holds(listener)
            assert listener.sessions == 1

    def test_exabgp_dies_and_takes_the_pipe_with_it(self, exabgp_version, tmp_path, listener):
        with lab(exabgp_version, tmp_path, listener) as started:
            want(started.speaker, rule(1))
            assert holds(listener, rule(1))
            started.exabgp.kill()
            assert started.speaker.closed.wait(5)

    def test_exabgp_stops_and_closes(self, exabgp_version, tmp_path, listener):
        with lab(exabgp_version, tmp_path, listener) as started:
            wait_carries(started)
            started.exabgp.stop()
            assert started.speaker.closed.wait(5)


def test_clear_withdraws_all_at_once(ready):
    rules = [rule(number) for number in range(500)]
    want(ready.speaker, *rules)
    assert holds(ready.router, *rules)
    ready.speaker.clear_all()
    assert ready.speaker.wait_cleared(5)
    assert holds(ready.router)
    assert wait_settled(ready.speaker, *rules)
    want(ready.speaker, rules[0])
    assert holds(ready.router, rules[0])


def test_clear_amid_announcements(ready):
    rules = [rule(number) for number in range(1500)]
    want(ready.speaker, *rules)
    assert ready.router.wait_for(lambda: len(ready.router.table) > 200)
    ready.speaker.clear_all()
    assert ready.speaker.wait_cleared(10)
    assert wait_settled(ready.speaker, *rules)
    assert ready.router.wait_quiet(0.8)
    assert ready.router.table == {}


def test_two_routers_get_the_same(exabgp_version, tmp_path, listener):
    with (
        BGPListener("127.0.0.11") as other,
        lab(exabgp_version, tmp_path, listener, other) as started,
    ):
        want(started.speaker, rule(1))
        assert holds(listener, rule(1))
        assert holds(other, rule(1))
        assert eventually(
            lambda: [peer.state for peer in started.speaker.peers()] == ["established"] * 2
        )
        other.refuse()
        assert eventually(
            lambda: [peer.state for peer in started.speaker.peers()] == ["established", "down"]
        )
        assert started.speaker.carries("ipv4 flow")
