"""Why a session is down: NOTIFICATIONs and TCP in words, with the AS numbers."""

from __future__ import annotations

import pytest
from flowtriq_exabgp_adapter.exabgp.events import SessionState
from flowtriq_exabgp_adapter.exabgp.session_words import in_words
from flowtriq_exabgp_adapter.exabgp.sessions import Sessions

ROUTER = "192.0.2.1"


@pytest.mark.parametrize(
    ("reason", "answered", "said"),
    [
        (
            "closing connection",
            False,
            "connection refused, or closed or not answered by the router",
        ),
        ("closing connection", True, "the TCP connection was closed without a NOTIFICATION"),
        (
            *("notification sent (2,2)", True),
            "ExaBGP ended the session: OPEN message error: bad peer AS (NOTIFICATION 2/2);"
            " configured here: local AS 65001, the router's AS 65002",
        ),
        (
            "peer reset, message [notification received (6,2)] error[Cease / Shutdown]",
            True,
            "the router ended the session: cease: administrative shutdown (NOTIFICATION 6/2)",
        ),
        ("notification received (4,0)", True, "the router ended the session: hold timer expired"),
        ("notification received (9,9)", True, "code 9 (NOTIFICATION 9/9)"),
        ("process problem", True, "process problem"),
    ],
)
def test_in_words(reason: str, answered: bool, said: str) -> None:
    assert said in in_words(reason, answered, 65001, 65002)


def test_what_the_router_said_stays_while_it_refuses_connections() -> None:
    sessions = Sessions()

    def why(*events: tuple[str, str]) -> str:
        for state, reason in events:
            sessions.apply(SessionState(ROUTER, state, reason))
        (peer,) = sessions.peers()
        return peer.why

    assert "connection refused" in why(("down", "closing connection"))
    said = why(("connected", ""), ("down", "notification received (2,2)"))
    assert "bad peer AS" in said
    assert why(("down", "closing connection"), ("down", "closing connection")) == said
    assert why(("connected", ""), ("up", "")) == ""
    assert "closed without" in why(("down", "closing connection"))


def test_a_router_that_never_sends_its_open_has_a_reason_too() -> None:
    sessions = Sessions()
    sessions.take_over([f"Neighbor {ROUTER}", "   state   IDLE"], 0)
    assert "ExaBGP has reported no session" in sessions.peers()[0].why
    sessions.apply(SessionState(ROUTER, "connected", ""))
    assert "has not answered with a BGP OPEN" in sessions.peers()[0].why
    sessions.apply(SessionState(ROUTER, "up", ""))
    assert sessions.peers()[0].why == ""
    sessions.take_over([f"Neighbor {ROUTER}", "   state   IDLE"], sessions.events)
    assert "ExaBGP has reported no session" in sessions.peers()[0].why
