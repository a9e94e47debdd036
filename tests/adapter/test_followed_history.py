"""What a program that follows the history reads: forwards, from where it stopped; sessions too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_exabgp_adapter.clock import Clock
from flowtriq_exabgp_adapter.control.session_log import SessionLog
from flowtriq_exabgp_adapter.exabgp.sessions import Peer
from flowtriq_exabgp_adapter.store.registry import Registry
from flowtriq_flowspec.events import Event

from .serving import Serving, serving

ROUTER = "127.0.0.10"


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


def get(adapter: Serving, path: str) -> dict[str, Any]:
    answer: dict[str, Any] = adapter.ask("GET", path).json
    return answer


def notes(*incidents: str, event: str = "attack_mitigated") -> dict[str, Any]:
    return {"event": event, "about": [{"incident": each} for each in incidents]}


def test_it_is_read_forwards_from_an_event(adapter: Serving) -> None:
    for number in range(5):
        adapter.ask("POST", "/v1/notes", notes(f"a:{number}", event="attack_unmitigated"))
    first = get(adapter, "/v1/history?after=0&limit=2&event=attack_unmitigated")
    assert [each["incident"] for each in first["events"]] == ["a:0", "a:1"]
    assert (first["more"], first["after_at"]) == (True, None)
    seq = first["events"][-1]["seq"]
    rest = get(adapter, f"/v1/history?after={seq}&event=attack_unmitigated")
    assert [each["incident"] for each in rest["events"]] == ["a:2", "a:3", "a:4"]
    assert (rest["more"], rest["after_at"]) == (False, first["events"][-1]["at"])
    newest = get(adapter, "/v1/history?limit=1")["events"][0]
    assert rest["newest"] == {"seq": newest["seq"], "at": newest["at"]}
    end = get(adapter, f"/v1/history?after={newest['seq']}")
    assert (end["events"], end["more"]) == ([], False)


def test_a_cursor_that_cannot_be_read_is_refused(adapter: Serving) -> None:
    refused = get(adapter, "/v1/history?after=-1")["error"]
    assert "after is '-1'; it is a whole number from 0 to" in refused["message"]
    refused = get(adapter, "/v1/history?after=1&before=3")["error"]
    assert refused["message"] == "before and after do not go together"


def test_an_attack_is_noted_as_mitigated_once_until_something_happens(adapter: Serving) -> None:
    def mitigated() -> int:
        adapter.ask("POST", "/v1/notes", notes("a:1", "a:2"))
        return len(get(adapter, "/v1/history?event=attack_mitigated")["events"])

    assert [mitigated(), mitigated()] == [2, 2]
    adapter.ask("POST", "/v1/notes", notes("a:1", event="attack_unmitigated"))
    assert mitigated() == 3
    adapter.ask("POST", "/v1/notes", notes("a:1", "a:2", event="attack_ended"))
    assert mitigated() == 5


class Routers:
    """In the speaker's place."""

    def __init__(self) -> None:
        self.of: dict[str, Peer] = {}

    def set(self, state: str, since: str = "2026-01-01T00:00:00+00:00", why: str = "") -> None:
        self.of[ROUTER] = Peer(ROUTER, state, since, why=why)

    def peers(self) -> list[Peer]:
        return list(self.of.values())


class Watched:
    def __init__(self, registry: Registry) -> None:
        self.registry, self.routers, self.now = registry, Routers(), 1000.0
        self.start()

    def start(self) -> None:
        self.log = SessionLog(
            self.registry,
            self.routers,  # type: ignore[arg-type]
            Clock(),
            lambda: self.now,
        )

    def look(self, seconds: float = 1.0) -> list[str]:
        self.now += seconds
        self.log.look()
        kinds = (Event.SESSION_UP, Event.SESSION_DOWN)
        return [each["event"] for each in self.registry.history(100, kinds)][::-1]


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(Registry(tmp_path / "registry"))


def test_sessions_are_noted_as_they_change(watched: Watched) -> None:
    watched.routers.set("down")
    assert watched.look() == []  # it may be on its way up
    watched.routers.set("established")
    assert watched.look() == ["session_up"]
    watched.routers.set("down", why="the hold timer expired")
    assert watched.look(60) == ["session_up", "session_down"]
    newest = watched.registry.history(1)[0]
    assert newest["detail"]["message"] == "the hold timer expired"
    assert newest["detail"]["peer"] == ROUTER
    assert watched.look(60) == ["session_up", "session_down"]


def test_a_session_that_is_not_up_soon_after_the_start_is_noted(watched: Watched) -> None:
    watched.routers.set("down")
    assert watched.look(9) == []
    assert watched.look(2) == ["session_down"]


def test_a_flapping_session_fills_no_history(watched: Watched) -> None:
    for second in range(100):
        watched.routers.set("established" if second % 2 else "down", str(second))
        events = watched.look()
    assert 8 <= len(events) <= 11


def test_a_session_that_came_back_between_two_looks_is_noted(watched: Watched) -> None:
    watched.routers.set("established", "1")
    watched.look()
    watched.routers.set("established", "2")
    assert watched.look(60) == ["session_up", "session_up"]


def test_after_a_restart_of_the_adapter_only_news_is_noted(watched: Watched) -> None:
    watched.routers.set("established")
    watched.look()
    watched.start()
    watched.routers.set("established", "later")
    assert watched.look() == ["session_up"]
    watched.start()
    watched.routers.set("down")
    assert watched.look() == ["session_up"]
    assert watched.look(11) == ["session_up", "session_down"]


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ("incident=a:1", 1),
        ("incident=a:1&event=attack_ended", 0),
        ("incident=nobody", 0),
        ("since=2026-01-01T12:00:00Z", 5),
        ("since=2026-01-01T12:00:01Z", 0),
        ("until=2026-01-01T12:00:00Z", 5),
        ("until=2026-01-01T11:59:59Z", 0),
        ("rule=0123456789ab", 0),
        ("incident=a:4&after=0", 1),
    ],
)
def test_it_is_asked_for_what_is_wanted_alone(adapter: Serving, asked: str, count: int) -> None:
    for number in range(5):
        adapter.ask("POST", "/v1/notes", notes(f"a:{number}", event="attack_unmitigated"))
    found = get(adapter, f"/v1/history?{asked}")
    assert (len(found["events"]), found["more"]) == (count, False)


def test_a_time_that_cannot_be_read_is_refused(adapter: Serving) -> None:
    refused = get(adapter, "/v1/history?since=yesterday")["error"]
    assert refused["message"].startswith("since is 'yesterday', not a time, for example 2026-")
