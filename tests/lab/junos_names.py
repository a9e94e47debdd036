"""What Junos calls the counter of a FlowSpec rule."""

from __future__ import annotations

from flowtriq_flowspec.flowspec.components import FlagTerm, Interval
from flowtriq_flowspec.flowspec.prefixes import Network
from flowtriq_flowspec.flowspec.rule import Match

LONGEST = 127
"""Characters of a name in JUNIPER-FIREWALL-MIB; Junos cuts a longer one."""

_SHORT = {
    **{"protocol": "proto", "destination-port": "dstport", "source-port": "srcport"},
    **{"packet-length": "len", "tcp-flags": "tcp-flag", "fragment": "frag"},
}
_TYPES = [
    *("protocol", "port", "destination-port", "source-port", "icmp-type", "icmp-code"),
    *("tcp-flags", "packet-length", "dscp", "fragment"),
]


def name(match: Match) -> str:
    """In the order of the NLRI's types; /32 and any source in Junos' short forms."""
    parts = [_address(match.destination), _address(match.source) if match.source else "*"]
    for component in _TYPES:
        terms = [_range(term) for term in match.intervals(component)]
        terms += [_flags(term) for term in match.flag_terms(component)]
        if terms:
            parts.append(_SHORT.get(component, component) + ",".join(terms))
    return ",".join(parts)


def _address(prefix: Network) -> str:
    return str(prefix).replace("/32", "") if prefix.version == 4 else str(prefix)


def _range(term: Interval) -> str:
    low, high = term
    return f"={low}" if low == high else f">={low}&<={high}"


def _flags(term: FlagTerm) -> str:
    single = term.all_of & (term.all_of - 1) == 0
    parts = [
        (":" if single else "=", term.all_of),
        (":", term.any_of),
        ("!", term.none_of),
    ]
    return "&".join(f"{sign}{bits:02x}" for sign, bits in parts if bits)
