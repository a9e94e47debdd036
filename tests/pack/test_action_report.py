"""report_unmitigated: what people read."""

from __future__ import annotations

import pytest

from .acting import CORE, EDGE, HOST, INCIDENT, attack, run
from .adapters import Adapter


def test_the_report_names_target_incident_and_every_reason() -> None:
    succeeded, result = run(
        "report_unmitigated",
        attack=attack(),
        problems=[{"provider": "edge", "code": "temporary", "message": "no answer"}],
        pending=[{"provider": "core", "description": "a rule", "why": "no session"}],
        notes=["a caveat"],
    )
    assert succeeded
    assert result["incidents"] == [INCIDENT]
    assert result["text"].splitlines() == [
        f"NOT MITIGATED: syn_flood on {HOST}/32 ({INCIDENT}); severity critical."
        " SYN flood on port 80",
        "- edge: no answer",
        "- core: pending: a rule: no session",
        "- note: a caveat",
    ]


def test_the_report_of_a_carpet_stays_short() -> None:
    targets = [(f"10.0.{i // 256}.{i % 256}/32", f"a:{i}") for i in range(5000)]
    _succeeded, result = run("report_unmitigated", attack=attack(*targets))
    assert "and 4990 more" in result["text"]
    assert len(result["text"]) < 1000


def unmitigated(adapter: Adapter) -> list[tuple[str, str]]:
    return [
        (each["incident"], each["detail"]["vector"])
        for each in adapter.events
        if each["event"] == "attack_unmitigated"
    ]


def test_an_unmitigated_attack_is_in_the_histories_and_a_silent_adapter_is_no_failure(
    adapters: dict[str, Adapter],
) -> None:
    adapters[EDGE].answers_left = 0
    succeeded, result = run("report_unmitigated", attack=attack())
    assert succeeded
    assert [each["provider"] for each in result["problems"]] == ["edge"]
    assert unmitigated(adapters[CORE]) == [(INCIDENT, "syn_flood")]


@pytest.mark.parametrize("outcome", ["partly", "dry_run"])
def test_what_the_adapters_know_already_is_not_noted(
    adapters: dict[str, Adapter], outcome: str
) -> None:
    assert run("report_unmitigated", attack=attack(), outcome=outcome)[0]
    assert [unmitigated(each) for each in adapters.values()] == [[], []]


def test_the_sender_s_word_for_an_unknown_vector_is_in_the_report() -> None:
    unknown = attack(vector="unknown", family="unknown", unknown_words=["QUIC storm"])
    _succeeded, result = run("report_unmitigated", attack=unknown)
    assert "unknown (the sender says 'QUIC storm') on " in result["text"]
