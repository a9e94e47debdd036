from __future__ import annotations

import json
from typing import Any

import pytest
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.config.senders import SenderConfig
from flowtriq_flowspec.errors import InvalidAlert, InvalidConfig

from .payloads import payload


def sender(**settings: Any) -> SenderConfig:
    config = {
        "name": "kentik",
        "token": "t",
        "alerts": "$.events",
        "fields": {
            "id": "$.alarm.id",
            "status": "$.alarm.state",
            "target": "$.dimensions[?@.name == 'ip_dst'].value",
            "vector": "$.alarm.policy",
            "destination_ports": "$.dimensions[?@.name == 'port'].value",
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
    assert (refused["field"], refused["value"]) == ("$.alarm.state", "ACK_REQ")


def test_a_body_that_is_one_alert() -> None:
    body = payload("custom/kentik-like")["events"][0]
    parsed = sender(alerts=None).parse(body)
    assert len(parsed.attacks) == 1


def test_a_constant_stands_in_for_a_field_that_is_not_there() -> None:
    parsed = sender(
        constants={"vector": "chargen"},
        fields={
            "id": "$.alarm.id",
            "status": "$.alarm.state",
            "target": "$.dimensions[?@.name == 'ip_dst'].value",
        },
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
    assert refused.value.field == "$.events"


def test_several_values_are_a_list_where_a_list_may_be() -> None:
    (event, _) = payload("custom/kentik-like")["events"]
    event["dimensions"] += [{"name": "port", "value": 80}]
    (attack,) = sender().parse({"events": [event]}).attacks
    assert attack.to_payload()["observed"] == {"destination_ports": [443, 80]}


def test_several_values_where_one_is_needed_refuse_the_alert() -> None:
    (event, _) = payload("custom/kentik-like")["events"]
    event["dimensions"] += [{"name": "ip_dst", "value": "203.0.113.90"}]
    parsed = sender().parse({"events": [event]})
    assert parsed.attacks == ()
    (refused,) = parsed.refused
    assert refused["field"] == "$.dimensions[?@.name == 'ip_dst'].value"
    assert (refused["value"], refused["limit"]) == ("a list of 2", 1)


def test_a_path_may_find_each_alert_by_itself() -> None:
    body = payload("custom/kentik-like")
    each = sender(alerts="$.events[?@.alarm.state == 'ALARM']")
    assert len(each.parse(body).attacks) == 1
    with pytest.raises(InvalidAlert):
        each.parse({"events": []})


def test_an_alert_that_is_a_text_is_not_read_as_json() -> None:
    text = json.dumps(payload("custom/kentik-like")["events"][0])
    parsed = sender().parse({"events": [text]})
    assert (parsed.attacks, len(parsed.refused)) == ((), 1)


def test_deep_nesting_is_refused() -> None:
    nested: dict[str, Any] = {}
    for _ in range(200):
        nested = {"a": nested}
    parsed = sender(fields={"status": "$..state"}).parse({"events": [nested]})
    assert parsed.refused[0]["field"] == "$..state"


@pytest.mark.parametrize("path", ["alarm.id", "$.alarm.", "$.alarm[?@.id = 1]", "$.{{ id }}", ""])
def test_an_invalid_path_is_refused_with_the_configuration(path: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        sender(fields={"id": path})
    assert refused.value.field == "senders.custom.0.fields.id"
    assert refused.value.value == path


def test_a_name_beside_the_address_does_not_hide_it() -> None:
    (event, _) = payload("custom/kentik-like")["events"]
    event["dimensions"] += [{"name": "ip_dst", "value": "web1"}]
    (attack,) = sender().parse({"events": [event]}).attacks
    assert str(attack.targets[0].prefix) == "203.0.113.80/32"


def test_several_names_are_several_vectors() -> None:
    (event, _) = payload("custom/kentik-like")["events"]
    event["alarm"]["policy"] = ["TCP SYN", "TCP RST", "Frobnication"]
    parsed = sender().parse({"events": [event]})
    assert [attack.vector for attack in parsed.attacks] == ["syn_flood", "rst_flood"]
    assert "Frobnication" in parsed.noted[0]["message"]


@pytest.mark.parametrize("value", ["eth0", {}, True, [[]], 70000])
def test_a_port_that_cannot_be_read_costs_itself(value: object) -> None:
    (event, _) = payload("custom/kentik-like")["events"]
    event["dimensions"][1]["value"] = value
    parsed = sender().parse({"events": [event]})
    (attack,) = parsed.attacks
    assert attack.observed.destination_ports == ()
    assert len(parsed.noted) == 1


@pytest.mark.parametrize(
    ("state", "words"),
    [(True, "true"), (True, "True"), (1, "1"), (1.0, "1"), (None, "null"), ("1", "1")],
)
def test_a_status_of_any_kind_is_found_by_its_json(state: object, words: str) -> None:
    """Sightline says ``"ongoing": true``."""
    body = payload("custom/kentik-like")
    for event in body["events"]:
        event["alarm"]["state"] = state
    parsed = sender(statuses={"started": [words], "ended": ["false"]}).parse(body)
    assert {attack.status for attack in parsed.attacks} == {"started"}
    parsed = sender(statuses={"started": ["x"], "ended": ["y"]}).parse(body)
    said = state if isinstance(state, str) else words.lower()
    assert str(said) in parsed.refused[0]["message"]
    assert "None" not in parsed.refused[0]["message"]


@pytest.mark.parametrize("more", [["203.0.113.80"], "203.0.113.80"])
def test_the_same_target_again_is_one(more: object) -> None:
    (event, _) = payload("custom/kentik-like")["events"]
    (target,) = [it for it in event["dimensions"] if it["name"] == "ip_dst"]
    target["value"] = more
    event["dimensions"].append(dict(target))
    (attack,) = sender().parse({"events": [event]}).attacks
    assert str(attack.targets[0].prefix) == "203.0.113.80/32"
