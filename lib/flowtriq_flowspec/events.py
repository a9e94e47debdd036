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
    CHANGED = "changed", "A claim changed the strictest action: the rule is announced with that."
    REFUSED = "refused", "The adapter refused a rule."
    DRY_RUN = "dry_run", "Dry run: the adapter checked the rule and did not announce it."
    SCHEDULED = "scheduled", "The withdrawal of a claim was scheduled."
    RELEASED = "released", "A claim was withdrawn."
    RELEASED_ALL = "released_all", "All claims were withdrawn."
    EXPIRED = "expired", "A claim expired."
    FORBIDDEN = "forbidden", "The adapter withdrew a claim that its guardrails no longer allow."
    GOES_ON = "goes_on", "A claim stays: after this end, a newer alert reported its attack again."
    ANNOUNCED = "announced", "ExaBGP acknowledged the announcement of a rule."
    WITHDRAWN = "withdrawn", "ExaBGP acknowledged the withdrawal of a rule."
    REJECTED = "rejected", "ExaBGP answered error to the announcement of a rule."
    QUARANTINED = (
        "quarantined",
        "A router reset its session because of this rule. The rule was withdrawn from that router.",
    )
    GUARDRAILS_CHANGED = (
        "guardrails_changed",
        "The adapter loaded its changed configuration file; changed lists the settings.",
    )
    RELOAD_REFUSED = (
        "reload_refused",
        "The adapter refused its changed configuration file; the old settings stay in force.",
    )
    PREFIX_PROTECTED = "prefix_protected", "An admin protected a prefix: no rule may cover it."
    PROTECTION_ENDED = (
        "protection_ended",
        "The protection of a prefix by an admin ended: its time was over, or an admin ended it.",
    )
    KILL_SWITCH_ENGAGED = "kill_switch_engaged", "The kill switch was engaged."
    KILL_SWITCH_RELEASED = "kill_switch_released", "The kill switch was released."
    APPROVAL_REQUIRED = "approval_required", "A rule needs approval before it is announced."
    APPROVAL_ASKED = "approval_asked", "Someone was asked to approve the rule."
    APPROVAL_GIVEN = "approval_given", "The rule was approved."
    APPROVAL_REFUSED = "approval_refused", "Someone refused to approve the rule."
    APPROVAL_TIMED_OUT = "approval_timed_out", "Nobody answered the question for approval in time."
    REGISTRY_FAULT = "registry_fault", "The registry's file was damaged, deleted or replaced."
    ATTACK_MITIGATED = (
        "attack_mitigated",
        "Every rule of an attack is announced at every router; message names the rules.",
    )
    ATTACK_PARTLY_MITIGATED = (
        "attack_partly_mitigated",
        "Part of an attack may still pass; message says why.",
    )
    ATTACK_UNMITIGATED = (
        "attack_unmitigated",
        "An attack is not mitigated; message says why.",
    )
    ATTACK_ENDED = "attack_ended", "The sender reported the end of an attack."
    PROBE_SUCCEEDED = "probe_succeeded", "The probe's test rule was announced, found and withdrawn."
    PROBE_FAILED = "probe_failed", "A step of the probe failed; message says which."
    VERDICT_CHANGED = (
        "verdict_changed",
        "The routers' counters give a new verdict on a rule; message has it.",
    )
    WITHDRAWAL_HELD = (
        "withdrawal_held",
        "The sender reported the end of the attack, but the rule still drops traffic: it stays.",
    )
    ALERT_REFUSED = "alert_refused", "The pack refused an alert of a sender."
    ALERT_WITHOUT_DATA = (
        "alert_without_data",
        "A sender's monitoring had no data: its alert started nothing and ended nothing.",
    )
    TEST_ALERT = "test_alert", "A sender sent a test; it changed nothing."
    ALERT_NOTED = "alert_noted", "A part of an alert was not used; message says which."
    ALERTS_LEFT_OUT = (
        "alerts_left_out",
        "A sender left alerts out of its notification, and they could not be read elsewhere.",
    )
    VECTOR_UNKNOWN = (
        "vector_unknown",
        "A sender named an attack with a word that the playbook does not know.",
    )
    ATTACK_MADE_UP_FOR = (
        "attack_made_up_for",
        "The workflow of an alert did not finish; it is started once more.",
    )
    SESSION_UP = "session_up", "The BGP session to a router is established."
    SESSION_DOWN = "session_down", "The BGP session to a router is down; message says why."
    MESSAGE_NOT_SENT = (
        "message_not_sent",
        "A message to people was dropped: for an hour its service did not accept it.",
    )


