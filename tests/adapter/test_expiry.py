"""Claims expire on time: by the timer, over restarts, and whatever happens to the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flowtriq_exabgp_adapter.clock import Boot, Clock
from flowtriq_exabgp_adapter.control import expiry
from flowtriq_exabgp_adapter.control.expiry import Expiry
from flowtriq_exabgp_adapter.store.database import NotStored

from .serving import NOON, Serving, serving

SHORT = {"match": {"destination": "203.0.113.1/32"}, "then": {"discard": True}}
NO_RESERVE = {"operator_reserve_percent": 0}
LONG = {"match": {"destination": "203.0.113.2/32"}, "then": {"discard": True}}


class Timer:
    """An Expiry whose calls are counted."""

    def __init__(self) -> None:
        self.called = threading.Semaphore(0)
        self.given_up = threading.Event()
        self.answer: Callable[[], object] = lambda: None
        self.claims_changed = threading.Event()
        self.expiry = Expiry(self._expire, self.claims_changed, self.given_up.set)

    def _expire(self):
        self.called.release()
        return self.answer()

    def was_called(self, timeout: float = 20.0) -> bool:
        return self.called.acquire(timeout=timeout)


@pytest.fixture
def timer() -> Iterator[Timer]:
    running = Timer()
    yield running
    # Its thread never ends; from here on it waits.
    running.answer = threading.Event().wait
    running.claims_changed.set()


def test_expire_is_called_at_once_and_when_the_next_claim_is_due(timer: Timer) -> None:
    answers = iter([0.02, 0.02])
    timer.answer = lambda: next(answers, None)
    timer.expiry.start()
    assert all(timer.was_called() for _ in range(3))
    assert not timer.was_called(timeout=0.1)


def test_a_claim_that_is_due_earlier_wakes_the_thread(timer: Timer) -> None:
    timer.answer = lambda: 3600.0
    timer.expiry.start()
    assert timer.was_called()
    timer.claims_changed.set()
    assert timer.was_called()


@pytest.mark.parametrize("problem", [NotStored("the disk is gone"), ValueError("what is this")])
def test_a_failing_expire_is_retried_and_given_up_at_last(
    timer: Timer, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    monkeypatch.setattr(expiry, "_RETRY_SECONDS", 0.0)
    monkeypatch.setattr(expiry, "_FAILURES_TO_GIVE_UP", 3)

    def fail() -> float | None:
        raise problem

    timer.answer = fail
    timer.expiry.start()
    assert timer.given_up.wait(5)


def test_setting_the_machines_clock_does_not_move_the_adapters_clock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    before = clock.now()
    real = time.time()
    for jump in (-86_400, 86_400):
        monkeypatch.setattr(time, "time", lambda jump=jump: real + jump)
        assert 0 <= clock.now() - before < 60


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


def two_rules(adapter: Serving) -> list[str]:
    (short,) = adapter.announce(SHORT, expires_in_seconds=60)
    (long,) = adapter.announce(LONG, expires_in_seconds=7200)
    return [short["id"], long["id"]]


@pytest.mark.parametrize(("passed", "left"), [(59, 2), (60, 1), (7199, 1), (7200, 0)])
def test_a_claim_expires_on_time_and_not_before(adapter: Serving, passed: float, left: int) -> None:
    ids = two_rules(adapter)
    adapter.clock.seconds += passed
    adapter.gate.expire()
    assert adapter.speaker.wait_settled(ids, 5)
    assert len(adapter.exabgp.rib) == left


@pytest.mark.parametrize("set_by", [-1_000_000, 1_000_000])
def test_a_clock_set_between_two_starts_moves_no_expiry(adapter: Serving, set_by: float) -> None:
    """The kernel counts the seconds since the machine was booted, whatever its clock says."""
    adapter.clock.boot = Boot("this one", NOON - 500)
    adapter.gate.start()
    ids = two_rules(adapter)
    adapter.clock.seconds += 20 + set_by
    adapter.clock.boot = Boot("this one", NOON - 500 + set_by)
    adapter.gate.start()
    assert [rule["seconds_left"] for rule in adapter.rules()] == [40, 7180]
    adapter.clock.seconds += 40
    adapter.gate.expire()
    assert adapter.speaker.wait_settled(ids, 5)
    assert adapter.on_the_wire() == {"203.0.113.2/32"}


def test_after_a_clock_was_set_back_the_budget_counts_from_now(tmp_path: Path) -> None:
    with serving(tmp_path, {"max_announcements_per_minute": 2, **NO_RESERVE}) as adapter:
        two_rules(adapter)
        adapter.clock.seconds -= 86_400
        adapter.gate.start()
        other = {"match": {"destination": "203.0.113.3/32"}, "then": {"discard": True}}
        assert adapter.announce(other)[0]["state"] == "announced"


def test_a_clock_set_back_while_the_machine_was_off_lengthens_no_life(adapter: Serving) -> None:
    ids = two_rules(adapter)
    adapter.clock.seconds -= 1_000_000
    adapter.gate.start()
    assert [rule["seconds_left"] for rule in adapter.rules()] == [60, 7200]
    adapter.clock.seconds += 60
    adapter.gate.expire()
    assert adapter.speaker.wait_settled(ids, 5)
    assert adapter.on_the_wire() == {"203.0.113.2/32"}


def test_a_clock_set_forward_while_the_machine_was_off_leaks_no_claim(
    adapter: Serving,
) -> None:
    ids = two_rules(adapter)
    adapter.clock.seconds += 3600
    adapter.gate.start()
    assert adapter.speaker.wait_settled(ids, 5)
    assert adapter.on_the_wire() == {"203.0.113.2/32"}
    assert "overdue at start" in {event["reason"] for event in adapter.history()}
