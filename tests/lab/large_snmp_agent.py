"""An SNMP agent for tables that net-snmp's pass_persist is too slow for: its arguments are the
number of rules and, where they are others, the names of their counters. It prints its port.

It speaks GETBULK of SNMPv2c alone, from answers that it makes beforehand. Each counter grows from
one walk to the next.
"""

from __future__ import annotations

import socket
import sys
from bisect import bisect_right

ENTRY = (1, 3, 6, 1, 4, 1, 2636, 3, 5, 2, 1)
FILTER = b"__flowspec_default_inet__"
_COUNTER64 = 0x46
Oid = tuple


NAMES = "203.{0}.{1}.{2},*,proto=17,srcport=53"


def name_of(number: int, names: str = NAMES) -> str:
    """Of the rule with this number, whose octets are put in."""
    return names.format(number >> 16, number >> 8 & 255, number & 255)


def table(rules: int, pattern: str) -> list[Oid]:
    names = sorted(name_of(number, pattern).encode() for number in range(rules))
    names.sort(key=lambda name: (len(name), name))
    return [
        (*ENTRY, column, len(FILTER), *FILTER, len(name), *name, 2)
        for column in (4, 5)
        for name in names
    ]


def length(size: int) -> bytes:
    if size < 128:
        return bytes([size])
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag: int, value: bytes) -> bytes:
    return bytes([tag]) + length(len(value)) + value


def encoded(oid: Oid) -> bytes:
    octets = bytearray([oid[0] * 40 + oid[1]])
    for part in oid[2:]:
        digits = [part & 127]
        while part > 127:
            part >>= 7
            digits.append(part & 127 | 128)
        octets += bytes(reversed(digits))
    return tlv(0x06, bytes(octets))


def decoded(octets: bytes) -> Oid:
    parts, value = [octets[0] // 40, octets[0] % 40], 0
    for octet in octets[1:]:
        value = value << 7 | octet & 127
        if not octet & 128:
            parts.append(value)
            value = 0
    return tuple(parts)


def items(octets: bytes) -> list[tuple[int, bytes]]:
    """The elements of a sequence."""
    found, place = [], 0
    while place < len(octets):
        tag, size = octets[place], octets[place + 1]
        place += 2
        if size & 128:
            count = size & 127
            size = int.from_bytes(octets[place : place + count], "big")
            place += count
        found.append((tag, octets[place : place + size]))
        place += size
    return found


def main(rules: int, names_of_rules: str = NAMES) -> None:
    oids = table(rules, names_of_rules)
    names = [encoded(oid) for oid in oids]
    seen = 0
    agent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    agent.bind(("127.0.0.1", 0))
    print(agent.getsockname()[1], flush=True)
    while True:
        request, client = agent.recvfrom(65535)
        (_, message), *_ = items(request)
        (_, version), (_, community), (_, pdu) = items(message)
        (_, request_id), _, (_, repetitions), (_, bindings) = items(pdu)
        asked = decoded(items(items(bindings)[0][1])[0][1])
        place = bisect_right(oids, asked)
        seen += place == 0
        answer = b""
        for index in range(place, min(len(oids), place + int.from_bytes(repetitions, "big"))):
            value = (1_000_000 * seen + index).to_bytes(8, "big")
            answer += tlv(0x30, names[index] + tlv(_COUNTER64, value))
        if not answer:
            answer = tlv(0x30, encoded(asked) + tlv(0x82, b""))  # the end of everything
        reply = tlv(0x02, request_id) + tlv(0x02, b"\0") * 2 + tlv(0x30, answer)
        agent.sendto(
            tlv(0x30, tlv(0x02, version) + tlv(0x04, community) + tlv(0xA2, reply)), client
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), *sys.argv[2:])
