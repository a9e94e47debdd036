"""The FlowSpec rule: match and then, typed, frozen, canonical by construction.

A rule's identity is its match: see docs/adr/0004. A blackhole is a rule too, though it goes out as
an ordinary route: docs/adr/0012.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

from ..errors import InvalidRule
from ..validation import require_valid, shown
from . import nlri
from .components import (
    FLAGS,
    NUMERIC,
    PROTOCOLS,
    FlagTerm,
    Interval,
    allowed_flags,
    canonical_intervals,
    canonical_terms,
    flag_terms,
    flags_to_json,
    intervals,
    term_in_words,
)
from .prefixes import Network, not_a_prefix, parse_prefix
from .then import Then, read_then

_SAME_COMPONENT = {"next-header": "protocol", "traffic-class": "dscp"}
_PREFIX = re.compile(r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?", re.ASCII)
_PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}


@dataclass(frozen=True)
class Match:
    """What a rule matches. ``numeric`` and ``flags`` hold the components that are present, in the
    order of their NLRI types, each with canonical terms (components.py). With ``unicast`` it is a
    route to one host, the destination, instead of a FlowSpec match; only a blackhole has that.

    Raises ValueError for anything else: text for ExaBGP and octets are written from these fields.
    """

    destination: Network
    source: Network | None = None
    numeric: tuple[tuple[str, tuple[Interval, ...]], ...] = ()
    flags: tuple[tuple[str, tuple[FlagTerm, ...]], ...] = ()
    unicast: bool = False

    def __post_init__(self) -> None:
        _check_prefixes(self)
        _check_components(self)
        for name, spans in self.numeric:
            _check_intervals(name, spans)
        for name, terms in self.flags:
            _check_flags(name, terms, self.address_family)

    @property
    def address_family(self) -> str:
        """``ipv4`` or ``ipv6``, by the destination."""
        return f"ipv{self.destination.version}"

    @property
    def afi_safi(self) -> str:
        """What a session must negotiate to carry the rule, in ExaBGP's words: ``ipv4 flow``; for a
        blackhole ``ipv4 unicast``."""
        return f"{self.address_family} {'unicast' if self.unicast else 'flow'}"

    def intervals(self, component: str) -> tuple[Interval, ...]:
        """The canonical intervals of a numeric component; empty where it is absent."""
        return dict(self.numeric).get(component, ())

    def flag_terms(self, component: str) -> tuple[FlagTerm, ...]:
        """The canonical terms of ``tcp-flags`` or ``fragment``; empty where it is absent."""
        return dict(self.flags).get(component, ())

    @cached_property
    def nlri(self) -> bytes:
        """The NLRI without its length (RFC 8955 section 4), or a unicast one (RFC 4271
        section 4.3)."""
        if self.unicast:
            length, address = self.destination.prefixlen, self.destination.network_address
            return bytes([length]) + address.packed
        return nlri.destination(self.destination) + self._rest.nlri

    @cached_property
    def id(self) -> str:
        """Twelve hexadecimal digits, the same on every host: SHA-256 of address family and NLRI."""
        prefix = bytes([(0x10 if self.unicast else 0) + self.destination.version])
        return hashlib.sha256(prefix + self.nlri).hexdigest()[:12]

    def to_dict(self) -> dict[str, Any]:
        """The canonical JSON form; ``parse_match`` of it is equal to this."""
        return {"destination": str(self.destination), **self._rest.form}

    def contains(self, partial: Mapping[str, Any]) -> bool:
        """Whether this match has every component of ``partial`` (a match in JSON), each the same.

        The mission's withdraw message may leave components of its announce message out.
        """
        wanted, own = parse_match(partial).to_dict(), self.to_dict()
        return all(own.get(name) == value for name, value in wanted.items())

    def describe(self) -> str:
        """One plain line: ``203.0.113.45/32 tcp destination-port 80 packet-length 0-100``."""
        return f"{'route ' if self.unicast else ''}to {self.destination}{self._rest.words}"

    def toward(self, destination: Network) -> Match:
        """This match with another destination of its address family. Its other components are
        checked already, and what was made of them is kept: an attack may have thousands of
        targets."""
        if destination.version != self.destination.version or self.unicast:
            return replace(self, destination=destination)
        other = object.__new__(Match)
        known = {"destination": destination, "_rest": self._rest}
        vars(other).update({each.name: getattr(self, each.name) for each in _FIELDS} | known)
        _check_prefixes(other)
        return other

    @cached_property
    def _rest(self) -> _Rest:
        return _Rest.of(self)


_FIELDS = fields(Match)


@dataclass(frozen=True)
class _Rest:
    """A match without its destination: as NLRI, in JSON, in words."""

    nlri: bytes
    form: Mapping[str, Any]
    words: str

    @classmethod
    def of(cls, match: Match) -> _Rest:
        form: dict[str, Any] = {}
        words = [""]
        if match.source is not None:
            form["source"] = str(match.source)
            words.append(f"from {match.source}")
        for name, terms in match.numeric:
            form[name] = _one_or_list([_interval_to_json(name, term) for term in terms])
            values = ",".join(_interval_in_words(name, term) for term in terms)
            words.append(values if name == "protocol" else f"{name} {values}")
        for name, alternatives in match.flags:
            form[name] = flags_to_json(name, alternatives)
            words.append(f"{name} " + " or ".join(term_in_words(name, t) for t in alternatives))
        if match.unicast:
            form["unicast"] = True
        encoded = nlri.components(match.source, match.numeric, match.flags)
        return cls(encoded, form, " ".join(words))


def _check_prefixes(match: Match) -> None:
    for prefix in (match.destination, match.source):
        if prefix is None:
            continue
        # The text of an IPv6 scope may be anything.
        if prefix.prefixlen == 0 or (prefix.version == 6 and "%" in str(prefix)):
            raise ValueError(f"{prefix} is not allowed in a match")
    if match.source is not None and match.source.version != match.destination.version:
        raise ValueError(f"{match.source} is not of the destination's address family")


def _check_components(match: Match) -> None:
    """Which components there are, and in which order."""
    numeric, flags = [name for name, _ in match.numeric], [name for name, _ in match.flags]
    if numeric != [name for name in NUMERIC if name in numeric]:
        raise ValueError(f"components {numeric} are unknown or out of order")
    if flags != [name for name in FLAGS if name in flags]:
        raise ValueError(f"components {flags} are unknown or out of order")
    if match.unicast and (match.source or numeric or flags or match.destination.num_addresses > 1):
        raise ValueError(f"{match} is not a route to one host")
    if match.destination.version == 4 and "flow-label" in numeric:
        raise ValueError("flow-label exists on IPv6 only")


def _check_intervals(name: str, spans: tuple[Interval, ...]) -> None:
    inside = all(0 <= low <= high <= NUMERIC[name].maximum for low, high in spans)
    if not spans or not inside or spans != canonical_intervals(spans):
        raise ValueError(f"{name} {spans} is out of range or not canonical")


def _check_flags(name: str, terms: tuple[FlagTerm, ...], address_family: str) -> None:
    known = sum(allowed_flags(name, address_family).values())
    for term in terms:
        if (term.all_of | term.any_of | term.none_of) & ~known:
            raise ValueError(f"{name} {term} has an unknown flag")
    if not terms or terms != canonical_terms(terms):
        raise ValueError(f"{name} {terms} is not canonical")


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


def _one_or_list(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


def _interval_to_json(name: str, term: Interval) -> int | str:
    low, high = term
    if low != high:
        return f"{low}..{high}"
    return _PROTOCOL_NAMES.get(low, low) if name == "protocol" else low


def _interval_in_words(name: str, term: Interval) -> str:
    return str(_interval_to_json(name, term)).replace("..", "-")
