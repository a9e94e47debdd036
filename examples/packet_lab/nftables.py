"""A FlowSpec rule as nftables rules: what these can do of RFC 8955, and a refusal of the rest."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cmp_to_key
from itertools import product, zip_longest

from flowtriq_flowspec.flowspec.components import PROTOCOLS, FlagTerm, Interval, common_intervals
from flowtriq_flowspec.flowspec.rule import Match

from tests.lab.bgp_wire import Attributes

Alternatives = list[str]
"""nftables conditions of which one must hold."""

_TRAFFIC_RATE, _MARK = b"\x80\x06", b"\x80\x09"
_REFUSED = {
    b"\x80\x07": "sample, nor go on to other rules",
    b"\x80\x08": "redirect to a VRF",
    b"\x81\x08": "redirect to a VRF",
    b"\x82\x08": "redirect to a VRF",
    b"\x08\x00": "redirect to an address",
    b"\x80\x0c": "limit packets here; the lab limits bytes",
}
_ANY: tuple[Interval, ...] = ((0, 255),)
_PORTS = {"port", "source-port", "destination-port"}
_EVERY_PORT: tuple[Interval, ...] = ((0, 65535),)
_WITH_PORTS: tuple[Interval, ...] = ((6, 6), (17, 17), (33, 33), (132, 132), (136, 136))
"""TCP, UDP, DCCP, SCTP, UDP-Lite."""
_IS_FRAGMENT = 2
_FRAGMENT = {
    # RFC 8955 section 4.2.2.12: is-fragment is a fragment behind the first.
    1: (["ip frag-off & 0x4000 != 0"], ["ip frag-off & 0x4000 == 0"]),
    2: (["ip frag-off & 0x1fff != 0"], ["ip frag-off & 0x1fff == 0"]),
    4: (["ip frag-off & 0x3fff == 0x2000"], ["ip frag-off & 0x3fff != 0x2000"]),
    8: (
        ["ip frag-off & 0x1fff != 0 ip frag-off & 0x2000 == 0"],
        ["ip frag-off & 0x1fff == 0", "ip frag-off & 0x2000 != 0"],
    ),
}
_NO_HEADER = "exthdr frag missing"
_FRAGMENT_IPV6 = {
    2: (["frag frag-off != 0"], [_NO_HEADER, "frag frag-off == 0"]),
    4: (
        ["frag frag-off == 0 frag more-fragments == 1"],
        [_NO_HEADER, "frag frag-off != 0", "frag more-fragments == 0"],
    ),
    8: (
        ["frag frag-off != 0 frag more-fragments == 0"],
        [_NO_HEADER, "frag frag-off == 0", "frag more-fragments == 1"],
    ),
}
"""{flag: (conditions that it is set, conditions that it is not)}"""


class Refused(Exception):
    """nftables cannot do this, or not so that it means the same; says what."""


def conditions(match: Match) -> Alternatives:
    """Each says the family, so a table of the family inet can hold them. Raises Refused."""
    family = "ip" if match.address_family == "ipv4" else "ip6"
    parts: list[Alternatives] = [[f"{family} daddr {match.destination}"]]
    if match.source is not None:
        parts.append([f"{family} saddr {match.source}"])
    protocols = _protocols(match, family)
    if protocols != _ANY:
        parts.append([f"meta l4proto {_values(protocols)}"])
    parts += [_numeric(name, spans, family) for name, spans in match.numeric if name != "protocol"]
    for name, terms in match.flags:
        parts.append([one for term in terms for one in _flags(name, term, family)])
    return [" ".join(each) for each in product(*parts)]


def _protocols(match: Match, family: str) -> tuple[Interval, ...]:
    """Those that can have all components: nftables refuses to be told of two different ones."""
    names = {name for name, _ in (*match.numeric, *match.flags)}
    found = match.intervals("protocol") or _ANY
    if names & _PORTS:
        found = common_intervals(found, _WITH_PORTS)
    if names & {"icmp-type", "icmp-code"}:
        icmp = PROTOCOLS["icmp" if family == "ip" else "icmpv6"]
        found = common_intervals(found, [(icmp, icmp)])
    if "tcp-flags" in names:
        found = common_intervals(found, [(PROTOCOLS["tcp"], PROTOCOLS["tcp"])])
    if not found:
        raise Refused("no protocol has all these components")
    return found


def _values(spans: tuple[Interval, ...]) -> str:
    values = [str(low) if low == high else f"{low}-{high}" for low, high in spans]
    return values[0] if len(values) == 1 else f"{{ {', '.join(values)} }}"


def _numeric(name: str, spans: tuple[Interval, ...], family: str) -> Alternatives:
    if name in _PORTS and spans == _EVERY_PORT:
        # nftables leaves a comparison with everything out, and then takes fragments without ports.
        return _fragment(FlagTerm(none_of=_IS_FRAGMENT), family)
    wanted = _values(spans)
    icmp = "icmp" if family == "ip" else "icmpv6"
    known: dict[str, Alternatives] = {
        "port": [f"th sport {wanted}", f"th dport {wanted}"],
        "destination-port": [f"th dport {wanted}"],
        "source-port": [f"th sport {wanted}"],
        "icmp-type": [f"{icmp} type {wanted}"],
        "icmp-code": [f"{icmp} code {wanted}"],
        "packet-length": [f"meta length {wanted}"],
        "dscp": [f"{family} dscp {wanted}"],
    }
    if name not in known:
        raise Refused(f"nftables cannot match {name}")
    return known[name]


def _flags(name: str, term: FlagTerm, family: str) -> Alternatives:
    return _tcp_flags(term) if name == "tcp-flags" else _fragment(term, family)


def _tcp_flags(term: FlagTerm) -> Alternatives:
    found = []
    if term.all_of or term.none_of:
        found.append(f"tcp flags & {term.all_of | term.none_of:#x} == {term.all_of:#x}")
    if term.any_of:
        found.append(f"tcp flags & {term.any_of:#x} != 0")
    return [" ".join(found)]


def _fragment(term: FlagTerm, family: str) -> Alternatives:
    table = _FRAGMENT if family == "ip" else _FRAGMENT_IPV6
    parts = [table[bit][0] for bit in table if term.all_of & bit]
    parts += [table[bit][1] for bit in table if term.none_of & bit]
    if term.any_of:
        parts.append([one for bit in table if term.any_of & bit for one in table[bit][0]])
    return [" ".join(each) for each in product(*parts)]


@dataclass(frozen=True)
class Action:
    """``bytes_per_second`` 0 drops everything, None limits nothing; ``mark`` is a DSCP."""

    bytes_per_second: int | None = None
    mark: int | None = None

    def statements(self, family: str, id_: str) -> Iterator[str]:
        """What happens to each packet that matched, counted in ``dropped_ID`` and ``passed_ID``."""
        if self.bytes_per_second == 0:
            yield f"counter name dropped_{id_} drop"
            return
        if self.bytes_per_second is not None:
            limit = f"limit rate over {self.bytes_per_second} bytes/second"
            yield f"{limit} counter name dropped_{id_} drop"
        if self.mark is not None:
            yield f"{'ip' if family == 'ipv4' else 'ip6'} dscp set {self.mark}"
        yield f"counter name passed_{id_}"


def action(attributes: Attributes) -> Action:
    """What a rule's extended communities ask for (RFC 8955 section 7). Raises Refused."""
    if attributes.ipv6_extended_communities:
        raise Refused("nftables cannot redirect to an IPv6 address")
    rate, mark = None, None
    for community in attributes.extended_communities:
        kind = community[:2]
        if kind == _TRAFFIC_RATE:
            (rate,) = struct.unpack("!f", community[4:])
            if not math.isfinite(rate) or rate < 0:
                raise Refused(f"a traffic rate of {rate} bytes per second is none")
        elif kind == _MARK:
            mark = community[7] & 0x3F
        elif kind in _REFUSED or kind[0] in (0x80, 0x81, 0x82):
            what = _REFUSED.get(kind, f"do what the community {community.hex()} asks for")
            raise Refused(f"nftables cannot {what}")
    return Action(None if rate is None else int(rate), mark)


