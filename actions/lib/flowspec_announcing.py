"""Announcing what was planned, and one honest answer about all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flowspec_action import CALLER, Answer, problem
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config import ProviderConfig
from flowtriq_flowspec.errors import Refused, Temporary

MITIGATED, PARTLY, UNMITIGATED, DRY_RUN = "mitigated", "partly", "unmitigated", "dry_run"

# By state; whatever else the adapter says of a rule, no router has it: pending.
_LISTS = {"announced": "announced", "dry_run": "would_announce"}


class Announcement:
    """``planned`` and ``problems`` are those of build_rules; the latter go on into the answer.

    ``to_one`` is asked of each provider; ``summary`` makes the one answer of all.
    """

    def __init__(
        self,
        planned: Sequence[dict[str, Any]],
        problems: Sequence[dict[str, Any]],
        reason: str | None,
        dry_run: bool,
    ) -> None:
        self._planned = planned
        self._problems = problems
        self._reason = reason
        self._dry_run = dry_run

    def to_one(self, provider: ProviderConfig, client: AdapterClient) -> list[dict[str, Any]]:
        """Rows, one for each rule: where it belongs, its description, state, and why or error.

        When the adapter stops answering, the last row says so; the rows before it still count.
        """
        rows: list[dict[str, Any]] = []
        for entry in self._planned:
            if entry["provider"] == provider.name:
                for dry_run, rules in self._apart(entry["rules"]):
                    try:
                        rows += self._announced(client, entry, rules, dry_run)
                    except Temporary as error:
                        where = {key: entry[key] for key in ("provider", "incident")}
                        return [*rows, problem(error, **where)]
        return rows

    def _apart(
        self, rules: Sequence[dict[str, Any]]
    ) -> Iterator[tuple[bool, Sequence[dict[str, Any]]]]:
        """(dry_run, rules) for the rules to announce and for those to try only."""
        for dry_run in (False, True):
            found = [rule for rule in rules if (self._dry_run or rule["dry_run"]) is dry_run]
            if found:
                yield dry_run, found

    def _announced(
        self,
        client: AdapterClient,
        entry: dict[str, Any],
        rules: Sequence[dict[str, Any]],
        dry_run: bool,
    ) -> list[dict[str, Any]]:
        try:
            results = client.announce(
                incident=entry["incident"],
                rules=[{key: rule[key] for key in ("match", "then", "vector")} for rule in rules],
                expires_in_seconds=entry["expires_in_seconds"],
                reason=self._reason,
                caller=CALLER,
                dry_run=dry_run,
            )["results"]
        except Refused as error:
            results = [{"index": i, "error": error.as_dict()} for i in range(len(rules))]
        rows = []
        for result in results:
            rule = rules[result["index"]]
            about = {key: entry[key] for key in ("provider", "incident")}
            about.update({key: rule[key] for key in ("id", "description")})
            known = {key: result[key] for key in ("state", "why", "expires_at") if key in result}
            error = {**result["error"], "temporary": False} if "error" in result else {}
            rows.append({**about, **known, **error})
        return rows

    def summary(
        self, answers: Sequence[list[dict[str, Any]]], problems: Sequence[dict[str, Any]]
    ) -> Answer:
        """A failed execution while something may still pass: an adapter that did not answer, a
        rule that no router has yet. A final refusal fails nothing; ``outcome`` tells."""
        names = ("announced", "pending", "would_announce")
        lists: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
        problems = [*self._problems, *problems]
        for row in (row for answer in answers for row in answer):
            if "code" in row:
                problems.append(row)
            else:
                lists[_LISTS.get(row["state"], "pending")].append(row)
        whole = not problems and not lists["pending"]
        if lists["announced"]:
            outcome = MITIGATED if whole else PARTLY
        else:
            outcome = DRY_RUN if whole and lists["would_announce"] else UNMITIGATED
        may_pass = bool(lists["pending"]) or any(item["temporary"] for item in problems)
        return not may_pass, {"outcome": outcome, **lists, "problems": problems}
