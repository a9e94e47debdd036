"""What follows from ExaBGP's answers to the commands for a route."""

from __future__ import annotations

import time

from flowtriq_exabgp_adapter.exabgp.events import SessionState
from flowtriq_exabgp_adapter.exabgp.route_commands import RouteCommands
from flowtriq_exabgp_adapter.exabgp.sessions import Sessions

from .speaking import Heard, rule

ONE, TWO = "192.0.2.1", "192.0.2.2"


def send(commands: RouteCommands, *, ok: bool) -> list[str]:
    """The texts of the commands that are due for the routes, each answered like this."""
    due = commands.next_commands(time.monotonic())
    for each in due:
        each.on_answer(each, ok)
    return [each.text for each in due if "announce" in each.text or "withdraw" in each.text]


def test_an_announcement_for_a_neighbour_that_a_reload_removed_is_no_refused_rule() -> None:
    """ExaBGP answers error when it has none of the neighbours that a command names."""
    sessions, heard, wanted = Sessions(), Heard(), rule(1)
    for each in (ONE, TWO):
        sessions.apply(SessionState(each, "up", ""))
    commands = RouteCommands(heard, sessions)
    commands.want(wanted.match, wanted.then)
    commands.routes.hold(wanted.id, ONE)  # as the quarantine does
    assert "withdraw" in send(commands, ok=True)[0]
    (announcement,) = send(commands, ok=False)
    assert announcement.startswith(f"neighbor {TWO} announce")
    assert heard.rejections == []
    assert commands.routes.refusal(commands.routes.get(wanted.id)) is None
    assert commands.routes.awaits_neighbors
    assert send(commands, ok=True) == [], "it waits until ExaBGP's neighbours are read"
    commands.routes.neighbors_read(False)
    assert send(commands, ok=True) == [announcement]
    assert heard.acknowledgements == [(wanted.id, wanted.then)]
