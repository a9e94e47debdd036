"""Reads the answer to ``show adj-rib out extensive``: the routes that ExaBGP has for each router.

One line per rule and neighbour. 4.2.25 and 5.0.15 differ only in the names of ports:

    neighbor 192.0.2.1 local-ip … family-allowed in-open ipv4 flow flow
    destination-ipv4 203.0.113.45/32 protocol =tcp destination-port [ =http >=1024&<=2048 ]
    tcp-flags [ syn&!ack ] extended-community rate-limit:0
    neighbor 192.0.2.1 … ipv4 unicast 203.0.113.45/32 next-hop 192.0.2.9 community blackhole
"""

from __future__ import annotations

import importlib
import re
import socket
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from typing import Any, NamedTuple

from flowtriq_flowspec.errors import InvalidRule
from flowtriq_flowspec.flowspec.components import FLAGS, NUMERIC, PROTOCOLS
from flowtriq_flowspec.flowspec.rule import Match, parse_match
from flowtriq_flowspec.flowspec.then import RouteTarget, Then

_LINE = re.compile(r"neighbor (\S+) .*?\b(ipv[46]) flow flow (.*)$")
# Of ordinary routes only blackholes: the adapter announces no others.
_BLACKHOLE = re.compile(
    r"neighbor (\S+) .*?\b(ipv[46]) unicast ((\S+) .*\bcommunity (?:\[ .*)?\bblackhole\b.*)$"
)
_COMMUNITY_NAMES = {
    "blackhole": "65535:666",
    "no-export": "65535:65281",
    "no-advertise": "65535:65282",
    "no-export-subconfed": "65535:65283",
    "no-peer": "65535:65284",
}
_UNKNOWN = re.compile(r"unknown [a-z ]+ type (\d+)")
_RANGE = re.compile(r">=([^&]+)&<=([^&]+)$")
_COMMUNITY = re.compile(r"\bcommunity (\[[^]]*\]|\S+)")
_NEXT_HOP = re.compile(r"\bnext-hop (\S+)")
_EXTENDED = re.compile(r"extended-community (\[[^]]*\]|.*)")
_EXTENDED_ONE = re.compile(r"(?:mark|action) \S+|\S+")

_NAMES = {
    "next-header": "protocol",
    "traffic-class": "dscp",
    **{f"{end}-{family}": end for end in ("destination", "source") for family in ("ipv4", "ipv6")},
}
_PORTS = ("port", "destination-port", "source-port")
_PROTOCOL_NUMBERS = {**PROTOCOLS, "egp": 8, "rsvp": 46}
# https://www.iana.org/assignments/icmp-parameters, in the words of ExaBGP.
_ICMP_TYPES = {
    "echo-reply": 0,
    "unreachable": 3,
    "redirect": 5,
    "echo-request": 8,
    "router-advertisement": 9,
    "router-solicit": 10,
    "time-exceeded": 11,
    "parameter-problem": 12,
    "timestamp": 13,
    "timestamp-reply": 14,
    "photuris": 40,
    "extended-echo-request": 42,
    "extended-echo-reply": 43,
    "experimental-mobility": 41,
    "experimental-one": 253,
    "experimental-two": 254,
}


class BgpRoute(NamedTuple):
    """One rule at one neighbour. ``match`` is None where the text has something that the adapter
    never sends, or an unknown name; ``text`` is ExaBGP's."""

    neighbor: str
    address_family: str
    match: Match | None
    actions: frozenset[str]
    text: str

    def does(self, then: Then) -> bool:
        """Whether its actions are those of ``then``."""
        return self.actions == _actions(then)


def read_routes(lines: Iterable[str]) -> list[BgpRoute]:
    """The routes among ``lines``; other lines are skipped."""
    routes = []
    for line in lines:
        if fields := _LINE.match(line):
            match = _match(fields[3])
        elif fields := _BLACKHOLE.match(line):
            match = _unicast(fields[4])
        else:
            continue
        routes.append(BgpRoute(fields[1], fields[2], match, _read_actions(fields[3]), fields[3]))
    return routes


def _unicast(destination: str) -> Match | None:
    try:
        return parse_match({"destination": destination, "unicast": True})
    except InvalidRule:
        return None


