"""Taking an ended attack's rules away, and seeing that they are gone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from flowspec_action import CALLER, Answer, problem, succeeded_unless
from flowspec_approving import note_ended
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.attack import Attack
from flowtriq_flowspec.config.pack import ProviderConfig
from flowtriq_flowspec.errors import NotFound, Temporary

SCHEDULED, LEFT, NOTHING, FAILED = "scheduled", "left", "nothing_to_release", "failed"
# An adapter needs a moment to withdraw what is due and to hear from ExaBGP that it is done.
_MARGIN_SECONDS = 3
_LONGEST_HOLD_DOWN_SECONDS = 300
_SOON = timedelta(hours=1)
_HISTORY = 1000  # events that are looked at
_RENEWED = ("claimed", "renewed", "changed")
_EVENTS = ("scheduled", *_RENEWED)


class Release:
    """The claims of an ended attack's incidents, at all providers."""

    def __init__(self, attack: Attack) -> None:
        self._seen_at = attack.seen_at
        self._incidents = list(dict.fromkeys(target.incident for target in attack.targets))

    def from_one(self, provider: ProviderConfig, client: AdapterClient) -> list[dict[str, Any]]:
        """Rows, one for each incident that the adapter knows: ``kind`` scheduled or left, the
        ``rules`` (id, expires_at), and for a scheduled one ``wait_seconds``. When the adapter stops
        answering, the last row says so."""
        note_ended(self._incidents, client)
        claimed: dict[str, dict[str, str]] = {}
        for rule in client.rules():
            for claim in rule["claims"]:
                claimed.setdefault(claim["incident"], {})[rule["id"]] = claim["expires_at"]
        known = [incident for incident in self._incidents if incident in claimed]
        if not provider.auto_withdraw:
            where = {"provider": provider.name, "kind": LEFT}
            return [{**where, "incident": it, "rules": _ends(claimed[it])} for it in known]
        flaps = flaps_by_rule(client.history(_HISTORY, _EVENTS)) if known else {}
        most = dict.fromkeys(self._incidents, 0)
        most.update((it, max(flaps.get(rule_id, 0) for rule_id in claimed[it])) for it in known)
        # Those too that it does not know: an announcement on its way is refused after this.
        together: dict[int, list[str]] = {}
        for incident, count in most.items():
            seconds = hold_down_seconds(provider.withdraw_after_seconds, count)
            together.setdefault(seconds, []).append(incident)
        rows: list[dict[str, Any]] = []
        for after_seconds, incidents in together.items():
            try:
                ends, going_on = self._schedule(client, incidents, after_seconds)
            except NotFound:
                continue  # never announced, or their time came between the two questions
            except Temporary as error:
                return [*rows, problem(error, provider=provider.name, incidents=incidents)]
            for incident in incidents:
                if incident in going_on:
                    continue
                rules = {**dict.fromkeys(claimed.get(incident, ())), **ends.get(incident, {})}
                if not rules:
                    continue
                rows.append(
                    {
                        "provider": provider.name,
                        "incident": incident,
                        "kind": SCHEDULED,
                        "rules": _ends(rules),
                        "wait_seconds": after_seconds + _MARGIN_SECONDS,
                        "flaps": most[incident],
                    }
                )
        return rows

    def _schedule(
        self, client: AdapterClient, incidents: Sequence[str], after_seconds: int
    ) -> tuple[dict[str, dict[str, str]], set[str]]:
        """When each claim ends, by rule id, by incident; nothing for those that ended at once. And
        the incidents that were announced again for a later alert: this end comes too late."""
        results = client.withdraw(
            incidents=incidents,
            after_seconds=after_seconds,
            seen_at=self._seen_at,
            reason="attack ended",
            caller=CALLER,
        )["results"]
        ends: dict[str, dict[str, str]] = {}
        going_on: set[str] = set()
        for item in results:
            if item["state"] == "kept":
                going_on.update(item["incidents"])
            elif "incident" in item:
                ends.setdefault(item["incident"], {})[item["id"]] = item["expires_at"]
        return ends, going_on

    def summary(
        self, answers: Sequence[list[dict[str, Any]]], problems: Sequence[dict[str, Any]]
    ) -> Answer:
        """A failed execution while an adapter does not answer. ``outcome`` is nothing_to_release
        when no adapter knows any of the incidents."""
        rows = [row for answer in answers for row in answer]
        problems = [*problems, *(row for row in rows if "code" in row)]
        scheduled = [row for row in rows if row.get("kind") == SCHEDULED]
        left = [row for row in rows if row.get("kind") == LEFT]
        outcome = SCHEDULED if scheduled else FAILED if problems else LEFT if left else NOTHING
        waits = [row["wait_seconds"] for row in scheduled]
        return not problems, {
            "outcome": outcome,
            "scheduled": scheduled,
            "left": left,
            "wait_seconds": max(waits, default=0),
            "problems": problems,
            "notes": _notes(outcome, left, scheduled),
        }


def _ends(rules: Mapping[str, str | None]) -> list[dict[str, str | None]]:
    return [{"id": each, "expires_at": end} for each, end in rules.items()]


