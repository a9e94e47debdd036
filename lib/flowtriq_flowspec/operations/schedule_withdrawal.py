"""Scheduling the withdrawal of an ended attack's rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..adapter_answers import EventDict
from ..adapter_client import AdapterClient
from ..attack import Attack
from ..config.pack import PackConfig, ProviderConfig
from ..errors import NotFound, Temporary
from ..events import Event, Outcome, RuleState
from ..times import seconds_of
from .approval import note_ended
from .attack_outcome import note_end_of_unmitigated
from .attacks_seen import settle_at
from .incident_ends import EndOfIncident, RuleEnd
from .providers import PACK, ask_each
from .result import Problem, Result

_MARGIN_SECONDS = 3
"""An adapter needs a moment to withdraw what is due, and to get ExaBGP's acknowledgement."""

_LONGEST_HOLD_DOWN_SECONDS = 300
_FLAP_SECONDS = 3600.0
_HISTORY = 1000
_CLAIMED_AGAIN = (Event.CLAIMED, Event.RENEWED, Event.CHANGED)


@dataclass(frozen=True)
class ScheduleResult(Result):
    """A failed execution while an adapter does not answer."""

    scheduled: list[EndOfIncident] = field(default_factory=list)
    left: list[EndOfIncident] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        if self.scheduled:
            return Outcome.SCHEDULED
        if self.problems:
            return Outcome.FAILED
        return Outcome.LEFT if self.left else Outcome.NOTHING_TO_RELEASE

    @property
    def notes(self) -> list[str]:
        notes = [
            f"{row.provider}: auto_withdraw is off, so the rules of {row.incident} stay until"
            " someone withdraws them or they expire"
            for row in self.left
        ]
        notes += [
            f"{row.provider}: {row.incident} came back {row.flaps} times, so its rules stay"
            f" {(row.wait_seconds or 0) - _MARGIN_SECONDS} s"
            for row in self.scheduled
            if row.flaps
        ]
        if self.outcome == Outcome.NOTHING_TO_RELEASE:
            notes.append(
                "no rule to withdraw: these incidents have none, or a newer alert wants it"
            )
        return notes

    def to_json(self) -> dict[str, Any]:
        return {
            "outcome": str(self.outcome),
            "scheduled": [row.to_json() for row in self.scheduled],
            "left": [row.to_json() for row in self.left],
            "wait_seconds": max((row.wait_seconds or 0 for row in self.scheduled), default=0),
            "problems": [problem.to_json() for problem in self.problems],
            "notes": self.notes,
        }


def schedule_withdrawal(config: PackConfig, attack: Attack) -> ScheduleResult:
    """Schedule the withdrawal of an ended attack's claims at every provider."""
    incidents = list(dict.fromkeys(target.incident for target in attack.targets))
    replies = ask_each(
        config.providers,
        lambda provider, client: _Schedule(provider, client, incidents, attack.seen_at).run(),
    )
    rows = [row for ends, _problems in replies.values for row in ends]
    problems = [problem for _ends, some in replies.values for problem in some]
    return ScheduleResult(
        [*replies.problems, *problems],
        [row for row in rows if not row.left],
        [row for row in rows if row.left],
    )


