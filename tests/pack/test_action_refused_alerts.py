"""note_refused_alerts: a sender's refused alerts in every history."""

from __future__ import annotations

import pytest

from .acting import EDGE, run
from .adapters import Adapter

REFUSED_ALERT = {"alert": "7\u00e4", "code": "invalid_alert", "message": "status is 'odd'"}


def test_a_refused_alert_is_in_every_adapter_s_history(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("note_refused_alerts", source="grafana", refused=[REFUSED_ALERT])
    assert succeeded
    assert result["noted"] == {"edge": 1, "core": 1}
    for adapter in adapters.values():
        ((name, given),) = adapter.calls
        assert name == "note"
        about = [{"incident": "grafana:7?", "message": "status is 'odd'", "code": "invalid_alert"}]
        assert given == {
            "event": "alert_refused",
            "about": about,
            "caller": "flowtriq_flowspec",
        }


def test_an_alert_that_was_not_used_whole_is_no_refusal(adapters: dict[str, Adapter]) -> None:
    noted = {"alert": "8", "code": "noted", "message": "port is 'eth0'"}
    succeeded, result = run("note_refused_alerts", source="grafana", refused=[REFUSED_ALERT, noted])
    assert succeeded
    assert result["noted"] == {"edge": 2, "core": 2}
    for adapter in adapters.values():
        events = {given["event"]: given["about"] for _name, given in adapter.calls}
        assert [each["incident"] for each in events["alert_refused"]] == ["grafana:7?"]
        assert events["alert_noted"] == [
            {"incident": "grafana:8", "message": "port is 'eth0'", "code": "noted"}
        ]


@pytest.mark.parametrize(
    ("code", "event"),
    [
        ("no_data", "alert_without_data"),
        ("end_without_data", "alert_without_data"),
        ("test", "test_alert"),
        ("left_out", "alerts_left_out"),
        ("not_recent", "alert_refused"),
    ],
)
def test_each_code_has_its_event(adapters: dict[str, Adapter], code: str, event: str) -> None:
    item = {"alert": "8", "code": code, "message": "why"}
    assert run("note_refused_alerts", source="grafana", refused=[item])[0]
    for adapter in adapters.values():
        assert [given["event"] for _name, given in adapter.calls] == [event]


def test_a_history_that_cannot_be_written_fails_the_execution(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].answers_left = 0
    succeeded, result = run("note_refused_alerts", source="grafana", refused=[REFUSED_ALERT])
    assert not succeeded
    assert result["noted"] == {"core": 1}
