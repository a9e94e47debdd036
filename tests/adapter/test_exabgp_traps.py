"""What goes wrong between a process and a real ExaBGP, and that it doesn't here. Both versions.

Each test is named after the trap. A raw listener (tests/lab/bgp_listener.py) is the router: what
arrived there is what counts.
"""

from __future__ import annotations

import os
import random
import signal
import time
from typing import NamedTuple

import pytest
from flowtriq_exabgp_adapter.exabgp import resend
from flowtriq_flowspec.flowspec.rule import parse_rule

from ..interop.cases import rules as every_case
from ..lab.bgp_listener import BGPListener
from ..lab.exabgp import running
from ..lab.waiting import eventually
from .exabgp_lab import (
    DISCARDED,
    LIMITED,
    RATE_LIMIT,
    extended_communities,
    holds,
    lab,
    route,
    wait_carries,
    wait_settled,
    want,
    withdraw,
)
from .speaking import rule, speaking


class TestDoneMeansInTheRibOrSilentlyDropped:
    def test_with_no_session(self, exabgp_version, tmp_path, listener):
        listener.refuse()
        with lab(exabgp_version, tmp_path, listener) as started:
            want(started.speaker, rule(1))
            assert wait_settled(started.speaker, rule(1)), "ExaBGP says done"
            assert not started.speaker.carries("ipv4 flow")
            listener.refuse(False)
            assert holds(listener, rule(1))
            assert eventually(lambda: started.speaker.carries("ipv4 flow"))

    def test_for_a_family_that_the_router_did_not_negotiate(
        self, exabgp_version, tmp_path, encoder
    ):
        one = parse_rule(
            {"match": {"destination": "2001:db8::1/128"}, "then": {"discard": True}},
        )
        with BGPListener(families=("ipv4 flow",)) as router:
            router_of_two = BGPListenerView(router, families=("ipv4 flow", "ipv6 flow"))
            with lab(exabgp_version, tmp_path, router_of_two, encoder=encoder) as started:
                assert router.wait_established()
                assert eventually(lambda: started.speaker.carries("ipv4 flow"))
                want(started.speaker, one)
                assert wait_settled(started.speaker, one), "ExaBGP says done"
                assert not started.speaker.carries("ipv6 flow")
                [peer] = started.speaker.peers()
                assert peer.families == ("ipv4 flow",)

    def test_a_session_that_goes_and_comes_is_known(self, ready):
        want(ready.speaker, rule(1))
        assert holds(ready.router, rule(1))
        ready.router.refuse()
        assert eventually(lambda: not ready.speaker.carries("ipv4 flow"))
        [peer] = ready.speaker.peers()
        assert (peer.state, bool(peer.reason)) == ("down", True)
        ready.router.refuse(False)
        assert holds(ready.router, rule(1)), "ExaBGP keeps its routes"
        assert eventually(lambda: ready.speaker.carries("ipv4 flow"))


class BGPListenerView(NamedTuple):
    """A router for the configuration, with other families than it offers."""

    router: BGPListener
    families: tuple[str, ...]

    @property
    def address(self) -> str:
        return self.router.address

    @property
    def port(self) -> int:
        return self.router.port

    @property
    def asn(self) -> int:
        return self.router.asn


