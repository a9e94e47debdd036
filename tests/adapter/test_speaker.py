"""The speaker against a pipe that misbehaves at will."""

from __future__ import annotations

import threading
import time

import pytest

from ..lab.fake_exabgp import SUMMARY
from ..lab.waiting import eventually
from .exabgp_lab import wait_settled, want, withdraw
from .speaking import rule, speaking

SHOW_SESSIONS = "show neighbor extensive"
IMPATIENT = pytest.mark.parametrize("ack_timeout_seconds", [0.3])


def confirmed_and_quiet(exabgp, speaker) -> None:
    """Returns when a resent command is confirmed, and all that the speaker has to send is here."""
    # The last command asks for the count of UPDATEs.
    assert exabgp.wait_for(lambda: exabgp.commands[-1] == SHOW_SESSIONS)
    exabgp.receive_all(speaker)


class TestOneRule:
    def test_is_announced_and_acknowledged_and_the_listener_is_told(self, exabgp, speaker, heard):
        one = rule(1, protocol="tcp")
        want(speaker, one)
        assert wait_settled(speaker, one)
        assert exabgp.rib == {"destination 203.0.0.1/32; protocol =6;": "discard;"}
        assert speaker.observe([one.id])[0].acknowledged == one.then
        assert eventually(lambda: heard.acknowledgements == [(one.id, one.then)])

    def test_that_is_wanted_twice_is_announced_once(self, exabgp, speaker):
        want(speaker, rule(1))
        want(speaker, rule(1))
        want(speaker, rule(2))
        assert wait_settled(speaker, rule(1), rule(2))
        assert len(exabgp.flows()) == 2

    def test_an_unknown_rule_is_withdrawn_all_the_same(self, exabgp, speaker):
        speaker.want(rule(1).match, None)
        assert wait_settled(speaker, rule(1))
        withdraw = "withdraw flow route { match { destination 203.0.0.1/32; } }"
        assert set(exabgp.flows()) == {withdraw}

    def test_withdrawal_carries_the_action_and_is_resent_once(self, exabgp, speaker):
        one = rule(1)
        want(speaker, one)
        assert wait_settled(speaker, one)
        speaker.want(one.match, None)
        assert wait_settled(speaker, one)
        withdraw = "withdraw flow route { match { destination 203.0.0.1/32; } then { discard; } }"
        assert exabgp.wait_for(lambda: exabgp.flows()[1:] == [withdraw, withdraw])
        assert speaker.observe([one.id])[0].acknowledged is None
        confirmed_and_quiet(exabgp, speaker)
        assert len(exabgp.flows()) == 3

    def test_that_is_wanted_again_stays_announced(self, exabgp, speaker):
        one = rule(1)
        want(speaker, one)
        assert wait_settled(speaker, one)
        speaker.want(one.match, None)
        want(speaker, rule(2))
        assert wait_settled(speaker, one)
        want(speaker, one)
        assert wait_settled(speaker, one)
        # It is resent after a withdrawal that makes it news to ExaBGP.
        assert exabgp.wait_for(lambda: exabgp.flows().count(exabgp.flows()[0]) == 3)
        confirmed_and_quiet(exabgp, speaker)
        assert "announce" in exabgp.flows()[-1]
        assert set(exabgp.rib.values()) == {"discard;"}

    def test_has_one_open_command_at_a_time(self, exabgp, speaker):
        want(speaker, rule(2))
        assert wait_settled(speaker, rule(2))
        exabgp.hold_answers()
        want(speaker, rule(1))
        assert exabgp.wait_for(lambda: len(exabgp.flows()) == 2)
        want(speaker, rule(1, then={"rate-limit": 8000}))
        speaker.want(rule(1).match, None)
        want(speaker, rule(1, then={"rate-limit": 16000}))
        exabgp.receive_all(speaker)
        assert len(exabgp.flows()) == 2
        exabgp.release_answers()
        assert wait_settled(speaker, rule(1))
        announce = "announce flow route { match { destination 203.0.0.1/32; }"
        # The actions that were desired in between are not announced.
        assert exabgp.flows()[2] == f"{announce} then {{ rate-limit 2000; }} }}"
        # It is resent after a withdrawal, so that it is gone for a moment.
        held = "rate-limit 2000;"
        assert exabgp.wait_for(lambda: exabgp.rib.get("destination 203.0.0.1/32;") == held)


