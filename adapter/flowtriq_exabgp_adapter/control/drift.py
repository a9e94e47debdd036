"""Compares, from time to time, what ExaBGP would tell the routers with the registry, and heals.

ExaBGP's own table is the nearest thing to the router's that can be asked. A rule that nobody
claims is withdrawn; a claimed one that is missing or does something else is announced once more.
Rules that change while it looks are left for the next time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from flowtriq_flowspec.flowspec.then import Then

from ..exabgp.adj_rib_out import Route
from ..exabgp.speaker import Speaker
from .gate import Gate

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Findings:
    """Ids of rules: ``leaked`` (ExaBGP has them, nobody claims them), ``lost`` (claimed, and
    acknowledged, but ExaBGP has them not, or with another action); and texts of ``foreign`` routes
    that the adapter never sends."""

    leaked: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()


def audit(gate: Gate, speaker: Speaker) -> Findings | None:
    """Look once, and heal. None where ExaBGP did not answer."""
    before, known_before = _settled(gate, speaker)
    routes = speaker.adj_rib_out(_PATIENCE_SECONDS)
    if routes is None:
        log.error("ExaBGP did not say what it announces")
        return None
    after, known_after = _settled(gate, speaker)
    by_rule: dict[str, list[Route]] = {}
    for route in routes:
        if route.match is not None:
            by_rule.setdefault(route.match.id, []).append(route)
    leaked = [
        route.match
        for rule_id, (route, *_) in by_rule.items()
        if route.match is not None and rule_id not in known_before | known_after
    ]
    lost = [
        rule_id
        for rule_id, then in after.items()
        if before.get(rule_id) == then and not _carried(by_rule.get(rule_id, []), then)
    ]
    foreign = tuple(route.text for route in routes if route.match is None)
    for match in leaked:
        log.error("withdrawing a rule that nobody claims", extra={"rule": match.describe()})
        gate.disown(match)
    for rule_id in lost:
        log.error("announcing a rule again that ExaBGP lost", extra={"rule_id": rule_id})
        gate.announce_again(rule_id, _PATIENCE_SECONDS)
    for text in foreign:
        log.error("ExaBGP announces a route that is not the adapter's", extra={"route": text})
    return Findings(tuple(match.id for match in leaked), tuple(lost), foreign)


def _settled(gate: Gate, speaker: Speaker) -> tuple[dict[str, Then], set[str]]:
    """The claimed rules whose action ExaBGP acknowledged; and the ids of all rules in the
    registry, also of those on their way in or out."""
    settled, ids = {}, set()
    for rule_id, _, then in gate.registry.desired():
        ids.add(rule_id)
        if then is not None and speaker.acknowledged(rule_id) == then:
            settled[rule_id] = then
    return settled, ids


def _carried(routes: list[Route], then: Then) -> bool:
    return bool(routes) and all(route.does(then) for route in routes)


class Auditor:
    """Calls ``audit`` every ``seconds``."""

    def __init__(self, audit: Callable[[], object], seconds: float) -> None:
        self._audit = audit
        self._seconds = seconds

    def start(self) -> None:
        threading.Thread(target=self._run, name="audit", daemon=True).start()

    def _run(self) -> None:
        while True:
            time.sleep(self._seconds)
            try:
                self._audit()
            except Exception:
                log.exception("the audit could not be made")
