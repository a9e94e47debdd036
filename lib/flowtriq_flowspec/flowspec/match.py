"""What a rule matches: typed, frozen, canonical by construction; its identity and its forms."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, wraps
from typing import Any, Callable, TypeVar

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
    flags_to_json,
    term_in_words,
)
from .prefixes import Network

_PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}
_Value = TypeVar("_Value")


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
            _check_flags(name, terms, f"ipv{self.destination.version}")

    @property
    def address_family(self) -> str:
        """``ipv4`` or ``ipv6``, by the destination."""
        return self._rest.address_family

    @cached_property
    def destination_text(self) -> str:
        return str(self.destination)

    @property
    def afi_safi(self) -> str:
        """What a session must negotiate to carry the rule, in ExaBGP's words: ``ipv4 flow``; for a
        blackhole ``ipv4 unicast``."""
        return self._rest.afi_safi

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
        return {"destination": self.destination_text, **self._rest.form}

    def contains(self, partial: Match) -> bool:
        """Whether this match has every component of ``partial``, each the same.

        The mission's withdraw message may leave components of its announce message out.
        """
        wanted, own = partial.to_dict(), self.to_dict()
        return all(own.get(name) == value for name, value in wanted.items())

    def describe(self) -> str:
        """One plain line: ``203.0.113.45/32 tcp destination-port 80 packet-length 0-100``."""
        return f"{'route ' if self.unicast else ''}to {self.destination_text}{self._rest.words}"

    def toward(self, destination: Network) -> Match:
        """This match with another destination of its address family. Its other components are
        checked already, and what was made of them is kept: an attack may have thousands of
        targets."""
        if destination.version != self.destination.version or self.unicast:
            return replace(self, destination=destination)
        other = object.__new__(Match)
        vars(other).update(
            destination=destination,
            source=self.source,
            numeric=self.numeric,
            flags=self.flags,
            unicast=self.unicast,
            _rest=self._rest,
            # Needed of each, and quicker here than each by itself.
            destination_text=str(destination),
            nlri=nlri.destination(destination) + self._rest.nlri,
        )
        _check_prefix(destination)
        return other

    @cached_property
    def _rest(self) -> _Rest:
        return _Rest.of(self)


def but_for_destination(function: Callable[[Match], _Value]) -> Callable[[Match], _Value]:
    """For a ``function`` that looks at everything of a match but the destination's address: what it
    returns is kept for all matches that ``toward`` made of one."""

    @wraps(function)
    def kept(match: Match) -> _Value:
        known = match._rest.known
        if function not in known:
            known[function] = function(match)
        value: _Value = known[function]
        return value

    return kept


@dataclass(frozen=True)
class _Rest:
    """A match without its destination: as NLRI, in JSON, in words; and what is ``known`` of it
    (but_for_destination). What thousands of matches share is here: each of them is small."""

    address_family: str
    afi_safi: str
    nlri: bytes
    form: Mapping[str, Any]
    words: str
    known: dict[Any, Any] = field(default_factory=dict, compare=False)

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
        family = f"ipv{match.destination.version}"
        afi_safi = f"{family} {'unicast' if match.unicast else 'flow'}"
        return cls(family, afi_safi, encoded, form, " ".join(words))


def _check_prefixes(match: Match) -> None:
    for prefix in (match.destination, match.source):
        if prefix is not None:
            _check_prefix(prefix)
    if match.source is not None and match.source.version != match.destination.version:
        raise ValueError(f"{match.source} is not of the destination's address family")


def _check_prefix(prefix: Network) -> None:
    # The text of an IPv6 scope may be anything.
    if prefix.prefixlen == 0 or (prefix.version == 6 and "%" in str(prefix)):
        raise ValueError(f"{prefix} is not allowed in a match")


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


def _one_or_list(items: list[Any]) -> Any:
    return items[0] if len(items) == 1 else items


def _interval_to_json(name: str, term: Interval) -> int | str:
    low, high = term
    if low != high:
        return f"{low}..{high}"
    return _PROTOCOL_NAMES.get(low, low) if name == "protocol" else low


def _interval_in_words(name: str, term: Interval) -> str:
    return str(_interval_to_json(name, term)).replace("..", "-")