class TestMany:
    def test_at_most_a_window_is_open(self, exabgp, speaker):
        want(speaker, rule(1000))
        assert wait_settled(speaker, rule(1000))
        exabgp.hold_answers()
        many = [rule(number) for number in range(250)]
        want(speaker, *many)
        assert exabgp.wait_for(lambda: len(exabgp.flows()) == 101)
        exabgp.release_answers(10)
        assert exabgp.wait_for(lambda: len(exabgp.flows()) == 111)
        exabgp.release_answers()
        assert wait_settled(speaker, *many)
        assert exabgp.most_held == 100
        assert len(exabgp.rib) == 251

    def test_withdrawals_go_before_announcements(self, exabgp, speaker):
        old = rule(1)
        want(speaker, old)
        assert wait_settled(speaker, old)
        exabgp.hold_answers()
        want(speaker, *(rule(number) for number in range(2, 200)))
        assert exabgp.wait_for(lambda: len(exabgp.flows()) == 101)
        speaker.want(old.match, None)
        exabgp.release_answers(1)
        assert exabgp.wait_for(lambda: len(exabgp.flows()) == 102)
        assert exabgp.flows()[-1].startswith("withdraw")

    def test_a_lost_answer_is_noticed_without_a_pause(self, exabgp):
        """One of many in an endless stream: every answer after it is credited to the wrong rule."""
        forgotten: list[str] = []

        def forgets(command: str) -> bool:
            if "203.0.0.7/" not in command or forgotten:
                return False
            forgotten.append(command)
            return True

        exabgp.forgets = forgets
        many = [rule(number) for number in range(3000)]
        with speaking(exabgp.stdin, exabgp.stdout, exabgp.close, ack_timeout_seconds=60) as (
            speaker,
            _,
        ):
            want(speaker, *many[:1500])
            assert exabgp.wait_for(lambda: len(exabgp.flows()) > 1200)
            want(speaker, *many[1500:])
            assert wait_settled(speaker, *many, timeout=20)
            assert len(exabgp.rib) == 3000
            assert sum("announce" in each and "203.0.0.7/" in each for each in exabgp.flows()) == 2


