"""The probe: the test rule is announced, found in ExaBGP's adj-rib-out, withdrawn and gone."""

from __future__ import annotations

import contextlib
import time
import uuid
from dataclasses import dataclass, field
from typing import Callable

from ..adapter_answers import Note
from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..errors import FlowspecError, NotFound
from ..events import Event, RefusalCode, RuleState
from ..playbook.playbook import probe_rule
from .providers import PACK, all_or_one, ask_each
from .result import Problem, Result, to_json_of

_LIFE_SECONDS = 120
"""The adapter withdraws the rule after this time, should nobody else."""

_PAUSE_SECONDS = 0.1
_LONGEST_WHY = 1024


@dataclass(frozen=True)
class Step:
    """``why`` says why a step failed."""

    provider: str
    step: str
    ok: bool
    seconds: float
    why: str | None = None


@dataclass(frozen=True)
class ProbeResult(Result):
    steps: list[Step] = field(default_factory=list)


def probe(
    config: PackConfig, provider: str | None, wait_seconds: float, *, timed: bool = False
) -> ProbeResult:
    """Probe the providers, each step within ``wait_seconds``. A step that fails is a problem.
    ``timed``: only those that are to be probed by the timer."""
    asked = [each for each in all_or_one(config, provider) if each.timed_probe or not timed]
    replies = ask_each(
        asked,
        lambda each, client: _probe_and_note(each, client, wait_seconds),
    )
    steps = [step for some in replies.values for step in some]
    failed = [
        Problem(RefusalCode.PROBE_FAILED, f"not {step.step}: {step.why}", True, to_json_of(step))
        for step in steps
        if not step.ok
    ]
    return ProbeResult([*replies.problems, *failed], steps)


def _probe_and_note(
    provider: ProviderConfig, client: AdapterClient, wait_seconds: float
) -> list[Step]:
    """The steps; what came of them is in the history, where the exporter finds it."""
    started = time.monotonic()
    try:
        steps = probe_one(provider, client, wait_seconds)
    except FlowspecError as error:
        _note(client, str(error), time.monotonic() - started)
        raise
    why = "; ".join(f"not {step.step}: {step.why}" for step in steps if not step.ok)
    _note(client, why, sum(step.seconds for step in steps))
    return steps


def _note(client: AdapterClient, why: str, seconds: float) -> None:
    """An adapter that does not take it, as one of 0.1.0, has been probed all the same."""
    event = Event.PROBE_FAILED if why else Event.PROBE_SUCCEEDED
    about: Note = {"incident": "probe", "message": why[:_LONGEST_WHY], "seconds": round(seconds, 3)}
    with contextlib.suppress(FlowspecError):
        client.note(event=event, about=[about], caller=PACK)


def probe_one(provider: ProviderConfig, client: AdapterClient, wait_seconds: float) -> list[Step]:
    """The steps at one provider. Raises what the adapter refuses the test rule with."""
    rule = probe_rule()
    incident = f"probe:{uuid.uuid4()}"

    def announce() -> None:
        client.announce(
            incident=incident,
            rules=[{**rule.to_dict(), "vector": "probe"}],
            expires_in_seconds=_LIFE_SECONDS,
            reason="probe",
            caller=PACK,
        )

    def withdraw() -> None:
        # With a time, as the end of an attack: there is nothing to resume.
        client.withdraw(incident=incident, seen_at=time.time(), reason="probe", caller=PACK)

    def why_not_announced() -> str | None:
        known = client.rule(rule.id)
        if known["state"] == RuleState.ANNOUNCED:
            return None
        return known.get("why") or known["state"]

    def why_not_listed() -> str | None:
        return None if client.adj_rib_out(rule.id) else "ExaBGP has the rule for no peer"

    def why_not_gone() -> str | None:
        try:
            known = client.rule(rule.id)
        except NotFound:
            return "ExaBGP still has the rule" if client.adj_rib_out(rule.id) else None
        if [name for name in known["incidents"] if name != incident]:
            return None  # another probe holds it
        return known.get("why") or known["state"]

    def step(name: str, act: Callable[[], None], why_not: Callable[[], str | None]) -> Step:
        seconds, why = _until_done(act, why_not, wait_seconds)
        return Step(provider.name, name, why is None, seconds, why)

    return [
        step("announced", announce, why_not_announced),
        step("in adj-rib-out", lambda: None, why_not_listed),
        step("withdrawn", withdraw, why_not_gone),
    ]


def _until_done(
    act: Callable[[], None], why_not: Callable[[], str | None], wait_seconds: float
) -> tuple[float, str | None]:
    """Do ``act``, then ask ``why_not`` until it returns None: (seconds, the last reason)."""
    start = time.monotonic()
    act()
    why = why_not()
    while why is not None and time.monotonic() - start < wait_seconds:
        time.sleep(_PAUSE_SECONDS)
        why = why_not()
    return round(time.monotonic() - start, 3), why
