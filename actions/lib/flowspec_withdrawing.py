"""Withdrawals that a person asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowspec_action import Answer, problem, succeeded_unless
from flowspec_reporting import network_of, touches
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.pack import ProviderConfig
from flowtriq_flowspec.errors import NotFound, Refused, Temporary
from flowtriq_flowspec.events import RefusalCode

CONFIRMATION = "withdraw-all"


def exactly_one(what: Mapping[str, Any]) -> dict[str, Any]:
    """The one of ``what`` that is given. Raises Refused when none or several are."""
    given = {key: value for key, value in what.items() if value}
    if len(given) != 1:
        message = f"give one of {', '.join(what)}; given are: {', '.join(given) or 'none'}"
        raise Refused(message, field=next(iter(what)), value=list(given), limit="one")
    return given


class Withdrawal:
    """``what`` has the keys id, match, incident and target, one of them given."""

    def __init__(
        self, what: Mapping[str, Any], after_seconds: int, reason: str | None, caller: str
    ) -> None:
        self._what = exactly_one(what)
        self._how = {"after_seconds": after_seconds, "reason": reason, "caller": caller}

    def at_one(self, provider: ProviderConfig, client: AdapterClient) -> list[dict[str, Any]]:
        """The adapter's results; none where it knows nothing of the kind."""
        choices = [self._what]
        if "target" in self._what:
            target = network_of(self._what["target"])
            rules = [rule for rule in client.rules() if touches(rule, target)]
            choices = [{"id": rule["id"]} for rule in rules]
        rows = []
        for choice in choices:
            try:
                results = client.withdraw(**choice, **self._how)["results"]
            except NotFound:
                continue
            rows += [{"provider": provider.name, **result} for result in results]
        return rows

    def summary(
        self,
        answers: Sequence[tuple[ProviderConfig, list[dict[str, Any]]]],
        problems: Sequence[dict[str, Any]],
    ) -> Answer:
        """``results``, one for each provider and rule; failed when nothing fits anywhere."""
        results = [row for _provider, rows in answers for row in rows]
        problems = list(problems)
        if not results and not problems:
            ((key, value),) = self._what.items()
            error = NotFound(f"no active rule with {key} {value}", field=key, value=value)
            problems.append(problem(error))
        return succeeded_unless(problems, {"results": results})


def all_of(
    answers: Sequence[tuple[ProviderConfig, dict[str, Any]]], problems: Sequence[dict[str, Any]]
) -> Answer:
    """``results`` of AdapterClient.withdraw_all, one for each provider and rule; ``kill_switches``
    of the providers where it had to be engaged."""
    results = [
        {"provider": each.name, **result} for each, said in answers for result in said["results"]
    ]
    engaged = [
        {"provider": each.name, **said["kill_switch"]}
        for each, said in answers
        if "kill_switch" in said
    ]
    problems = [*problems, *(_unconfirmed_by_exabgp(it) for it in engaged if not it["withdrawn"])]
    return succeeded_unless(problems, {"results": results, "kill_switches": engaged})


def _unconfirmed_by_exabgp(engaged: Mapping[str, Any]) -> dict[str, Any]:
    error = Temporary("the kill switch is engaged, but ExaBGP has not confirmed the withdrawal")
    return problem(error, provider=engaged["provider"])


def unconfirmed(counts: Sequence[tuple[str, int]], problems: Sequence[dict[str, Any]]) -> Answer:
    """What withdraw_all says instead of acting: how many rules would go, and what to say."""
    would = ", ".join(f"{count} at {name}" for name, count in counts)
    error = Refused(
        f"Nothing withdrawn yet; this takes away all rules: {would or 'none known'}."
        f" To do it, confirm with the word {CONFIRMATION}",
        field="confirm",
        limit=CONFIRMATION,
        code=RefusalCode.NOT_CONFIRMED,
    )
    return succeeded_unless([*problems, problem(error)], {"results": []})
