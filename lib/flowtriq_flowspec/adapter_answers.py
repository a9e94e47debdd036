"""The shapes of an adapter's JSON, as its openapi.yaml describes them.

They are what comes over the wire, unchanged; times are RFC 3339 in UTC, by the adapter's clock.
"""

from __future__ import annotations

from typing import Any, TypedDict

Json = dict[str, Any]
"""A rule's ``match`` or ``then`` (schemas/flow.schema.json), or an event's ``detail``."""


class ErrorDict(TypedDict, total=False):
    """Why something was refused; ``code`` is a RefusalCode, ``candidates`` come with ambiguous."""

    code: str
    message: str
    field: str
    value: Any
    limit: Any
    candidates: list[Json]


class ResultDict(TypedDict, total=False):
    """What became of one rule of a request. ``state`` is a RuleState."""

    index: int
    id: str
    state: str
    why: str
    peers: list[Json]
    not_installed_by: list[str]
    error: ErrorDict
    expires_at: str
    incident: str
    incidents: list[str]


class _Results(TypedDict):
    results: list[ResultDict]


class ResultsDict(_Results, total=False):
    """``resumable``, after a withdrawal by a person: how many claims may be wanted still."""

    resumable: int


class ResumableDict(TypedDict):
    """A claim that a person or the kill switch withdrew; it would have ended at ``expires_at``."""

    incident: str
    id: str
    match: Json
    then: Json
    description: str
    vector: str
    expires_at: str
    seconds_left: int
    withdrawn_at: str
    withdrawn_by: str
    reason: str


class _Rates(TypedDict, total=False):
    reported_bps: float
    reported_pps: float
    reported_together: bool


class ClaimDict(_Rates):
    """One incident's claim. ``ordered_by`` names the caller by its credentials. The rates are the
    highest that alerts said; together: of several incidents."""

    incident: str
    then: Json
    vector: str
    created_at: str
    expires_at: str
    reason: str
    ordered_by: str
    ordered_at: str
    automation: bool


class _RuleAlways(TypedDict):
    id: str
    address_family: str
    match: Json
    state: str
    description: str
    incidents: list[str]
    vectors: list[str]
    claims: list[ClaimDict]


class RuleDict(_RuleAlways, total=False):
    """A rule that is announced, pending or being withdrawn. The last three fields are not the
    adapter's: operations.rule_counters adds them."""

    then: Json
    action: str
    why: str
    announced_at: str
    expires_at: str
    seconds_left: int
    peers: list[Json]
    packets: int
    bytes: int
    verdict: str


class EventDict(TypedDict):
    """One entry of the history. ``event`` is an Event; ``caller`` and ``reason`` are for people."""

    seq: int
    at: str
    event: str
    rule_id: str | None
    incident: str | None
    caller: str
    reason: str
    detail: Json
    ordered_by: str
    ordered_at: str
    automation: bool


class ExplanationDict(TypedDict, total=False):
    """What a rule would match, do and cost; ``error`` alone for one that cannot be read."""

    id: str
    text: str
    refusals: list[ErrorDict]
    error: ErrorDict


class KillSwitchDict(TypedDict, total=False):
    """``withdrawn``: ExaBGP confirmed it; ``durable``: it survives a restart; ``recorded``: it is
    in the history. The three are there after engaging; ``resumable`` is after the release."""

    engaged: bool
    withdrawn: bool
    durable: bool
    recorded: bool
    resumable: int


class _Setting(TypedDict):
    setting: str


class ChangedSettingDict(_Setting, total=False):
    """A setting of the adapter that a reload changed: ``old`` and ``new``, or of a list what was
    ``added`` and ``removed``, twenty each, and how many ``more``."""

    old: Any
    new: Any
    added: list[Any]
    removed: list[Any]
    more: int


class ForbiddenDict(TypedDict):
    """A claim that ended because the guardrails do not allow it now; ``why`` names the guardrail.
    ``state`` is a RuleState."""

    id: str
    incident: str
    vector: str
    description: str
    why: str
    state: str


class ReloadDict(TypedDict):
    """The answer to POST /v1/guardrails/reload."""

    file: str
    changed: list[ChangedSettingDict]
    forbidden: list[ForbiddenDict]


class _Protected(TypedDict):
    prefix: str
    source: str
    reason: str


class ProtectedPrefixDict(_Protected, total=False):
    """``source`` is ``configuration`` or ``admin``; the other fields are of an admin's alone, the
    last two where there is an end."""

    added_by: str
    added_at: str
    expires_at: str
    seconds_left: int


class ProtectDict(ProtectedPrefixDict):
    """The answer to POST /v1/protected-prefixes."""

    forbidden: list[ForbiddenDict]


class UnprotectDict(TypedDict):
    """``still_protected_by``: other protected prefixes that share addresses with it."""

    prefix: str
    still_protected_by: list[str]


class WithdrawAllDict(TypedDict, total=False):
    """``kill_switch`` where the registry does not work, so that the kill switch was engaged."""

    results: list[ResultDict]
    resumable: int
    kill_switch: KillSwitchDict


class StatusDict(TypedDict):
    """The answer to GET /v1/status."""

    version: str
    time: str
    kill_switch: bool
    registry: Json
    exabgp_version: str | None
    started_at: str
    log_lines_dropped: int
    seconds_without_answer: float
    seconds_without_heartbeat: float
    rules: dict[str, int]
    peers: list[Json]
    exabgp_problems: list[Json]
    active: list[Json]
    deployed_total: list[Json]
    events_total: dict[str, int]
    unknown_words: list[Json]
    budget: dict[str, int]
    tallies: Json
    protected_prefixes: dict[str, int]
    peer_limits: list[Json]


class Note(TypedDict, total=False):
    """What a note is about: an incident and, where it is about a rule, its id and action; ``code``
    of a refused alert; ``vector`` of an attack; ``attack`` is the same of all incidents of one
    attack, at every adapter; ``seconds`` of a probe."""

    incident: str
    id: str
    action: str
    message: str
    code: str
    vector: str
    attack: str
    seconds: float


class FollowedDict(TypedDict):
    """``events`` after one, oldest first. ``after_at``: when that one was; None where there is no
    such event, or none any more. ``newest``: ``seq`` and ``at`` of the newest event of all."""

    events: list[EventDict]
    more: bool
    after_at: str | None
    newest: Json | None


class SeenAttackDict(TypedDict, total=False):
    """An attack in the form of attack.schema.json, as an alert told it. ``began_at`` is the
    ``seen_at`` of its first alert; both are by the sensor's clock. ``listed``: a sensor found it in
    its sender's list. ``settled``: what its newest alert asked for is done, or refused for good."""

    source: str
    status: str
    vector: str
    family: str
    severity: str
    targets: list[Json]
    observed: Json
    summary: str
    rules: list[Json]
    whole_group: bool
    notes: list[str]
    started_at: str
    seen_at: float
    began_at: float
    listed: bool
    settled: bool
