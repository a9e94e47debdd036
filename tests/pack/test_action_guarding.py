"""reload, protect, unprotect, protected: at all providers, or at one, and in the chat's words."""

from __future__ import annotations

from typing import Any

import pytest

from .acting import CORE, EDGE, HOST, INCIDENT, run
from .adapters import Adapter
from .chat import said


def test_what_covers_a_protected_prefix_goes_everywhere(announced: dict[str, Adapter]) -> None:
    given = {"prefix": HOST, "reason": "the new resolver", "duration": "1h30m", "user": "alice"}
    succeeded, result = run("protect", **given)
    assert succeeded
    assert announced[EDGE].claims == announced[CORE].claims == {}
    for row, name in zip(result["providers"], ("edge", "core")):
        assert (row["provider"], row["prefix"], row["seconds_left"]) == (name, f"{HOST}/32", 5400)
        assert [each["incident"] for each in row["forbidden"]] == [INCIDENT]
    lines = said("flowspec_protect", (succeeded, result))
    assert lines[0] == f"edge: {HOST}/32 is protected until 2026-01-01T13:30:00Z"
    assert "covers protected addresses" in lines[1]
    listed = run("protected")
    assert said("flowspec_protected", listed)[0].startswith(
        f"edge: {HOST}/32 until 2026-01-01T13:30:00Z: the new resolver (user "
    )
    done = run("unprotect", prefix=HOST)
    assert said("flowspec_unprotect", done) == [
        f"edge: no admin protects {HOST}/32 any more",
        f"core: no admin protects {HOST}/32 any more",
    ]
    assert said("flowspec_protected", run("protected")) == ["No prefix is protected."]
    assert announced[EDGE].claims == {}


def test_one_provider_alone(announced: dict[str, Adapter]) -> None:
    assert run("protect", prefix=HOST, reason="x", provider="core")[0]
    assert announced[CORE].claims == {}
    assert announced[EDGE].claims


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"reason": ""}, "reason"),
        (
            {"duration": "two hours"},
            "duration is two hours, not a time; write 90s, 10m",
        ),
        ({"duration": "1h", "until": "2026-01-02T00:00:00Z"}, "not both"),
        ({"prefix": "203.0.113.0/33"}, "is not an address or prefix"),
        ({"provider": "nowhere"}, "no provider is called 'nowhere'"),
    ],
)
def test_what_cannot_be_is_a_problem(
    announced: dict[str, Adapter], given: dict[str, Any], words: str
) -> None:
    succeeded, result = run("protect", **{"prefix": HOST, "reason": "x", **given})
    assert not succeeded
    assert words in result["problems"][0]["message"]
    assert announced[EDGE].claims


def test_a_provider_that_does_not_answer_keeps_no_other(announced: dict[str, Adapter]) -> None:
    announced[EDGE].down = True
    succeeded, result = run("protect", prefix=HOST, reason="x")
    assert not succeeded
    assert [each["provider"] for each in result["problems"]] == ["edge"]
    assert announced[CORE].claims == {}


def test_a_reload_that_is_refused_is_a_problem_in_words(announced: dict[str, Adapter]) -> None:
    result = run("reload", reason="why not")
    assert not result[0]
    assert said("flowspec_reload", result) == [
        "Problem: edge: the adapter was started without a file",
        "Problem: core: the adapter was started without a file",
    ]


def test_reconcile_does_not_give_back_what_was_forbidden(announced: dict[str, Adapter]) -> None:
    run("protect", prefix=HOST, reason="x", provider="core")
    for _ in range(2):
        succeeded, result = run("reconcile")
        assert succeeded
        assert (result["outcome"], result["healed"]) == ("nothing_to_do", [])
    assert announced[CORE].claims == {}
    assert announced[CORE].adapter.gate.registry.history(9, ["refused"]) == []
