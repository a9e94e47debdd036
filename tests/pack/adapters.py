"""Real adapters in this process, and what a test does to them: ``adapter.pending = True``."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from flowtriq_flowspec.errors import AdapterUnreachable
from flowtriq_flowspec.events import Event

if importlib.util.find_spec("flowtriq_exabgp_adapter") is None:
    pytest.skip("flowtriq_exabgp_adapter is not installed", allow_module_level=True)

from flowtriq_exabgp_adapter.store.claims import Actor

from ..adapter.direct import Direct
from ..adapter.serving import NOON, SESSION, Serving

_NAMES = {
    ("POST", "/v1/rules"): "announce",
    ("POST", "/v1/withdrawals"): "withdraw",
    ("POST", "/v1/kill-switch"): "kill_switch",
    ("POST", "/v1/notes"): "note",
    ("POST", "/v1/explanations"): "explain",
    ("GET", "/v1/rules"): "rules",
    ("GET", "/v1/history"): "history",
    ("GET", "/v1/status"): "status",
}
_SESSION = {
    False: {"state": "up"},
    True: {"state": "down", "reason": "hold timer expired"},
}


class _ProbeRoute:
    """The lines of ``show adj-rib out extensive``: the test rule's, while ExaBGP has it and a
    session."""

    def __init__(self, adapter: Adapter) -> None:
        self._adapter = adapter

    def __iter__(self) -> Iterator[str]:
        rib = self._adapter.adapter.exabgp.rib
        if not self._adapter.pending and any("100.64.0.0/32" in match for match in rib):
            yield (
                "neighbor 127.0.0.10 local-ip 127.0.0.1 family-allowed in-open ipv4 flow flow"
                " destination-ipv4 100.64.0.0/32 protocol =udp destination-port =9"
                " extended-community rate-limit:0"
            )


class Adapter(Direct):
    """``calls`` are the requests as (name, body). It falls silent after ``answers_left`` calls."""

    def __init__(self, adapter: Serving) -> None:
        super().__init__(adapter)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers_left: int | None = None
        adapter.exabgp.routes = _ProbeRoute(self)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        given = {key: value for key, value in (body or {}).items() if value is not None}
        self.calls.append((_NAMES.get((method, path.partition("?")[0]), "rule"), given))
        if self.answers_left is not None:
            if self.answers_left == 0:
                raise AdapterUnreachable("no answer within 5 seconds")
            self.answers_left -= 1
        return super()._ask(method, path, body)

    @property
    def known(self) -> dict[str, dict[str, Any]]:
        """The rules that are claimed, by id."""
        return {rule["id"]: rule for rule in self.adapter.rules() if rule["claims"]}

    @property
    def claims(self) -> dict[str, dict[str, dict[str, Any]]]:
        """The claims by rule id and incident."""
        return {
            rule_id: {claim["incident"]: claim for claim in rule["claims"]}
            for rule_id, rule in self.known.items()
        }

    @property
    def events(self) -> list[dict[str, Any]]:
        """The history, oldest first."""
        return self.adapter.history()[::-1]

    def end(self, rule_id: str, incident: str | None = None) -> None:
        """The claim of one incident, or the whole rule, is over."""
        self.adapter.withdraw(**({"incident": incident} if incident else {"id": rule_id}))

    def happened(self, event: str, rule_id: str | None = None, **more: Any) -> None:
        """Something is added to its history."""
        actor = Actor("test", caller=more.pop("caller", "test"))
        with self.adapter.registry.transaction():
            self.adapter.registry.note(
                Event(event), self.adapter.clock.now(), actor, rule_id=rule_id, **more
            )

    @property
    def now(self) -> float:
        """Seconds since noon, by its clock."""
        return self.adapter.clock.seconds - NOON

    @now.setter
    def now(self, seconds: float) -> None:
        self.adapter.clock.seconds = NOON + seconds

    @property
    def pending(self) -> bool:
        """Whether no router has a session."""
        return not self.adapter.speaker.carries("ipv4 flow")

    @pending.setter
    def pending(self, pending: bool) -> None:
        neighbor = {"address": {"peer": "127.0.0.10"}, **_SESSION[pending]}
        state = "IDLE" if pending else "ESTABLISHED"
        self.adapter.exabgp.neighbors = [line.replace("ESTABLISHED", state) for line in SESSION]
        self.adapter.exabgp.say(json.dumps({"type": "state", "neighbor": neighbor}))
        while self.pending != pending:
            self.adapter.status()  # the speaker's lock is taken: its reader gets on meanwhile

    @property
    def killed(self) -> bool:
        return self.adapter.kill_switch.engaged

    def engage_kill_switch(self) -> None:
        self.adapter.ask("POST", "/v1/kill-switch", {"engaged": True})

    def restart_protecting(self, prefix: str) -> None:
        """Refuse rules for the prefix from now on."""
        self.adapter.restart({"protected_prefixes": [prefix]})

    def break_registry(self) -> None:
        self.adapter.registry.close()
