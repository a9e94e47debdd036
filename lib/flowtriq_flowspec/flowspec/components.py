"""The components of a FlowSpec match: their names, NLRI types, ranges, and value terms.

Types and ranges: RFC 8955 section 4.2.2, RFC 8956 section 3. All terms here are canonical: two
spellings of one meaning give equal tuples, and so equal NLRI bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..errors import InvalidRule
from ..refusal_wording import shown

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

_RANGE = re.compile(r"([0-9]{1,10})(?:(?:\.\.|-)([0-9]{1,10}))?", re.ASCII)


@dataclass(frozen=True, order=True)
class FlagTerm:
    """One conjunction of bits: all of ``all_of``, one of ``any_of``, none of ``none_of``.

    Raises ValueError for one that asks for what it excludes, or for nothing at all.
    """

    all_of: int = 0
    any_of: int = 0
    none_of: int = 0

    def __post_init__(self) -> None:
        nothing = not (self.all_of or self.any_of or self.none_of)
        never = self.any_of and not self.any_of & ~self.none_of
        if nothing or never or self.all_of & self.none_of:
            raise ValueError(f"{self} asks for nothing, or for a flag that it excludes")


def intervals(component: str, value: Any) -> tuple[Interval, ...]:
    """The canonical intervals of a JSON value: ``80``, ``"80"``, ``"0..100"`` or ``"0-100"``, a
    protocol's name, or a list of those. Raises InvalidRule naming ``match.<component>``."""
    items = value if isinstance(value, list) else [value]
    return canonical_intervals(_interval(component, item) for item in items)


def canonical_intervals(given: Iterable[Interval]) -> tuple[Interval, ...]:
    """Sorted, overlapping and adjacent ones merged."""
    merged: list[Interval] = []
    for low, high in sorted(given):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def common_intervals(one: Iterable[Interval], other: Iterable[Interval]) -> tuple[Interval, ...]:
    """What belongs to both. Of canonical intervals the result is canonical too."""
    others = tuple(other)
    both = [(max(a, c), min(b, d)) for a, b in one for c, d in others]
    return tuple((low, high) for low, high in both if low <= high)


def operator_count(given: Iterable[Interval]) -> int:
    """Operators on the wire: a value is one, a range two (RFC 8955 section 4.2.1.1)."""
    return sum(1 if low == high else 2 for low, high in given)


def _interval(component: str, item: Any) -> Interval:
    maximum = NUMERIC[component].maximum
    if component == "protocol" and isinstance(item, str) and item.lower() in PROTOCOLS:
        return PROTOCOLS[item.lower()], PROTOCOLS[item.lower()]
    if not isinstance(item, str):  # to JSON, 80.0 is the integer 80
        if item < 0:
            raise _refusal(component, item, "is below 0", limit=0)
        if item > maximum:
            raise _refusal(component, item, f"is above {maximum}", limit=maximum)
        return int(item), int(item)
    ends = _RANGE.fullmatch(item)
    if ends is None:
        names = f" nor one of {', '.join(PROTOCOLS)}" if component == "protocol" else ""
        raise _refusal(component, item, f"is neither a number nor a range like 0..100{names}")
    low = int(ends[1])
    high = int(ends[2]) if ends[2] is not None else low
    if low > high:
        raise _refusal(component, item, f"is an inverted range; write {high}..{low}")
    if high > maximum:
        raise _refusal(component, item, f"is above {maximum}", limit=maximum)
    return low, high


def flag_terms(component: str, value: Any, *, address_family: str) -> tuple[FlagTerm, ...]:
    """The canonical terms of a JSON value; the terms are alternatives.

    A list of names means any of these bits. An object ``{"any": […], "all": […], "not": […]}`` is
    one conjunction. A list may mix both. Raises InvalidRule naming ``match.<component>``.
    """
    items = value if isinstance(value, list) else [value]
    terms = []
    for item in items:
        parts = {"any": [item]} if isinstance(item, str) else item
        all_of, any_of, none_of = (
            _bits(component, parts.get(key, ()), address_family) for key in ("all", "any", "not")
        )
        try:
            terms.append(FlagTerm(all_of, any_of, none_of))
        except ValueError:
            raise _refusal(component, parts, "asks for a flag that it excludes") from None
    return canonical_terms(terms)


