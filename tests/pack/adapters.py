"""Adapters in memory, behind the interface of AdapterClient: what the actions ask and get."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import (
    AdapterBroken,
    AdapterUnreachable,
    GuardrailRefused,
    NotFound,
    Refused,
)
from flowtriq_flowspec.flowspec.rule import parse_rule


class Adapter:
    """One adapter. It falls silent after ``answers_left`` calls, has no session while ``pending``,
    refuses rules for the prefix ``protected``, and has no registry while ``broken``."""

    def __init__(self) -> None:
        self.claims: dict[str, dict[str, dict[str, Any]]] = {}  # rule id, incident, claim
        self.known: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers_left: int | None = None
        self.pending = False
        self.broken = self.killed = False
        self.protected: str | None = None
        self.ended_at: dict[str, float] = {}  # incident, seen_at of its end
        self.now = 0  # seconds of its clock
        self.events: list[dict[str, Any]] = []  # oldest first

    def __enter__(self) -> Adapter:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def _called(self, name: str, **given: Any) -> None:
        self.calls.append((name, given))
        if self.broken and name != "kill_switch":
            raise AdapterBroken("the adapter cannot: the registry did not take the change")
        if self.answers_left is not None:
            if self.answers_left == 0:
                raise AdapterUnreachable("no answer within 5 seconds")
            self.answers_left -= 1

    def announce(
        self,
        *,
        incident: str | None = None,
        rules: list[dict[str, Any]],
        expires_in_seconds: int | None = None,
        reason: str | None = None,
        caller: str | None = None,
        dry_run: bool = False,
        seen_at: float | None = None,
        operator: bool = False,
        automation: bool = False,
    ) -> dict[str, Any]:
        whose = {rule.get("incident", incident) for rule in rules}
        given = {
            "incident": ", ".join(map(str, whose)),
            "reason": reason,
            "caller": caller,
            "dry_run": dry_run,
            **({"operator": operator} if operator else {}),
        }
        self._called("announce", **given, expires_in_seconds=expires_in_seconds)
        return {
            "results": [self._one(i, it, incident, dry_run, seen_at) for i, it in enumerate(rules)]
        }

    def _one(
        self,
        index: int,
        given: Mapping[str, Any],
        for_all: str | None,
        dry_run: bool,
        seen_at: float | None,
    ) -> Any:
        assert set(given) - {"incident"} == {"match", "then", "vector"}
        incident = given.get("incident", for_all)
        assert incident is not None
        rule = parse_rule({"match": given["match"], "then": given["then"]})
        answer = {"index": index, "id": rule.id}
        if seen_at is not None and seen_at < self.ended_at.get(incident, 0):
            ended = Refused("it has ended", code="attack_ended")
            return {**answer, "state": "refused", "error": ended.as_dict()}
        if str(rule.match.destination) == self.protected:
            return {**answer, "state": "refused", "error": _protected().as_dict()}
        if dry_run:
            return {**answer, "state": "dry_run"}
        self.known[rule.id] = {
            **rule.to_dict(),
            "description": rule.match.describe(),
            "action": rule.then.describe(),
        }
        claim = {
            "incident": incident,
            "then": rule.then.to_dict(),
            "vector": given["vector"],
            "expires_at": f"renewed {len(self.calls)}",
        }
        known = incident in self.claims.setdefault(rule.id, {})
        self.claims[rule.id][incident] = claim
        self.happened("renewed" if known else "claimed", rule.id, incident=incident)
        if self.pending:
            return {**answer, "state": "pending", "why": "no established session"}
        return {**answer, "state": "announced", "expires_at": claim["expires_at"]}

    def explain(self, rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self._called("explain", rules=rules)
        return [self._explained(rule) for rule in rules]

    def _explained(self, given: dict[str, Any]) -> dict[str, Any]:
        rule = parse_rule(given)
        protected = str(rule.match.destination) == self.protected
        return {"id": rule.id, "refusals": [_protected().as_dict()] if protected else []}

    def withdraw(
        self,
        *,
        id: str | None = None,
        match: Mapping[str, Any] | None = None,
        incident: str | None = None,
        incidents: list[str] | None = None,
        all: bool = False,
        after_seconds: int = 0,
        reason: str | None = None,
        caller: str | None = None,
        automation: bool = False,
        seen_at: float | None = None,
    ) -> dict[str, Any]:
        if seen_at is not None:
            self.ended_at.update(dict.fromkeys(incidents or [], seen_at))
        whose = incidents if incidents is not None else [incident] if incident else []
        given = {"incidents": whose, "all": all, "after_seconds": after_seconds, "caller": caller}
        self._called("withdraw", id=id, **given)
        ids = [
            each
            for each, claims in self.claims.items()
            if all or each == id or set(whose) & set(claims) or match == self.known[each]["match"]
        ]
        if not ids and not all:
            raise NotFound("no such rule")
        if after_seconds:
            return {"results": [row for each in ids for row in self._schedule(each, whose)]}
        results = []
        for each in ids:
            for name in whose or [None]:
                self.end(each, name)
            results.append({"id": each, "state": "kept" if each in self.claims else "withdrawn"})
        return {"results": results}

    def _schedule(self, rule_id: str, incidents: list[str]) -> Iterator[dict[str, Any]]:
        for incident, claim in self.claims[rule_id].items():
            if incident in incidents:
                claim["expires_at"] = "soon"
                self.happened("scheduled", rule_id, incident=incident)
                about = {"id": rule_id, "incident": incident}
                yield {**about, "state": "scheduled", "expires_at": "soon"}

    def end(self, rule_id: str, incident: str | None = None) -> None:
        """The claim of one incident, or the whole rule, is over."""
        claims = self.claims.pop(rule_id, {})
        claims.pop(incident or "", None)
        if incident and claims:
            self.claims[rule_id] = claims

    def kill_switch(
        self,
        engaged: bool,
        *,
        reason: str | None = None,
        caller: str | None = None,
        automation: bool = False,
    ) -> dict[str, Any]:
        self._called("kill_switch", engaged=engaged, reason=reason, caller=caller)
        self.killed = engaged
        if not engaged:
            return {"engaged": False}
        self.claims.clear()
        done = {"engaged": True, "withdrawn": not self.pending, "durable": True}
        return {**done, "recorded": not self.broken}

    withdraw_all = AdapterClient.withdraw_all

    def rules(self) -> list[dict[str, Any]]:
        self._called("rules")
        return [
            {
                **self.known[each],
                "id": each,
                "state": "pending" if self.pending else "announced",
                "why": "no established session" if self.pending else None,
                "claims": list(claims.values()),
                "incidents": sorted(claims),
                "seconds_left": 249,
                **({} if self.pending else {"announced_at": "2026-01-15T00:00:00Z"}),
            }
            for each, claims in self.claims.items()
        ]

    def rule(self, rule_id: str) -> dict[str, Any]:
        for rule in self.rules():
            if rule["id"] == rule_id:
                return rule
        raise NotFound("no such rule")

    def adj_rib_out(self, rule_id: str) -> list[str]:
        self._called("adj_rib_out")
        return ["10.0.0.1"] if rule_id in self.claims and not self.pending else []

    def history(self, limit: int = 100, events: Sequence[str] = ()) -> list[dict[str, Any]]:
        self._called("history", limit=limit)
        newest = self.events[::-1]
        return [each for each in newest if not events or each["event"] in events][:limit]

    def note(
        self, *, event: str, about: Sequence[Mapping[str, str]], caller: str | None = None
    ) -> None:
        self._called("note", event=event, about=list(about))
        for each in about:
            detail = {"action": each["action"]} if "action" in each else {}
            self.happened(event, each.get("id"), incident=each["incident"], detail=detail)

    def happened(self, event: str, rule_id: str | None = None, **more: Any) -> None:
        at = datetime(2026, 1, 15, tzinfo=timezone.utc) + timedelta(seconds=self.now)
        text = at.isoformat().replace("+00:00", "Z")
        self.events.append({"at": text, "event": event, "rule_id": rule_id, "detail": {}, **more})

    def status(self) -> dict[str, Any]:
        self._called("status")
        up = {"state": "established", "families": ["ipv4 flow"], "reason": None}
        down = {"state": "down", "families": None, "reason": "hold timer expired"}
        budget = {"max_rules": 1000, "max_rules_ipv4": 900, "max_rules_ipv6": 500}
        return {
            "version": "0.1.0",
            "kill_switch": self.killed,
            "seconds_without_answer": 0.0,
            "rules": {"announced": len(self.claims), "pending": 0, "withdrawing": 0},
            "peers": [{"address": "10.0.0.1", **(down if self.pending else up)}],
            "budget": {**budget, "rules_ipv4": len(self.claims), "rules_ipv6": 0},
        }


def _protected() -> GuardrailRefused:
    return GuardrailRefused("it is protected", code="protected_prefixes", field="match")
