"""Gives claims a longer life, as a person asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..adapter_answers import ClaimDict, RuleDict
from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from .providers import PACK, all_or_one, ask_each, called
from .result import Problem
from .withdraw import ResultsResult, results_of, selected


@dataclass(frozen=True)
class Extension:
    """A claim is extended by announcing it again, as a repeated alert does. It is no order of the
    automation: more time for a rule that is there is no reason to announce it elsewhere, where
    someone may have withdrawn it."""

    selection: tuple[str, Any]
    seconds: int
    reason: str | None
    caller: str

    def at_provider(
        self, provider: ProviderConfig, client: AdapterClient
    ) -> list[Mapping[str, Any]]:
        """One row for each claim: provider, id, incident, state, expires_at."""
        return [
            {"provider": provider.name, **self._extend(client, rule, claim)}
            for rule in client.rules()
            for claim in rule["claims"]
            if self._selects(rule, claim)
        ]

    def _selects(self, rule: RuleDict, claim: ClaimDict) -> bool:
        key, value = self.selection
        return bool(value == (rule["id"] if key == "id" else claim["incident"]))

    def _extend(self, client: AdapterClient, rule: RuleDict, claim: ClaimDict) -> dict[str, Any]:
        vector = {"vector": claim["vector"]} if claim["vector"] else {}
        (result,) = client.announce(
            incident=claim["incident"],
            rules=[{"match": rule["match"], "then": claim["then"], **vector}],
            expires_in_seconds=self.seconds,
            reason=self.reason,
            caller=self.caller,
        )["results"]
        return {**result, "incident": claim["incident"]}


def extend(
    config: PackConfig,
    seconds: int,
    choices: Mapping[str, Any],
    reason: str | None,
    provider: str | None,
    user: str,
) -> ResultsResult:
    """Let the claims that one of ``choices`` (id, incident) selects expire ``seconds`` from now."""
    selection = selected(config, choices, provider)
    extension = Extension(selection, seconds, reason, called(f"{PACK} extend", user))
    replies = ask_each(all_or_one(config, provider), extension.at_provider)
    rows = [row for rows in replies.values for row in rows]
    refused = [Problem.from_json({**row, **row["error"]}) for row in rows if "error" in row]
    return results_of(rows, [*replies.problems, *refused], selection)
