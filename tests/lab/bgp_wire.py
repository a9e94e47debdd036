"""The few BGP messages that the listener needs, as octets (RFC 4271, RFC 4760, RFC 8955)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address

OPEN, UPDATE, NOTIFICATION, KEEPALIVE = 1, 2, 3, 4
CEASE = 6

IPV4_FLOW, IPV6_FLOW, IPV4_UNICAST, IPV6_UNICAST = (1, 133), (2, 133), (1, 1), (2, 1)
FAMILY_NAMES = {
    IPV4_FLOW: "ipv4 flow",
    IPV6_FLOW: "ipv6 flow",
    IPV4_UNICAST: "ipv4 unicast",
    IPV6_UNICAST: "ipv6 unicast",
}
"""(AFI, SAFI) and what ExaBGP calls it."""
FAMILIES = {name: numbers for numbers, name in FAMILY_NAMES.items()}

_NEXT_HOP, _COMMUNITIES, _MP_REACH, _MP_UNREACH, _EXTENDED_COMMUNITIES = 3, 8, 14, 15, 16
_IPV6_EXTENDED_COMMUNITIES = 25


@dataclass(frozen=True)
class Attributes:
    """What an UPDATE says about its routes; ``raw`` has each path attribute's octets by type."""

    raw: dict[int, bytes] = field(default_factory=dict, compare=False)
    next_hop: bytes = b""

    @property
    def extended_communities(self) -> tuple[bytes, ...]:
        """Eight octets each (RFC 4360), in the order received."""
        return _chunks(self.raw.get(_EXTENDED_COMMUNITIES, b""), 8)

    @property
    def ipv6_extended_communities(self) -> tuple[bytes, ...]:
        """Twenty octets each (RFC 5701)."""
        return _chunks(self.raw.get(_IPV6_EXTENDED_COMMUNITIES, b""), 20)

    @property
    def communities(self) -> tuple[bytes, ...]:
        """Four octets each (RFC 1997)."""
        return _chunks(self.raw.get(_COMMUNITIES, b""), 4)


@dataclass(frozen=True)
class Update:
    """One UPDATE. Routes are (family, NLRI octets without FlowSpec's own length): for FlowSpec the
    octets of RFC 8955 section 4, for unicast the prefix length followed by the prefix."""

    at_ns: int
    announced: tuple[tuple[str, bytes], ...]
    withdrawn: tuple[tuple[str, bytes], ...]
    attributes: Attributes

    @property
    def is_end_of_rib(self) -> bool:
        return not self.announced and not self.withdrawn


def _chunks(octets: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(octets[at : at + size] for at in range(0, len(octets), size))


def message(kind: int, body: bytes = b"") -> bytes:
    return b"\xff" * 16 + struct.pack("!HB", 19 + len(body), kind) + body


def notification(code: int, subcode: int) -> bytes:
    return message(NOTIFICATION, bytes([code, subcode]))


def open_message(
    asn: int,
    router_id: str,
    families: tuple[str, ...],
    hold_seconds: int,
    restart_seconds: int = 0,
) -> bytes:
    """An OPEN with one multiprotocol capability per family, 4-octet AS numbers (RFC 6793) and, for
    ``restart_seconds``, graceful restart (RFC 4724) of all families."""
    capabilities = [
        struct.pack("!BBHBB", 1, 4, FAMILIES[name][0], 0, FAMILIES[name][1]) for name in families
    ]
    capabilities.append(struct.pack("!BBI", 65, 4, asn))
    if restart_seconds:
        kept = [struct.pack("!HBB", *FAMILIES[name], 0x80) for name in families]
        value = struct.pack("!H", restart_seconds) + b"".join(kept)
        capabilities.append(struct.pack("!BB", 64, len(value)) + value)
    parameters = b"".join(struct.pack("!BB", 2, len(each)) + each for each in capabilities)
    identifier = IPv4Address(router_id).packed
    head = struct.pack("!BHH", 4, min(asn, 23456) if asn > 65535 else asn, hold_seconds)
    return message(OPEN, head + identifier + bytes([len(parameters)]) + parameters)


def offered_families(body: bytes) -> tuple[str, ...]:
    """The families in the multiprotocol capabilities of an OPEN's body."""
    found = []
    parameters, at = body[10:], 0
    while at < len(parameters):
        kind, length = parameters[at], parameters[at + 1]
        value, at = parameters[at + 2 : at + 2 + length], at + 2 + length
        inner = 0
        while kind == 2 and inner < len(value):
            code, size = value[inner], value[inner + 1]
            if code == 1:
                afi, _, safi = struct.unpack("!HBB", value[inner + 2 : inner + 6])
                found.append(FAMILY_NAMES.get((afi, safi), f"{afi}/{safi}"))
            inner += 2 + size
    return tuple(found)


def update(body: bytes, at_ns: int) -> Update:
    """Read an UPDATE's body."""
    (length,) = struct.unpack("!H", body[:2])
    withdrawn = [("ipv4 unicast", route) for route in _prefixes(body[2 : 2 + length])]
    at = 2 + length
    (length,) = struct.unpack("!H", body[at : at + 2])
    raw = dict(_attributes(body[at + 2 : at + 2 + length]))
    announced = [("ipv4 unicast", route) for route in _prefixes(body[at + 2 + length :])]
    next_hop = raw.get(_NEXT_HOP, b"")
    if _MP_REACH in raw:
        value = raw[_MP_REACH]
        size = value[3]
        next_hop = value[4 : 4 + size]
        announced += _routes(value[:3], value[5 + size :])
    if _MP_UNREACH in raw:
        value = raw[_MP_UNREACH]
        withdrawn += _routes(value[:3], value[3:])
    return Update(at_ns, tuple(announced), tuple(withdrawn), Attributes(raw, next_hop))


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(octets):
        flags, kind = octets[at], octets[at + 1]
        if flags & 0x10:
            (length,) = struct.unpack("!H", octets[at + 2 : at + 4])
            at += 4
        else:
            length = octets[at + 2]
            at += 3
        yield kind, octets[at : at + length]
        at += length


def _routes(family: bytes, octets: bytes) -> list[tuple[str, bytes]]:
    afi, safi = struct.unpack("!HB", family)
    name = FAMILY_NAMES[(afi, safi)]
    reader = _flows if safi == 133 else _prefixes
    return [(name, route) for route in reader(octets)]


def _flows(octets: bytes) -> Iterator[bytes]:
    """RFC 8955 section 4.1: one octet of length below 240, else two that begin with 0xf."""
    at = 0
    while at < len(octets):
        length, at = octets[at], at + 1
        if length >= 0xF0:
            length, at = (length & 0x0F) << 8 | octets[at], at + 1
        yield octets[at : at + length]
        at += length


def _prefixes(octets: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(octets):
        end = at + 1 + (octets[at] + 7) // 8
        yield octets[at:end]
        at = end
