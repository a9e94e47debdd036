"""The state of a rule, per router and in all; the same in every answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_exabgp_adapter.control.rule_state import judge
from flowtriq_exabgp_adapter.exabgp.neighbor_settings import NeighborSettings
from flowtriq_exabgp_adapter.exabgp.observed import Observed
from flowtriq_exabgp_adapter.exabgp.sessions import DOWN, ESTABLISHED, Peer
from flowtriq_flowspec.events import PeerState, RuleState
from flowtriq_flowspec.flowspec.then import Then, parse_then

from .serving import Serving, serving

DISCARD: Then = parse_then({"discard": True}, "ipv4")
SLOW: Then = parse_then({"rate-limit": 8_000_000}, "ipv4")
FLOW = "ipv4 flow"

UP = Peer("192.0.2.1", ESTABLISHED, "", (FLOW, "ipv6 flow"))
IPV6_ONLY = Peer("192.0.2.2", ESTABLISHED, "", ("ipv6 flow",))
AWAY = Peer("192.0.2.3", DOWN, "", None, "hold timer expired")
IPV6 = Peer("192.0.2.5", ESTABLISHED, "", ("ipv6 flow",), configured=("ipv6 flow",))
NO_API = Peer("192.0.2.6", ESTABLISHED, "", (FLOW,), settings=NeighborSettings())
NEW_TOO = Peer("192.0.2.7", ESTABLISHED, "", (FLOW,), configured=(FLOW,))
NEW = Peer("192.0.2.4", ESTABLISHED, "", None)

RULE = {"match": {"destination": "203.0.113.1/32"}, "then": {"discard": True}}
SIX = {"match": {"destination": "2001:db8::1/128"}, "then": {"discard": True}}


@pytest.mark.parametrize(
    ("desired", "observed", "peers", "state", "at_peers"),
    [
        (DISCARD, Observed(DISCARD), [UP], "announced", ["announced"]),
        (DISCARD, Observed(DISCARD), [], "pending", []),
        (DISCARD, Observed(DISCARD), [AWAY], "pending", ["session_down"]),
        (DISCARD, Observed(DISCARD), [IPV6_ONLY, NEW], "pending", ["not_negotiated"] * 2),
        (
            DISCARD,
            Observed(DISCARD),
            [UP, IPV6_ONLY, AWAY],
            "partly_announced",
            ["announced", "not_negotiated", "session_down"],
        ),
        (DISCARD, Observed(DISCARD), [UP, IPV6], "announced", ["announced", "not_configured"]),
        (DISCARD, Observed(DISCARD), [IPV6], "pending", ["not_configured"]),
        (DISCARD, Observed(DISCARD), [UP, NO_API], "partly_announced", ["announced", "not_sent"]),
        (
            DISCARD,
            Observed(DISCARD, missing_at=frozenset([NEW_TOO.address])),
            [UP, NEW_TOO],
            "partly_announced",
            ["announced", "not_sent"],
        ),
        (
            DISCARD,
            Observed(DISCARD, missing_at=frozenset([UP.address])),
            [UP],
            "pending",
            ["not_sent"],
        ),
        (DISCARD, Observed(None), [UP, AWAY], "pending", ["not_acknowledged", "session_down"]),
        (DISCARD, Observed(SLOW), [UP], "pending", ["not_acknowledged"]),
        (DISCARD, Observed(None, "in quarantine"), [UP, AWAY], "pending", ["refused"] * 2),
        (None, Observed(DISCARD), [UP, AWAY], "withdrawing", ["withdrawing", "session_down"]),
        (None, Observed(None, gone=True), [UP], "withdrawn", []),
    ],
)
def test_one_function_decides(
    desired: Then | None, observed: Observed, peers: list[Peer], state: str, at_peers: list[str]
) -> None:
    judgement = judge(desired, observed, FLOW, peers)
    assert judgement.state == RuleState(state)
    assert [peer.state for peer in judgement.peers] == [PeerState(each) for each in at_peers]
    whole = state in ("announced", "withdrawn")
    assert bool(judgement.why) != whole
    assert all(bool(peer.why) == (peer.state != "announced") for peer in judgement.peers)


def test_the_missing_routers_are_named() -> None:
    judgement = judge(DISCARD, Observed(DISCARD), FLOW, [UP, IPV6_ONLY, AWAY])
    assert judgement.why == (
        "missing at 192.0.2.2 (the session did not negotiate ipv4 flow); "
        "192.0.2.3 (hold timer expired)"
    )


def test_why_a_router_does_not_have_the_rule() -> None:
    def why(peer: Peer, refusal: str | None = None) -> str:
        (found,) = judge(DISCARD, Observed(DISCARD, refusal), FLOW, [peer]).peers
        return found.why

    assert why(AWAY) == "hold timer expired"
    assert why(IPV6_ONLY) == "the session did not negotiate ipv4 flow"
    assert why(NEW) == "it is not known yet which address families the session negotiated"
    assert why(UP, "192.0.2.1 resets its session") == "192.0.2.1 resets its session"


# -- every answer says the same


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


def states(adapter: Serving) -> dict[str, Any]:
    """By the list, by the rule alone, by the status."""
    listed = {rule["id"]: rule["state"] for rule in adapter.rules()}
    for rule_id, state in listed.items():
        assert adapter.ask("GET", f"/v1/rules/{rule_id}").get_json()["state"] == state
    status = adapter.status()
    counted = {state: count for state, count in status["rules"].items() if count}
    assert counted == {state: list(listed.values()).count(state) for state in listed.values()}
    active = sum(each["count"] for each in status["active"])
    assert active == counted.get("announced", 0)
    return listed


def test_answer_list_and_status_agree(adapter: Serving) -> None:
    announced, pending = adapter.announce(RULE, SIX)  # the session is for IPv4 alone
    assert states(adapter) == {announced["id"]: "announced", pending["id"]: "pending"}
    assert (announced["state"], pending["state"]) == ("announced", "pending")
    rules = {rule["id"]: rule for rule in adapter.rules()}
    assert rules[announced["id"]]["peers"] == [{"address": "127.0.0.10", "state": "announced"}]
    (peer,) = rules[pending["id"]]["peers"]
    assert peer["state"] == "not_negotiated"
    assert peer["why"] == "the session did not negotiate ipv6 flow"


def test_a_refused_rule_is_pending_in_every_answer(adapter: Serving) -> None:
    adapter.exabgp.refuses = lambda command: "203.0.113.1/32" in command
    (result,) = adapter.announce(RULE)
    assert states(adapter) == {result["id"]: "pending"}
    assert adapter.rules()[0]["peers"][0]["state"] == "refused"
    assert result["why"] == adapter.rules()[0]["peers"][0]["why"] == "ExaBGP answered error"


def test_a_rule_is_withdrawing_in_every_answer_until_exabgp_acknowledged_it(
    adapter: Serving,
) -> None:
    (rule,) = adapter.announce(RULE)
    adapter.let_the_recorder_catch_up()
    adapter.exabgp.hold_answers()
    (result,) = adapter.withdraw(id=rule["id"], wait_seconds=0)
    assert result["state"] == "withdrawing"
    assert states(adapter) == {rule["id"]: "withdrawing"}
    assert adapter.rules()[0]["peers"][0]["state"] == "withdrawing"
    adapter.exabgp.release_answers()
    assert adapter.speaker.wait_settled([rule["id"]], 10)
    assert states(adapter) == {}
