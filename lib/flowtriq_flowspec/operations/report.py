"""Telling people: an attack that is not mitigated, alerts that were refused or noted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ..adapter_answers import Note
from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..errors import Refused
from ..events import EVENT_OF_NOTE, Event, Outcome, RuleState
from .attack_outcome import LONGEST_MESSAGE, note_outcome, plain
from .attacks_seen import settle
from .providers import PACK, ask_each
from .result import Problem, Result

_HEADS: dict[str, str] = {
    Outcome.UNMITIGATED: "NOT MITIGATED",
    Outcome.PARTLY: "ONLY PARTLY MITIGATED",
    Outcome.MITIGATED: "MITIGATED",
    Outcome.DRY_RUN: "DRY RUN, nothing announced",
}
_SHOWN = 10
"""Targets, problems and notes that are spelled out."""

_EVENTS: dict[str, Event] = {
    Outcome.UNMITIGATED: Event.ATTACK_UNMITIGATED,
    Outcome.PARTLY: Event.ATTACK_PARTLY_MITIGATED,
}


def report_text(
    attack: Mapping[str, Any],
    outcome: str,
    problems: Sequence[Problem],
    pending: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
    left_out: Mapping[str, int] = MappingProxyType({}),
) -> str:
    """What is attacked, and line by line why it is not mitigated. ``attack`` is the trigger's
    payload, ``pending`` the rows of announce that are not at every router. ``left_out``: how many
    of each list a summary has cut."""
    targets = [f"{target['prefix']} ({target['incident']})" for target in attack["targets"]]
    words = ", ".join(map(repr, attack.get("unknown_words", ())))
    vector = f"{attack['vector']} (the sender says {words})" if words else attack["vector"]
    head = f"{_HEADS.get(outcome, outcome)}: {vector} on {', '.join(_first(targets))}"
    lines = [f"{head}; severity {attack['severity']}. {attack['summary']}".rstrip()]
    more_pending = left_out.get("pending", 0) + left_out.get("partly_announced", 0)
    lines += _first([_line_of(problem) for problem in problems], left_out.get("problems", 0))
    lines += _first([_line_of_row(row) for row in pending], more_pending)
    lines += _first([f"note: {note}" for note in notes], left_out.get("notes", 0))
    return "\n- ".join(lines)


@dataclass(frozen=True)
class ReportResult(Result):
    """What people read. A history that cannot take it is no failure: the report is out."""

    text: str = ""
    outcome: str = ""
    incidents: Sequence[str] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        return True


def report(
    config: PackConfig,
    attack: Mapping[str, Any],
    outcome: str,
    text: str,
    problems: Sequence[Problem],
) -> ReportResult:
    """Note an attack that nothing answers, or not wholly, in every history that is not of a dry
    run: there, Prometheus and people see it. The alert is settled, unless something of it may still
    pass."""
    incidents = [target["incident"] for target in attack["targets"]]
    concerned = [each for each in config.providers if not each.dry_run]
    event, unheard = _EVENTS.get(outcome), list[Problem]()
    if event is not None:
        messages = dict.fromkeys(incidents, text)
        seen_at = attack.get("seen_at")
        unheard = note_outcome(concerned, event, attack["vector"], messages, seen_at)
    if not any(problem.temporary for problem in problems):
        settle(config.providers, incidents, attack.get("seen_at"))
    return ReportResult(unheard, text, outcome, incidents)


def _line_of_row(row: Mapping[str, Any]) -> str:
    state = row.get("state", RuleState.PENDING)
    return f"{row['provider']}: {state}: {row['description']}: {row.get('why')}"


def _line_of(problem: Problem) -> str:
    where = [problem.about.get(key) for key in ("provider", "target", "description")]
    return ": ".join([*(str(each) for each in where if each), problem.message])


def _first(items: Sequence[str], left_out: int = 0) -> list[str]:
    more = len(items) - _SHOWN + left_out
    return [*items[:_SHOWN], *([f"and {more} more"] if more > 0 else [])]


@dataclass(frozen=True)
class NotedResult(Result):
    """``noted``: how many alerts each provider's history has now, by provider."""

    noted: Mapping[str, int] = field(default_factory=dict)


def note_refused_alerts(
    config: PackConfig, source: str, refused: Sequence[Mapping[str, Any]]
) -> NotedResult:
    """Note alerts of a sender that the pack refused, did not use whole or that change nothing
    (``alert``, ``code``, ``message``), in every history."""
    about: dict[Event, list[Note]] = {}
    for alert in refused:
        about.setdefault(EVENT_OF_NOTE.get(alert["code"], Event.ALERT_REFUSED), []).append(
            {
                "incident": plain(f"{source}:{alert['alert']}"),
                "message": alert["message"][:LONGEST_MESSAGE],
                "code": alert["code"],
            }
        )

    def at(_provider: ProviderConfig, client: AdapterClient) -> None:
        for event, notes in about.items():
            try:
                client.note(event=event, about=notes, caller=PACK)
            except Refused:  # an adapter of 0.1.0 takes no code
                older: list[Note] = [
                    {"incident": each["incident"], "message": each["message"]} for each in notes
                ]
                client.note(event=event, about=older, caller=PACK)

    replies = ask_each(config.providers, at)
    return NotedResult(replies.problems, {each.name: len(refused) for each in replies.providers})
