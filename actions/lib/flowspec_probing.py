"""The test rule: announced, in ExaBGP's adj-rib-out, withdrawn and gone from there."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from flowspec_action import CALLER, Answer, succeeded_unless
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import NotFound
from flowtriq_flowspec.playbook.playbook import probe_rule

_LIFE_SECONDS = 120  # the adapter ends it by itself, should nobody come to withdraw it
_PAUSE_SECONDS = 0.1


def probe(client: AdapterClient, wait_seconds: float) -> list[dict[str, Any]]:
    """The steps in their order, each with ``step``, ``ok``, ``seconds`` and, if it failed, ``why``.

    Raises what the adapter refuses the test rule with.
    """
    rule = probe_rule()
    incident = f"probe:{uuid.uuid4()}"

    def announce() -> None:
        client.announce(
            incident=incident,
            rules=[{**rule.to_dict(), "vector": "probe"}],
            expires_in_seconds=_LIFE_SECONDS,
            reason="probe",
            caller=CALLER,
        )

    def withdraw() -> None:
        client.withdraw(incident=incident, reason="probe", caller=CALLER)

    def not_announced() -> str | None:
        found = client.rule(rule.id)
        return None if found["state"] == "announced" else found.get("why") or found["state"]

    def not_listed() -> str | None:
        return None if client.adj_rib_out(rule.id) else "ExaBGP has it for no peer"

    def not_gone() -> str | None:
        try:
            found = client.rule(rule.id)
        except NotFound:
            return "ExaBGP still has it" if client.adj_rib_out(rule.id) else None
        others = [name for name in found["incidents"] if name != incident]
        return None if others else found.get("why") or found["state"]

    return [
        _timed("announced", announce, not_announced, wait_seconds),
        _timed("in adj-rib-out", lambda: None, not_listed, wait_seconds),
        _timed("withdrawn", withdraw, not_gone, wait_seconds),
    ]


def _timed(
    step: str, act: Callable[[], None], why_not: Callable[[], str | None], wait_seconds: float
) -> dict[str, Any]:
    """Do ``act`` and ask ``why_not`` until it says nothing."""
    start = time.monotonic()
    act()
    why = why_not()
    while why is not None and time.monotonic() - start < wait_seconds:
        time.sleep(_PAUSE_SECONDS)
        why = why_not()
    seconds = round(time.monotonic() - start, 3)
    return {"step": step, "ok": why is None, "seconds": seconds, **({"why": why} if why else {})}


def verdict(
    answers: Sequence[tuple[str, Sequence[dict[str, Any]]]], problems: Sequence[dict[str, Any]]
) -> Answer:
    """``steps`` of all providers; failed when one of them did not get through."""
    steps = [{"provider": name, **step} for name, found in answers for step in found]
    failed = [
        {**step, "code": "probe_failed", "message": f"not {step['step']}: {step['why']}"}
        for step in steps
        if not step["ok"]
    ]
    problems = [*problems, *({**item, "temporary": True} for item in failed)]
    return succeeded_unless(problems, {"steps": steps})