class RuleState(Word):
    """The state of a rule, and what became of a rule of a request."""

    ANNOUNCED = "announced", "Every router that should have the rule was sent it."
    PARTLY_ANNOUNCED = (
        "partly_announced",
        "Not all routers that should have the rule were sent it; why names the others.",
    )
    PENDING = "pending", "The rule should be announced, but no router has it yet."
    WITHDRAWING = "withdrawing", "ExaBGP has not acknowledged the withdrawal yet."
    WITHDRAWN = "withdrawn", "ExaBGP acknowledged the withdrawal."
    SCHEDULED = "scheduled", "The claim ends later, at the latest at expires_at."
    KEPT = "kept", "The rule stays announced: other incidents claim it."
    REFUSED = "refused", "The adapter refused the rule; error says why."
    DRY_RUN = "dry_run", "Dry run: the adapter checked the rule and did not announce it."


class PeerState(Word):
    """The state of a rule at one router."""

    ANNOUNCED = "announced", "The session is established and carries the rule."
    NOT_ACKNOWLEDGED = "not_acknowledged", "ExaBGP has not acknowledged the rule yet."
    NOT_NEGOTIATED = "not_negotiated", "The session did not negotiate the rule's address family."
    NOT_SENT = "not_sent", "ExaBGP does not have the rule for this router."
    NOT_CONFIGURED = (
        "not_configured",
        "ExaBGP's neighbour lacks the rule's address family: the rule is not for this router.",
    )
    SESSION_DOWN = "session_down", "No session is established."
    REFUSED = "refused", "The rule is in quarantine, or ExaBGP refused it."
    WITHDRAWING = "withdrawing", "ExaBGP has not acknowledged the withdrawal yet."


class ExabgpProblem(Word):
    """A setting of ExaBGP that keeps the adapter from a part of its work."""

    NO_ACKNOWLEDGEMENTS = (
        "no_acknowledgements",
        "ExaBGP acknowledges no command, so no rule is announced: set exabgp.api.ack to true, and"
        " restart ExaBGP.",
    )
    GRACEFUL_RESTART = (
        "graceful_restart",
        "Graceful restart is negotiated: the router keeps the rules when ExaBGP stops. Withdraw"
        " them before you stop it.",
    )
    NO_SESSION_EVENTS = (
        "no_session_events",
        "The neighbour has no neighbor-changes in its api section: the adapter looks at the session"
        " only once a second, and cannot find a rule that the router rejects.",
    )
    NO_PROCESS = (
        "no_process",
        "The neighbour has no api section with the adapter's process: it gets no rule.",
    )
    NO_ADJ_RIB_OUT = (
        "no_adj_rib_out",
        "adj-rib-out is false for the neighbour: the adapter cannot see what ExaBGP has for it, and"
        " has to announce all rules again at each start of the session.",
    )