def hold_down_seconds(configured: int, flaps: int) -> int:
    """How long an ended attack's rules stay: doubled each time that the attack came back at once,
    to at most 300 s; never less than configured."""
    return int(max(configured, min(configured * 2**flaps, _LONGEST_HOLD_DOWN_SECONDS)))


def flaps_by_rule(events: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How often in a row a rule was claimed again soon after its end was scheduled, by rule id.

    ``events`` are an adapter's history, newest first; its times are compared with each other only.
    """
    flaps: dict[str, int] = {}
    ended_at: dict[str, datetime] = {}
    for event in reversed(events):
        rule_id, at = event.get("rule_id"), _time(event["at"])
        if event["event"] == "scheduled":
            ended_at.setdefault(rule_id, at)
        elif event["event"] in _RENEWED and rule_id in ended_at:
            soon = at - ended_at.pop(rule_id) <= _SOON
            flaps[rule_id] = flaps.get(rule_id, 0) + 1 if soon else 0
    return flaps


def _time(rfc3339: str) -> datetime:
    return datetime.fromisoformat(rfc3339.replace("Z", "+00:00"))


def _notes(
    outcome: str, left: Sequence[dict[str, Any]], scheduled: Sequence[dict[str, Any]]
) -> list[str]:
    notes = [
        f"{row['provider']}: auto_withdraw is off, so the rules of {row['incident']} stay until"
        " someone withdraws them or they expire"
        for row in left
    ]
    notes += [
        f"{row['provider']}: {row['incident']} came back {row['flaps']} times, so its rules stay"
        f" {row['wait_seconds'] - _MARGIN_SECONDS} s"
        for row in scheduled
        if row["flaps"]
    ]
    if outcome == NOTHING:
        notes.append("no adapter has a rule of these incidents that no newer alert wants")
    return notes


def gone(scheduled: Sequence[dict[str, Any]], rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What became of one provider's scheduled withdrawals, from its adapter's ``rules``.

    ``withdrawn``: the rule is gone, or at least this incident's claim; ``still_announced``: the
    attack fired again, which cancelled the withdrawal; ``overdue``: neither.
    """
    active = {rule["id"]: rule for rule in rules}
    found: dict[str, list[dict[str, Any]]] = {
        "withdrawn": [],
        "still_announced": [],
        "overdue": [],
    }
    for row in scheduled:
        for item in row["rules"]:
            where = {"provider": row["provider"], "incident": row["incident"], "id": item["id"]}
            kind, why = _fate(active.get(item["id"]), row["incident"], item["expires_at"])
            found[kind].append({**where, "why": why} if why else where)
    return found


def _fate(
    rule: dict[str, Any] | None, incident: str, expires_at: str | None
) -> tuple[str, str | None]:
    if rule is None:
        return "withdrawn", None
    claims = {claim["incident"]: claim for claim in rule["claims"]}
    if incident in claims:
        # The adapter's own word for when; its clock and ours need not agree.
        if claims[incident]["expires_at"] == expires_at:
            return "overdue", f"due at {expires_at}"
        return "still_announced", "the attack fired again"
    if claims:
        return "withdrawn", f"the rule stays for {', '.join(sorted(claims))}"
    return "overdue", rule.get("why") or f"the rule is {rule['state']}"


def confirmation(found: Sequence[dict[str, Any]], problems: Sequence[dict[str, Any]]) -> Answer:
    """One answer of all providers' ``gone``; a failed execution while one is overdue."""
    problems = list(problems)
    for row in (row for each in found for row in each["overdue"]):
        message = f"rule {row['id']} of {row['incident']} is still announced: {row['why']}"
        problems.append({**row, "code": "overdue", "message": message, "temporary": True})
    return succeeded_unless(
        problems,
        {
            "withdrawn": [row for each in found for row in each["withdrawn"]],
            "still_announced": [row for each in found for row in each["still_announced"]],
        },
    )


def reminder(
    left: Sequence[Mapping[str, Any]],
    answers: Sequence[tuple[ProviderConfig, Sequence[Mapping[str, Any]]]],
    problems: Sequence[dict[str, Any]],
) -> Answer:
    """``still_announced``: the rules that were left, and ``text`` to tell of them. Where a claim
    was renewed since, the attack fired again, and its rule is not among them."""
    wanted = {
        (row["provider"], row["incident"], item["id"]): item["expires_at"]
        for row in left
        for item in row["rules"]
    }
    rows = [
        {"provider": each.name, "incident": claim["incident"], "id": rule["id"]}
        for each, rules in answers
        for rule in rules
        for claim in rule["claims"]
        if wanted.get((each.name, claim["incident"], rule["id"])) == claim["expires_at"]
    ]
    lines = [f"{row['provider']}: rule {row['id']} of {row['incident']}" for row in rows]
    head = f"{len(rows)} rules of attacks that are over are still announced; withdraw them"
    text = "\n- ".join([head, *lines]) if rows else "nothing of these attacks is announced any more"
    return succeeded_unless(problems, {"still_announced": rows, "text": text})
