"""More time for the claims on a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowspec_action import CALLER, Answer, asked_by, problem, succeeded_unless
from flowspec_withdrawing import exactly_one
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.pack import ProviderConfig
from flowtriq_flowspec.errors import NotFound


class Extension:
    """``what`` has the keys id and incident, one of them given. A claim is extended by announcing
    it again, as a repeated alert does."""

    def __init__(
        self, seconds: int, what: Mapping[str, Any], reason: str | None, user: str
    ) -> None:
        ((self._key, self._value),) = exactly_one(what).items()
        self._seconds = seconds
        self._reason = reason
        # Not the pack's plain name: more time for what is there is no order to announce it
        # elsewhere, where someone may have withdrawn it (flowspec_orders).
        self._caller = asked_by(user, f"{CALLER} extend")

    def at_one(self, provider: ProviderConfig, client: AdapterClient) -> list[dict[str, Any]]:
        """One row for each claim: provider, id, incident, state, expires_at."""
        rows = []
        for rule in client.rules():
            for claim in rule["claims"]:
                if self._value == (rule["id"] if self._key == "id" else claim["incident"]):
                    rows.append({"provider": provider.name, **self._extended(client, rule, claim)})
        return rows

    def _extended(
        self, client: AdapterClient, rule: Mapping[str, Any], claim: Mapping[str, Any]
    ) -> dict[str, Any]:
        given = {"match": rule["match"], "then": claim["then"]}
        if claim.get("vector"):
            given["vector"] = claim["vector"]
        (result,) = client.announce(
            incident=claim["incident"],
            rules=[given],
            expires_in_seconds=self._seconds,
            reason=self._reason,
            caller=self._caller,
        )["results"]
        return {**result, "incident": claim["incident"]}

    def summary(
        self, answers: Sequence[list[dict[str, Any]]], problems: Sequence[dict[str, Any]]
    ) -> Answer:
        """``results``; failed when nothing fits anywhere, or a claim was refused."""
        results = [row for rows in answers for row in rows]
        problems = [*problems, *({**row, **row["error"]} for row in results if "error" in row)]
        if not results and not problems:
            message = f"no active rule with {self._key} {self._value}"
            problems.append(problem(NotFound(message, field=self._key, value=self._value)))
        return succeeded_unless(problems, {"results": results})
