"""Withdrawing the rules of an ended attack, and seeing that they are gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..adapter_answers import EventDict, RuleDict
from ..adapter_client import AdapterClient
from ..attack import Attack
from ..config.pack import PackConfig, ProviderConfig
from ..errors import NotFound, Temporary
from ..events import Event, Outcome, RefusalCode, RuleState
from ..times import seconds_of
from .approval import note_ended
from .attack_outcome import note_end_of_unmitigated
from .attacks_seen import settle_at
from .providers import PACK, ask_each, named
from .result import Problem, Result, to_json_of

_MARGIN_SECONDS = 3
"""An adapter needs a moment to withdraw what is due, and to get ExaBGP's acknowledgement."""

_LONGEST_HOLD_DOWN_SECONDS = 300
_FLAP_SECONDS = 3600.0
_HISTORY = 1000
_CLAIMED_AGAIN = (Event.CLAIMED, Event.RENEWED, Event.CHANGED)


@dataclass(frozen=True)
class RuleEnd:
    """A rule, and when its claim ends; None where it ended at once."""

    id: str
    expires_at: str | None


@dataclass(frozen=True)
class EndOfIncident:
    """The rules of one incident at one provider: scheduled, or left where auto_withdraw is off.
    ``flaps``: how often in a row the attack came back at once."""

    provider: str
    incident: str
    rules: tuple[RuleEnd, ...]
    wait_seconds: int | None = None
    flaps: int = 0

    @classmethod
    def from_json(cls, item: Mapping[str, Any]) -> EndOfIncident:
        ends = tuple(RuleEnd(rule["id"], rule["expires_at"]) for rule in item["rules"])
        return cls(item["provider"], item["incident"], ends)

    @property
    def left(self) -> bool:
        return self.wait_seconds is None

    def to_json(self) -> dict[str, Any]:
        row = {
            "provider": self.provider,
            "incident": self.incident,
            "kind": str(Outcome.LEFT if self.left else Outcome.SCHEDULED),
            "rules": [vars(rule) for rule in self.rules],
        }
        scheduled = {"wait_seconds": self.wait_seconds, "flaps": self.flaps}
        return row if self.left else {**row, **scheduled}


def ends_from_json(items: Sequence[Mapping[str, Any]]) -> list[EndOfIncident]:
    """``scheduled`` or ``left`` of an earlier task."""
    return [EndOfIncident.from_json(item) for item in items]


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
            notes.append("no adapter has a rule of these incidents that no newer alert wants")
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


@dataclass(frozen=True)
class FateOfClaim:
    """What became of one scheduled withdrawal."""

    provider: str
    incident: str
    id: str
    why: str | None = None


@dataclass(frozen=True)
class ConfirmResult(Result):
    """``withdrawn``: the rule is gone, or at least this incident's claim; ``still_announced``: the
    attack came back, which cancelled the withdrawal. What is overdue is a problem."""

    withdrawn: list[FateOfClaim] = field(default_factory=list)
    still_announced: list[FateOfClaim] = field(default_factory=list)


def confirm_withdrawn(config: PackConfig, scheduled: Sequence[EndOfIncident]) -> ConfirmResult:
    """Whether the scheduled rules are gone by now."""
    providers = named(config, (row.provider for row in scheduled))
    replies = ask_each(providers, lambda _provider, client: client.rules())
    withdrawn: list[FateOfClaim] = []
    still_announced: list[FateOfClaim] = []
    overdue: list[Problem] = []
    for provider, rules in replies.answers:
        active = {rule["id"]: rule for rule in rules}
        for row, end in _rules_of(scheduled, provider):
            state, why = _fate(active.get(end.id), row.incident, end.expires_at)
            fate = FateOfClaim(provider.name, row.incident, end.id, why)
            if state == RuleState.WITHDRAWN:
                withdrawn.append(fate)
            elif state == RuleState.ANNOUNCED:
                still_announced.append(fate)
            else:
                message = f"rule {end.id} of {row.incident} is still announced: {why}"
                overdue.append(Problem(RefusalCode.OVERDUE, message, True, to_json_of(fate)))
    return ConfirmResult([*replies.problems, *overdue], withdrawn, still_announced)


def _rules_of(
    ends: Sequence[EndOfIncident], provider: ProviderConfig
) -> Iterable[tuple[EndOfIncident, RuleEnd]]:
    return ((row, rule) for row in ends if row.provider == provider.name for rule in row.rules)


def _fate(
    rule: RuleDict | None, incident: str, expires_at: str | None
) -> tuple[RuleState, str | None]:
    """(withdrawn, announced again, or withdrawing where it is overdue; why)"""
    if rule is None:
        return RuleState.WITHDRAWN, None
    claims = {claim["incident"]: claim for claim in rule["claims"]}
    if incident in claims:
        # The adapter's own word for when; its clock and ours need not agree.
        if claims[incident]["expires_at"] == expires_at:
            return RuleState.WITHDRAWING, f"due at {expires_at}"
        return RuleState.ANNOUNCED, "the attack fired again, or its withdrawal is held back"
    if claims:
        return RuleState.WITHDRAWN, f"the rule stays for {', '.join(sorted(claims))}"
    return RuleState.WITHDRAWING, rule.get("why") or f"the rule is {rule['state']}"


@dataclass(frozen=True)
class RemindResult(Result):
    """``text`` tells a person which rules of ended attacks are ``still_announced``."""

    still_announced: list[FateOfClaim] = field(default_factory=list)
    text: str = ""


def remind_left(config: PackConfig, left: Sequence[EndOfIncident]) -> RemindResult:
    """The rules that were left and are still there. Where a claim was renewed since, the attack
    came back, and its rule is not among them."""
    replies = ask_each(
        named(config, (row.provider for row in left)), lambda _provider, client: client.rules()
    )
    ends = {
        (row.provider, row.incident, rule.id): rule.expires_at for row in left for rule in row.rules
    }
    rows = [
        FateOfClaim(provider.name, claim["incident"], rule["id"])
        for provider, rules in replies.answers
        for rule in rules
        for claim in rule["claims"]
        if ends.get((provider.name, claim["incident"], rule["id"])) == claim["expires_at"]
    ]
    lines = [f"{row.provider}: rule {row.id} of {row.incident}" for row in rows]
    head = f"{len(rows)} rules of attacks that are over are still announced; withdraw them"
    text = "\n- ".join([head, *lines]) if rows else "nothing of these attacks is announced any more"
    return RemindResult(replies.problems, rows, text)
