"""The components of a FlowSpec match: their names, NLRI types, ranges, and value terms.

Types and ranges: RFC 8955 section 4.2.2, RFC 8956 section 3. All terms here are canonical: two
spellings of one meaning give equal tuples, and so equal NLRI bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .errors import InvalidRule

Interval = tuple[int, int]
"""(lowest, highest), both included."""

PROTOCOLS = {
    "icmp": 1,
    "igmp": 2,
    "ipip": 4,
    "tcp": 6,
    "udp": 17,
    "ipv6": 41,
    "gre": 47,
    "esp": 50,
    "ah": 51,
    "icmpv6": 58,
    "ospf": 89,
    "pim": 103,
    "sctp": 132,
}
"""Names for IANA protocol numbers; a match may also say the number."""


@dataclass(frozen=True)
class Numeric:
    """A component whose values are numbers: ``nlri_type`` and the highest value."""

    nlri_type: int
    maximum: int


NUMERIC = {
    "protocol": Numeric(3, 255),
    "port": Numeric(4, 65535),
    "destination-port": Numeric(5, 65535),
    "source-port": Numeric(6, 65535),
    "icmp-type": Numeric(7, 255),
    "icmp-code": Numeric(8, 255),
    "packet-length": Numeric(10, 65535),
    # Six bits on IPv6 too: RFC 8956 section 3 leaves type 11 as RFC 8955 has it.
    "dscp": Numeric(11, 63),
    "flow-label": Numeric(13, 2**20 - 1),
}

FLAGS = {
    # RFC 8955 section 4.2.2.9; bits as in RFC 9293 section 3.1.
    "tcp-flags": {
        "fin": 1,
        "syn": 2,
        "rst": 4,
        "push": 8,
        "ack": 16,
        "urgent": 32,
        "ece": 64,
        "cwr": 128,
    },
    # RFC 8955 section 4.2.2.12; RFC 8956 section 3.6 has no dont-fragment.
    "fragment": {
        "dont-fragment": 1,
        "is-fragment": 2,
        "first-fragment": 4,
        "last-fragment": 8,
    },
}
FLAG_ALIASES = {"psh": "push", "urg": "urgent", "ecn": "ece"}
FLAG_TYPES = {"tcp-flags": 9, "fragment": 12}

_RANGE = re.compile(r"([0-9]{1,10})(?:\.\.([0-9]{1,10}))?", re.ASCII)


@dataclass(frozen=True, order=True)
class FlagTerm:
    """One conjunction of bits: all of ``all_of``, one of ``any_of``, none of ``none_of``."""

    all_of: int = 0
    any_of: int = 0
    none_of: int = 0


def intervals(component: str, value: Any) -> tuple[Interval, ...]:
    """The canonical intervals of a JSON value: sorted, overlapping and adjacent ones merged.

    ``value`` is ``80``, ``"80"``, ``"0..100"``, a protocol's name, or a list of those.
    Raises InvalidRule naming ``match.<component>``.
    """
    items = value if isinstance(value, list) else [value]
    merged: list[Interval] = []
    for low, high in sorted(_interval(component, item) for item in items):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _interval(component: str, item: Any) -> Interval:
    maximum = NUMERIC[component].maximum
    if component == "protocol" and isinstance(item, str) and item.lower() in PROTOCOLS:
        return PROTOCOLS[item.lower()], PROTOCOLS[item.lower()]
    found = _RANGE.fullmatch(str(item))
    if found is None:
        raise _refusal(component, item, "is neither a number nor a range like 0..100")
    low = int(found[1])
    high = int(found[2]) if found[2] is not None else low
    if low > high:
        raise _refusal(component, item, "is an inverted range")
    if high > maximum:
        raise _refusal(component, item, f"is above {maximum}", limit=maximum)
    return low, high


def flag_terms(component: str, value: Any, *, address_family: str) -> tuple[FlagTerm, ...]:
    """The canonical terms of a JSON value; the terms are alternatives.

    A list of names means any of these bits. An object ``{"any": […], "all": […], "not": […]}`` is
    one conjunction. A list may mix both. Raises InvalidRule naming ``match.<component>``.
    """
    items = value if isinstance(value, list) else [value]
    named = [item for item in items if isinstance(item, str)]
    terms = {_flag_term(component, item, address_family) for item in items if item not in named}
    if named:
        terms.add(_flag_term(component, {"any": named}, address_family))
    # Alternatives that are one plain bit or any of some bits are one "any of all those bits".
    plain = {term for term in terms if _plain_bits(term)}
    if len(plain) > 1:
        bits = 0
        for term in plain:
            bits |= _plain_bits(term)
        terms = (terms - plain) | {FlagTerm(any_of=bits)}
    return tuple(sorted(terms))


def _plain_bits(term: FlagTerm) -> int:
    """The bits of a term that only says "any of these", else 0."""
    if term.none_of:
        return 0
    if term.any_of:
        return 0 if term.all_of else term.any_of
    return term.all_of if _is_single(term.all_of) else 0


def _flag_term(component: str, item: Mapping[str, Any], address_family: str) -> FlagTerm:
    all_of = _bits(component, item.get("all", ()), address_family)
    any_of = _bits(component, item.get("any", ()), address_family)
    none_of = _bits(component, item.get("not", ()), address_family)
    possible = any_of & ~none_of
    if all_of & none_of or (any_of and not possible):
        raise _refusal(component, dict(item), "asks for a flag that it excludes")
    if possible & all_of:
        possible = 0  # met already
    if _is_single(possible):
        all_of, possible = all_of | possible, 0
    return FlagTerm(all_of, possible, none_of)


def _is_single(bits: int) -> bool:
    return bits != 0 and bits & (bits - 1) == 0


def _bits(component: str, names: Iterable[str], address_family: str) -> int:
    known = FLAGS[component]
    bits = 0
    for name in names:
        flag = FLAG_ALIASES.get(name.lower(), name.lower())
        if flag not in known:
            raise _refusal(component, name, f"is none of {', '.join(known)}", limit=list(known))
        if flag == "dont-fragment" and address_family == "ipv6":
            raise _refusal(component, name, "does not exist on IPv6 (RFC 8956 section 3.6)")
        bits |= known[flag]
    return bits


def flag_names(component: str, bits: int) -> list[str]:
    """The names of the bits that are set, lowest bit first."""
    return [name for name, bit in FLAGS[component].items() if bits & bit]


def _refusal(component: str, value: object, problem: str, limit: object = None) -> InvalidRule:
    field = f"match.{component}"
    return InvalidRule(f"{field}: {value!r} {problem}", field=field, value=value, limit=limit)