def canonical_terms(given: Iterable[FlagTerm]) -> tuple[FlagTerm, ...]:
    """Sorted, each in its one spelling, without those that others contain; alternatives that are
    one bit or any of some bits are put together as any of all those bits."""
    terms = {_one_spelling(term) for term in given}
    plain = {term for term in terms if _plain_bits(term)}
    if len(plain) > 1:
        bits = 0
        for term in plain:
            bits |= _plain_bits(term)
        terms = (terms - plain) | {FlagTerm(any_of=bits)}
    return tuple(
        sorted(
            term
            for term in terms
            if not any(_meaning(term) & ~_meaning(other) == 0 for other in terms - {term})
        )
    )


def _one_spelling(term: FlagTerm) -> FlagTerm:
    any_of = term.any_of & ~term.none_of
    if any_of & term.all_of:
        return FlagTerm(term.all_of, 0, term.none_of)  # one of them is there already
    if _is_single(any_of):
        return FlagTerm(term.all_of | any_of, 0, term.none_of)
    return FlagTerm(term.all_of, any_of, term.none_of)


def _plain_bits(term: FlagTerm) -> int:
    """The bits of a term that only says "any of these", else 0."""
    if term.none_of:
        return 0
    if term.any_of:
        return 0 if term.all_of else term.any_of
    return term.all_of if _is_single(term.all_of) else 0


@cache
def _meaning(term: FlagTerm) -> int:
    """The flag octets that fit the term, as a set: bit N stands for octet N."""
    return sum(
        1 << octet
        for octet in range(256)
        if octet & term.all_of == term.all_of
        and not octet & term.none_of
        and (octet & term.any_of or not term.any_of)
    )


def _is_single(bits: int) -> bool:
    return bits != 0 and bits & (bits - 1) == 0


def allowed_flags(component: str, address_family: str) -> dict[str, int]:
    """{name: bit}; IPv6 has no dont-fragment (RFC 8956 section 3.6)."""
    known = FLAGS[component]
    if address_family == "ipv4" or component != "fragment":
        return known
    return {name: bit for name, bit in known.items() if name != "dont-fragment"}


def _bits(component: str, names: Iterable[str], address_family: str) -> int:
    allowed = allowed_flags(component, address_family)
    bits = 0
    for name in names:
        flag = FLAG_ALIASES.get(name.lower(), name.lower())
        # The lower case of some letters that are not ASCII is: the Kelvin sign's is k.
        if flag not in allowed or not name.isascii():
            among = f"is not one of {', '.join(allowed)} ({address_family})"
            raise _refusal(component, name, among, limit=list(allowed))
        bits |= allowed[flag]
    return bits


def flag_names(component: str, bits: int) -> list[str]:
    """The names of the bits that are set, lowest bit first."""
    return [name for name, bit in FLAGS[component].items() if bits & bit]


def flags_to_json(name: str, terms: tuple[FlagTerm, ...]) -> list[Any]:
    """The canonical JSON form: names alone mean any of these bits."""
    items: list[Any] = []
    for term in terms:
        if term.none_of == 0 and (term.any_of == 0 or term.all_of == 0):
            single = bin(term.all_of).count("1") == 1
            if term.any_of or single:
                items += flag_names(name, term.any_of or term.all_of)
                continue
        parts = {"any": term.any_of, "all": term.all_of, "not": term.none_of}
        items.append({key: flag_names(name, bits) for key, bits in parts.items() if bits})
    return items


def term_in_words(name: str, term: FlagTerm) -> str:
    """``syn and not ack``."""
    parts = []
    if term.all_of:
        parts.append(" and ".join(flag_names(name, term.all_of)))
    if term.any_of:
        parts.append("any of " + "/".join(flag_names(name, term.any_of)))
    if term.none_of:
        parts.append("not " + "/".join(flag_names(name, term.none_of)))
    return " and ".join(parts)


def _refusal(component: str, value: object, problem: str, limit: object = None) -> InvalidRule:
    field = f"match.{component}"
    return InvalidRule(
        f"{field}: {shown(value)!r} {problem}", field=field, value=shown(value), limit=limit
    )
