"""FastNetMon's own FlowSpec rules, brought to this product's form.

Sources: https://fastnetmon.com/fastnetmon-bgp-flow-spec-rfc-5575-json-representation/, and
``encode_flow_spec_to_json_raw`` in src/bgp_protocol_flow_spec.cpp of
https://github.com/pavel-odintsov/fastnetmon: a component that a rule does not have is left out; an
empty list of flags stands for flags that FastNetMon could not write.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..attack import MAX_LIST, interval_json, parse_interval, parse_network
from ..errors import InvalidAlert, InvalidRule
from ..flowspec.components import FLAGS, PROTOCOLS, intervals
from ..flowspec.prefixes import Network
from ..flowspec.rule import parse_match
from ..playbook.narrowing import ICMP
from ..published_schemas import resolved
from ..refusal_wording import shown
from ..validation import require_valid
from .common import refusal
from .fastnetmon_evidence import flags_of
from .values import LARGEST_PACKET, SMALLEST_PACKET

_NUMBERS = {
    "destination_ports": "destination-port",
    "source_ports": "source-port",
    "packet_lengths": "packet-length",
}
_NEARLY_ALL = {
    "destination-port": (1, 65535),
    "source-port": (1, 65535),
    "packet-length": (SMALLEST_PACKET, LARGEST_PACKET),
}
_ACTIONS = ("discard", "rate-limit")
_NO_FRAGMENT = {"not": ["is-fragment", "first-fragment", "last-fragment"]}


def proposed_rules(
    given: Sequence[Any] | Mapping[str, Any] | None, targets: Sequence[Network]
) -> tuple[Mapping[Network, tuple[Mapping[str, Any], ...]], tuple[Mapping[str, Any], ...]]:
    """(each target's rules for Attack.rules, refusals). Only discard and rate-limit are taken, only
    components of RFC 8955, only for the attacked targets, and nothing that would hit all of a
    target's traffic or its ICMP. FastNetMon's rate is left aside: its unit is not documented; the
    provider's rate_limit_bps holds."""
    items = [given] if isinstance(given, Mapping) else list(given or ())
    rules: dict[Network, tuple[Mapping[str, Any], ...]] = {}
    refused = []
    for index, rule in enumerate(items):
        where = f"flow_spec_rules.{index}"
        try:
            destination, found = _rule(rule, targets, where)
            if len(rules.get(destination, ())) == MAX_LIST:
                message = f"{where} is one too many for {destination}; at most {MAX_LIST} are taken"
                raise InvalidAlert(message, field=where, limit=MAX_LIST)
            rules[destination] = (*rules.get(destination, ()), found)
        except InvalidAlert as error:
            refused.append(refusal(error, where))
    return rules, tuple(refused)


def _rule(
    rule: Mapping[str, Any], targets: Sequence[Network], where: str
) -> tuple[Network, dict[str, Any]]:
    require_valid(rule, "fastnetmon", InvalidAlert, definition="flow_spec_rule", within=where)
    known = resolved("fastnetmon", "flow_spec_rule")["properties"]
    strange = sorted(key for key in set(rule) - set(known) if rule[key] not in (None, [], ""))
    if strange:
        field = f"{where}.{strange[0]}"
        message = f"{field} is not a component of RFC 8955; a rule without it would match more"
        raise InvalidAlert(message, field=field, value=shown(rule[strange[0]]))
    action = rule["action_type"].strip().lower()
    if action not in _ACTIONS:
        field = f"{where}.action_type"
        message = f"{field} is {shown(rule['action_type'])!r}; taken are discard and rate-limit"
        raise InvalidAlert(message, field=field, value=shown(rule["action_type"]))
    destination = _destination(rule, targets, f"{where}.destination_prefix")
    match = _match(rule, where)
    if not match or all(_says_nothing(name, match[name]) for name in match):
        message = (
            f"{where} has nothing but a destination: it would hit all traffic to {destination}"
        )
        raise InvalidAlert(message, field=where)
    try:
        parsed = parse_match({**match, "destination": str(destination)})
    except InvalidRule as error:
        raise InvalidAlert(f"{where}: {error}", field=where, value=shown(error.value)) from error
    protocols = dict(parsed.numeric).get("protocol", ())
    if any(low <= number <= high for low, high in protocols for number in ICMP):
        field = f"{where}.protocols"
        message = f"{field} has ICMP as a whole: path MTU and neighbour discovery are in it"
        raise InvalidAlert(message, field=field, value=shown(rule["protocols"]))
    return destination, {"match": match, "action": action}


def _says_nothing(name: str, values: Any) -> bool:
    """Whether nearly all packets fit: all ports, all lengths, or what is no fragment."""
    if name == "fragment":
        return bool(values == [_NO_FRAGMENT])
    if name not in _NEARLY_ALL:
        return False
    low, high = _NEARLY_ALL[name]
    return any(a <= low and b >= high for a, b in intervals(name, values))


def _destination(rule: Mapping[str, Any], targets: Sequence[Network], field: str) -> Network:
    if "destination_prefix" not in rule and len(targets) == 1:
        return targets[0]
    destination = _prefix(rule.get("destination_prefix"), field)
    if destination not in targets:
        message = f"{field} is {destination}, not the attacked {', '.join(map(str, targets[:5]))}"
        raise InvalidAlert(message, field=field, value=str(destination))
    return destination


def _match(rule: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The match without destination, in the rule's JSON form. Raises InvalidAlert where a component
    cannot be read."""
    match: dict[str, Any] = {}
    for key, name in _NUMBERS.items():
        if key in rule:
            values = _values(rule[key])
            match[name] = [interval_json(parse_interval(item, f"{where}.{key}")) for item in values]
    if "protocols" in rule:
        match["protocol"] = [
            _protocol(item, f"{where}.protocols") for item in _values(rule["protocols"])
        ]
    if "source_prefix" in rule:
        match["source"] = str(_prefix(rule["source_prefix"], f"{where}.source_prefix"))
    if "tcp_flags" in rule:
        match["tcp-flags"] = [
            _tcp_flags(item, f"{where}.tcp_flags") for item in _items(rule["tcp_flags"])
        ]
    if "fragmentation_flags" in rule:
        words = [str(item).lower() for item in _values(rule["fragmentation_flags"])]
        match["fragment"] = [_NO_FRAGMENT if word == "not-a-fragment" else word for word in words]
    return match


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _values(value: Any) -> list[Any]:
    """Of one value, a text with commas, or a list of either."""
    values: list[Any] = []
    for item in _items(value):
        values += [part.strip() for part in item.split(",")] if isinstance(item, str) else [item]
    return values


def _prefix(value: Any, field: str) -> Network:
    items = _items(value)
    if len(items) != 1:
        message = f"{field} has {len(items)} prefixes; a FlowSpec rule has one"
        raise InvalidAlert(message, field=field, value=shown(value), limit=1)
    return parse_network(items[0], field)


def _protocol(item: Any, field: str) -> str | int:
    name = str(item).lower()
    return name if name in PROTOCOLS else interval_json(parse_interval(item, field, 255))


def _tcp_flags(item: Any, field: str) -> dict[str, list[str]]:
    """``syn|ack``: both set."""
    flags = flags_of(item) if isinstance(item, str) else None
    if not flags:
        known = ", ".join(FLAGS["tcp-flags"])
        message = f"{field} is {shown(item)!r}, not TCP flags joined by |: {known}"
        raise InvalidAlert(message, field=field, value=shown(item))
    return {"all": [flag for flag in FLAGS["tcp-flags"] if flag in flags]}