class Outcome(Word):
    """What came of a workflow or an action: its output ``outcome``."""

    MITIGATED = "mitigated", "Every rule of the attack is announced at every router."
    PARTLY = (
        "partly",
        "A part succeeded; problems says what failed, and partly_announced which routers"
        " lack a rule.",
    )
    UNMITIGATED = "unmitigated", "No rule of the attack is announced."
    APPROVAL_NEEDED = "approval_needed", "Someone must approve rules before they are announced."
    AWAITING_APPROVAL = "awaiting_approval", "Rules wait for someone's approval."
    DRY_RUN = "dry_run", "Nothing was announced: dry run."
    ENDED = "ended", "The attack is over; nothing was announced for it."
    PLANNED = "planned", "There are rules to announce."
    SCHEDULED = "scheduled", "The withdrawal was scheduled."
    LEFT = "left", "auto_withdraw is off: the rules stay until withdrawn or expired."
    RELEASED = "released", "The rules of the attack were withdrawn."
    NOTHING_TO_RELEASE = "nothing_to_release", "No adapter has a rule of these incidents."
    FAILED = "failed", "The action failed; problems says why."
    NOTHING_TO_DO = "nothing_to_do", "All adapters have the same claims."
    HEALED = "healed", "An adapter was given the orders that it had missed."


class Answer(Word):
    """The answer to a question for approval."""

    GIVEN = "given", "Approved."
    REFUSED = "refused", "Refused."
    TIMED_OUT = "timed_out", "Nobody answered in time."