class TestPendingCommandsAreReordered:
    def test_changing_minds_leave_the_router_as_wanted(self, ready):
        """Two actions and gone again, in any order, in the midst of other announcements."""
        seed = int(os.environ.get("SEED", "8955"))
        chance = random.Random(seed)
        rules = [rule(number) for number in range(60)]
        limited = [rule(number, RATE_LIMIT) for number in range(60)]
        wanted: dict[int, bytes | None] = {}
        until = time.monotonic() + 1.5
        while time.monotonic() < until:
            for number in chance.sample(range(60), 20):
                choice = chance.choice([rules, limited, None])
                if choice is None:
                    withdraw(ready.speaker, rules[number])
                    wanted[number] = None
                else:
                    want(ready.speaker, choice[number])
                    wanted[number] = DISCARDED if choice is rules else LIMITED
            chance.choice(rules)
            ready.router.wait_for(lambda: False, timeout=chance.choice([0.001, 0.02, 0.1]))
        assert wait_settled(ready.speaker, *rules)
        # Rules that are gone are withdrawn once more, half a second later.
        assert ready.router.wait_quiet(0.8)
        expected = {route(rules[number]): (action,) for number, action in wanted.items() if action}
        assert extended_communities(ready.router) == expected, f"seed {seed}"

    def test_behind_a_router_that_stops_reading(self, exabgp_version, tmp_path):
        """What is said meanwhile waits together, and ExaBGP sends it action by action: here, all
        that discards first, then all that limits. Some rules would be lost, and one be leaked."""
        others = [rule(number) for number in range(1000, 2500)]
        with (
            BGPListener(small_buffers=True) as router,
            lab(exabgp_version, tmp_path, router, encoder="json") as started,
        ):
            wait_carries(started)
            want(started.speaker, rule(1), rule(5, RATE_LIMIT))
            assert holds(router, rule(1), rule(5))
            router.pause()
            want(started.speaker, *others)
            assert wait_settled(started.speaker, *others)
            for each in [
                *[rule(2), rule(3, RATE_LIMIT), rule(4, RATE_LIMIT), rule(6)],
                *[rule(1, RATE_LIMIT), rule(2, RATE_LIMIT), rule(5)],  # another action
                *[rule(3), rule(4)],
                *[rule(1), rule(5, RATE_LIMIT)],  # and back
            ]:
                want(started.speaker, each)
                assert wait_settled(started.speaker, each)
            withdraw(started.speaker, rule(2), rule(4), rule(6))
            assert wait_settled(started.speaker, rule(2), rule(4), rule(6))
            want(started.speaker, rule(6, RATE_LIMIT))
            assert wait_settled(started.speaker, rule(6))
            assert len(router.table) < 1000, "or the router was not blocked"
            router.resume()
            expected = {
                **{route(each): (DISCARDED,) for each in [rule(1), rule(3), *others]},
                **{route(each): (LIMITED,) for each in [rule(5), rule(6)]},
            }
            router.wait_for(lambda: extended_communities(router) == expected)
            assert router.wait_quiet(0.3)
            assert extended_communities(router) == expected

    def test_while_a_session_is_down(self, ready):
        """What is said then waits together, until the session is back."""
        changed, gone = rule(2), rule(3)
        want(ready.speaker, rule(1))
        assert holds(ready.router, rule(1))
        ready.router.pause()  # so that the next session is not there before all is said
        ready.router.drop()
        assert eventually(lambda: not ready.speaker.carries("ipv4 flow"))
        for each in [
            rule(1, RATE_LIMIT),  # so that all that limits is sent first
            *[changed, rule(2, RATE_LIMIT)],
            *[gone, rule(3, RATE_LIMIT)],
        ]:
            want(ready.speaker, each)
            assert wait_settled(ready.speaker, each)
        withdraw(ready.speaker, gone)
        assert wait_settled(ready.speaker, gone)
        ready.router.wait_for(lambda: False, timeout=0.5)  # it is said once more, to nobody
        ready.router.resume()
        expected = {route(rule(1)): (LIMITED,), route(changed): (LIMITED,)}
        assert ready.router.wait_established()
        ready.router.wait_for(lambda: extended_communities(ready.router) == expected)
        assert ready.router.wait_quiet(1.0)
        assert extended_communities(ready.router) == expected

    def test_a_command_soon_after_another_is_resent_just_once(self, ready, monkeypatch):
        """Once the router is known to have got it, there is no more to say. ExaBGP has time to send
        before it is asked for its count: on a busy machine it may need more than 50 ms, and then
        the commands are rightly resent again."""
        monkeypatch.setattr(resend, "_COUNT_AFTER_SECONDS", 0.5)
        gone, changed = rule(1), rule(2)
        want(ready.speaker, gone, changed)
        assert holds(ready.router, gone, changed)
        seen = len(ready.router.updates)
        withdraw(ready.speaker, gone)
        want(ready.speaker, rule(2, RATE_LIMIT))
        assert wait_settled(ready.speaker, gone, changed)

        def said() -> tuple[int, int]:
            updates = ready.router.updates[seen:]
            return (
                sum(route(gone) in each.withdrawn for each in updates),
                sum(route(changed) in each.announced for each in updates),
            )

        assert ready.router.wait_for(lambda: said() == (2, 2))
        assert ready.router.wait_quiet(1.0)  # it has been counted, and nothing followed
        assert said() == (2, 2)

    def test_a_changed_action_replaces_the_first(self, ready):
        want(ready.speaker, rule(1))
        assert wait_settled(ready.speaker, rule(1))
        want(ready.speaker, rule(1, RATE_LIMIT))
        assert wait_settled(ready.speaker, rule(1, RATE_LIMIT))
        assert ready.router.wait_for(
            lambda: (
                [each.extended_communities for each in ready.router.table.values()] == [(LIMITED,)]
            )
        )


