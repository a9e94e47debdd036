"""The vocabulary: every event, state, outcome and refusal code of the product, each with the
sentence that people read. The values are what the adapter stores and what the HTTP API, the
workflows and the metrics use; docs/user/vocabulary.md is generated from this module.

Each member is a ``str``: it compares equal to its value, and JSON and SQLite take it as one.
"""

from __future__ import annotations

from enum import Enum


class Word(str, Enum):
    """A member of the vocabulary: ``value`` for programs, ``sentence`` for people."""

    sentence: str

    def __new__(cls, value: str, sentence: str = "") -> Word:  # Event("claimed") looks one up
        word = str.__new__(cls, value)
        word._value_ = value
        word.sentence = sentence
        return word

    __str__ = str.__str__


class Event(Word):
    """What happened to a rule, a claim, an attack or an adapter: one entry of the history."""

    CLAIMED = "claimed", "An incident claimed a rule that was not announced before."
    JOINED = "joined", "Another incident claimed a rule that is announced already."
    RENEWED = "renewed", "An incident renewed its claim: the claim ends later."
    CHANGED = "changed", "A claim changed the strictest action, so the rule is announced with it."
    REFUSED = "refused", "The adapter refused a rule."
    DRY_RUN = "dry_run", "The adapter would have announced the rule, but for the dry run."
    SCHEDULED = "scheduled", "The withdrawal of a claim was scheduled."
    RELEASED = "released", "A claim was withdrawn."
    RELEASED_ALL = "released_all", "All claims were withdrawn."
    EXPIRED = "expired", "A claim expired."
    FORBIDDEN = "forbidden", "At its start the adapter withdrew a claim that is not allowed now."
    GOES_ON = "goes_on", "A claim stays: its attack was reported again after this end."
    ANNOUNCED = "announced", "ExaBGP acknowledged the announcement of a rule."
    WITHDRAWN = "withdrawn", "ExaBGP acknowledged the withdrawal of a rule."
    REJECTED = "rejected", "ExaBGP answered error to the announcement of a rule."
    QUARANTINED = "quarantined", "A router resets its session for this rule; it was withdrawn."
    KILL_SWITCH_ENGAGED = "kill_switch_engaged", "The kill switch was engaged."
    KILL_SWITCH_RELEASED = "kill_switch_released", "The kill switch was released."
    APPROVAL_REQUIRED = "approval_required", "A rule needs approval before it is announced."
    APPROVAL_ASKED = "approval_asked", "The question for approval was put."
    APPROVAL_GIVEN = "approval_given", "The rule was approved."
    APPROVAL_REFUSED = "approval_refused", "The approval was refused."
    APPROVAL_TIMED_OUT = "approval_timed_out", "Nobody answered the question for approval in time."
    ATTACK_ENDED = "attack_ended", "The sender reported the end of an attack."
    ALERT_REFUSED = "alert_refused", "The pack refused an alert of a sender."


class RuleState(Word):
    """The state of a rule, and what became of a rule of a request."""

    ANNOUNCED = "announced", "ExaBGP acknowledged the rule, and an established session carries it."
    PENDING = "pending", "The rule is wanted, but no router has it yet."
    WITHDRAWING = "withdrawing", "ExaBGP has not acknowledged the withdrawal yet."
    WITHDRAWN = "withdrawn", "ExaBGP acknowledged the withdrawal."
    SCHEDULED = "scheduled", "The claim ends later, at the latest at expires_at."
    KEPT = "kept", "The rule stays announced: other claims hold it."
    REFUSED = "refused", "The adapter refused the rule; error says why."
    DRY_RUN = "dry_run", "The adapter would have announced the rule, but for the dry run."


class PeerState(Word):
    """The state of a rule at one router."""

    ANNOUNCED = "announced", "The session is established and carries the rule."
    NOT_ACKNOWLEDGED = "not_acknowledged", "ExaBGP has not acknowledged the rule yet."
    NOT_NEGOTIATED = "not_negotiated", "The session did not negotiate the rule's address family."
    SESSION_DOWN = "session_down", "No session is established."
    REFUSED = "refused", "The rule is in quarantine, or ExaBGP refused it."
    WITHDRAWING = "withdrawing", "ExaBGP has not acknowledged the withdrawal yet."


class Outcome(Word):
    """What came of a workflow or an action: its output ``outcome``."""

    MITIGATED = "mitigated", "Every rule of the attack is announced."
    PARTLY = "partly", "Some of it succeeded; problems says what did not."
    UNMITIGATED = "unmitigated", "No rule of the attack is announced."
    AWAITING_APPROVAL = "awaiting_approval", "Rules wait for someone's approval."
    DRY_RUN = "dry_run", "Nothing was announced: dry run."
    ENDED = "ended", "The attack is over; nothing was announced for it."
    PLANNED = "planned", "There are rules to announce."
    SCHEDULED = "scheduled", "The withdrawal was scheduled."
    LEFT = "left", "auto_withdraw is off: the rules stay until withdrawn or expired."
    RELEASED = "released", "The rules of the attack were withdrawn."
    NOTHING_TO_RELEASE = "nothing_to_release", "No adapter has a rule of these incidents."
    FAILED = "failed", "It failed; problems says why."
    NOTHING_TO_DO = "nothing_to_do", "All providers agree."
    HEALED = "healed", "A provider was given what it had missed."


class Answer(Word):
    """The answer to a question for approval."""

    GIVEN = "given", "Approved."
    REFUSED = "refused", "Refused."
    TIMED_OUT = "timed_out", "Nobody answered in time."


class RefusalCode(Word):
    """Why something was refused: ``code`` of an error. A guardrail's code is the setting's name."""

    INVALID = "invalid", "The request does not fit its schema."
    INVALID_RULE = "invalid_rule", "The rule is not a valid FlowSpec rule."
    INVALID_ALERT = "invalid_alert", "The alert cannot be read."
    INVALID_CONFIG = "invalid_config", "The configuration cannot be used."
    GUARDRAIL = "guardrail", "A guardrail forbids the rule."
    NOT_FOUND = "not_found", "No such rule, claim or incident."
    AMBIGUOUS = "ambiguous", "Several active rules fit; candidates lists them."
    KILL_SWITCH = "kill_switch", "The kill switch is engaged; nothing is announced."
    ATTACK_ENDED = "attack_ended", "The attack ended after the alert of this announcement."
    DENIED = "denied", "The caller has no valid credential, or not the role."