class RefusalCode(Word):
    """Why something was refused or failed: the ``code`` of an error or of a problem. The code of a
    guardrail is the name of its setting; ``is_guardrail`` tells them from the others."""

    # The request.
    INVALID = "invalid", "The request does not fit its schema."
    INVALID_RULE = "invalid_rule", "The rule is not a valid FlowSpec rule."
    INVALID_ALERT = "invalid_alert", "The alert cannot be read."
    NOTED = "noted", "Nothing was refused, but a part of the alert was not used: see message."
    NO_DATA = "no_data", "Nothing was refused: the sender has no data, so nothing changes."
    END_WITHOUT_DATA = (
        "end_without_data",
        "Nothing was refused: the alert ended because the sender has no data, so the rules stay.",
    )
    LEFT_OUT = (
        "left_out",
        "Nothing was refused: the sender left alerts out, and they could not be read elsewhere.",
    )
    TEST = "test", "Nothing was refused: the alert is a test and changes nothing."
    NOT_RECENT = "not_recent", "A signed notification is too old, or its time lies in the future."
    INVALID_CONFIG = "invalid_config", "The configuration cannot be used."
    NEEDS_RESTART = (
        "needs_restart",
        "The configuration file changes a setting that needs a restart; the old settings stay.",
    )
    PROTECTED_BY_CONFIGURATION = (
        "protected_by_configuration",
        "The configuration file protects the prefix; remove it there.",
    )
    INVALID_VECTORS = "invalid_vectors", "vectors.yaml does not fit its schema."
    INVALID_JSON = "invalid_json", "The body is not JSON."
    PLAN_CHANGED = (
        "plan_changed",
        "The configuration changed after the question for approval: the rule is not the same now.",
    )
    TOO_LARGE = "too_large", "The body is larger than max_body_bytes."
    NOT_CONFIRMED = "not_confirmed", "The action needs the confirmation word; nothing was done."
    NOT_FOUND = "not_found", "No such rule, claim, incident or address."
    AMBIGUOUS = "ambiguous", "Several active rules fit; candidates lists them."
    DENIED = "denied", "The caller has no valid credential, lacks the role, or calls too often."
    UNAUTHORIZED = "unauthorized", "The sender's credential is missing or wrong."
    METHOD_NOT_ALLOWED = "method_not_allowed", "The address takes another HTTP method."
    BAD_REQUEST = "bad_request", "The HTTP request is broken."
    HTTP = "http", "The HTTP request was refused; message says why."
    # The state of the adapter and of the attack.
    KILL_SWITCH = "kill_switch", "The kill switch is engaged; nothing is announced."
    ATTACK_ENDED = "attack_ended", "The attack ended after the alert of this announcement."
    APPROVAL_REFUSED = "approval_refused", "Someone refused to approve the rule."
    APPROVAL_TIMED_OUT = "approval_timed_out", "Nobody answered the question for approval in time."
    # The playbook.
    UNKNOWN_VECTOR = "unknown_vector", "The playbook has no vector of this name."
    NO_RULE_FOR_VECTOR = "no_rule_for_vector", "No FlowSpec rule can answer this vector."
    VECTOR_DISABLED = "vector_disabled", "The configuration disables this vector."
    NO_RULE_FOR_ADDRESS_FAMILY = (
        "no_rule_for_address_family",
        "The vector does not exist in the target's address family.",
    )
    TOO_LITTLE_EVIDENCE = (
        "too_little_evidence",
        "The sender did not observe what the vector's rule needs.",
    )
    OTHER_SITE = "other_site", "The target is in none of the provider's prefixes."
    IPV4_DISABLED = "ipv4_disabled", "ipv4_enabled is false for the provider."
    IPV6_DISABLED = "ipv6_disabled", "ipv6_enabled is false for the provider."
    # Failures.
    TEMPORARY = "temporary", "Something failed that may work later."
    FAILED = "failed", "Something failed; message says what."
    OVERDUE = "overdue", "The rule should be withdrawn by now, but an adapter still has it."
    PROBE_FAILED = "probe_failed", "A step of the probe failed."
    INTERNAL = "internal", "An internal error; see the adapter's log."
    INTERNAL_SERVER_ERROR = "internal_server_error", "An internal error; see the sensor's log."
    SERVICE_UNAVAILABLE = (
        "service_unavailable",
        "The alert cannot be accepted now; send it again.",
    )
    # Cloudflare Magic Transit.
    MAGIC_TRANSIT_REFUSED = "magic_transit_refused", "Cloudflare refused the request."
    MAGIC_TRANSIT_OTHER_NETWORK = (
        "magic_transit_other_network",
        "The prefix at Cloudflare is not the configured one.",
    )
    MAGIC_TRANSIT_NOT_SWITCHABLE = (
        "magic_transit_not_switchable",
        "Cloudflare does not allow this prefix to be switched on demand.",
    )
    # The guardrails.
    GUARDRAIL = "guardrail", "A guardrail forbids the rule; message names the guardrail."
    PROTECTED_PREFIXES = "protected_prefixes", "The rule covers protected addresses."
    SHORTEST_DESTINATION_PREFIX_IPV4 = (
        "shortest_destination_prefix_ipv4",
        "The IPv4 destination is a wider prefix than allowed.",
    )
    SHORTEST_DESTINATION_PREFIX_IPV6 = (
        "shortest_destination_prefix_ipv6",
        "The IPv6 destination is a wider prefix than allowed.",
    )
    ALLOWED_DESTINATIONS = "allowed_destinations", "The destination is not within your networks."
    BGP_SPEAKERS = "bgp_speakers", "The rule can match the sessions of BGP speakers."
    MAX_VALUES_PER_COMPONENT = (
        "max_values_per_component",
        "A component of the match has too many values.",
    )
    MAX_PACKET_LENGTH_BYTES = "max_packet_length_bytes", "A packet length begins above the limit."
    MAX_NLRI_BYTES = "max_nlri_bytes", "The NLRI is too long."
    MAX_TCAM_ENTRIES_PER_RULE = (
        "max_tcam_entries_per_rule",
        "The rule is estimated to need too many TCAM entries.",
    )
    ALLOWED_ACTIONS = "allowed_actions", "The action is not allowed."
    ALLOWED_REDIRECTS = "allowed_redirects", "The redirect's target is not allowed."
    ALLOWED_BLACKHOLE_NEXT_HOPS = (
        "allowed_blackhole_next_hops",
        "The blackhole's next hop is not allowed.",
    )
    ALLOWED_BLACKHOLE_COMMUNITIES = (
        "allowed_blackhole_communities",
        "A community of the blackhole is not allowed.",
    )
    MINIMUM_RATE_LIMIT_BPS = "minimum_rate_limit_bps", "The rate limit is below the minimum."
    MINIMUM_LIFE_SECONDS = "minimum_life_seconds", "The claim would end too soon."
    MAXIMUM_LIFE_SECONDS = "maximum_life_seconds", "The claim would live too long."
    # The budgets among them.
    MAX_RULES = "max_rules", "There are too many rules."
    MAX_RULES_IPV4 = "max_rules_ipv4", "There are too many IPv4 rules."
    MAX_RULES_IPV6 = "max_rules_ipv6", "There are too many IPv6 rules."
    MAX_RULES_PER_INCIDENT = "max_rules_per_incident", "The incident has too many rules."
    MAX_RULES_PER_DESTINATION = (
        "max_rules_per_destination",
        "The destination prefix has too many rules.",
    )
    MAX_BLACKHOLES = "max_blackholes", "There are too many blackholes."
    MAX_ANNOUNCEMENTS_PER_MINUTE = (
        "max_announcements_per_minute",
        "There were too many announcements within a minute.",
    )
    PEERS = "peers", "A router cannot take the rule, or is at its limit."

    @property
    def is_guardrail(self) -> bool:
        """Whether the operator's guardrails refused, and not the rule, the request or its time."""
        return self in _GUARDRAILS

    @property
    def is_want_of_room(self) -> bool:
        """Whether a budget is used up: later the same rule may be allowed."""
        return self in _BUDGETS


