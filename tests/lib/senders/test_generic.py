from __future__ import annotations

import json
from typing import Any

import pytest
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.senders import generic
from flowtriq_flowspec.senders.json_body import read_json

from .payloads import payload

ALERT = {"id": "7", "status": "started", "target": "203.0.113.7", "vector": "udp_flood"}


def test_two_alerts() -> None:
    parsed = generic.parse(payload("generic/two-alerts"), {})
    assert [attack.to_payload() for attack in parsed.attacks] == [
        {
            "source": "generic",
            "status": "started",
            "vector": "chargen",
            "family": "amplification",
            "severity": "high",
            "targets": [{"prefix": "203.0.113.0/28", "incident": "generic:anomaly-17"}],
            "observed": {"destination_ports": [80, 443], "bps": 2000000000},
            "started_at": "2026-01-15T03:00:00Z",
            "summary": "chargen answers",
        },
        {
            "source": "generic",
            "status": "ended",
            "vector": "icmp_flood",
            "family": "icmp_flood",
            "severity": "unknown",
            "targets": [{"prefix": "2001:db8::9/128", "incident": "generic:18"}],
            "observed": {},
            "summary": "",
        },
    ]


def test_rates_are_of_all_targets_together_and_of_each_once() -> None:
    """Two detectors that see one host see the same traffic: 7 and 5 Gbit/s there, 2 elsewhere."""
    seen = [("203.0.113.7", 7), ("203.0.113.7", 5), ("203.0.113.8", 2), ("203.0.113.9", None)]
    alerts = [
        {
            **ALERT,
            "id": str(index),
            "target": target,
            "observed": {"bps": gbps * 10**9, "pps": gbps * 1000} if gbps else {},
        }
        for index, (target, gbps) in enumerate(seen)
    ]
    (attack,) = generic.parse({"alerts": alerts}, {}).attacks
    assert (attack.observed.bps, attack.observed.pps) == (9 * 10**9, 9000)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"status": "paused"}, "alerts.0.status"),
        ({"status": None}, "alerts.0.status"),
        ({"target": "everywhere"}, "alerts.0.target"),
        ({"vector": " , "}, "alerts.0.vector"),
        ({"id": ""}, "alerts.0.id"),
        ({"id": " "}, "alerts.0.id"),
    ],
)
def test_a_bad_alert_is_named_and_takes_no_other_with_it(
    change: dict[str, Any], field: str
) -> None:
    parsed = generic.parse({"alerts": [{**ALERT, **change}, {**ALERT, "id": "8"}]}, {})
    assert [item["field"] for item in parsed.refused] == [field]
    assert [target.incident for target in parsed.attacks[0].targets] == ["generic:8"]


@pytest.mark.parametrize("nameless", [{**ALERT, "id": None}, {**ALERT, "id": ""}, "alert"])
def test_an_alert_without_a_name_is_named_by_its_place(nameless: object) -> None:
    parsed = generic.parse({"alerts": [ALERT, nameless]}, {})
    assert [item["alert"] for item in parsed.refused] == ["alerts.1"]


@pytest.mark.parametrize("body", [{}, {"alerts": []}, {"alerts": {}}])
def test_a_body_without_alerts_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InvalidAlert):
        generic.parse(body, {})


@pytest.mark.parametrize(
    ("change", "name"),
    [({"color": "red"}, "color"), ({"observed": {"source_port": 53}}, "source_port")],
)
def test_an_unknown_field_is_noted_and_costs_no_attack(change: dict[str, Any], name: str) -> None:
    parsed = generic.parse({"alerts": [{**ALERT, **change}], "version": 2}, {})
    assert [target.incident for target in parsed.attacks[0].targets] == ["generic:7"]
    assert parsed.refused == ()
    (noted,) = parsed.noted
    assert name in noted["message"]


@pytest.mark.parametrize(
    "target", [["203.0.113.7"], "[203.0.113.7]", " 203.0.113.7 ", ["::ffff:203.0.113.7"]]
)
def test_a_target_in_another_spelling(target: object) -> None:
    (attack,) = generic.parse({"alerts": [{**ALERT, "target": target}]}, {}).attacks
    assert str(attack.targets[0].prefix) == "203.0.113.7/32"


@pytest.mark.parametrize("target", [None, [], ["203.0.113.7", "203.0.113.8"], {}, 7, True, "", "x"])
def test_what_is_no_target_is_refused_by_name(target: object) -> None:
    parsed = generic.parse({"alerts": [{**ALERT, "target": target}]}, {})
    assert parsed.attacks == ()
    assert parsed.refused[0]["field"] == "alerts.0.target"


@pytest.mark.parametrize("target", ["0.0.0.0", "::", "0.0.0.0/32"])
def test_the_address_of_no_host_is_no_target(target: str) -> None:
    parsed = generic.parse({"alerts": [{**ALERT, "target": target}]}, {})
    assert parsed.attacks == ()
    assert "is the address of no host" in parsed.refused[0]["message"]


def _read(**twice: str) -> Any:
    """An alert in whose text each field of ``twice`` has its JSON a second time."""
    fields = {**ALERT, "observed": {"destination_ports": [80], "bps": 1}}
    first = json.dumps(fields)[:-1]
    again = ", ".join(f'"{name}": {text}' for name, text in twice.items())
    return generic.parse(read_json(f'{{"alerts": [{first}, {again}}}]}}'.encode()), {})


@pytest.mark.parametrize("field", ["target", "id", "status"])
def test_a_needed_field_given_twice_with_two_values_is_refused(field: str) -> None:
    """One reader keeps the first, another the last: the rule may hit another host than is meant."""
    other = {"target": '"203.0.113.99"', "id": '"another"', "status": '"ended"'}[field]
    parsed = _read(**{field: other})
    assert parsed.attacks == ()
    assert "given twice" in parsed.refused[0]["message"]
    assert parsed.refused[0]["field"] == f"alerts.0.{field}"


@pytest.mark.parametrize(
    ("own_id", "written"),
    [
        (7, "generic:7"),
        (" 991 ", "generic:991"),
        ("ddos on web1", "generic:ddos%20on%20web1"),
        ("a\nb", "generic:a%0Ab"),
        ("Störung", "generic:St%C3%B6rung"),
        ("50%", "generic:50%"),
    ],
)
def test_any_id_is_an_incident_in_printable_ascii(own_id: object, written: str) -> None:
    (attack,) = generic.parse({"alerts": [{**ALERT, "id": own_id}]}, {}).attacks
    assert [target.incident for target in attack.targets] == [written]


def test_a_long_id_is_cut_and_told_from_others_by_its_digest() -> None:
    incidents = set()
    for last in "ab":
        alert = {**ALERT, "id": "x" * 1000 + last}
        (attack,) = generic.parse({"alerts": [alert]}, {}).attacks
        incidents |= {target.incident for target in attack.targets}
    assert {len(incident) for incident in incidents} == {256}
    assert len(incidents) == 2


def test_another_field_given_twice_costs_that_field() -> None:
    ports = '{"destination_ports": [443], "bps": 1}'
    (attack,) = _read(observed=ports).attacks
    assert (attack.vector, attack.observed.destination_ports) == ("udp_flood", ())
    (attack,) = _read(vector='"syn_flood"').attacks
    assert (attack.vector, attack.unknown_words) == ("unknown", ("given twice",))
    assert _read(target=json.dumps(ALERT["target"])) == _read(id=json.dumps(ALERT["id"]))
