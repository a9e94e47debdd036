"""Answers to questions that change nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flowspec_action import Answer, succeeded_unless
from flowspec_reporting import rule_row
from flowtriq_flowspec.config.pack import ProviderConfig


def rules_of(
    answers: Sequence[tuple[ProviderConfig, dict[str, Any]]], problems: Sequence[dict[str, Any]]
) -> Answer:
    """``rules``: the one rule as each adapter knows it. That some know it not is no problem."""
    rules = [rule_row(provider.name, rule) for provider, rule in answers]
    real = [item for item in problems if item["code"] != "not_found" or not rules]
    return succeeded_unless(real, {"rules": rules})


def events_of(
    answers: Sequence[tuple[ProviderConfig, list[dict[str, Any]]]],
    problems: Sequence[dict[str, Any]],
    limit: int,
) -> Answer:
    """``events`` of all adapters, newest first. Their times are RFC 3339 in UTC, so they sort as
    text."""
    events = [{"provider": each.name, **event} for each, found in answers for event in found]
    events.sort(key=lambda event: str(event["at"]), reverse=True)
    return succeeded_unless(problems, {"events": events[:limit]})
