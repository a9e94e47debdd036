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
