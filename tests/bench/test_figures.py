"""The figures of bench/ are worth nothing if the arithmetic is wrong."""

from __future__ import annotations

import os

import pytest

from bench.figures import Latency, Mark, Results, processor_seconds, resident_mebibytes


def results(rules: int = 1000, **changes: float) -> Results:
    return Results(
        exabgp_version="5.0.15",
        rounds=200,
        latencies={
            name: Latency(p50=p50, p95=p50, p99=p50)
            for name, p50 in {"pipe": 2.0, "adapter": 12.0, "embedded": 60.0}.items()
        },
        bulk_rules=rules,
        bulk_seconds={"pipe": 1.0, "adapter": 1.0, "embedded": 1.0},
        memory={"adapter": 80.0, "embedded": 80.0, **changes},
    )


def test_percentiles_are_milliseconds_and_those_of_the_sorted_values():
    # 0 to 100 ms, shuffled by stepping through them: the n-th percentile is n ms.
    milliseconds = [number * 37 % 101 for number in range(101)]
    latency = Latency.of([each * 1_000_000 for each in milliseconds])
    assert (latency.p50, latency.p95, latency.p99) == (50, 95, 99)


def test_a_mark_is_kept_up_to_its_limit():
    assert Mark("m", 10, 10, "ms").kept
    assert not Mark("m", 10.01, 10, "ms").kept


def test_the_adapter_is_held_to_what_it_adds_and_not_to_the_machine():
    added, *_ = results().marks
    assert (added.value, added.limit, added.unit) == (10.0, 10, "ms")


def test_all_four_marks_are_kept_at_the_limit_and_each_can_be_missed():
    assert [mark.kept for mark in results().marks] == [True] * 4
    assert [mark.kept for mark in results(adapter=80.1).marks] == [True, True, False, True]
    assert [mark.kept for mark in results(embedded=80.1).marks] == [True, True, True, False]


def test_more_rules_may_need_more_memory():
    """4,096 times 10 KiB make 40 MiB; fewer than 1,000 have no less."""
    assert [mark.limit for mark in results(1000 + 4096).marks[2:]] == [120, 120]
    assert [mark.limit for mark in results(100).marks[2:]] == [80, 80]


def test_resident_memory_of_this_process():
    assert 10 < resident_mebibytes(os.getpid()) < 2000
    with pytest.raises((ProcessLookupError, FileNotFoundError)):
        resident_mebibytes(2**22 + 1)


def test_processor_time_of_this_process():
    used = os.times()
    assert processor_seconds(os.getpid()) == pytest.approx(used.user + used.system, abs=0.1)
