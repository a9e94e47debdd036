"""Who lists all rules gives way to an announcement that is under way, but not for ever."""

from __future__ import annotations

import threading

import pytest
from flowtriq_exabgp_adapter.control import precedence
from flowtriq_exabgp_adapter.control.precedence import AnnouncementsUnderWay

from .serving import Serving, serving


def test_a_list_waits_while_a_rule_is_on_its_way(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "_LONGEST_SECONDS", 60)
    with serving(tmp_path) as adapter:
        adapter.announce(_rule(1))
        listed: list[bytes] = []
        reading = threading.Thread(target=lambda: listed.extend(adapter.gate.listing.rules()[1]))
        with adapter.gate.announcing:
            reading.start()
            reading.join(0.2)
            assert reading.is_alive()
        reading.join(10)
        assert len(listed) == 1


def test_an_announcement_is_under_way_until_it_is_stored_and_sent(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path) as adapter:
        seen = _under_way(adapter, monkeypatch)
        adapter.announce(_rule(1))
        assert seen == [True]
        assert not adapter.gate.announcing._under_way


def test_who_reads_goes_on_beside_announcements_without_a_pause() -> None:
    under_way = AnnouncementsUnderWay()
    with under_way:
        under_way.give_way()  # returns


def _rule(number: int) -> dict[str, object]:
    return {"match": {"destination": f"203.0.113.{number}/32"}, "then": {"discard": True}}


def _under_way(adapter: Serving, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Whether a rule is under way each time the speaker hears of rules."""
    seen: list[bool] = []
    want_many = adapter.speaker.want_many

    def wanted(rules: object) -> None:
        seen.append(bool(adapter.gate.announcing._under_way))
        want_many(rules)

    monkeypatch.setattr(adapter.speaker, "want_many", wanted)
    return seen
