"""An alert says the same among thousands as alone: what is read once for many changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from flowtriq_flowspec.senders import alertmanager
from hypothesis import given
from hypothesis import strategies as st

_LABELS = {
    "alertname": ["SynFlood", "NtpAmplification", "Watchdog", "TestAlert", "Foo", "[no value]"],
    "attack_vector": ["syn_flood", "weird", "[no value]", 5, True, None, "x" * 5000],
    "target": ["203.0.113.5", "203.0.113.6", "2001:db8::1", "nonsense", "[no value]", 5, ["a"]],
    "host": ["203.0.113.7", "web1", "[no value]"],
    "instance": ["Grafana", "203.0.113.8"],
    "destination_port": ["80", "nope", 1, True, 1.0],
    "bps": ["1G", "x", 1, True],
}
_ALERT = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["firing", "resolved"]),
        "labels": st.fixed_dictionaries(
            {}, optional={name: st.sampled_from(texts) for name, texts in _LABELS.items()}
        ),
        "startsAt": st.sampled_from(["2026-01-15T03:00:00Z", "", "[no value]", 5]),
    },
    optional={
        "annotations": st.sampled_from([{"bps": "2G"}, {"bps": 1}, {"bps": True}, {}, 5]),
        "values": st.sampled_from([{"bps": 1e9}, {}]),
        "generatorURL": st.sampled_from(["http://x/graph?g0.expr=absent(up)", "http://x", 5]),
    },
)


def read(alerts: list[dict[str, Any]], settings: dict[str, Any]) -> list[list[Any]]:
    """What each alert of one notification became."""
    parsed = alertmanager.parse({"version": "4", "alerts": alerts}, settings)
    found: dict[str, list[Any]] = {each["fingerprint"]: [] for each in alerts}
    for attack in parsed.attacks:
        for target in attack.targets:
            said = (attack.status, attack.vector, str(target.prefix), attack.severity)
            found[target.incident.partition(":")[2]].append(said)
    for item in (*parsed.refused, *parsed.noted):
        found[item["alert"]].append(item["code"])
    return [sorted(map(str, each)) for each in found.values()]


@pytest.mark.parametrize("labels", [{}, {"target": ["host", "target"]}])
@given(alerts=st.lists(_ALERT, min_size=2, max_size=12))
def test_among_others_an_alert_is_read_as_alone(
    labels: dict[str, Any], alerts: list[dict[str, Any]]
) -> None:
    named = [{**each, "fingerprint": f"{index:016x}"} for index, each in enumerate(alerts)]
    settings = {"labels": labels}
    alone = [read([each], settings)[0] for each in named]
    assert read(named, settings) == alone


def test_an_alert_of_another_name_has_not_the_vector_of_the_one_before_it() -> None:
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": name, "target": f"203.0.113.{index}"},
            "startsAt": "2026-01-15T03:00:00Z",
            "fingerprint": f"{index:016x}",
        }
        for index, name in enumerate(["SynFlood", "DiskFull", "SynFlood"])
    ]
    parsed = alertmanager.parse({"version": "4", "alerts": alerts}, {})
    (attack,) = parsed.attacks
    assert [str(target.prefix) for target in attack.targets] == ["203.0.113.0/32", "203.0.113.2/32"]
    (refused,) = parsed.refused
    assert refused["alert"] == f"{1:016x}"
