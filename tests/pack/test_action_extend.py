"""extend: claims that expire later."""

from __future__ import annotations

import pytest

from .acting import EDGE, INCIDENT, run
from .adapters import Adapter


@pytest.mark.parametrize("by", ["id", "incident"])
def test_extend_announces_the_claim_again(announced: dict[str, Adapter], by: str) -> None:
    ((rule_id, claims),) = announced[EDGE].claims.items()
    before = claims[INCIDENT]["expires_at"]
    what = {"id": rule_id, "incident": INCIDENT}[by]
    succeeded, result = run("extend", seconds=900, **{by: what})
    assert succeeded
    assert [(it["provider"], it["incident"]) for it in result["results"]] == [
        ("edge", INCIDENT),
        ("core", INCIDENT),
    ]
    assert announced[EDGE].calls[-1][1]["expires_in_seconds"] == 900
    assert announced[EDGE].claims[rule_id][INCIDENT]["expires_at"] != before
    assert len(announced[EDGE].claims[rule_id]) == 1


def test_extend_of_what_is_not_there_is_said(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("extend", seconds=900, id="0123456789ab")
    assert not succeeded
    assert result["problems"][0]["code"] == "not_found"
