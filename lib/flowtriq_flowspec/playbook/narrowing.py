"""A vector's match, narrowed by what the sender observed: never broader than the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..attack import Observed, interval_json
from ..flowspec.components import Interval, intervals
from ..flowspec.prefixes import Network
from .vectors import Vector

# Each value costs a TCAM entry or more (a second source port doubles the rule on a Cisco NCS5500),
# and an attack with more values than this is spread on purpose.
MAX_VALUES = 5
# More ports than this tell an attack from nothing: a rule with 1..65535 is a rule without ports.
MAX_TELLING_PORTS = 1024
# ICMP as a whole is never answered: path MTU and neighbour discovery are in it (icmp_flood matches
# echo requests alone).
ICMP = (1, 58)
_EVERYONES_PROTOCOLS = ((1, 1), (6, 6), (17, 17), (58, 58))
_WITH_PORTS = ("tcp", "udp", 6, 17)


def narrowed(
    match: Mapping[str, Any],
    vector: Vector,
    observed: Observed,
    target: Network,
    notes: list[str],
) -> list[dict[str, Any]]:
    """The matches (without destination) of the rules for one target: one, or one for each
    observed source, since a rule holds one source prefix. ``notes`` gets what was left out."""
    result = dict(match)
    protocols = [number for number in observed.protocols if number not in ICMP]
    if "protocol" not in result and protocols:
        if len(protocols) <= MAX_VALUES:
            result["protocol"] = protocols
        else:
            notes.append(_too_many(vector, "protocols", len(protocols)))
    if _has_ports(result):
        _narrow(result, "destination-port", observed.destination_ports, vector, notes)
        _narrow(result, "source-port", observed.source_ports, vector, notes)
        if "destination-port" not in result and "source-port" not in result:
            if target.version == 6:
                result.update(vector.ipv6_without_ports)
            else:
                result.update(vector.without_ports)
        if observed.tcp_flags and _is_tcp(result) and "tcp-flags" not in result:
            result["tcp-flags"] = {"all": list(observed.tcp_flags)}
    _narrow(result, "packet-length", observed.packet_lengths, vector, notes)
    sources = [source for source in observed.sources if source.version == target.version]
    if not sources or "source" in result:
        return [result]
    if len(sources) > MAX_VALUES:
        notes.append(_too_many(vector, "sources", len(sources)))
        return [result]
    return [{**result, "source": str(source)} for source in sources]


def tells_apart(match: Mapping[str, Any], *, by_kind: bool) -> bool:
    """Whether a match tells the attack from the target's other traffic, so that it may be
    dropped: by a source or few enough ports; with ``by_kind`` also by TCP flags, ICMP type,
    fragmentation, or a protocol that isn't everyone's."""
    if by_kind:
        if any(key in match for key in ("tcp-flags", "icmp-type", "fragment")):
            return True
        protocols = intervals("protocol", match["protocol"]) if "protocol" in match else ()
        if protocols and not _common(protocols, _EVERYONES_PROTOCOLS):
            return True
    return "source" in match or any(
        sum(high - low + 1 for low, high in intervals(key, match[key])) <= MAX_TELLING_PORTS
        for key in ("port", "destination-port", "source-port")
        if key in match
    )


def _has_ports(match: Mapping[str, Any]) -> bool:
    """Whether ports may narrow the match: they are those of TCP and UDP (RFC 8955 section
    4.2.2.4), and fragments carry none."""
    protocol = match.get("protocol", "tcp")
    values = protocol if isinstance(protocol, list) else [protocol]
    return "fragment" not in match and all(value in _WITH_PORTS for value in values)


def _is_tcp(match: Mapping[str, Any]) -> bool:
    return match.get("protocol") in ("tcp", 6, ["tcp"], [6])


def _narrow(
    match: dict[str, Any],
    key: str,
    seen: Sequence[Interval],
    vector: Vector,
    notes: list[str],
) -> None:
    """Narrow one numeric component in place to what was seen of it."""
    values = intervals(key, [interval_json(item) for item in seen])
    if not values:
        return
    if key in match:
        values = _common(intervals(key, match[key]), values)
        if not values:
            notes.append(f"{vector.name}: the observed {key} does not fit the vector; not used")
            return
    # As the adapter's guardrail max_values_per_component counts: a range is two operators.
    operators = sum(1 if low == high else 2 for low, high in values)
    if operators > MAX_VALUES:
        notes.append(_too_many(vector, f"values of {key}", operators))
        return
    found = [interval_json(item) for item in values]
    match[key] = found[0] if len(found) == 1 else found


def _too_many(vector: Vector, what: str, count: int) -> str:
    return f"{vector.name}: {count} {what} observed, more than {MAX_VALUES}; not narrowed by them"


def _common(one: Sequence[Interval], other: Sequence[Interval]) -> tuple[Interval, ...]:
    """What belongs to both; each is sorted and without overlaps, and so is the result."""
    both = [(max(a, c), min(b, d)) for a, b in one for c, d in other]
    return tuple((low, high) for low, high in both if low <= high)
