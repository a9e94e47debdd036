"""FastNetMon's own FlowSpec rules, brought to this product's form.

Source: https://fastnetmon.com/fastnetmon-bgp-flow-spec-rfc-5575-json-representation/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..attack import MAX_LIST, parse_network
from ..errors import InvalidAlert, InvalidRule
from ..flowspec.prefixes import Network
from ..flowspec.rule import parse_match
from ..playbook.narrowing import ICMP
from ..validation import shown
from .common import items_of, refusal, tcp_flags

_LISTS = {
    "destination_ports": "destination-port",
    "source_ports": "source-port",
    "packet_lengths": "packet-length",
    "protocols": "protocol",
}
_KNOWN = {
    *_LISTS,
    *("source_prefix", "destination_prefix", "fragmentation_flags", "tcp_flags"),
    *("action_type", "action"),
}
_ACTIONS = {"discard": "drop", "rate-limit": "rate-limit"}
_NO_FRAGMENT = {"not": ["is-fragment", "first-fragment", "last-fragment"]}


def proposed_rules(
    given: Sequence[Mapping[str, Any]], targets: Sequence[Network]
) -> tuple[Mapping[Network, tuple[Mapping[str, Any], ...]], tuple[Mapping[str, Any], ...]]:
    """(each target's rules for Attack.rules, refusals). Only discard and rate-limit are taken, only
    components of RFC 8955, only for the attacked targets, and nothing that would hit all of a
    target's traffic or its ICMP. FastNetMon's rate is left aside: its unit is not documented; the
    provider's rate_limit_bps holds."""
    rules: dict[Network, tuple[Mapping[str, Any], ...]] = {}
    refused = []
    for index, rule in enumerate(given[:MAX_LIST]):
        where = f"flow_spec_rules.{index}"
        try:
            destination, found = _rule(rule, targets, where)
            rules[destination] = (*rules.get(destination, ()), found)
        except InvalidAlert as error:
            refused.append(refusal(error, where))
    return rules, tuple(refused)


def _rule(
    rule: Mapping[str, Any], targets: Sequence[Network], where: str
) -> tuple[Network, dict[str, Any]]:
    strange = sorted(key for key in set(rule) - _KNOWN if rule[key] not in (None, [], ""))
    if strange:
        field = f"{where}.{strange[0]}"
        message = f"{field} is not a component of RFC 8955; a rule without it would match more"
        raise InvalidAlert(message, field=field, value=shown(rule[strange[0]]))
    action = _ACTIONS.get(str(rule.get("action_type")))
    if action is None:
        field = f"{where}.action_type"
        message = f"{field} is {shown(rule.get('action_type'))!r}; taken are discard and rate-limit"
        raise InvalidAlert(message, field=field, value=shown(rule.get("action_type")))
    field = f"{where}.destination_prefix"
    destination = parse_network(rule.get("destination_prefix"), field)
    if destination not in targets:
        message = f"{field} is {destination}, not the attacked {', '.join(map(str, targets))}"
        raise InvalidAlert(message, field=field, value=str(destination))
    match: dict[str, Any] = {name: list(rule[key]) for key, name in _LISTS.items() if rule.get(key)}
    if rule.get("source_prefix"):
        match["source"] = str(parse_network(rule["source_prefix"], f"{where}.source_prefix"))
    if rule.get("tcp_flags"):
        field = f"{where}.tcp_flags"
        match["tcp-flags"] = [
            {"all": list(tcp_flags(str(flags).replace("|", ","), field))}
            for flags in items_of(rule["tcp_flags"])
        ]
    if rule.get("fragmentation_flags"):
        match["fragment"] = [
            _NO_FRAGMENT if flag == "not-a-fragment" else flag
            for flag in rule["fragmentation_flags"]
        ]
    if not match:
        message = (
            f"{where} has nothing but a destination: it would hit all traffic to {destination}"
        )
        raise InvalidAlert(message, field=where)
    try:
        protocols = dict(parse_match({**match, "destination": str(destination)}).numeric).get(
            "protocol"
        )
    except InvalidRule as error:
        raise InvalidAlert(f"{where}: {error}", field=where, value=shown(error.value)) from error
    if any(low <= number <= high for low, high in protocols or () for number in ICMP):
        field = f"{where}.protocols"
        message = f"{field} has ICMP as a whole: path MTU and neighbour discovery are in it"
        raise InvalidAlert(message, field=field, value=shown(rule["protocols"]))
    return destination, {"match": match, "action": action}