def in_order(matches: Iterable[Match]) -> list[Match]:
    """As a router tries them: RFC 8955 section 5.1."""
    return sorted(matches, key=cmp_to_key(_compare))


def _compare(one: Match, other: Match) -> int:
    """Below 0 where ``one`` comes first."""
    pairs = zip_longest(_components(one), _components(other), fillvalue=(256, b""))
    for (kind, value), (other_kind, other_value) in pairs:
        if kind != other_kind:
            return kind - other_kind
        if kind in (1, 2):
            value, other_value = _prefix(value), _prefix(other_value)
        common = min(len(value), len(other_value))
        if value[:common] != other_value[:common]:
            return -1 if value[:common] < other_value[:common] else 1
        if len(value) != len(other_value):
            return len(other_value) - len(value)  # what says more comes first
    return 0


def _prefix(value: bytes) -> bytes:
    """A prefix' bits, an octet each, so that prefixes compare like other components."""
    length, octets = value[0], value[1:]
    return "".join(f"{octet:08b}" for octet in octets)[:length].encode()


def _components(match: Match) -> Iterator[tuple[int, bytes]]:
    """(type, octets); of a prefix its length and bits, without IPv6's offset."""
    octets, at = match.nlri, 0
    offset = match.destination.version == 6
    while at < len(octets):
        kind, start = octets[at], at + 1
        if kind in (1, 2):
            at = start + 1 + offset + (octets[start] + 7) // 8
            yield kind, octets[start : start + 1] + octets[start + 1 + offset : at]
            continue
        at, last = start, False
        while not last:
            last = bool(octets[at] & 0x80)
            at += 1 + (1 << ((octets[at] & 0x30) >> 4))
        yield kind, octets[start:at]
