"""Junos' names for the counters of FlowSpec rules, read into our matches.

Junos names a counter after the match, in the order of the NLRI's types:

    203.0.113.10,*,proto=17,srcport=53,=123,>=1024&<=2000,tcp-flag:18,frag:02

``*`` is any, a /32 is left out, flags are hexadecimal: ``:`` any of the bits, ``=`` all of them,
``!`` before either its opposite, ``!`` alone none. Readers of such names that others wrote have all
three of ``:02&!10``, ``:02&!:10`` and ``:02&!=10`` for SYN without ACK. A rule with a rate limit
has a second row, its policer, with the limit before the name: ``40K_``, and where Junos' number
overflowed ``-589934592K_``.

Names cannot be keys: Junos writes ranges where BGP carried ``>`` or ``!=``, and cuts long names.
So a name is read into the rule's canonical match, and that has the rule's id.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Network, ip_network
from itertools import chain
from socket import AF_INET, inet_pton

from flowtriq_flowspec.flowspec.components import (
    FLAGS,
    NUMERIC,
    FlagTerm,
    Interval,
    canonical_intervals,
    canonical_terms,
    common_intervals,
)
from flowtriq_flowspec.flowspec.prefixes import Network
from flowtriq_flowspec.flowspec.rule import Match

_LONGEST_NAME = 127
_HIGHEST = 2**32  # above every number of a packet
_ANY_HOST = {4: ip_network("192.0.2.1"), 6: ip_network("2001:db8::1")}
_KINDS = 1000
"""Of names, that are remembered: those of an attack differ in their destination alone."""

_NUMERIC = {
    "proto": "protocol",
    "port": "port",
    "dstport": "destination-port",
    "srcport": "source-port",
    "icmp-type": "icmp-type",
    "icmp-code": "icmp-code",
    "len": "packet-length",
    "dscp": "dscp",
}
_FLAGS = {"tcp-flag": "tcp-flags", "frag": "fragment"}
_PART = re.compile(r"([a-z-]*)([=<>:!].*)", re.ASCII)
_COMPARISON = re.compile(r"(<=|>=|!=|=|<|>)([0-9]{1,10})", re.ASCII)
_BITS = re.compile(r"(!:|!=|[:=!])(?:0x)?([0-9a-fA-F]{1,4})", re.ASCII)
_PREFIX = re.compile(r"[0-9a-fA-F:.]+(/[0-9]{1,3})?", re.ASCII)
_SHORTENED = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3}){0,2})(/[0-9]{1,2})", re.ASCII)
_LIMIT = re.compile(r"-?[0-9.]+[a-zA-Z]{0,4}_", re.ASCII)


class Unreadable(ValueError):
    """A row whose name is not in Junos' grammar as far as it is known here."""


def match_of(name: str, policer: bool) -> Match | None:
    """What the row of this name counts; None for a match that this product never announces, such as
    one without a destination. Raises Unreadable."""
    if len(name) >= _LONGEST_NAME:
        raise Unreadable(f"{name!r} may have been cut")
    if policer:
        limit = _LIMIT.match(name)
        if limit is None:
            raise Unreadable(f"{name!r} is not a policer's name")
        name = name[limit.end() :]
    text, comma, rest = name.partition(",")
    if not comma:
        raise Unreadable(f"{name!r} has no destination and source")
    destination = _prefix(text)
    kind = _kind(rest, 4 if destination is None else destination.version)
    if isinstance(kind, Unreadable):
        raise kind
    if kind is None or destination is None:
        return None
    try:
        return kind.toward(destination)
    except ValueError:
        return None  # a destination without length


@lru_cache(maxsize=_KINDS)
def _kind(rest: str, version: int) -> Match | Unreadable | None:
    """What follows the destination in a name, as a match toward some host."""
    source, *others = rest.split(",")
    try:
        return _match(_ANY_HOST[version], _prefix(source), _components(others))
    except Unreadable as problem:
        return Unreadable(str(problem))
    except ValueError:
        return None


