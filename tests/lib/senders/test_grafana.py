from __future__ import annotations

import pytest
from flowtriq_flowspec.errors import InvalidAlert
from flowtriq_flowspec.senders import grafana

from .payloads import payload


def test_one_firing_alert() -> None:
    (attack,) = grafana.parse(payload("grafana/firing"), {}).attacks
    assert attack.to_payload() == {
        "source": "grafana",
        "status": "started",
        "vector": "memcached",
        "family": "amplification",
        "severity": "high",
        "targets": [{"prefix": "2001:db8::7/128", "incident": "grafana:c6eadffa33fcdf37"}],
        "observed": {},
        "started_at": "2026-01-15T04:00:00.157076+01:00",
        "summary": "memcached answers flood 2001:db8::7",
    }


def test_another_version_is_refused() -> None:
    with pytest.raises(InvalidAlert, match="version is '4'; allowed are: 1"):
        grafana.parse({**payload("grafana/firing"), "version": "4"}, {})


@pytest.mark.parametrize(
    ("change", "rates"),
    [
        ({"values": {"bps": 2.4e9, "pps": 410_000, "C": 1}}, (2_400_000_000, 410_000)),
        ({"annotations": {"bps": "1.2G", "pps": "400k"}}, (1_200_000_000, 400_000)),
        ({"annotations": {"bps": "1.2 Gbps"}, "values": {"bps": 7}}, (1_200_000_000, None)),
        ({"annotations": {"bps": "[no value]"}, "values": {"bps": 7}}, (7, None)),
        ({"values": None, "annotations": None}, (None, None)),
        ({"values": {"bps": None, "pps": "many"}}, (None, None)),
    ],
)
def test_rates_come_from_annotations_and_from_the_values_of_queries(change, rates) -> None:
    notification = payload("grafana/firing")
    notification["alerts"][0].update(change)
    (attack,) = grafana.parse(notification, {}).attacks
    assert (attack.observed.bps, attack.observed.pps) == rates


def test_the_rate_of_a_label_comes_first() -> None:
    notification = payload("grafana/firing")
    notification["alerts"][0]["labels"]["bps"] = "3G"
    notification["alerts"][0]["values"]["bps"] = 4
    (attack,) = grafana.parse(notification, {}).attacks
    assert attack.observed.bps == 3_000_000_000
