"""What alerts said, as the adapters keep it: sensors tell it and read it again, actions settle it.

An adapter of 0.1.0 keeps nothing of it, and one whose configuration gives the caller no right to
tell it refuses; neither stops an alert.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..adapter_answers import SeenAttackDict
from ..adapter_client import AdapterClient
from ..attack import ENDED, Attack
from ..config.pack import PackConfig, ProviderConfig
from ..errors import FlowspecError, Refused
from ..senders.polling import Known
from .providers import PACK, ask_each

_OF_THE_ADAPTER = ("began_at", "listed", "settled")
_INCIDENTS_PER_CALL = 20  # they are in the address of the request


def _known(row: SeenAttackDict) -> Known:
    """Raises InvalidAlert for an attack of a newer version."""
    payload: dict[str, Any] = {key: row[key] for key in row if key not in _OF_THE_ADAPTER}  # type: ignore[literal-required]
    return Known(Attack.from_payload(payload), row["began_at"], row["seen_at"], row["listed"])


def settle(
    providers: Sequence[ProviderConfig], incidents: Iterable[str], seen_at: float | None
) -> None:
    """What the alert that was seen at ``seen_at`` asked for is done, or finally refused. An adapter
    that does not answer hears nothing; it gives the alert out again, which is harmless."""
    names = list(dict.fromkeys(incidents))
    if seen_at is None or not names:
        return
    ask_each(providers, lambda _provider, client: settle_at(client, names, seen_at))


def settle_at(client: AdapterClient, incidents: Sequence[str], seen_at: float | None) -> None:
    """``settle`` at one adapter."""
    if seen_at is not None and incidents:
        with contextlib.suppress(FlowspecError):
            client.settle_attacks(incidents, seen_at, caller=PACK)


def is_settled(providers: Sequence[ProviderConfig], incident: str, seen_at: float) -> bool:
    """Whether an adapter knows that what the alert asked for is done; also where none knows the
    alert, or none answers."""

    def ask(_provider: ProviderConfig, client: AdapterClient) -> list[SeenAttackDict]:
        return client.attacks_seen(incidents=[incident])

    rows = [
        row
        for rows in ask_each(providers, ask, hurry=True).values
        for row in rows
        if row["seen_at"] == seen_at
    ]
    return not rows or any(row.get("settled", True) for row in rows)


def known_of_incident(config: PackConfig, incident: str) -> list[Known]:
    """What the adapters know of an incident: an attack for each vector, the newest each; none where
    no adapter knows it, or none answers."""

    def ask(_provider: ProviderConfig, client: AdapterClient) -> list[SeenAttackDict]:
        return client.attacks_seen(incidents=[incident])

    replies = ask_each(config.providers, ask, hurry=True)
    return list(_newest(replies.values).values())


def going_on(config: PackConfig, source: str) -> list[Known]:
    """The attacks of a sender of which an adapter knows that they go on."""
    replies = ask_each(config.providers, lambda _each, client: client.attacks_seen(source=source))
    return list(_newest(replies.values).values())


def _newest(answers: Iterable[Sequence[SeenAttackDict]]) -> dict[tuple[str, str], Known]:
    newest: dict[tuple[str, str], Known] = {}
    for rows in answers:
        for row in rows:
            key = (row["targets"][0]["incident"], row["vector"])
            if key not in newest or row["seen_at"] > newest[key].seen_at:
                with contextlib.suppress(Refused):  # of a newer version
                    newest[key] = _known(row)
    return newest


def overdue(config: PackConfig) -> list[SeenAttackDict]:
    """The attacks of alerts that nobody settled, to be dispatched again; each once, whichever
    adapters give it out. Not those that go on, of which a person has withdrawn something anywhere,
    or any adapter knows the end."""
    replies = ask_each(
        config.providers, lambda _each, client: client.take_overdue_attacks(caller=PACK)
    )
    found = [attack for attacks in replies.values for attack in attacks]
    going_on = {
        target["incident"]: attack["seen_at"]
        for attack in found
        for target in attack["targets"]
        if attack["status"] != ENDED
    }
    decided = _decided_elsewhere(config, going_on) if going_on else set()
    again: list[SeenAttackDict] = []
    given: set[tuple[str, str, str, float]] = set()
    for attack in found:
        targets = []
        for target in attack["targets"]:
            key = (target["incident"], target["prefix"], attack["vector"], attack["seen_at"])
            over = attack["status"] != ENDED and target["incident"] in decided
            if key not in given and not over:
                targets.append(target)
            given.add(key)
        if targets:
            again.append({**attack, "targets": targets})
    return again


def _decided_elsewhere(config: PackConfig, going_on: Mapping[str, float]) -> set[str]:
    """Those of these incidents that are not to be answered any more. ``going_on``: when the alert
    of each was seen."""

    def ask(_provider: ProviderConfig, client: AdapterClient) -> set[str]:
        decided = {claim["incident"] for claim in client.resumable()}
        names = list(going_on)
        for begin in range(0, len(names), _INCIDENTS_PER_CALL):
            some = client.attacks_seen(incidents=names[begin : begin + _INCIDENTS_PER_CALL])
            for known in some:
                incident = known["targets"][0]["incident"]
                if known["status"] == ENDED and known["seen_at"] >= going_on[incident]:
                    decided.add(incident)
        return decided

    replies = ask_each(config.providers, ask)
    return set().union(*replies.values)
