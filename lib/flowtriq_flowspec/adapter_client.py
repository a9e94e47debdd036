"""The client of one adapter: HTTP with JSON over its Unix socket, or HTTPS (the adapter's
openapi.yaml)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from .adapter_answers import (
    EventDict,
    ExplanationDict,
    FollowedDict,
    KillSwitchDict,
    Note,
    ResultsDict,
    ResumableDict,
    RuleDict,
    StatusDict,
    WithdrawAllDict,
)
from .adapter_attacks import AttackCalls
from .adapter_guardrails import GuardrailCalls
from .adapter_http import adapter_http, cause
from .errors import (
    AdapterBroken,
    AdapterUnreachable,
    Ambiguous,
    GuardrailRefused,
    InvalidRule,
    NotFound,
    Refused,
)
from .events import Event, RefusalCode

_SECONDS_A_RULE = 0.02
_ERRORS: dict[RefusalCode, type[Refused]] = {
    RefusalCode.INVALID_RULE: InvalidRule,
    RefusalCode.NOT_FOUND: NotFound,
}


class AdapterClient(AttackCalls, GuardrailCalls):
    """One adapter at ``address``: the path of its Unix socket, or ``https://host:port``.

    With HTTPS, ``ca_file`` holds the authority that signed its certificate (without it, those that
    the system trusts), and ``certificate_file`` a client certificate with its key, both PEM.

    Every method returns the adapter's JSON (adapter_answers). It raises a Refused where the adapter
    refused, or AdapterUnreachable where there was no usable answer: calling again is safe then.
    ``timeout_seconds`` bounds one attempt to connect and one silence while waiting for the answer
    to an order of a few rules (20 s more for 1,000);
    a connection that cannot be made is tried ``connect_attempts`` times.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str | None = None,
        ca_file: str | None = None,
        certificate_file: str | None = None,
        timeout_seconds: float = 10.0,
        connect_attempts: int = 3,
    ) -> None:
        self._address = address
        self._timeout_seconds = timeout_seconds
        self._http = adapter_http(
            address, ca_file, certificate_file, timeout_seconds, connect_attempts
        )
        self._headers = {"Content-Type": "application/json"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"

    def __enter__(self) -> AdapterClient:
        return self

    def __exit__(self, *_: object) -> None:
        """A connection may stay open for the next client of this adapter (adapter_http)."""

    def announce(
        self,
        *,
        rules: Sequence[Mapping[str, Any]],
        incident: str | None = None,
        expires_in_seconds: int | None = None,
        seen_at: float | None = None,
        reason: str | None = None,
        caller: str | None = None,
        operator: bool = False,
        automation: bool = False,
        ordered_seconds_ago: float | None = None,
        dry_run: bool = False,
        wait_seconds: float | None = None,
    ) -> ResultsDict:
        """Claim each of ``rules`` (``match``, ``then`` and, where known, ``vector`` and
        ``incident``); one result per rule, in order.

        ``incident`` is that of the rules which name none. The claims expire after
        ``expires_in_seconds``, else after the longest life that the guardrails allow. ``seen_at``
        is when the sensor saw the alert (seconds since the epoch). ``operator`` uses the share of
        the budgets that is kept for people. ``automation``: every provider is given the same
        order, ``ordered_seconds_ago``. The adapter waits ``wait_seconds`` for ExaBGP.
        """
        body = {
            "rules": rules,
            "incident": incident,
            "expires_in_seconds": expires_in_seconds,
            "seen_at": seen_at,
            "operator": operator or None,
            "dry_run": dry_run or None,
            "wait_seconds": wait_seconds,
            **_order(reason, caller, automation, ordered_seconds_ago),
        }
        answer: ResultsDict = self._give_order("/v1/rules", body)
        return answer

    def explain(self, rules: Sequence[Mapping[str, Any]]) -> list[ExplanationDict]:
        """What each of ``rules`` (``match``, ``then``) would match, do and cost, and the
        ``refusals`` of the adapter's guardrails. Announces nothing."""
        results: list[ExplanationDict] = self._ask("POST", "/v1/explanations", {"rules": rules})[
            "results"
        ]
        return results

    def withdraw(
        self,
        *,
        id: str | None = None,
        match: Mapping[str, Any] | None = None,
        incident: str | None = None,
        incidents: Sequence[str] | None = None,
        all: bool = False,
        after_seconds: int = 0,
        seen_at: float | None = None,
        reason: str | None = None,
        caller: str | None = None,
        automation: bool = False,
        ordered_seconds_ago: float | None = None,
        wait_seconds: float | None = None,
    ) -> ResultsDict:
        """Withdraw one of: the rule with ``id`` or ``match``, the claims of ``incident`` or
        ``incidents``, ``all``. ``after_seconds`` schedules it instead. ``seen_at`` is when the
        sensor saw the end of the incidents. Raises NotFound, and Ambiguous for a partial match
        that fits several rules."""
        body = {
            "id": id,
            "match": match,
            "incident": incident,
            "incidents": incidents,
            "all": all or None,
            "after_seconds": after_seconds or None,
            "seen_at": seen_at,
            "wait_seconds": wait_seconds,
            **_order(reason, caller, automation, ordered_seconds_ago),
        }
        answer: ResultsDict = self._give_order("/v1/withdrawals", body)
        return answer

    def resumable(self) -> list[ResumableDict]:
        """What a person or the kill switch withdrew, and may be wanted still; oldest first. An
        adapter of 0.1.0 raises NotFound or another Refused."""
        claims: list[ResumableDict] = self._ask("GET", "/v1/resumable")["claims"]
        return claims

    def resume(
        self,
        *,
        id: str | None = None,
        incident: str | None = None,
        all: bool = False,
        reason: str | None = None,
        caller: str | None = None,
        automation: bool = False,
    ) -> ResultsDict:
        """Announce what is resumable again: that of the rule with ``id``, of ``incident``, or
        ``all``. Raises NotFound."""
        body = {
            "id": id,
            "incident": incident,
            "all": all or None,
            **_order(reason, caller, automation, None),
        }
        answer: ResultsDict = self._ask("POST", "/v1/resume", body)
        return answer

    def withdraw_all(
        self, *, reason: str | None = None, caller: str | None = None, automation: bool = False
    ) -> WithdrawAllDict:
        """Withdraw every rule. Where the registry does not work the kill switch is engaged instead,
        and ``kill_switch`` has its answer: what is still on the disk would be announced again by
        the next start."""
        try:
            done = self.withdraw(all=True, reason=reason, caller=caller, automation=automation)
            return {"results": done["results"], "resumable": done.get("resumable", 0)}
        except AdapterBroken:
            engaged = self.kill_switch(True, reason=reason, caller=caller, automation=automation)
            return {"results": [], "kill_switch": engaged}

    def kill_switch(
        self,
        engaged: bool,
        *,
        reason: str | None = None,
        caller: str | None = None,
        automation: bool = False,
    ) -> KillSwitchDict:
        """Withdraw everything at once and block announcements, or allow them again."""
        body = {"engaged": engaged, **_order(reason, caller, automation, None)}
        answer: KillSwitchDict = self._give_order("/v1/kill-switch", body)
        return answer

    def note(
        self,
        *,
        event: Event,
        about: Sequence[Note],
        reason: str | None = None,
        caller: str | None = None,
    ) -> None:
        """Add to the history what became of incidents elsewhere. Changes no rule."""
        body = {"event": event, "about": about, "reason": reason, "caller": caller}
        self._ask("POST", "/v1/notes", body)

    def heartbeat(self, *, caller: str | None = None) -> None:
        """The engine that calls this executes workflows."""
        self._ask("POST", "/v1/heartbeat", {"caller": caller})

    def rules(self) -> list[RuleDict]:
        """All rules that are announced, pending or being withdrawn."""
        rules: list[RuleDict] = self._ask("GET", "/v1/rules")["rules"]
        return rules

    def rule(self, rule_id: str) -> RuleDict:
        """One rule. Raises NotFound."""
        rule: RuleDict = self._ask("GET", f"/v1/rules/{quote(rule_id, safe='')}")
        return rule

    def adj_rib_out(self, rule_id: str) -> list[str]:
        """The addresses of the peers for which ExaBGP lists the rule now."""
        path = f"/v1/rules/{quote(rule_id, safe='')}/adj-rib-out"
        peers: list[str] = self._ask("GET", path)["peers"]
        return peers

    def status(self) -> StatusDict:
        """Version, sessions, counts and budgets."""
        status: StatusDict = self._ask("GET", "/v1/status")
        return status

    def history(
        self,
        limit: int = 100,
        events: Sequence[str] = (),
        before: int | None = None,
        about: Mapping[str, str] = MappingProxyType({}),
    ) -> list[EventDict]:
        """The newest events of the history, or the newest of the kinds ``events``; newest first.
        ``before``: only those with a smaller ``seq``. ``about``: ``incident``, ``rule``, ``since``,
        ``until`` (RFC 3339), which an adapter of 0.1.0 does not know: it gives all."""
        found: list[EventDict] = []
        more = True
        while more and len(found) < limit:  # one answer has about 4 MiB at most
            asked = [("limit", limit - len(found)), *(("event", str(event)) for event in events)]
            asked += about.items()
            last = found[-1]["seq"] if found else before
            if last is not None:
                asked.append(("before", last))
            answer = self._ask("GET", f"/v1/history?{urlencode(asked)}")
            found += answer["events"]
            more = answer.get("more", False) and bool(answer["events"])  # 0.1.0 gives all at once
        return found

    def history_after(self, after: int, limit: int, events: Sequence[str]) -> FollowedDict | None:
        """The events of these kinds after the one with this ``seq``, oldest first. None from an
        adapter of 0.1.0, whose history cannot be followed."""
        asked = [("after", after), ("limit", limit), *(("event", str(each)) for each in events)]
        answer: FollowedDict = self._ask("GET", f"/v1/history?{urlencode(asked)}")
        return answer if "newest" in answer else None

    def _give_order(self, path: str, body: Mapping[str, Any]) -> Any:
        """An adapter of 0.1.0 does not know the typed fields. It takes the order without them; only
        reconcile cannot pass it on."""
        try:
            return self._ask("POST", path, body)
        except Refused as refusal:
            if refusal.code != RefusalCode.INVALID or refusal.field not in _TYPED_ORDER:
                raise
        older = {key: body[key] for key in body if key not in _TYPED_ORDER}
        return self._ask("POST", path, older)

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        sent = {key: value for key, value in (body or {}).items() if value is not None}
        # The adapter may wait for ExaBGP before it answers. Rules take time, and in a storm other
        # orders are served before this one: one that is repeated too early makes the line longer.
        patience = self._timeout_seconds + float(sent.get("wait_seconds", 0))
        patience += _SECONDS_A_RULE * len(sent.get("rules", ()))
        try:
            content = None if body is None else json.dumps(sent, allow_nan=False).encode()
            status, reason, octets = self._http.ask(method, path, content, self._headers, patience)
            answer = json.loads(octets)
        except (HTTPException, OSError, ValueError) as problem:
            raise AdapterUnreachable(
                f"the adapter at {self._address} does not answer: {cause(problem)}"
            ) from problem
        if not isinstance(answer, dict):
            raise AdapterUnreachable(f"the adapter at {self._address} answered no JSON object")
        if status >= 500:
            said = answer.get("error", {}).get("message", reason)
            raise AdapterBroken(f"the adapter at {self._address} cannot: {said}")
        if "error" in answer:
            raise _refusal(answer["error"])
        return answer


_TYPED_ORDER = {"automation", "ordered_seconds_ago"}


def _order(
    reason: str | None, caller: str | None, automation: bool, ordered_seconds_ago: float | None
) -> dict[str, Any]:
    return {
        "reason": reason,
        "caller": caller,
        "automation": automation or None,
        "ordered_seconds_ago": ordered_seconds_ago,
    }


def _refusal(error: Mapping[str, Any]) -> Refused:
    code, message = _code(error), str(error.get("message", "refused"))
    if code == RefusalCode.AMBIGUOUS:
        return Ambiguous(message, candidates=error.get("candidates", []))
    kind = _ERRORS.get(code, GuardrailRefused if code.is_guardrail else Refused)
    details = {key: error.get(key) for key in ("field", "value", "limit")}
    return kind(message, code=code, **details)


def _code(error: Mapping[str, Any]) -> RefusalCode:
    """An unknown one is a guardrail of a newer adapter; its message names the setting."""
    try:
        return RefusalCode(error.get("code", RefusalCode.INVALID))
    except ValueError:
        return RefusalCode.GUARDRAIL
