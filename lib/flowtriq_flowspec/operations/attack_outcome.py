"""Notes of what came of an attack, in the adapters' histories: people are told from there."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..adapter_answers import Note
from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..errors import Refused
from ..events import Event
from .approval import note
from .providers import ask_each
from .result import Problem

LONGEST_MESSAGE, LONGEST_NAME = 1024, 256
"""What an adapter takes (schemas/adapter_requests.schema.json: reason, name)."""

_UNMITIGATED = (Event.ATTACK_UNMITIGATED, Event.ATTACK_PARTLY_MITIGATED)
_HISTORY = 1000
_NOT_PLAIN = re.compile("[^ -~]")


def plain(text: str, longest: int = LONGEST_NAME) -> str:
    """``text`` as an adapter takes a name or a message: ASCII that can be printed."""
    return _NOT_PLAIN.sub("?", text[:longest])


def attack_id(event: Event, incidents: Sequence[str], seen_at: float | None) -> str:
    """The same at every adapter, and for every run of a workflow about the same alert."""
    text = "\n".join([event, str(seen_at), *incidents])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def note_outcome(
    providers: Sequence[ProviderConfig],
    event: Event,
    vector: str,
    messages: Mapping[str, str],
    seen_at: float | None,
) -> list[Problem]:
    """Note the outcome of an attack; ``messages``: what is to be said of each incident."""
    attack, word = attack_id(event, list(messages), seen_at), plain(vector)
    about: list[Note] = [
        {
            "incident": incident,
            "message": text[:LONGEST_MESSAGE],
            "vector": word,
            "attack": attack,
        }
        for incident, text in messages.items()
    ]

    def at(_provider: ProviderConfig, client: AdapterClient) -> None:
        note_attack(client, event, about)

    return ask_each(providers, at).problems if about else []


def note_attack(client: AdapterClient, event: Event, about: Sequence[Note]) -> None:
    try:
        note(client, event, about)
    except Refused:  # an adapter of 0.1.0
        for each in about:
            each.pop("attack", None)
        note(client, event, about)


def note_mitigated(
    config: PackConfig, vector: str, announced: Iterable[Any], seen_at: float | None
) -> None:
    """Every rule of an attack is announced; ``announced`` are its rows (announce.RuleRow), or their
    JSON. A history that does not take it makes nothing fail: the attack is mitigated."""
    rules: dict[str, list[str]] = {}
    names = set()
    for each in announced:
        row: Mapping[str, Any] = each if isinstance(each, Mapping) else vars(each)
        names.add(row["provider"])
        rules.setdefault(row["incident"], []).append(f"{row['provider']}: {row['description']}")
    concerned = [each for each in config.providers if each.name in names]
    messages = {
        incident: plain("; ".join(each), LONGEST_MESSAGE) for incident, each in rules.items()
    }
    note_outcome(concerned, Event.ATTACK_MITIGATED, vector, messages, seen_at)


def note_end_of_unmitigated(client: AdapterClient, incidents: Sequence[str]) -> None:
    """Note the end of those of these incidents that this history last called unmitigated. Of what
    has a rule the scheduled withdrawal tells it."""
    if not incidents:
        return
    last: dict[str | None, str] = {}
    for event in client.history(_HISTORY, (*_UNMITIGATED, Event.ATTACK_ENDED)):
        last.setdefault(event["incident"], event["event"])
    note(
        client,
        Event.ATTACK_ENDED,
        [{"incident": each} for each in incidents if last.get(each) in _UNMITIGATED],
    )
