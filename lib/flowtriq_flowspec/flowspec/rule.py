"""The FlowSpec rule: match and then, and how both are read from JSON.

A rule's identity is its match: see docs/adr/0004. A blackhole is a rule too, though it goes out as
an ordinary route: docs/adr/0012.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_network
from socket import AF_INET, inet_pton
from typing import Any

from ..errors import InvalidRule
from ..refusal_wording import shown
from ..validation import require_valid
from .components import FLAGS, NUMERIC, flag_terms, intervals
from .match import Match as Match
from .prefixes import Network, not_a_prefix, parse_prefix
from .then import Then, read_then

_KINDS, _KIND_CHARACTERS = 1000, 1000
"""How many kinds of rules a RuleReader remembers, and how long their texts may be."""
_SAME_COMPONENT = {"next-header": "protocol", "traffic-class": "dscp"}
_PREFIX = re.compile(r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?", re.ASCII)


@dataclass(frozen=True)
class FlowRule:
    """A FlowSpec rule. Two rules with one match are one rule to BGP, whatever they do."""

    match: Match
    then: Then

    def __post_init__(self) -> None:
        if self.match.unicast != (self.then.blackhole is not None):
            raise ValueError(f"{self} is neither a FlowSpec rule nor a blackhole")

    @property
    def id(self) -> str:
        return self.match.id

    def to_dict(self) -> dict[str, Any]:
        return {"match": self.match.to_dict(), "then": self.then.to_dict()}

    def describe(self) -> str:
        return f"{self.match.describe()}: {self.then.describe()}"

    def toward(self, destination: Network) -> FlowRule:
        """As Match.toward."""
        return FlowRule(self.match.toward(destination), self.then)


def parse_rule(rule: object) -> FlowRule:
    """Read ``{"match": {…}, "then": {…}}`` (schemas/flow.schema.json).

    Raises InvalidRule naming field, value and limit.
    """
    require_valid(rule, "flow", InvalidRule)
    assert isinstance(rule, Mapping)  # noqa: S101  (the schema said so; this tells mypy)
    match = _read_match(rule["match"])
    then = read_then(rule["then"], match.address_family)
    if then.blackhole is not None:
        match = _route(match)
    elif match.unicast:
        raise InvalidRule("match.unicast is for a blackhole only", field="match.unicast")
    return FlowRule(match, then)


class RuleReader:
    """Reads many rules, most of which differ in their destination alone: everything else is checked
    once. Not thread-safe."""

    def __init__(self) -> None:
        self._known: dict[str, FlowRule] = {}

    def read(self, rule: Mapping[str, Any]) -> FlowRule:
        """As ``parse_rule``."""
        match, then = rule.get("match"), rule.get("then")
        if len(rule) != 2 or not isinstance(match, dict):
            return parse_rule(rule)
        rest = match.copy()
        destination = rest.pop("destination", None)
        if not isinstance(destination, str):
            return parse_rule(rule)
        kind = f"{rest!r}{then!r}"
        known = self._known.get(kind)
        if known is not None and not known.match.unicast:
            network = _plain_prefix(destination)
            if network is not None and network.version == known.match.destination.version:
                return known.toward(network)
        known = parse_rule(rule)
        if len(kind) <= _KIND_CHARACTERS:
            if len(self._known) >= _KINDS:
                self._known.clear()
            self._known[kind] = known
        return known


def _route(match: Match) -> Match:
    """The route to the host that ``match`` names."""
    components = match.to_dict()
    for name in components:
        if name not in ("destination", "unicast"):
            raise InvalidRule(
                f"match.{name}: a blackhole is a route, and matches its destination alone",
                field=f"match.{name}",
                value=shown(components[name]),
            )
    if match.destination.num_addresses > 1:
        host = f"/{match.destination.max_prefixlen}"
        raise InvalidRule(
            f"match.destination: a blackhole is for one host, {match.destination} is more",
            field="match.destination",
            value=str(match.destination),
            limit=host,
        )
    return Match(match.destination, unicast=True)


def parse_match(match: object) -> Match:
    """Read the ``match`` part alone. Raises InvalidRule naming ``match.<component>``."""
    require_valid(match, "flow", InvalidRule, definition="match", within="match")
    assert isinstance(match, Mapping)  # noqa: S101  (the schema said so; this tells mypy)
    return _read_match(match)


def _read_match(match: Mapping[str, Any]) -> Match:
    given: dict[str, Any] = {}
    for spelled, value in match.items():
        name = _SAME_COMPONENT.get(spelled, spelled)
        if name in given:
            field = f"match.{name}"
            raise InvalidRule(f"{field} is given twice, by both its names", field=field)
        given[name] = value
    destination = _prefix("destination", given["destination"])
    if destination.prefixlen == 0:
        raise InvalidRule(
            f"match.destination: {destination} is all of the Internet",
            field="match.destination",
            value=str(destination),
            limit="a prefix length of at least 1",
        )
    source = _prefix("source", given["source"]) if "source" in given else None
    if source is not None and source.version != destination.version:
        raise InvalidRule(
            f"match.source: {source} and destination {destination} are of two address families",
            field="match.source",
            value=str(source),
            limit=f"ipv{destination.version}",
        )
    address_family = f"ipv{destination.version}"
    if "flow-label" in given and address_family == "ipv4":
        raise InvalidRule(
            "match.flow-label exists on IPv6 only",
            field="match.flow-label",
            value=shown(given["flow-label"]),
            limit="ipv6",
        )
    read = Match(
        destination,
        # From anywhere is what a match without a source says.
        source if source is not None and source.prefixlen else None,
        tuple((name, intervals(name, given[name])) for name in NUMERIC if name in given),
        tuple(
            (name, flag_terms(name, given[name], address_family=address_family))
            for name in FLAGS
            if name in given
        ),
    )
    return _route(read) if "unicast" in given else read


def _prefix(component: str, text: str) -> Network:
    field = f"match.{component}"
    # Python would take a netmask and a wildcard mask too.
    if _PREFIX.fullmatch(text) is None:
        raise not_a_prefix(text, field, InvalidRule)
    return parse_prefix(text, field, InvalidRule)


def _plain_prefix(text: str) -> Network | None:
    """None for a destination that ``_read_match`` would refuse."""
    if _PREFIX.fullmatch(text) is None:
        return None
    try:
        network = _ipv4_host(text) or ip_network(text)
    except ValueError:
        return None
    return network if network.prefixlen else None


def _ipv4_host(text: str) -> IPv4Network | None:
    """``192.0.2.1/32``, which most destinations are, in half the time of ``ip_network``; None for
    others. Raises ValueError."""
    address, _, length = text.partition("/")
    if length != "32":
        return None
    try:
        return IPv4Network(inet_pton(AF_INET, address))
    except OSError:
        return None
