"""Guardrails changed over HTTP (control/guardrail_changes.py and reload.py)."""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.limits.protectable_prefixes import protectable
from flowtriq_flowspec.refusal_wording import shown
from flowtriq_flowspec.times import rfc3339, seconds_of

from ..control.guardrail_changes import ChangedBy, GuardrailChanges
from ..control.reload import Reload
from ..control.wait_for_exabgp import Waiting
from ..store.claims import Actor
from ..store.protected_prefixes import ProtectedPrefix
from .answers import json_answer
from .auth import ADMIN, Caller, require
from .messages import Request, Response, Rule
from .request_body import read_body

_PATH, _ENDPOINT = "/v1/protected-prefixes", "guardrails"
ROUTES = [
    Rule(
        "/v1/guardrails/reload",
        methods=["POST"],
        endpoint=_ENDPOINT,
        defaults={"what": "reload"},
    ),
    Rule(_PATH, methods=["GET"], endpoint=_ENDPOINT, defaults={"what": "listed"}),
    Rule(_PATH, methods=["POST"], endpoint=_ENDPOINT, defaults={"what": "protect"}),
    Rule(
        f"{_PATH}/<path:prefix>",
        methods=["DELETE"],
        endpoint=_ENDPOINT,
        defaults={"what": "unprotect"},
    ),
]

_WAIT_SECONDS = 2.0
_LONGEST_SECONDS = 365 * 86_400


class GuardrailChangesApi:
    """Every change needs the role admin."""

    def __init__(self, guardrail_changes: GuardrailChanges, reload: Reload) -> None:
        self._guardrail_changes = guardrail_changes
        self._reload = reload

    def answer(
        self, request: Request, caller: Caller, what: str, waiting: Waiting, prefix: str = ""
    ) -> Response:
        """Raises Denied, Refused and NotStored."""
        if what == "listed":
            return json_answer({"protected_prefixes": self._listed()})
        require(caller, ADMIN)
        octets = request.get_data()
        if what == "unprotect":
            body = read_body(octets or b"{}", "unprotect")
            network = protectable(prefix, "prefix")
            left = self._guardrail_changes.unprotect(network, _by(caller, body))
            still = [str(each) for each in left]
            return json_answer({"prefix": str(network), "still_protected_by": still})
        if what == "reload":
            body = read_body(octets or b"{}", "reload")
            changed, ended = self._reload.reload(_by(caller, body))
            about: dict[str, Any] = {"file": str(self._reload.config.file), "changed": changed}
        else:
            body = read_body(octets, "protect")
            new = self._new(caller, body)
            ended = self._guardrail_changes.protect(new, _by(caller, body))
            about = self._shown(new)
        wait_seconds = body.get("wait_seconds", _WAIT_SECONDS)
        return json_answer(
            {**about, "forbidden": self._guardrail_changes.settled(ended, wait_seconds, waiting)}
        )

    def _new(self, caller: Caller, body: dict[str, Any]) -> ProtectedPrefix:
        now = self._guardrail_changes.now()
        return ProtectedPrefix(
            protectable(body["prefix"], "prefix"),
            body["reason"].strip(),
            now,
            caller.name,
            _end(body, now),
        )

    def _listed(self) -> list[dict[str, Any]]:
        limits = self._guardrail_changes.limits
        routers = {ip_network(peer.address) for peer in limits.configured.peers}
        return [
            *(
                {
                    "prefix": str(network),
                    "source": "configuration",
                    "reason": "a router of guardrails.peers" if network in routers else "",
                }
                for network in limits.configured.protected_prefixes
            ),
            *(self._shown(each) for each in limits.protected.values()),
        ]

    def _shown(self, each: ProtectedPrefix) -> dict[str, Any]:
        known: dict[str, Any] = {
            "prefix": str(each.prefix),
            "source": "admin",
            "reason": each.reason,
            "added_by": each.added_by,
            "added_at": rfc3339(each.added_at),
        }
        if each.expires_at is not None:
            left = max(0, round(each.expires_at - self._guardrail_changes.now()))
            known.update(expires_at=rfc3339(each.expires_at), seconds_left=left)
        return known


def _by(caller: Caller, body: dict[str, Any]) -> ChangedBy:
    name = f"{body['caller']} ({caller.name})" if "caller" in body else caller.name
    return ChangedBy(Actor(caller.name, body.get("reason", ""), name), caller.role)


def _end(body: dict[str, Any], now: float) -> float | None:
    """Seconds since the epoch; None for no end. Raises Refused."""
    if "expires_in_seconds" in body and "expires_at" in body:
        raise Refused("give expires_in_seconds or expires_at, not both", field="expires_at")
    if "expires_in_seconds" in body:
        return now + float(body["expires_in_seconds"])
    if "expires_at" not in body:
        return None
    text = body["expires_at"]
    try:
        end = seconds_of(text)
    except (ValueError, OverflowError):
        example = "2026-01-15T03:00:00Z"
        message = f"expires_at is {shown(text)!r}, not a time, for example {example}"
        raise Refused(message, field="expires_at", value=shown(text)) from None
    latest = now + _LONGEST_SECONDS
    if not now < end <= latest:
        word = "in the past" if end <= now else "more than a year away"
        message = f"expires_at is {text}, {word}; allowed is {rfc3339(now)} to {rfc3339(latest)}"
        raise Refused(message, field="expires_at", value=text, limit=rfc3339(now))
    return end
