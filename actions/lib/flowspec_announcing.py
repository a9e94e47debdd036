"""Announcing what was planned, and one honest answer about all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowspec_action import CALLER, Answer, problem
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.pack import ProviderConfig
from flowtriq_flowspec.errors import Refused, Temporary

MITIGATED, PARTLY, UNMITIGATED, DRY_RUN = "mitigated", "partly", "unmitigated", "dry_run"
ENDED = "ended"
_OVER = "attack_ended"  # an adapter's refusal of what comes too late

LISTS = ("announced", "pending", "would_announce")
# By state; whatever else the adapter says of a rule, no router has it: pending.
_LISTS = {"announced": "announced", "dry_run": "would_announce"}


# Few calls for a carpet of thousands of rules, and the first of them on a router early.
_RULES_PER_CALL = 1000

Wish = tuple[dict[str, Any], dict[str, Any]]  # an entry of planned, and one of its rules


class Announcement:
    """``planned`` and ``problems`` are those of build_rules; the latter go on into the answer.

    ``operator``: a person asks, and may use the share of the budgets that is kept for operators.
    ``to_one`` is asked of each provider; ``summary`` makes the one answer of all.
    """

    def __init__(
        self,
        planned: Sequence[dict[str, Any]],
        problems: Sequence[dict[str, Any]],
        reason: str | None,
        dry_run: bool,
        caller: str = CALLER,
        operator: bool = False,
    ) -> None:
        self._planned = planned
        self._problems = problems
        self._reason = reason
        self._dry_run = dry_run
        self._caller = caller
        self._operator = operator or None  # said only where it is meant

    def to_one(self, provider: ProviderConfig, client: AdapterClient) -> list[dict[str, Any]]:
        """Rows, one for each rule: where it belongs, its description, state, and why or error.

        When the adapter stops answering, the last rows name the incidents that it left without.
        """
        rows: list[dict[str, Any]] = []
        for (dry_run, expires_in_seconds, seen_at), wishes in self._apart(provider).items():
            for begin in range(0, len(wishes), _RULES_PER_CALL):
                some = wishes[begin : begin + _RULES_PER_CALL]
                try:
                    results = client.announce(
                        rules=[_for_adapter(entry, rule) for entry, rule in some],
                        expires_in_seconds=expires_in_seconds,
                        seen_at=seen_at,
                        reason=self._reason,
                        caller=self._caller,
                        operator=self._operator,
                        dry_run=dry_run,
                    )["results"]
                except Refused as error:
                    results = [{"index": i, "error": error.as_dict()} for i in range(len(some))]
                except Temporary as error:
                    left = dict.fromkeys(entry["incident"] for entry, _rule in wishes[begin:])
                    where = {"provider": provider.name}
                    return [*rows, *(problem(error, **where, incident=each) for each in left)]
                rows += [_row(*some[result["index"]], result) for result in results]
        return rows

    def _apart(self, provider: ProviderConfig) -> dict[tuple[bool, int, float | None], list[Wish]]:
        """The wishes for one provider by (dry_run, expires_in_seconds, seen_at): a call to each."""
        found: dict[tuple[bool, int, float | None], list[Wish]] = {}
        for entry in self._planned:
            if entry["provider"] == provider.name:
                for rule in entry["rules"]:
                    dry_run = self._dry_run or rule["dry_run"]
                    key = (dry_run, entry["expires_in_seconds"], entry["seen_at"])
                    found.setdefault(key, []).append((entry, rule))
        return found

    def summary(
        self, answers: Sequence[list[dict[str, Any]]], problems: Sequence[dict[str, Any]]
    ) -> Answer:
        """A failed execution while something may still pass: an adapter that did not answer, a
        rule that no router has yet. A final refusal fails nothing; ``outcome`` tells. It is
        ``ended`` where all that is not announced belongs to attacks that are over."""
        lists: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS}
        problems = [*self._problems, *problems]
        rows = [row for answer in answers for row in answer]
        over = any(row.get("code") == _OVER for row in rows)
        for row in rows:
            if row.get("code") == _OVER:
                continue
            if "code" in row:
                problems.append(row)
            else:
                lists[_LISTS.get(row["state"], "pending")].append(row)
        may_pass = bool(lists["pending"]) or any(item["temporary"] for item in problems)
        nothing = not problems and not any(lists.values())
        outcome = ENDED if over and nothing else outcome_of(lists, problems)
        return not may_pass, {"outcome": outcome, **lists, "problems": problems}


def outcome_of(
    lists: Mapping[str, Sequence[dict[str, Any]]], problems: Sequence[dict[str, Any]]
) -> str:
    """One word for what came of an attack's rules."""
    whole = not problems and not lists["pending"]
    if lists["announced"]:
        return MITIGATED if whole else PARTLY
    return DRY_RUN if whole and lists["would_announce"] else UNMITIGATED


def _for_adapter(entry: dict[str, Any], rule: dict[str, Any]) -> dict[str, Any]:
    asked = {key: rule[key] for key in ("match", "then", "vector")}
    return {**asked, "incident": entry["incident"]}


def _row(entry: dict[str, Any], rule: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    about = {key: entry[key] for key in ("provider", "incident")}
    about.update({key: rule[key] for key in ("id", "description")})
    shown = ("state", "why", "expires_at", "not_installed_by")
    known = {key: result[key] for key in shown if key in result}
    error = {**result["error"], "temporary": False} if "error" in result else {}
    return {**about, **known, **error}
