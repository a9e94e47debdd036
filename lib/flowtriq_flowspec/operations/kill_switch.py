"""The kill switch, as a person engages and releases it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..adapter_answers import KillSwitchDict
from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..errors import Refused
from ..refusal_wording import nearest, shown
from .providers import all_or_one, ask_each, person, with_provider
from .result import Result
from .resume import note_of

_STATES = ("engage", "release")


@dataclass(frozen=True)
class KillSwitchResult(Result):
    """``providers``: what each adapter answered."""

    providers: Sequence[Mapping[str, Any]] = field(default_factory=list)
    notes: Sequence[str] = field(default_factory=list)


def kill_switch(
    config: PackConfig, state: str, reason: str | None, provider: str | None, user: str
) -> KillSwitchResult:
    """Engage or release the kill switch; ``state`` is engage or release. Raises Refused for every
    other word."""
    if state not in _STATES:
        message = f"state is {shown(state)}; allowed are: engage, release{nearest(state, _STATES)}"
        raise Refused(message, field="state", value=shown(state), limit="engage, release")
    giver = person(user, provider)

    def ask(_provider: ProviderConfig, client: AdapterClient) -> KillSwitchDict:
        engaged = state == "engage"
        return client.kill_switch(
            engaged, reason=reason, caller=giver.caller, automation=giver.automation
        )

    replies = ask_each(all_or_one(config, provider), ask)
    answers = with_provider(replies.answers)
    resumable = max((answer.get("resumable", 0) for answer in replies.values), default=0)
    return KillSwitchResult(replies.problems, answers, note_of(resumable))
