"""The figures of bench/ are worth nothing if the arithmetic is wrong."""

from __future__ import annotations

import os

import pytest

from bench.figures import Figure, Latency, processor_seconds, resident_mebibytes
from bench.report import DOCUMENT, Found, document_text
from bench.rows.storm import STEPS, simulated
from bench.setting import Setting


def test_percentiles_are_milliseconds_and_those_of_the_sorted_values():
    # 0 to 100 ms, shuffled by stepping through them: the n-th percentile is n ms.
    milliseconds = [number * 37 % 101 for number in range(101)]
    latency = Latency.of([each * 1_000_000 for each in milliseconds])
    assert (latency.p50, latency.p95, latency.p99) == (50, 95, 99)


def test_a_mark_is_kept_up_to_its_limit():
    assert Figure("f", 10, "ms", most=10).kept
    assert not Figure("f", 10.01, "ms", most=10).kept
    assert Figure("f", 600, "a second", least=600).kept
    assert not Figure("f", 599, "a second", least=600).kept
    assert Figure("f", 1e9, "ms").kept


def test_one_missed_mark_or_one_row_that_failed_is_a_failed_run():
    good, bad = Figure("f", 1, "ms", most=1), Figure("f", 2, "ms", most=1)
    setting = Setting("5.0.15")
    assert Found(setting, {"a": [good]}, {}).kept
    assert not Found(setting, {"a": [good], "b": [bad]}, {}).kept
    assert not Found(setting, {"a": [good]}, {"b": "no session"}).kept


def test_the_page_shows_the_figures_of_its_file():
    text = "run: python -m bench --docs (make bench)"
    assert DOCUMENT.read_text(encoding="utf-8") == document_text(), text


def test_with_enough_workers_an_attack_of_the_storm_waits_for_nothing():
    alone = sum(step.seconds for step in STEPS)
    assert simulated(STEPS, [1000] * len(STEPS))[-1] == pytest.approx(alone)
    assert simulated(STEPS, [1] * len(STEPS))[-1] > 3600


def test_resident_memory_of_this_process():
    assert 10 < resident_mebibytes(os.getpid()) < 2000
    with pytest.raises((ProcessLookupError, FileNotFoundError)):
        resident_mebibytes(2**22 + 1)


def test_processor_time_of_this_process():
    used = os.times()
    assert processor_seconds(os.getpid()) == pytest.approx(used.user + used.system, abs=0.1)
