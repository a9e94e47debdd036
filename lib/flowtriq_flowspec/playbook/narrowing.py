"""A vector's match, narrowed by what the sender observed: never broader than the evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any

from ..attack import Observed, interval_json
from ..flowspec.components import Interval, common_intervals, intervals, operator_count
from ..flowspec.prefixes import Network
from .vectors import Vector

# Each value costs a TCAM entry or more (a second source port doubles the rule on a Cisco NCS5500),
# and an attack with more values than this is spread on purpose.
MAX_VALUES = 5
# More ports than this do not tell an attack from other traffic: a rule for 1..65535 is a rule
# without ports.
MAX_SPECIFIC_PORTS = 1024
# ICMP as a whole is never answered: path MTU and neighbour discovery are in it (icmp_flood matches
# echo requests alone).
ICMP = (1, 58)
_EVERYONES_PROTOCOLS = ((1, 1), (6, 6), (17, 17), (58, 58))
_WITH_PORTS = ("tcp", "udp", 6, 17)


@dataclass(frozen=True)
class Narrowed:
    """``matches`` of the rules for one target, without destination: one, or one for each observed
    source, since a rule holds one source prefix. ``notes`` say what was observed and not used."""

    matches: tuple[dict[str, Any], ...]
    notes: tuple[str, ...] = ()


def narrowed(
    match: Mapping[str, Any], vector: Vector, observed: Observed, target: Network
) -> Narrowed:
    """A vector's match narrowed to what was observed against ``target``."""
    narrowing = _Narrowing(dict(match), vector)
    narrowing.by_protocols(observed.protocols)
    if _has_ports(narrowing.match):
        narrowing.by_ports(observed, target)
        narrowing.by_tcp_flags(observed.tcp_flags)
    narrowing.by_values("packet-length", observed.packet_lengths)
    sources = [source for source in observed.sources if source.version == target.version]
    return narrowing.by_sources(sources)


@dataclass
class _Narrowing:
    """A match that becomes narrower step by step."""

    match: dict[str, Any]
    vector: Vector
    notes: list[str] = field(default_factory=list)

    def by_protocols(self, observed: Sequence[int]) -> None:
        protocols = [number for number in observed if number not in ICMP]
        if "protocol" in self.match or not protocols:
            return
        if len(protocols) > MAX_VALUES:
            self._note_too_many("protocols", len(protocols))
        else:
            self.match["protocol"] = protocols

    def by_ports(self, observed: Observed, target: Network) -> None:
        self.by_values("destination-port", observed.destination_ports)
        self.by_values("source-port", observed.source_ports)
        if "destination-port" not in self.match and "source-port" not in self.match:
            ipv6 = target.version == 6
            self.match.update(self.vector.ipv6_without_ports if ipv6 else self.vector.without_ports)

    def by_tcp_flags(self, observed: Sequence[str]) -> None:
        if observed and _is_tcp(self.match) and "tcp-flags" not in self.match:
            self.match["tcp-flags"] = {"all": list(observed)}

    def by_values(self, component: str, observed: Sequence[Interval]) -> None:
        """By what was observed of one numeric component."""
        values = intervals(component, [interval_json(item) for item in observed])
        if not values:
            return
        if component in self.match:
            values = common_intervals(intervals(component, self.match[component]), values)
            if not values:
                self.notes.append(
                    f"{self.vector.name}: the observed {component} does not fit the vector;"
                    " not used"
                )
                return
        # As the adapter's guardrail max_values_per_component counts: a range is two operators.
        if operator_count(values) > MAX_VALUES:
            self._note_too_many(f"values of {component}", operator_count(values))
            return
        items = [interval_json(item) for item in values]
        self.match[component] = items[0] if len(items) == 1 else items

    def by_sources(self, observed: Sequence[Network]) -> Narrowed:
        """The last step: it ends in one match or in several."""
        matches = [self.match]
        if len(observed) > MAX_VALUES and "source" not in self.match:
            self._note_too_many("sources", len(observed))
        elif observed and "source" not in self.match:
            matches = [{**self.match, "source": str(source)} for source in observed]
        return Narrowed(tuple(matches), tuple(self.notes))

    def _note_too_many(self, what: str, count: int) -> None:
        self.notes.append(
            f"{self.vector.name}: {count} {what} observed, more than {MAX_VALUES};"
            " not narrowed by them"
        )


def _has_specific_source(match: Mapping[str, Any]) -> bool:
    """A source of /16 at most, or /32 of IPv6: about one operator's network. A wider one, such as
    0.0.0.0/1, would drop real visitors too."""
    if "source" not in match:
        return False
    source = ip_network(match["source"])
    return source.prefixlen >= (16 if source.version == 4 else 32)


def is_specific_enough(match: Mapping[str, Any], *, by_kind: bool) -> bool:
    """Whether a match tells the attack from the target's other traffic, so that it may be
    dropped: by a source or few enough ports; with ``by_kind`` also by TCP flags, ICMP type,
    fragmentation, or a protocol that few hosts use."""
    if by_kind:
        if any(key in match for key in ("tcp-flags", "icmp-type", "fragment")):
            return True
        protocols = intervals("protocol", match["protocol"]) if "protocol" in match else ()
        if protocols and not common_intervals(protocols, _EVERYONES_PROTOCOLS):
            return True
    return _has_specific_source(match) or any(
        sum(high - low + 1 for low, high in intervals(key, match[key])) <= MAX_SPECIFIC_PORTS
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
