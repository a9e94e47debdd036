"""Orders as a person typed them in a chat: read here (chat_words.py), then the usual operation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..config.pack import PackConfig
from ..errors import Refused
from . import chat_words
from .announce import AnnounceResult, OrderOfPerson, announce_rule
from .history import HistoryResult, show_history
from .probe import ProbeResult
from .probe import probe as send_probe
from .withdraw import ResultsResult
from .withdraw import withdraw as withdraw_rules

_MATCH = '{"destination": "203.0.113.45/32", "protocol": "udp", "source-port": 53}'
_THEN = '{"discard": true} or {"rate-limit": 10000000}'
_LATEST_SECONDS = 86400
"""The adapter schedules a withdrawal at most so far ahead (adapter_requests.schema.json)."""
EVENTS = 15
"""With the frame of a table and some problems: 20 lines of a chat."""


@dataclass(frozen=True)
class TypedRule:
    match: str
    then: str
    incident: str
    expires_in_seconds: str
    expires: str
    dry_run: str
    operator: str


def announce(
    config: PackConfig, typed: TypedRule, reason: str | None, provider: str | None, user: str
) -> AnnounceResult:
    """Raises Refused or InvalidRule with an example."""
    if typed.expires:
        number = typed.expires if typed.expires.isdecimal() else "600"
        message = f"expires is not known here; write: expires_in_seconds={number}"
        raise Refused(message, field="expires", value=typed.expires, limit="expires_in_seconds")
    match = chat_words.json_object("match", typed.match, _MATCH)
    then = chat_words.json_object("then", typed.then, _THEN)
    life = typed.expires_in_seconds
    order = OrderOfPerson(
        typed.incident,
        chat_words.seconds("expires_in_seconds", life, "expires_in_seconds=") if life else None,
        reason,
        chat_words.yes("dry_run", typed.dry_run),
        chat_words.yes("operator", typed.operator),
        user,
    )
    return announce_rule(config, match, then, order, provider)


def history(config: PackConfig, limit: str, provider: str | None) -> HistoryResult:
    """Raises Refused with an example."""
    number = chat_words.whole_number("last", limit, 1, EVENTS, "flowspec history last 5")
    return show_history(config, number, provider)


def withdraw(
    config: PackConfig,
    words: Mapping[str, str | None],
    after_seconds: str,
    reason: str | None,
    provider: str | None,
    user: str,
) -> ResultsResult:
    """``words`` are id, match (JSON), incident and target. Raises Refused or InvalidRule with an
    example."""
    match = words["match"]
    choices = {**words, "match": chat_words.json_object("match", match, _MATCH) if match else None}
    later = chat_words.seconds("after_seconds", after_seconds, "after_seconds=", 0, _LATEST_SECONDS)
    return withdraw_rules(config, choices, later, reason, provider, user)


def probe(config: PackConfig, provider: str | None, wait_seconds: str, timed: str) -> ProbeResult:
    """Raises Refused with an example."""
    example = "flowspec probe wait_seconds=20"
    longest = chat_words.whole_number("wait_seconds", wait_seconds, 1, 60, example)
    return send_probe(config, provider, longest, timed=chat_words.yes("timed", timed))