@dataclass(frozen=True)
class _Schedule:
    """The end of incidents at one provider."""

    provider: ProviderConfig
    client: AdapterClient
    incidents: Sequence[str]
    seen_at: float | None

    def run(self) -> tuple[list[EndOfIncident], list[Problem]]:
        """The incidents that the adapter knows. When it stops answering, a problem says so."""
        rows, problems = self._ends()
        if not problems:
            settle_at(self.client, self.incidents, self.seen_at)
        return rows, problems

    def _ends(self) -> tuple[list[EndOfIncident], list[Problem]]:
        # Without a withdrawal the adapter hears of the end here: what someone withdrew before must
        # not be resumed.
        note_ended(self.incidents, self.client, every=not self.provider.auto_withdraw)
        claimed = self._claimed()
        if not self.provider.auto_withdraw:
            return [
                self._row(each, claimed[each]) for each in self.incidents if each in claimed
            ], []
        note_end_of_unmitigated(self.client, [it for it in self.incidents if it not in claimed])
        flaps = self._flaps(claimed)
        rows: list[EndOfIncident] = []
        for after_seconds, incidents in self._by_hold_down(flaps).items():
            try:
                ends, reannounced = self._withdraw(incidents, after_seconds)
            except NotFound:
                continue  # never announced, or expired since we asked
            except Temporary as error:
                where = {"provider": self.provider.name, "incidents": incidents}
                return rows, [Problem.of(error, **where)]
            for incident in incidents:
                rules = {**dict.fromkeys(claimed.get(incident, ())), **ends.get(incident, {})}
                if rules and incident not in reannounced:
                    wait_seconds = after_seconds + _MARGIN_SECONDS
                    rows.append(self._row(incident, rules, wait_seconds, flaps[incident]))
        return rows, []

    def _row(
        self,
        incident: str,
        ends: Mapping[str, str | None],
        wait_seconds: int | None = None,
        flaps: int = 0,
    ) -> EndOfIncident:
        rules = tuple(RuleEnd(rule_id, end) for rule_id, end in ends.items())
        return EndOfIncident(self.provider.name, incident, rules, wait_seconds, flaps)

    def _claimed(self) -> dict[str, dict[str, str | None]]:
        """When each claim ends, by incident and rule id."""
        claimed: dict[str, dict[str, str | None]] = {}
        for rule in self.client.rules():
            for claim in rule["claims"]:
                claimed.setdefault(claim["incident"], {})[rule["id"]] = claim["expires_at"]
        return claimed

    def _flaps(self, claimed: Mapping[str, Mapping[str, object]]) -> dict[str, int]:
        """The flaps of each incident: those of the rule of it that has most."""
        known = [each for each in self.incidents if each in claimed]
        events = (Event.SCHEDULED, *_CLAIMED_AGAIN)
        by_rule = flaps_by_rule(self.client.history(_HISTORY, events)) if known else {}
        return {
            each: max((by_rule.get(rule_id, 0) for rule_id in claimed.get(each, ())), default=0)
            for each in self.incidents
        }

    def _by_hold_down(self, flaps: Mapping[str, int]) -> dict[int, list[str]]:
        """The incidents by how long their rules stay. Unknown ones too: an announcement on its way
        is refused after this."""
        together: dict[int, list[str]] = {}
        for incident, count in flaps.items():
            seconds = hold_down_seconds(self.provider.withdraw_after_seconds, count)
            together.setdefault(seconds, []).append(incident)
        return together

    def _withdraw(
        self, incidents: Sequence[str], after_seconds: int
    ) -> tuple[dict[str, dict[str, str | None]], set[str]]:
        """When each claim ends, by incident and rule id; nothing for those that ended at once. And
        the incidents that were announced again for a later alert: this end comes too late."""
        results = self.client.withdraw(
            incidents=incidents,
            after_seconds=after_seconds,
            seen_at=self.seen_at,
            reason="attack ended",
            caller=PACK,
            automation=True,
        )["results"]
        ends: dict[str, dict[str, str | None]] = {}
        reannounced: set[str] = set()
        for result in results:
            if result["state"] == RuleState.KEPT:
                reannounced.update(result["incidents"])
            elif "incident" in result:
                ends.setdefault(result["incident"], {})[result["id"]] = result["expires_at"]
        return ends, reannounced


def hold_down_seconds(configured: int, flaps: int) -> int:
    """How long an ended attack's rules stay: doubled each time that the attack came back at once,
    to at most 300 s; never less than configured."""
    return int(max(configured, min(configured * 2**flaps, _LONGEST_HOLD_DOWN_SECONDS)))


def flaps_by_rule(events: Sequence[EventDict]) -> dict[str, int]:
    """How often in a row a rule was claimed again within an hour after its end was scheduled, by
    rule id.

    ``events`` are an adapter's history, newest first; its times are compared with each other only.
    """
    flaps: dict[str, int] = {}
    ended_at: dict[str, float] = {}
    for event in reversed(events):
        rule_id, at = event["rule_id"], seconds_of(event["at"])
        if rule_id is None:
            continue
        if event["event"] == Event.SCHEDULED:
            ended_at.setdefault(rule_id, at)
        elif event["event"] in _CLAIMED_AGAIN and rule_id in ended_at:
            soon = at - ended_at.pop(rule_id) <= _FLAP_SECONDS
            flaps[rule_id] = flaps.get(rule_id, 0) + 1 if soon else 0
    return flaps