@pytest.mark.parametrize("address_family", ["ipv4", "ipv6"])
def test_rules_that_match_more_than_asked(ready, address_family):
    """Every component and action: what the router got is what the rule says, octet by octet; and
    ExaBGP's own list of it reads back as the same rule."""
    rules = [parse_rule(each) for _, each in every_case(address_family)]
    want(ready.speaker, *rules)
    assert wait_settled(ready.speaker, *rules)
    assert holds(ready.router, *rules)
    listed = ready.speaker.adj_rib_out(5)
    assert listed is not None
    assert {each.match for each in listed} == {each.match for each in rules}
    then = {each.match: each.then for each in rules}
    assert [each.text for each in listed if not each.does(then[each.match])] == []
    assert {each.neighbor for each in listed} == {ready.router.address}


def test_commands_that_kill_exabgp(exabgp_version, tmp_path, listener):
    """All that the speaker can say, with no session up, which is when 4.2 dies of some."""
    listener.refuse()
    with lab(exabgp_version, tmp_path, listener) as started:
        want(started.speaker, rule(1), rule(2))
        assert wait_settled(started.speaker, rule(1), rule(2))
        assert len(started.speaker.adj_rib_out(5)) == 2
        withdraw(started.speaker, rule(1))
        assert wait_settled(started.speaker, rule(1))
        started.speaker.clear_all()
        assert started.speaker.wait_cleared(5)
        assert started.speaker.adj_rib_out(5) == []
        assert started.exabgp.popen.poll() is None
        listener.refuse(False)
        want(started.speaker, rule(3))
        assert holds(listener, rule(3))


def test_a_process_that_does_not_read_freezes_exabgp(
    exabgp_version, tmp_path, listener, hanging_recorder
):
    """The disk hangs, ExaBGP says more than its pipe holds, and nothing stops."""
    with lab(exabgp_version, tmp_path, listener, listener=hanging_recorder) as started:
        hanging_recorder.start(started.speaker.is_gone)
        rules = [rule(number) for number in range(400)]
        want(started.speaker, *rules)
        assert wait_settled(started.speaker, *rules)
        for _ in range(3):  # about 80 KiB each
            assert len(started.speaker.adj_rib_out(5)) == 400
        assert holds(listener, *rules)


class TestMissingAnswers:
    @pytest.mark.parametrize(
        "rest",
        [
            "announce flow route ",  # 4.2 takes it for a rule that matches everything
            "announce flow route { match { destination 192.0.2.1/32; }",
            "announce flow route { match { destination 192.0.2.1/32; } then { rate-limit 1250",
        ],
    )
    def test_the_rest_of_a_line_that_a_dead_process_left(
        self, exabgp_version, tmp_path, listener, rest
    ):
        with running(exabgp_version, tmp_path, [listener]) as (_, server, first):
            assert listener.wait_established()
            first.stdout.write(rest.encode())
            first.close()
            second = server.accept()
            with speaking(second.stdin, second.stdout, second.hang_up) as (speaker, heard):
                rules = [rule(number) for number in range(5)]
                want(speaker, *rules)
                assert wait_settled(speaker, *rules)
                assert holds(listener, *rules)
                expected = [(each.id, each.then) for each in rules]
                assert eventually(lambda: heard.acknowledgements == expected)
                assert speaker.exabgp_version == exabgp_version

    def test_the_answers_that_a_dead_process_did_not_stay_for(
        self, exabgp_version, tmp_path, listener
    ):
        with running(exabgp_version, tmp_path, [listener]) as (_, server, first):
            assert listener.wait_established()
            with speaking(first.stdin, first.stdout, first.hang_up) as (speaker, _):
                want(speaker, *(rule(number) for number in range(100, 200)))
            first.close()
            second = server.accept()
            with speaking(second.stdin, second.stdout, second.hang_up) as (speaker, heard):
                rules = [rule(number) for number in range(300)]
                want(speaker, *rules)
                assert wait_settled(speaker, *rules)
                assert holds(listener, *rules)
                assert heard.rejections == []

    def test_of_an_exabgp_that_stands_still(self, exabgp_version, tmp_path, listener):
        with (
            running(exabgp_version, tmp_path, [listener]) as (exabgp, _, pipes),
            speaking(pipes.stdin, pipes.stdout, pipes.hang_up, ack_timeout_seconds=0.2) as (
                speaker,
                _,
            ),
        ):
            want(speaker, rule(0))
            assert holds(listener, rule(0))
            exabgp.popen.send_signal(signal.SIGSTOP)
            rules = [rule(number) for number in range(300)]
            want(speaker, *rules)
            assert not wait_settled(speaker, *rules, timeout=1)
            assert speaker.seconds_without_answer() > 0.1
            withdraw(speaker, *rules[:100])
            exabgp.popen.send_signal(signal.SIGCONT)
            assert wait_settled(speaker, *rules)
            assert holds(listener, *rules[100:])
