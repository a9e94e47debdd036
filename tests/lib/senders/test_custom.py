from __future__ import annotations

from typing import Any

import pytest
from flowtriq_flowspec.config import PackConfig
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.sender_config import SenderConfig

from .payloads import payload


def sender(**settings: Any) -> SenderConfig:
    config = {
        "name": "kentik",
        "token": "t",
        "alerts": "events",
        "fields": {
            "id": "alarm.id",
            "status": "alarm.state",
            "target": "dimensions.0.value",
            "vector": "alarm.policy",
            "destination_ports": "dimensions.1.value",
        },
        "statuses": {"started": ["ALARM"], "ended": ["CLEAR"]},
        **settings,
    }
    pack = PackConfig.from_dict({"providers": [{"name": "a"}], "senders": {"custom": [config]}})
    return pack.senders["kentik"]


def test_fields_are_found_by_their_paths() -> None:
    parsed = sender().parse(payload("custom/kentik-like"))
    (attack,) = parsed.attacks
    assert attack.to_payload() == {
        "source": "kentik",
        "status": "started",
        "vector": "syn_flood",
        "family": "tcp_flood",
        "severity": "unknown",
        "targets": [{"prefix": "203.0.113.80/32", "incident": "kentik:991"}],
        "observed": {"destination_ports": [443]},
        "summary": "",
    }
    (refused,) = parsed.refused
    assert (refused["field"], refused["value"]) == ("alarm.state", "ACK_REQ")


def test_a_body_that_is_one_alert() -> None:
    body = payload("custom/kentik-like")["events"][0]
    parsed = sender(alerts=None).parse(body)
    assert len(parsed.attacks) == 1


def test_a_constant_stands_in_for_a_field_that_is_not_there() -> None:
    parsed = sender(
        constants={"vector": "chargen"},
        fields={"id": "alarm.id", "status": "alarm.state", "target": "dimensions.0.value"},
    ).parse(payload("custom/kentik-like"))
    assert parsed.attacks[0].vector == "chargen"


def test_a_missing_field_is_named() -> None:
    body = payload("custom/kentik-like")
    del body["events"][0]["dimensions"]
    parsed = sender().parse({"events": body["events"][:1]})
    assert parsed.refused[0]["field"] == "alerts.0.target"


@pytest.mark.parametrize("body", [{}, {"events": 3}, {"events": {"0": {}}}])
def test_a_body_without_the_list_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidAlert) as refused:
        sender().parse(body)
    assert refused.value.field == "events"
