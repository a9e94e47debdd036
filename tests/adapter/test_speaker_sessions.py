"""The sessions that the speaker knows, from the events and answers of ExaBGP."""

from __future__ import annotations

import threading

import pytest

from ..lab.waiting import eventually
from .exabgp_lab import wait_settled, want
from .speaking import rule, speaking

ESTABLISHED = """Neighbor 127.0.0.10

    Session                       Local
   local                      127.0.0.1
   state                    ESTABLISHED
   up for                       0:00:01

    Capability                    Local          Remote
   asn4:                        enabled         enabled

    Families                      Local          Remote        Add-Path
   ipv4 flow:                   enabled         enabled disabled
   ipv6 flow:                   enabled        disabled disabled
""".splitlines()

BOTH_FAMILIES = [line.replace("disabled disabled", " enabled disabled") for line in ESTABLISHED]
IS_DOWN = [line.replace("ESTABLISHED", "IDLE") for line in ESTABLISHED]


def event(kind: str, content: str) -> str:
    """As ExaBGP 4.2 writes it."""
    return (
        '{ "exabgp": "4.0.1", "time": 1795412612.0, "host" : "vm", "pid" : 1, "ppid" : 2, '
        f'"counter": 2, "type": "{kind}", "neighbor": {{ "address": {{ "local": "127.0.0.1", '
        f'"peer": "127.0.0.10" }}, "asn": {{ "local": 65001, "peer": 65001 }} , {content} }} }}'
    )


def states(speaker) -> list[str]:
    return [peer.state for peer in speaker.peers()]


def down(reason: str) -> str:
    return event("state", f'"state": "down", "reason": "{reason}"')


UP = event("state", '"state": "up"')
NEGOTIATED = event("negotiated", '"negotiated": { "families": [ "ipv4 flow" ,"ipv6 flow" ] } ')


class TestSessions:
    def test_in_json(self, exabgp, speaker):
        exabgp.neighbors = BOTH_FAMILIES
        exabgp.say(NEGOTIATED, UP)
        assert eventually(lambda: states(speaker) == ["established"])
        [peer] = speaker.peers()
        assert peer.address == "127.0.0.10"
        assert peer.families == ("ipv4 flow", "ipv6 flow")
        assert speaker.carries("ipv4 flow")
        assert speaker.carries("ipv6 flow")

    def test_in_text_the_families_are_asked_for(self, exabgp, speaker):
        exabgp.neighbors = ESTABLISHED
        exabgp.say("neighbor 127.0.0.10 connected", "", "neighbor 127.0.0.10 up", "")
        assert eventually(lambda: speaker.carries("ipv4 flow"))
        assert not speaker.carries("ipv6 flow")

    def test_families_that_are_not_known_are_not_carried(self, exabgp, speaker):
        assert exabgp.wait_for(lambda: "show neighbor extensive" in exabgp.commands)
        exabgp.hold_answers()
        exabgp.say("neighbor 127.0.0.10 up")
        assert eventually(lambda: states(speaker) == ["established"])
        assert [peer.families for peer in speaker.peers()] == [None]
        assert not speaker.carries("ipv4 flow")

    def test_established_before_the_start(self, exabgp):
        exabgp.neighbors = ESTABLISHED
        with speaking(exabgp.stdin, exabgp.stdout, exabgp.close) as (speaker, _):
            assert eventually(lambda: speaker.carries("ipv4 flow"))

    def test_an_event_is_not_undone_by_an_older_answer(self, exabgp):
        """The session ends after ExaBGP looked, and before its answer is there."""
        exabgp.neighbors = ESTABLISHED
        exabgp.hold_answers()
        with speaking(exabgp.stdin, exabgp.stdout, exabgp.close) as (speaker, _):
            assert exabgp.wait_for(lambda: "version" in exabgp.commands)
            exabgp.release_answers(4)
            assert exabgp.wait_for(lambda: "show neighbor extensive" in exabgp.commands)
            exabgp.neighbors = IS_DOWN
            exabgp.say(UP, down("closing connection"))
            exabgp.release_answers()
            assert eventually(lambda: len(speaker.peers()) == 1)
            want(speaker, rule(1))
            assert wait_settled(speaker, rule(1))
            assert states(speaker) == ["down"]

    @pytest.mark.parametrize(
        "line",
        [
            down("peer reset, message (closing connection)"),
            down("a control character\x07 as 4.2 has it"),
            down("no JSON: \\x"),
            "neighbor 127.0.0.10 down - peer reset, message [closing connection]",
        ],
    )
    def test_down_is_understood(self, exabgp, speaker, line):
        exabgp.neighbors = BOTH_FAMILIES
        exabgp.say(NEGOTIATED, UP)
        assert eventually(lambda: states(speaker) == ["established"])
        exabgp.neighbors = IS_DOWN
        exabgp.say(line)
        assert eventually(lambda: states(speaker) == ["down"])
        [peer] = speaker.peers()
        assert (peer.state, peer.families) == ("down", None)
        assert not speaker.carries("ipv4 flow")

    def test_events_amid_an_answer_belong_to_no_answer(self, exabgp, speaker):
        line = (
            "neighbor 127.0.0.10 local-ip 127.0.0.1 local-as 65001 peer-as 65001 router-id "
            "127.0.0.1 family-allowed in-open ipv4 flow flow destination-ipv4 203.0.0.1/32 "
            "protocol =tcp extended-community rate-limit:0"
        )
        want(speaker, rule(1))
        assert wait_settled(speaker, rule(1))
        exabgp.hold_answers()
        found = []
        asking = threading.Thread(target=lambda: found.extend(speaker.adj_rib_out(5)))
        asking.start()
        assert exabgp.wait_for(lambda: exabgp.commands[-1] == "show adj-rib out extensive")
        exabgp._held.clear()
        exabgp.say(line, "neighbor 127.0.0.10 down - closing connection", line, UP, "done")
        asking.join(timeout=5)
        assert [route.match for route in found] == [rule(1, protocol="tcp").match] * 2
