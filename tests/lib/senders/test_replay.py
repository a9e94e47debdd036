from __future__ import annotations

from typing import Any

import pytest
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.config.senders import SenderConfig
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.senders.replay import Answered, Repeats, sent_at

NOON = 1_767_268_800.0  # 2026-01-01T12:00:00Z


def sender(name: str = "flowtriq", **settings: Any) -> SenderConfig:
    given = {name: {"hmac_secret": "s" * 32, **settings}}
    return PackConfig.from_dict({"providers": [{"name": "edge"}], "senders": given}).senders[name]


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:00:00+00:00",
        "2026-01-01T13:00:00.000000000+01:00",
        "2026-01-01 12:00:00",
        " 2026-01-01T12:00:00z ",
        1767268800,
        1767268800.0,
        1767268800000,
        1767268800000000,
        1767268800000000000,
        "1767268800",
        "1767268800.0",
        "1767268800000",
    ],
)
def test_times_of_every_spelling(timestamp: object) -> None:
    assert sent_at(timestamp) == NOON


@pytest.mark.parametrize(
    "timestamp",
    [
        None,
        "",
        "yesterday",
        [],
        {},
        True,
        "nan",
        "inf",
        "1e400",
        "-inf",
        10**400,
        "7" * 5000,
        1e308,
    ],
)
def test_what_is_no_time_costs_the_check_and_not_the_attack(timestamp: object) -> None:
    assert sent_at(timestamp) is None
    assert sender().sent_at({"timestamp": timestamp}, NOON) is None


@pytest.mark.parametrize("seconds", [-900, -1, 0, 1, 900])
def test_a_notification_of_now_is_taken(seconds: int) -> None:
    assert sender().sent_at({"timestamp": NOON + seconds}, NOON) == NOON + seconds


@pytest.mark.parametrize(
    ("seconds", "says"), [(-901, "901 s old"), (901, "901 s in the future"), (-1e8, "old")]
)
def test_one_of_another_time_is_refused_on_both_sides(seconds: float, says: str) -> None:
    with pytest.raises(InvalidAlert, match=says) as refused:
        sender().sent_at({"timestamp": NOON + seconds}, NOON)
    assert refused.value.field == "timestamp"
    assert refused.value.code == "not_recent"
    assert refused.value.limit == 900
    assert "max_age_seconds" in str(refused.value)


def test_the_bound_is_a_setting() -> None:
    old = {"timestamp": "2020-01-15T03:00:00Z"}
    assert sender(max_age_seconds=0).sent_at(old, NOON) is None
    minute = sender(max_age_seconds=60)
    assert minute.sent_at({"timestamp": NOON - 60}, NOON)
    with pytest.raises(InvalidAlert):
        minute.sent_at({"timestamp": NOON - 61}, NOON)


def test_what_is_not_signed_has_no_age() -> None:
    unsigned = sender("generic", hmac_secret="", token="t" * 32)
    assert unsigned.sent_at({"timestamp": 0}, NOON) is None


def test_a_signed_generic_notification_has_one_too() -> None:
    with pytest.raises(InvalidAlert):
        sender("generic").sent_at({"alerts": [], "timestamp": 0}, NOON)


def test_a_custom_sender_s_time_is_where_the_configuration_says() -> None:
    item = {
        "name": "other",
        "hmac_secret": "s" * 32,
        "timestamp": "$.meta.sent",
        "fields": {"id": "$.id", "target": "$.ip"},
    }
    config = {"providers": [{"name": "edge"}], "senders": {"custom": [item]}}
    other = PackConfig.from_dict(config).senders["other"]
    assert other.sent_at({"timestamp": 0, "meta": {"sent": NOON}}, NOON) == NOON
    assert other.sent_at({"timestamp": 0}, NOON) is None
    with pytest.raises(InvalidAlert) as refused:
        other.sent_at({"meta": {"sent": NOON - 5000}}, NOON)
    assert refused.value.field == "$.meta.sent"


def test_a_body_is_known_as_long_as_it_could_be_taken() -> None:
    repeats = Repeats()
    repeats.remember("flowtriq", b"{}", Answered(202, {"accepted": [1]}, NOON + 900), NOON)
    assert repeats.answer_to("flowtriq", b"{}") == Answered(202, {"accepted": [1]}, NOON + 900)
    assert repeats.answer_to("flowtriq", b"{} ") is None
    assert repeats.answer_to("generic", b"{}") is None


def test_the_memory_has_a_bound() -> None:
    repeats = Repeats()
    long = {"accepted": [{}] * 1000, "refused": []}
    for number in range(10_050):
        answered = Answered(202, long, NOON + number)
        repeats.remember("flowtriq", str(number).encode(), answered, NOON)
    assert repeats.answer_to("flowtriq", b"0") is None
    latest = repeats.answer_to("flowtriq", b"10049")
    assert latest is not None
    assert latest.answer == {"accepted": [], "refused": []}
