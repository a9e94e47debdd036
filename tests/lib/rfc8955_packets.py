"""Whether a packet matches a rule, judged from the NLRI bytes by the text of RFC 8955 alone.

Written without looking at the library, so that the two may disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Packet:
    """An unfragmented TCP or UDP packet; addresses as integers."""

    destination: int
    source: int = 0
    protocol: int = 6
    source_port: int = 0
    destination_port: int = 0
    tcp_flags: int = 0
    length: int = 40
    dscp: int = 0


def components(nlri: bytes, bits: int) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """(type, [(operator, value)]); for a prefix [(its length, its bits from the left)]."""
    while nlri:
        kind, nlri = nlri[0], nlri[1:]
        if kind in (1, 2):
            length, nlri = nlri[0], nlri[1:] if bits == 32 else nlri[2:]
            size = -(-length // 8)
            yield kind, [(length, int.from_bytes(nlri[:size], "big") << (bits - 8 * size))]
            nlri = nlri[size:]
            continue
        found = []
        while True:
            operator, size = nlri[0], 1 << (nlri[0] >> 4 & 3)
            found.append((operator, int.from_bytes(nlri[1 : 1 + size], "big")))
            nlri = nlri[1 + size :]
            if operator & 0x80:
                break
        yield kind, found


def matches(nlri: bytes, packet: Packet, bits: int = 32) -> bool:
    """Section 4.2: a packet matches when it matches every component."""
    for kind, pairs in components(nlri, bits):
        if kind in (1, 2):
            length, prefix = pairs[0]
            address = packet.destination if kind == 1 else packet.source
            if address >> (bits - length) != prefix >> (bits - length):
                return False
        elif kind in (9, 12):
            if not _any_group(pairs, _bitmask, packet.tcp_flags if kind == 9 else 0):
                return False
        elif not any(_any_group(pairs, _numeric, value) for value in _values(kind, packet)):
            return False
    return True


def _values(kind: int, packet: Packet) -> list[int]:
    return {
        3: [packet.protocol],
        4: [packet.source_port, packet.destination_port],
        5: [packet.destination_port],
        6: [packet.source_port],
        7: [],  # no ICMP packet
        8: [],
        10: [packet.length],
        11: [packet.dscp],
    }[kind]


def _any_group(pairs, holds, value: int) -> bool:
    """Section 4.2.1: AND binds more tightly than OR."""
    groups: list[list[bool]] = []
    for operator, operand in pairs:
        if not operator & 0x40:
            groups.append([])
        groups[-1].append(holds(operator, operand, value))
    return any(all(group) for group in groups)


def _numeric(operator: int, operand: int, value: int) -> bool:
    """Section 4.2.1.1: lt, gt, eq."""
    return bool(
        (operator & 4 and value < operand)
        or (operator & 2 and value > operand)
        or (operator & 1 and value == operand)
    )


def _bitmask(operator: int, mask: int, value: int) -> bool:
    """Section 4.2.1.2: with the match bit all of the mask, else any of it; then NOT."""
    found = value & mask == mask if operator & 1 else value & mask != 0
    return found is not bool(operator & 2)