class TestAnswers:
    @pytest.mark.quiet
    def test_error_refuses_the_rule_and_no_other(self, exabgp, speaker, heard):
        exabgp.refuses = lambda command: "announce" in command and "203.0.0.2/" in command
        rules = [rule(number) for number in range(5)]
        want(speaker, *rules)
        began = time.monotonic()
        assert not wait_settled(speaker, *rules)
        assert time.monotonic() - began < 2, "there is nothing more to wait for"
        assert speaker.observe([rules[2].id])[0].refusal == "ExaBGP answered error"
        assert speaker.observe([rules[2].id])[0].acknowledged is None
        assert eventually(lambda: heard.rejections == [rules[2].id])
        assert wait_settled(speaker, *rules[:2], *rules[3:])
        assert [speaker.observe([each.id])[0].refusal for each in rules[3:]] == [None, None]

    def test_a_refused_action_is_not_tried_again(self, exabgp, speaker):
        exabgp.refuses = lambda command: "announce" in command
        want(speaker, rule(1))
        assert not wait_settled(speaker, rule(1))
        exabgp.refuses = lambda _command: False
        want(speaker, rule(1), rule(2))
        assert wait_settled(speaker, rule(2))
        assert sum("announce" in each and "203.0.0.1/" in each for each in exabgp.flows()) == 1

    def test_nothing_is_settled_while_something_else_is_on_its_way(self, exabgp, speaker):
        want(speaker, rule(1))
        assert wait_settled(speaker, rule(1))
        withdraw(speaker, rule(1))
        assert wait_settled(speaker, rule(1))
        assert exabgp.wait_for(lambda: len(exabgp.flows()) == 3), "the withdrawal is resent"
        exabgp.hold_answers()
        want(speaker, rule(1))
        assert exabgp.wait_for(lambda: exabgp.rib)
        withdraw(speaker, rule(1))
        assert not wait_settled(speaker, rule(1), timeout=0)
        exabgp.release_answers()
        assert wait_settled(speaker, rule(1))
        assert exabgp.rib == {}

    def test_another_action_is_another_try(self, exabgp, speaker):
        exabgp.refuses = lambda command: "discard" in command
        want(speaker, rule(1))
        assert not wait_settled(speaker, rule(1))
        want(speaker, rule(1, then={"rate-limit": 8000}))
        assert wait_settled(speaker, rule(1))

    @IMPATIENT
    def test_late_answers_are_ignored(self, exabgp, speaker):
        """The first rule's answer comes after its time, when a second rule's is awaited."""
        one, two = rule(1), rule(2)
        want(speaker, rule(9))
        assert wait_settled(speaker, rule(9))
        exabgp.hold_answers()
        exabgp.refuses = lambda command: "203.0.0.1/" in command
        want(speaker, one)
        assert exabgp.wait_for(lambda: exabgp.commands[-1] == "show neighbor summary")
        exabgp.refuses = lambda _command: False
        want(speaker, two)
        exabgp.release_answers()  # an error, which is not the second rule's
        assert wait_settled(speaker, one, two)
        assert speaker.observe([two.id])[0].refusal is None
        assert set(exabgp.rib.values()) == {"discard;"}
        assert len(exabgp.rib) == 3

    @IMPATIENT
    def test_nothing_is_sent_while_an_answer_is_overdue(self, exabgp, speaker):
        want(speaker, rule(9))
        assert wait_settled(speaker, rule(9))
        exabgp.hold_answers()
        want(speaker, rule(1))
        assert exabgp.wait_for(lambda: exabgp.commands[-1] == "show neighbor summary")
        want(speaker, rule(2))
        asked = exabgp.commands.count("show neighbor summary")
        assert exabgp.wait_for(lambda: exabgp.commands.count("show neighbor summary") > asked)
        assert not any("203.0.0.2/" in command for command in exabgp.commands)
        assert speaker.seconds_without_answer() > 0
        exabgp.release_answers()
        assert wait_settled(speaker, rule(1), rule(2))

    @IMPATIENT
    def test_a_hang_of_several_time_outs_is_survived(self, exabgp, speaker):
        want(speaker, rule(9))
        assert wait_settled(speaker, rule(9))
        exabgp.hold_answers()
        many = [rule(number) for number in range(200)]
        want(speaker, *many)
        asked = exabgp.commands.count("show neighbor summary")
        assert exabgp.wait_for(
            lambda: exabgp.commands.count("show neighbor summary") >= asked + 3, timeout=8
        )
        exabgp.release_answers()
        assert wait_settled(speaker, *many)
        speaker.want_many((each.match, None) for each in many)
        assert wait_settled(speaker, *many)
        assert exabgp.rib == {}

    def test_answers_in_json_are_understood(self, exabgp):
        exabgp.done = '{ "answer": "done", "message": "command completed" }'
        exabgp.error = '{ "answer": "error", "message": "…" }'
        with speaking(exabgp.stdin, exabgp.stdout, exabgp.close) as (speaker, _):
            exabgp.refuses = lambda command: "203.0.0.2/" in command
            want(speaker, rule(1), rule(2))
            assert wait_settled(speaker, rule(1))
            assert not wait_settled(speaker, rule(2))
            assert speaker.exabgp_version == "5.0.15"

    def test_answers_to_a_former_process_are_ignored(self, exabgp):
        """Not even where it begins like the answer to our own first question."""
        exabgp.hold_answers()
        exabgp.say("done", "error", SUMMARY, "done")
        with speaking(exabgp.stdin, exabgp.stdout, exabgp.close, ack_timeout_seconds=0.3) as (
            speaker,
            _,
        ):
            rules = [rule(number) for number in range(20)]
            want(speaker, *rules)
            # Two at the start; the third when their answers are late.
            assert exabgp.wait_for(lambda: exabgp.commands.count("show neighbor summary") == 3)
            assert exabgp.flows() == []
            exabgp.say(*["error"] * 50)
            exabgp.release_answers()
            assert wait_settled(speaker, *rules)
            assert len(exabgp.rib) == 20