def _match(text: str) -> Match | None:
    words = _UNKNOWN.sub(r"\1", text).split()
    given: dict[str, Any] = {}
    try:
        while words:
            name = _NAMES.get(words[0], words[0])
            if name not in ("destination", "source") and name not in NUMERIC and name not in FLAGS:
                break  # from here on it is attributes
            values, words = _values(words[1:])
            given[name] = _component(name, values)
        return parse_match(given)
    except (InvalidRule, LookupError, ValueError):
        return None


def _values(words: list[str]) -> tuple[list[str], list[str]]:
    if words[0] != "[":
        return words[:1], words[1:]
    end = words.index("]")
    return words[1:end], words[end + 1 :]


def _component(name: str, values: list[str]) -> Any:
    if name in ("destination", "source"):
        address, length, *offset = values[0].split("/")
        if offset not in ([], ["0"]):
            raise ValueError("an IPv6 prefix with an offset")
        return f"{address}/{length}"
    if name in FLAGS:
        return [_flags(value) for value in values]
    return [_interval(name, value) for value in values]


def _interval(name: str, value: str) -> str:
    if bounds := _RANGE.match(value):
        return f"{_number(name, bounds[1])}..{_number(name, bounds[2])}"
    if not value.startswith("="):
        raise ValueError(f"the adapter never sends {value}")
    return str(_number(name, value[1:]))


def _number(name: str, word: str) -> int:
    if word.isdigit():
        return int(word)
    if name == "protocol":
        return _PROTOCOL_NUMBERS[word]
    if name == "icmp-type":
        return _ICMP_TYPES[word]
    if name in _PORTS:
        return _port(word)
    raise ValueError(f"{word} is not a number")


@cache
def _port(word: str) -> int:
    names = _port_names()
    if word in names:
        return names[word]
    try:
        return socket.getservbyname(word)
    except OSError:
        raise ValueError(f"{word} is not a port") from None


@lru_cache(maxsize=1)
def _port_names() -> Mapping[str, int]:
    """ExaBGP's own table, where it can be imported, without names that mean several ports."""
    try:
        table: Mapping[int, str] = importlib.import_module("exabgp.protocol.ip.port").Port.names
    except (ImportError, AttributeError):
        return {}
    ports: dict[str, set[int]] = {}
    for port, name in table.items():
        ports.setdefault(name, set()).add(int(port))
    return {name: min(numbers) for name, numbers in ports.items() if len(numbers) == 1}


def _flags(value: str) -> dict[str, list[str]]:
    terms: dict[str, list[str]] = {}
    for part in value.split("&"):
        names = part.lstrip("=!").split("+")
        if part.startswith("!"):
            key = "not"
        else:
            key = "all" if part.startswith("=") or len(names) == 1 else "any"
        terms.setdefault(key, []).extend(names)
    return terms


def _read_actions(text: str) -> frozenset[str]:
    actions = set()
    if extended := _EXTENDED.search(text):
        actions.update(_EXTENDED_ONE.findall(extended[1].strip("[] ")))
    before = text[: extended.start()] if extended else text
    if communities := _COMMUNITY.search(before):
        names = communities[1].strip("[] ").split()
        actions.update(f"community {_COMMUNITY_NAMES.get(name, name)}" for name in names)
    if next_hop := _NEXT_HOP.search(before):
        actions.add(f"next-hop {next_hop[1]}")
    return frozenset(actions)


def _actions(then: Then) -> frozenset[str]:
    """The actions that ExaBGP prints for ``then``; it prints a rate in bytes per second."""
    actions = {f"community {asn}:{number}" for asn, number in then.communities}
    if then.blackhole is not None:
        actions.add(f"next-hop {then.blackhole}")
    if then.discard:
        actions.add("rate-limit:0")
    if then.rate_limit_bps is not None:
        actions.add(f"rate-limit:{then.rate_limit_bps // 8}")
    if isinstance(then.redirect, RouteTarget):
        actions.add(_redirect(then.redirect))
    elif then.redirect is not None:
        actions |= {f"next-hop {then.redirect}", "redirect-to-nexthop"}
    if then.mark is not None:
        actions.add(f"mark {then.mark}")
    if then.sample or then.terminal:
        names = [name for name, on in (("sample", then.sample), ("terminal", then.terminal)) if on]
        actions.add(f"action {'-'.join(names)}")
    return frozenset(actions)


def _redirect(target: RouteTarget) -> str:
    if target.asn < 2**16:
        return f"redirect:{target}"
    # RFC 8955 section 7.4, type 0x82: both versions print its octets.
    return f"0x8208{target.asn:08X}{target.number:04X}"
