"""What follows from the answer to a question for approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowspec_action import Answer
from flowspec_announcing import ENDED, LISTS, Announcement, outcome_of
from flowspec_approving import (
    GIVEN,
    Entry,
    Trail,
    claims,
    incidents_of,
    note_answer,
    notes_of_ended,
    of_provider,
    unapproved,
)
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.pack import ProviderConfig

Seen = tuple[Trail, Mapping[tuple[str, str], Any]]


class Settlement:
    """``entries`` are the awaiting_approval of the question; ``answer`` is given, refused or
    timed_out; ``so_far`` is what the workflow knows of rules that needed no approval.

    ``look`` is asked of each provider, then ``judge`` of what all saw, then ``to_one`` of each.
    """

    def __init__(
        self, entries: Sequence[Entry], answer: str, so_far: Mapping[str, Any], reason: str | None
    ) -> None:
        self._entries = entries
        self._answer = answer
        self._so_far = so_far
        self._reason = reason
        self._over: set[str] = set()
        self._unapproved: list[Entry] = []
        self._announcement = Announcement([], [], reason, False)

    def look(self, provider: ProviderConfig, client: AdapterClient) -> Seen:
        """Keep the answer in the audit trail. Returns what the adapter knows."""
        seen = Trail.of(client), claims(client)
        note_answer(self._answer, of_provider(self._entries, provider), seen[0], client)
        return seen

    def judge(self, seen: Sequence[tuple[ProviderConfig, Seen]]) -> None:
        """What is to be announced: nothing of an attack that one of the adapters knows to be over;
        without approval only what another answer has approved meanwhile."""
        self._over = {
            incident
            for incident in incidents_of(self._entries)
            if any(trail.over(incident) for _provider, (trail, _live) in seen)
        }
        wanted: list[Entry] = []
        for provider, (_trail, live) in seen:
            for entry in of_provider(self._entries, provider):
                if entry["incident"] in self._over:
                    continue
                yes: list[dict[str, Any]] = []
                no: list[dict[str, Any]] = []
                for rule in entry["rules"]:
                    claimed = live.get((entry["incident"], rule["id"])) == rule["then"]
                    (yes if claimed or self._answer == GIVEN else no).append(rule)
                wanted += [{**entry, "rules": yes}]
                self._unapproved += [{**entry, "rules": no}]
        self._announcement = Announcement(wanted, [], self._reason, False)

    def to_one(self, provider: ProviderConfig, client: AdapterClient) -> list[dict[str, Any]]:
        return self._announcement.to_one(provider, client)

    def summary(
        self, answers: Sequence[list[dict[str, Any]]], problems: Sequence[dict[str, Any]]
    ) -> Answer:
        """One answer of all, in the form of announce's; a failed execution while something may
        still pass. ``outcome`` is ended where no attack goes on that the question was about."""
        succeeded, new = self._announcement.summary(answers, problems)
        lists = {name: [*self._so_far[name], *new[name]] for name in LISTS}
        missing = unapproved(self._unapproved, self._answer) if self._answer != GIVEN else []
        problems = [*self._so_far["problems"], *new["problems"], *missing]
        over = new["outcome"] == ENDED or self._over.issuperset(incidents_of(self._entries))
        return succeeded or over, {
            "outcome": ENDED if over else outcome_of(lists, problems),
            **lists,
            "problems": problems,
            "notes": [*self._so_far["notes"], *notes_of_ended(sorted(self._over))],
        }
