"""Changing the guardrails of adapters that run: reload their files, and protect prefixes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..config.pack import PackConfig
from ..errors import Refused
from ..flowspec.units import read_duration
from ..refusal_wording import shown
from ..setting_words import protection_in_words, setting_in_words
from .providers import all_or_one, ask_each, person, with_provider
from .result import Result


@dataclass(frozen=True)
class GuardrailChangeResult(Result):
    """``providers``: what each adapter answered, in JSON form, with ``provider``. A reload has
    ``in_words`` too: each setting that changed."""

    providers: Sequence[Mapping[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class ProtectedResult(Result):
    """``protected_prefixes`` of all providers in JSON form, each with ``provider`` and
    ``in_words``."""

    protected_prefixes: Sequence[Mapping[str, Any]] = field(default_factory=list)


def reload(
    config: PackConfig, reason: str | None, provider: str | None, user: str
) -> GuardrailChangeResult:
    """Have the adapters read their configuration files again. Each file counts for itself: one that
    cannot be loaded is a problem, and changes nothing at its own adapter."""
    caller = person(user, provider).caller
    replies = ask_each(
        all_or_one(config, provider),
        lambda _each, client: client.reload(reason=reason, caller=caller),
    )
    rows = [
        {**row, "in_words": [setting_in_words(changed) for changed in row["changed"]]}
        for row in with_provider(replies.answers)
    ]
    return GuardrailChangeResult(replies.problems, rows)


def protect(
    config: PackConfig,
    prefix: str,
    reason: str,
    end: Mapping[str, Any],
    provider: str | None,
    user: str,
) -> GuardrailChangeResult:
    """Protect ``prefix``; ``end`` is that of ``end_of``. Raises Refused without a reason."""
    if not reason.strip():
        message = 'reason is missing: say why, for example reason="our name servers"'
        raise Refused(message, field="reason", value=reason)
    caller = person(user, provider).caller
    replies = ask_each(
        all_or_one(config, provider),
        lambda _each, client: client.protect(prefix, reason=reason, caller=caller, **end),
    )
    return GuardrailChangeResult(replies.problems, with_provider(replies.answers))


def unprotect(
    config: PackConfig, prefix: str, reason: str | None, provider: str | None, user: str
) -> GuardrailChangeResult:
    """End the protection of ``prefix`` by an admin."""
    caller = person(user, provider).caller
    replies = ask_each(
        all_or_one(config, provider),
        lambda _each, client: client.unprotect(prefix, reason=reason, caller=caller),
    )
    return GuardrailChangeResult(replies.problems, with_provider(replies.answers))


def protected(config: PackConfig, provider: str | None) -> ProtectedResult:
    """The prefixes that no rule may cover."""
    replies = ask_each(
        all_or_one(config, provider), lambda _each, client: client.protected_prefixes()
    )
    rows = [
        {"provider": each.name, **row, "in_words": protection_in_words(row)}
        for each, found in replies.answers
        for row in found
    ]
    return ProtectedResult(replies.problems, rows)


def end_of(duration: str | None, until: str | None) -> dict[str, Any]:
    """The end of a protection as the adapter's client takes it: ``duration`` is ``2h``, ``until``
    a time. Raises Refused."""
    if duration and until:
        raise Refused("give a duration or an end, not both", field="until", value=shown(until))
    if until:
        return {"expires_at": until}
    if not duration:
        return {}
    seconds = read_duration(duration)
    if seconds is None:
        message = f"duration is {shown(duration)}, not a time; write 90s, 10m, 2h or 1h30m"
        raise Refused(message, field="duration", value=shown(duration))
    return {"expires_in_seconds": seconds}
