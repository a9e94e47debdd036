"""A rule for a whole network, claimed by each of the incidents that were folded into it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .serving import Serving, serving

HOSTS = 5000
# As long as the pack waits for an answer (AdapterClient).
PATIENCE_SECONDS = 10.0


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path, {"allowed_destinations": ["198.18.0.0/15"]}) as running:
        yield running


def claims(then: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "match": {"destination": f"198.18.{host // 256}.0/24", "protocol": "udp"},
            "then": then,
            "incident": f"alertmanager:{host:016x}",
        }
        for host in range(HOSTS)
    ]


def test_thousands_of_claims_on_a_few_rules_are_answered_in_time(adapter: Serving) -> None:
    for _ in range(2):
        began = time.monotonic()
        results = adapter.announce(*claims({"rate-limit": 10_000_000}))
        assert time.monotonic() - began < PATIENCE_SECONDS
        assert {result["state"] for result in results} == {"announced"}
    rules = adapter.rules()
    assert len(rules) == 20  # 5,000 / 256, rounded up
    assert sum(len(rule["claims"]) for rule in rules) == HOSTS


def test_the_strictest_of_many_holds_until_it_ends(adapter: Serving) -> None:
    few = claims({"rate-limit": 10_000_000})[:200]
    adapter.announce(*few)
    adapter.announce({**few[0], "then": {"discard": True}})

    def then() -> Any:
        (rule,) = adapter.rules()
        return rule["then"]

    assert then() == {"discard": True}
    adapter.announce(*few[1:])
    assert then() == {"discard": True}
    adapter.announce(few[0])
    assert then() == {"rate-limit": 10_000_000}