class TestClear:
    def test_withdraws_everything_at_once(self, exabgp, speaker, heard):
        rules = [rule(number) for number in range(50)]
        want(speaker, *rules)
        assert wait_settled(speaker, *rules)
        exabgp.rib["destination 192.0.2.1/32;"] = "discard;"  # nobody here knows of it
        speaker.clear_all()
        assert speaker.wait_cleared(5)
        assert exabgp.rib == {}
        assert {speaker.observe([each.id])[0].acknowledged for each in rules} == {None}
        assert eventually(lambda: (rules[0].id, None) in heard.acknowledgements)

    def test_an_urgent_command_goes_before_waiting_ones(self, exabgp, speaker):
        want(speaker, rule(1000))
        assert wait_settled(speaker, rule(1000))
        exabgp.hold_answers()
        want(speaker, *(rule(number) for number in range(250)))
        assert exabgp.wait_for(lambda: len(exabgp.flows()) == 101)
        speaker.clear_all()
        assert exabgp.wait_for(lambda: "clear adj-rib out" in exabgp.commands)
        exabgp.release_answers()
        assert wait_settled(speaker, *(rule(number) for number in range(250)))
        assert exabgp.rib == {}
        assert sum("announce" in command for command in exabgp.flows()) == 101

    def test_others_wait_a_little_until_it_is_done(self, exabgp, speaker):
        exabgp.hold_answers()
        speaker.clear_all()
        began = time.monotonic()
        speaker.let_clear(0.2)
        assert time.monotonic() - began >= 0.2
        exabgp.release_answers()
        assert speaker.wait_cleared(5)
        began = time.monotonic()
        speaker.let_clear(30)
        assert time.monotonic() - began < 5

    def test_who_waits_goes_on_as_soon_as_it_is_done(self, exabgp, speaker):
        exabgp.hold_answers()
        speaker.clear_all()
        waiting = threading.Thread(target=speaker.let_clear, args=(4.5,))
        waiting.start()
        exabgp.release_answers()
        waiting.join(3)
        assert not waiting.is_alive()

    def test_an_error_does_no_harm(self, exabgp, speaker):
        """ExaBGP answers so where it has no neighbour, and out of turn."""
        exabgp.refuses = lambda command: command.startswith("clear")
        speaker.clear_all()
        assert speaker.wait_cleared(5)
        want(speaker, rule(1))
        assert wait_settled(speaker, rule(1))

    def test_an_order_after_the_provider_returned_is_announced(self, exabgp, speaker):
        want(speaker, rule(1))
        assert wait_settled(speaker, rule(1))
        exabgp.hold_answers()
        speaker.clear_all()
        want(speaker, rule(1))
        exabgp.release_answers()
        assert exabgp.wait_for(lambda: exabgp.flows()[1:][-1:] == exabgp.flows()[:1])
        assert wait_settled(speaker, rule(1))
        assert list(exabgp.rib.values()) == ["discard;"]


class TestPipe:
    def test_end_of_file_closes(self, exabgp, speaker):
        exabgp.close()
        assert speaker.closed.wait(5)

    def test_a_broken_pipe_closes(self, exabgp, speaker):
        want(speaker, rule(1))
        assert wait_settled(speaker, rule(1))
        exabgp.break_pipe()
        want(speaker, rule(2))
        assert exabgp.wait_broken()
        assert not wait_settled(speaker, rule(2), timeout=0)
        want(speaker, rule(3))
        assert speaker.closed.wait(5)

    def test_reads_on_while_the_disk_hangs(self, exabgp, hanging_recorder):
        """An ExaBGP whose process does not read stands still, and its sessions with it."""
        with speaking(exabgp.stdin, exabgp.stdout, exabgp.close, listener=hanging_recorder) as (
            speaker,
            _,
        ):
            hanging_recorder.start(speaker.is_gone)
            want(speaker, rule(1))
            assert wait_settled(speaker, rule(1))
            spoken = threading.Thread(target=lambda: exabgp.say(*["neighbor 127.0.0.10 up"] * 5000))
            spoken.start()
            spoken.join(timeout=5)
            assert not spoken.is_alive()
            want(speaker, rule(2))
            assert wait_settled(speaker, rule(2))

    @pytest.mark.quiet
    def test_an_exabgp_that_does_not_read_blocks_no_caller(self, exabgp, speaker):
        want(speaker, rule(0))
        assert wait_settled(speaker, rule(0))
        exabgp.pause()
        began = time.monotonic()
        speaker.clear_all()
        for number in range(2000):
            want(speaker, rule(number))
        speaker.peers()
        assert not wait_settled(speaker, rule(1), timeout=0)
        assert speaker.adj_rib_out(timeout_seconds=0.05) is None
        assert time.monotonic() - began < 2
