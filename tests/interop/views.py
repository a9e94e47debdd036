"""How each BGP daemon shows the FlowSpec rules it holds, turned back into NLRI bytes and actions.

The bytes are put together here and not by the library, so that the two check each other: an
operator byte, its length bits and an offset are as RFC 8955 section 4.2 and RFC 8956 section 3
have them.
"""

from __future__ import annotations

import ipaddress
import json
import re
import struct
from collections.abc import Iterable, Iterator

# A table: the NLRI, without its length octets, to the actions in the words of `action`.
Table = dict  # dict[bytes, frozenset[str]]

# (and, operator bits, value); operators of RFC 8955 4.2.1.1 (numeric) and 4.2.1.2 (bitmask).
LT, GT, EQ = 0x04, 0x02, 0x01
ANY, MATCH, NOT = 0x00, 0x01, 0x02


def prefix(kind: int, text: str) -> bytes:
    network = ipaddress.ip_network(text)
    octets = network.network_address.packed[: (network.prefixlen + 7) // 8]
    offset = b"\0" if network.version == 6 else b""
    return bytes([kind, network.prefixlen]) + offset + octets


def terms(kind: int, listed: Iterable[tuple[bool, int, int]]) -> bytes:
    listed = list(listed)
    encoded = bytes([kind])
    for number, (both, operator, value) in enumerate(listed):
        length = next(n for n in range(3) if value < 1 << (8 << n))
        end = 0x80 if number == len(listed) - 1 else 0
        octet = end | (0x40 if both else 0) | length << 4 | operator
        encoded += bytes([octet]) + value.to_bytes(1 << length, "big")
    return encoded


def rate(bytes_per_second: float) -> str:
    return f"rate {bytes_per_second:.0f} bytes/s"


# ---------------------------------------------------------------------------------------- gobgpd


def gobgp(text: str) -> Table:
    """``gobgp -j global rib -a ipv4-flowspec``: every operator and value as received."""
    return {
        b"".join(map(_gobgp_component, paths[0]["nlri"]["value"])): frozenset(
            _gobgp_actions(paths[0]["attrs"])
        )
        for paths in json.loads(text).values()
    }


def _gobgp_component(component: dict) -> bytes:
    kind, value = component["type"], component["value"]
    if kind in (1, 2):
        assert component.get("offset", 0) == 0
        return prefix(kind, value["prefix"])
    low_bits = ((bool(term["op"] & 0x40), term["op"] & 0x07, term["value"]) for term in value)
    return terms(kind, low_bits)


def _gobgp_actions(attributes: list) -> Iterator[str]:
    for attribute in attributes:
        if attribute["type"] == 8:
            for community in attribute["communities"]:
                yield f"community {community >> 16}:{community & 0xFFFF}"
        if attribute["type"] == 16:
            for community in attribute["value"]:
                yield from _gobgp_action(community)


def _gobgp_action(community: dict) -> Iterator[str]:
    kind = (community["type"], community["subtype"])
    if kind == (0x80, 6):
        yield rate(community["rate"])
    elif kind == (0x80, 7):
        yield from (word for word in ("sample", "terminal") if community[word])
    elif kind == (0x80, 8):
        yield f"redirect {community['value']}"
    elif kind == (0x82, 8):  # a 4-octet number in two halves: 64086.59904
        high, low, number = re.split(r"[.:]", community["value"])
        yield f"redirect {(int(high) << 16) + int(low)}:{number}"
    elif kind == (0x80, 9):
        yield f"mark {community['value']}"
    elif kind == (0x08, 0):
        yield "redirect to next hop"
    else:
        yield f"unknown {community}"


# ------------------------------------------------------------------------------------------ bird

_BIRD_KINDS = {
    "dst": 1,
    "src": 2,
    "proto": 3,
    "next header": 3,
    "port": 4,
    "dport": 5,
    "sport": 6,
    "icmp type": 7,
    "icmp code": 8,
    "tcp flags": 9,
    "length": 10,
    "dscp": 11,
    "fragment": 12,
    "label": 13,
}
_BIRD_FRAGMENTS = {"dont_fragment": 1, "is_fragment": 2, "first_fragment": 4, "last_fragment": 8}
_OPERATORS = {"<": LT, ">": GT, "=": EQ, "<=": LT | EQ, ">=": GT | EQ, "!=": LT | GT}


def bird(text: str) -> Table:
    """``birdc show route all table …``: one ``flow4 { … }`` and its attributes for each rule."""
    table: Table = {}
    for entry in re.split(r"^(?=flow[46] \{)", text, flags=re.MULTILINE)[1:]:
        components = re.match(r"flow[46] \{ (.*?) \}", entry)[1]
        nlri = b"".join(_bird_component(part.strip()) for part in components.split(";") if part)
        table[nlri] = frozenset(_bird_actions(entry))
    return table


def _bird_component(text: str) -> bytes:
    name = next(name for name in _BIRD_KINDS if re.match(rf"{name}\b", text))
    kind, value = _BIRD_KINDS[name], text[len(name) :].strip()
    if kind in (1, 2):
        return prefix(kind, value)
    read = _bird_bits if kind in (9, 12) else _bird_numbers
    return terms(kind, read(value))


def _bird_numbers(value: str) -> Iterator[tuple[bool, int, int]]:
    for term in re.split(r",|\|\|", value):
        first = True
        for part in term.split("&&"):
            low, dots, high = part.strip().partition("..")
            if dots:
                yield (not first, GT | EQ, int(low))
                yield (True, LT | EQ, int(high))
            else:
                operator, number = re.fullmatch(r"([<>=!]*)\s*(\d+)", low).groups()
                yield (not first, _OPERATORS[operator or "="], int(number))
            first = False


def _bird_bits(value: str) -> Iterator[tuple[bool, int, int]]:
    """``0x2/0x2`` exactly these of the mask, ``!`` negates; ``!0x0/0x2`` is therefore any bit."""
    for term in value.split("||"):
        for number, part in enumerate(term.split("&&")):
            negations, word = re.fullmatch(r"\s*(!*)(\S+)\s*", part).groups()
            negated = len(negations) % 2
            if word in _BIRD_FRAGMENTS:  # one bit: any of it and all of it are the same
                yield (number > 0, NOT if negated else ANY, _BIRD_FRAGMENTS[word])
                continue
            wanted, mask = (int(half, 16) for half in word.split("/"))
            assert wanted in (0, mask), part
            if wanted:
                yield (number > 0, MATCH | (NOT if negated else 0), mask)
            else:
                yield (number > 0, ANY if negated else NOT, mask)


def _bird_actions(entry: str) -> Iterator[str]:
    for line in re.findall(r"BGP\.community: (.*)", entry):
        for high, low in re.findall(r"\((\d+),(\d+)\)", line):
            yield f"community {high}:{low}"
    for high, low in re.findall(r"\(generic, (0x\w+), (0x\w+)\)", entry):
        yield from _extended_community(struct.pack("!II", int(high, 16), int(low, 16)))


def _extended_community(octets: bytes) -> Iterator[str]:
    """RFC 8955 section 7; 0x0800 is draft-simpson-idr-flowspec-redirect."""
    kind, body = octets[:2], octets[2:]
    if kind == b"\x80\x06":
        yield rate(struct.unpack("!f", body[2:])[0])
    elif kind == b"\x80\x07":
        yield from (word for bit, word in ((1, "terminal"), (2, "sample")) if body[5] & bit)
    elif kind == b"\x80\x08":
        yield "redirect {}:{}".format(*struct.unpack("!HI", body))
    elif kind == b"\x82\x08":
        yield "redirect {}:{}".format(*struct.unpack("!IH", body))
    elif kind == b"\x80\x09":
        yield f"mark {body[5]}"
    elif kind == b"\x08\x00":
        yield "redirect to next hop"
    else:
        yield f"unknown {octets.hex()}"


# ------------------------------------------------------------------------------------------- frr

_FRR_KINDS = {
    "Destination Address": 1,
    "Source Address": 2,
    "IP Protocol": 3,
    "Port": 4,
    "Destination Port": 5,
    "Source Port": 6,
    "ICMP Type": 7,
    "ICMP Code": 8,
    "TCP Flags": 9,
    "Packet Length": 10,
    "DSCP field": 11,
    "Packet Fragment": 12,
    "Packet Flow Label": 13,
}


def frr(text: str) -> Table:
    """``show bgp ipv4 flowspec detail``: one line for each component, one for the actions."""
    table: Table = {}
    for entry in text.split("BGP flowspec entry:")[1:]:
        lines = [line.strip() for line in entry.splitlines()]
        nlri = b"".join(
            _frr_component(line) for line in lines if line.startswith(tuple(_FRR_KINDS))
        )
        table[nlri] = frozenset(
            _frr_action(action.strip())
            for line in lines
            if line.startswith("FS:")
            for action in line.split("FS:")[1:]
        )
    return table


def _frr_component(line: str) -> bytes:
    name = next(name for name in _FRR_KINDS if line.startswith(f"{name} "))
    kind, value = _FRR_KINDS[name], line[len(name) :].strip()
    if kind in (1, 2):
        return prefix(kind, value.replace("/off 0", ""))
    read = _frr_bits if kind in (9, 12) else _frr_numbers
    return terms(kind, read(value))


def _frr_numbers(value: str) -> Iterator[tuple[bool, int, int]]:
    """frr writes the same comma for AND and OR, so a ``<=`` right after a ``>=`` is its end."""
    lower_bound = False
    for part in value.split(","):
        operator, number = part.split()
        yield (lower_bound and operator in ("<", "<="), _OPERATORS[operator], int(number))
        lower_bound = operator in (">", ">=")


def _frr_bits(value: str) -> Iterator[tuple[bool, int, int]]:
    """``∋`` any of the bits, ``=`` all of them, ``!`` not; joined by ``,|`` or ``,&``."""
    for part in re.split(r",(?=[|&])", value):
        joint, operator, negation, number = re.fullmatch(
            r"([|&]?)([∋=]) (! )?(\d+)", part.strip()
        ).groups()
        bits = (MATCH if operator == "=" else ANY) | (NOT if negation else 0)
        yield (joint == "&", bits, int(number))


def _frr_action(text: str) -> str:
    if text.startswith("rate "):
        return rate(float(text.split()[1]))
    if text.startswith("redirect VRF RT:"):
        return f"redirect {text.split('RT:')[1]}"
    if text.startswith("redirect IP"):
        return "redirect to next hop"
    if text.startswith("marking "):
        return f"mark {text.split()[1]}"
    return text
