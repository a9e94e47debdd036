"""FastNetMon Advanced's web callback and JSON notify scripts; Community's through our own script.

Sources: https://fastnetmon.com/docs-fnm-advanced/fastnetmon-json-formats/;
https://fastnetmon.com/docs-fnm-advanced/attack-detection-for-per-hostgroup-thresholds/ (the
hostgroup script has the same form, with ``hostgroup_networks`` instead of ``ip``);
``serialize_attack_description_to_json`` in https://github.com/pavel-odintsov/fastnetmon. Traffic
counters are bytes per second. Amplification is not named: fastnetmon_evidence.py finds the vector.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..attack import ENDED, STARTED, UPDATED, parse_network
from ..errors import InvalidAlert
from ..flowspec.prefixes import Network
from ..playbook.vectors import named
from ..validation import readable
from .common import Alert, Parsed, incident_id, items_of, one_line, parsed, severity
from .fastnetmon_evidence import number, observed, packets_to, top_destinations, vectors_of
from .fastnetmon_rules import proposed_rules
from .values import address
from .vector_words import unknown_word

_GOES_ON = "attack_status"
_STATUS = {
    "ban": STARTED,
    "partial_block": STARTED,
    _GOES_ON: UPDATED,
    "unban": ENDED,
    "partial_unblock": ENDED,
}


def parse(body: Mapping[str, Any], settings: Mapping[str, Any]) -> Parsed:
    """The attack of one callback. ``settings``: with ``use_flow_spec_rules`` the rules that
    FastNetMon proposes are taken instead of the vector's. Raises InvalidAlert, also for an
    outgoing attack: its host is the attacker."""
    body, notes = readable(body, "fastnetmon", InvalidAlert)
    details = body["attack_details"]
    if _STATUS[body["action"]] != ENDED:
        _require_incoming(details)
    given, whole_group, odd_networks = _targets(body)
    packets = packets_to(given, body.get("packet_dump_detailed") or [])
    targets, share = given, 1.0
    if whole_group:
        hosts, share = top_destinations(packets)
        if hosts:
            targets, whole_group = hosts, False
            packets = packets_to(hosts, body["packet_dump_detailed"])
        elif odd_networks and not packets and body.get("packet_dump_detailed"):
            # Then the attack may be on the network that could not be read.
            raise InvalidAlert(odd_networks[0], field="hostgroup_networks")
    vectors = vectors_of(details, packets)
    proposed = body.get("flow_spec_rules") if settings.get("use_flow_spec_rules") else None
    rules, refused = proposed_rules(proposed, targets)
    incident = _incident(body, given)
    word = details.get("attack_type")
    words = (unknown_word(word),) if named(str(word)) is None and unknown_word(word) else ()
    measured = observed(details, packets, vectors, share)
    alerts = [
        Alert(
            source="fastnetmon",
            status=_STATUS[body["action"]],
            vectors=vectors,
            prefix=target,
            incident=incident,
            severity=severity(details.get("attack_severity")),
            observed=measured,
            rules=rules.get(target, ()),
            summary=one_line(f"{' and '.join(vectors)} on {target}, seen by FastNetMon"),
            notes=(*notes, *odd_networks),
            whole_group=whole_group,
            unknown_words=words,
        )
        for target in targets
    ]
    # Only bans bring packets, and only partial blocks bring rules.
    bare = body["action"] == _GOES_ON and not (packets or proposed)
    return parsed(alerts, refused, bare=bare)


def _require_incoming(details: Mapping[str, Any]) -> None:
    names = ("attack_detection_threshold_direction", "attack_direction")
    said = {key: str(details.get(key)).strip().lower() for key in names}
    known = [key for key in names if said[key] in ("incoming", "outgoing")]
    sent = 0
    if known:
        incoming, why = said[known[0]] == "incoming", "is outgoing"
    else:
        # Community's own JSON has no direction.
        sent = number(details.get("total_outgoing_pps")) or 0
        received = number(details.get("total_incoming_pps")) or 0
        incoming = received > sent
        why = f"is missing, and {received} pps come in and {sent} go out"
    if not incoming:
        field = f"attack_details.{(known or names)[0]}"
        who = "is" if known or sent else "may be"
        message = f"{field} {why}: the host {who} the attacker, not the target"
        raise InvalidAlert(message, field=field, value="outgoing" if known else None)


def _targets(body: Mapping[str, Any]) -> tuple[tuple[Network, ...], bool, tuple[str, ...]]:
    """(targets, whether they are all of a group of which nobody knows who is attacked, what could
    not be read)."""
    given, notes = [], []
    scope = body.get("alert_scope")
    if scope == "hostgroup" or (scope is None and not body.get("ip")):
        for text in items_of(body.get("hostgroup_networks")):
            try:
                given.append(parse_network(text, "hostgroup_networks"))
            except InvalidAlert as error:
                notes.append(f"{error}; it is left out")
    if given:
        networks = tuple(dict.fromkeys(given))
        alone = len(networks) == 1 and networks[0].prefixlen == networks[0].max_prefixlen
        return networks, not alone, tuple(notes)
    if scope == "hostgroup" and not body.get("ip"):
        message = "hostgroup_networks is missing; a hostgroup's attack has no other target"
        raise InvalidAlert(notes[0] if notes else message, field="hostgroup_networks")
    if not body.get("ip"):
        raise InvalidAlert("ip is missing", field="ip")
    # 0.0.0.0 is what FastNetMon says of IPv6.
    return (address(body["ip"], "ip"),), False, tuple(notes)


def _incident(body: Mapping[str, Any], targets: tuple[Network, ...]) -> str:
    """By FastNetMon's own id, or else by what is attacked: it bans one thing once at a time."""
    own_id = body["attack_details"].get("attack_uuid")
    if own_id is None:
        host = targets[0].prefixlen == targets[0].max_prefixlen
        own_id = body.get("hostgroup_name") or (targets[0].network_address if host else targets[0])
    return incident_id("fastnetmon", own_id, "attack_details.attack_uuid")