EVENT_OF_NOTE = {
    RefusalCode.NOTED: Event.ALERT_NOTED,
    RefusalCode.NO_DATA: Event.ALERT_WITHOUT_DATA,
    RefusalCode.END_WITHOUT_DATA: Event.ALERT_WITHOUT_DATA,
    RefusalCode.TEST: Event.TEST_ALERT,
    RefusalCode.LEFT_OUT: Event.ALERTS_LEFT_OUT,
}
"""The codes of alerts that were not refused, but of which somebody should know."""

_CODES = list(RefusalCode)
_GUARDRAILS = frozenset(_CODES[_CODES.index(RefusalCode.GUARDRAIL) :])
_BUDGETS = frozenset(_CODES[_CODES.index(RefusalCode.MAX_RULES) :])


class Verdict(Word):
    """What the routers' counters say about a rule: does it work, does it hurt?"""

    NO_HITS = (
        "no_hits",
        "The rule has matched nothing since it was announced: it is not installed, or wrong.",
    )
    WORKING = "working", "The rule matches traffic of its attack."
    STILL_NEEDED = (
        "still_needed",
        "The sender reported the end of the attack, but the rule still matches a large part of it.",
    )
    FADED = "faded", "The rule has not matched traffic for a while: it can be withdrawn."
    COLLATERAL = (
        "collateral",
        "The rule matches far more than the reported attack, or passes more than its limit.",
    )


class Trigger(Word):
    """What the event sensor dispatches: a trigger of sensors/event_sensor.yaml, without the pack's
    name."""

    ATTACK_MITIGATED = "attack_mitigated", "Every rule of an attack is announced at every router."
    ATTACK_UNMITIGATED = (
        "attack_unmitigated",
        "All traffic of an attack, or a part of it, may still pass.",
    )
    ATTACK_OVER = "attack_over", "The sender reported the end of an attack."
    RULE_ANNOUNCED = "rule_announced", "ExaBGP acknowledged the announcement of rules."
    RULE_WITHDRAWN = "rule_withdrawn", "ExaBGP acknowledged the withdrawal of rules."
    RULE_QUARANTINED = (
        "rule_quarantined",
        "A router reset its session because of a rule. That router does not get the rule again.",
    )
    APPROVAL_NEEDED = "approval_needed", "Rules wait for someone's approval."
    KILL_SWITCH_CHANGED = "kill_switch_changed", "The kill switch was engaged or released."
    SESSION_CHANGED = "session_changed", "A router's BGP session came up or went down."
