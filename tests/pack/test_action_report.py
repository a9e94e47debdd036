"""report_unmitigated: what people read."""

from __future__ import annotations

from .acting import HOST, INCIDENT, attack, run


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