def _match(
    destination: Network, source: Network | None, components: Mapping[str, list[str]]
) -> Match:
    """Raises Unreadable; ValueError where it is none that this product announces."""
    numeric: dict[str, tuple[Interval, ...]] = {}
    flags: dict[str, tuple[FlagTerm, ...]] = {}
    for component, terms in components.items():
        if component in _NUMERIC:
            ours = _NUMERIC[component]
            numeric[ours] = canonical_intervals(chain(*(_intervals(ours, term) for term in terms)))
        else:
            flags[_FLAGS[component]] = canonical_terms(chain(*map(_flag_terms, terms)))
    return Match(
        destination,
        source if source is not None and source.prefixlen else None,
        tuple((name, numeric[name]) for name in NUMERIC if name in numeric),
        tuple((name, flags[name]) for name in FLAGS if name in flags),
    )


def _components(parts: Iterable[str]) -> dict[str, list[str]]:
    """``dstport=80``, ``=443``: a part without a name is one more value of the component before."""
    found: dict[str, list[str]] = {}
    current = ""
    for part in parts:
        match = _PART.fullmatch(part)
        name, term = match.groups() if match else ("", part)
        if name in found or (name and name not in {**_NUMERIC, **_FLAGS}):
            raise Unreadable(f"{part!r} is not a component, or the second of its name")
        current = name or current
        if not match or not current:
            raise Unreadable(f"{part!r} is not a component")
        found.setdefault(current, []).append(term)
    return found


def _intervals(component: str, term: str) -> tuple[Interval, ...]:
    found: tuple[Interval, ...] = ((0, NUMERIC[component].maximum),)
    for part in term.split("&"):
        match = _COMPARISON.fullmatch(part)
        if match is None:
            raise Unreadable(f"{term!r} is not a comparison")
        found = common_intervals(found, _holds(match[1], int(match[2])))
    if not found:
        raise Unreadable(f"{component} {term!r} matches nothing")
    return found


def _holds(comparison: str, value: int) -> tuple[Interval, ...]:
    """The numbers for which a comparison with ``value`` holds."""
    below, above = (0, value - 1), (value + 1, _HIGHEST)
    return {
        "=": ((value, value),),
        "!=": (below, above),
        "<": (below,),
        ">": (above,),
        "<=": ((0, value),),
        ">=": ((value, _HIGHEST),),
    }[comparison]


def _flag_terms(term: str) -> list[FlagTerm]:
    """The alternatives that a term stands for: one, unless it says that of some bits not all are
    set."""
    all_of = any_of = none_of = 0
    not_all_of = [0]
    for part in term.split("&"):
        match = _BITS.fullmatch(part)
        if match is None or (match[1] == ":" and any_of):
            raise Unreadable(f"{term!r} is not a set of flags")
        sign, bits = match[1], int(match[2], 16)
        if sign == "!=" and bits & (bits - 1):
            not_all_of = [known | bit for known in not_all_of for bit in _each_bit(bits)]
        elif sign.startswith("!"):
            none_of |= bits
        elif sign == "=" or bits & (bits - 1) == 0:
            all_of |= bits
        else:
            any_of = bits
    found = []
    for more in not_all_of:
        with contextlib.suppress(ValueError):
            found.append(FlagTerm(all_of, any_of, none_of | more))
    if not found:
        raise Unreadable(f"{term!r} asks for nothing, or for a flag that it excludes")
    return found


def _each_bit(bits: int) -> list[int]:
    return [1 << place for place in range(bits.bit_length()) if bits >> place & 1]


def _prefix(text: str) -> Network | None:
    """None for ``*``. Zeros at the end of an IPv4 prefix may be left out: ``0/0``."""
    if text == "*":
        return None
    with contextlib.suppress(OSError):  # as a rule; there may be ten thousand
        return IPv4Network((inet_pton(AF_INET, text), 32))
    shortened = _SHORTENED.fullmatch(text)
    if shortened:
        octets = shortened[1].split(".")
        text = ".".join([*octets, *["0"] * (4 - len(octets))]) + shortened[2]
    if _PREFIX.fullmatch(text) is None:
        raise Unreadable(f"{text!r} is not a prefix")
    try:
        return ip_network(text)
    except ValueError as error:
        raise Unreadable(f"{text!r} is not a prefix: {error}") from error
