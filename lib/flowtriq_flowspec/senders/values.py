"""Reads what senders measured. A value that cannot be read is left out, and a note says so: an odd
optional field never costs the alert."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from ..attack import MAX_LIST, Observed, ipv4_host, parse_network
from ..errors import InvalidAlert
from ..flowspec.components import FLAG_ALIASES, FLAGS, PROTOCOLS, Interval
from ..flowspec.prefixes import Network
from ..flowspec.units import quantity
from ..refusal_wording import shown

T = TypeVar("T")

# What senders write where they know nothing. `[no value]` and `<no value>` are Grafana's and
# Prometheus' own, for a template whose label is missing.
_SAYS_NOTHING = frozenset(
    {
        *("", "unknown", "any", "all", "none", "null", "nil", "undefined", "unset", "not set"),
        *("n/a", "na", "-", "--", "*", "?", "??", "???", "no value", "[no value]", "<no value>"),
    }
)
_PROTOCOL_NAMES = {
    # The names of https://www.iana.org/assignments/protocol-numbers that flow collectors write:
    # Akvorado, for example, says IPv6-ICMP and HOPOPT.
    **PROTOCOLS,
    **{"ipv4": 4, "ipencap": 4, "ipinip": 4, "st": 5, "egp": 8, "igp": 9, "dccp": 33},
    **{"ipv6route": 43, "ipv6frag": 44, "rsvp": 46, "ipv6icmp": 58, "icmp6": 58, "ipv6nonxt": 59},
    **{"ipv6opts": 60, "eigrp": 88, "ospfigp": 89, "etherip": 97, "encap": 98, "ipcomp": 108},
    **{"vrrp": 112, "l2tp": 115, "udplite": 136, "mplsinip": 137},
}
_NO_PROTOCOL = ("hopopt", "ip")
"""Names of protocol 0, which stands in flow records where the protocol is not known."""
_PORT = re.compile(
    r"(?:(?:tcp|udp|sctp|dccp|port)[/:])?(\d{1,5})(?:(?:\.\.|-)(\d{1,5}))?(?:/(?:tcp|udp|sctp|dccp))?",
    re.ASCII | re.IGNORECASE,
)
_LENGTH = re.compile(r"(\d{1,5})(?:(?:\.\.|-)(\d{1,5}))?", re.ASCII)
_RANGE_WITH_SPACES = re.compile(r"(?<=\d)\s*(\.\.|[-–]|\sto\s)\s*(?=\d)")
# What makes of the values around it something else than a list of what was seen.
_TURNS_MEANING = re.compile(
    r"[!<>≠≤≥~≈]|\b(?:not?|non|except|excl|excluding|but|without|other|than|above|below|over|under|up"
    r"|between|least|most|min|max|avg|average|mean|median|about|approx)\b"
    r"|\d\s*(?:packets?|pps|bps|flows?|hits?|times|percent|%)",  # a count of them
    re.IGNORECASE,
)
SMALLEST_PACKET, LARGEST_PACKET = 40, 1500
"""Of a TCP segment without data, and of an Ethernet link."""
_WITHOUT_FRACTION = re.compile(r"^([0-9]+)\.0+$")  # "53.0", of a program that has floats alone
_AROUND_LISTS = re.compile(r"[\[\]{}()\"']")
_IN_BRACKETS = re.compile(r"\[([^\[\]]*)\](?:(/\d+)|:\d+)?", re.ASCII)
_ADDRESS_IN_BRACKETS = re.compile(r"\[([0-9a-f.]*:[0-9a-f:.]+)\](?::[0-9]+)?", re.IGNORECASE)
_HIGHEST_RATE = 10**15
_HIGHEST_PORT = 65535
"""Also the greatest length of a packet."""
_UNITS = {"bps": "bits per second", "pps": "packets per second"}


def says_nothing(value: object) -> bool:
    """Whether a sender gave no value, or a word that stands for none."""
    return value is None or (isinstance(value, str) and value.strip().lower() in _SAYS_NOTHING)


def address(value: object, field_name: str) -> Network:
    """A host or a prefix, also as the one item of a list. A port is cut off: ``203.0.113.5:9100``,
    ``[2001:db8::1]:9100``. Raises InvalidAlert, also for 0.0.0.0 and ::, which senders write where
    they know none."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    host = ipv4_host(value) if isinstance(value, str) else None
    if host is not None and int(host.network_address):
        return host
    text = _without_port(value) if isinstance(value, str) else value
    network = parse_network(text, field_name)
    if network.network_address.is_unspecified and network.prefixlen == network.max_prefixlen:
        message = f"{field_name} is {network.network_address}, which is the address of no host"
        raise InvalidAlert(message, field=field_name, value=str(network))
    return network


def _without_port(text: str) -> str:
    text = text.strip()
    brackets = _IN_BRACKETS.fullmatch(text)
    if brackets:
        return f"{brackets[1]}{brackets[2] or ''}"
    host, colon, port = text.rpartition(":")
    return host if colon and port.isdigit() and "." in host and ":" not in host else text


def observed(read: Callable[[str], Iterable[tuple[Any, str]]], notes: list[str]) -> Observed:
    """What a sender measured. ``read`` gives for each field of Observed the places where it may be,
    as (value, its field's name), the value None or "" where there is nothing; the first that can
    be read counts."""
    found = {key: _first(read(key), kind, notes) for key, kind in _KINDS.items()}

    def first_rate(key: str) -> int | None:
        rates = (rate(*place, notes, key) for place in read(key))
        return next((each for each in rates if each is not None), None)

    return Observed(
        **{key: items or () for key, items in found.items()},
        unread=tuple(key for key, items in found.items() if items is None),
        bps=first_rate("bps"),
        pps=first_rate("pps"),
    )


def _first(
    places: Iterable[tuple[Any, str]], kind: _Kind[T], notes: list[str]
) -> tuple[T, ...] | None:
    """As _each, of the first place of which something can be read."""
    unread = False
    for value, field_name in places:
        items = _each(value, field_name, kind, notes)
        if items:
            return items
        unread = unread or items is None
    return None if unread else ()


def rate(value: object, field_name: str, notes: list[str], unit: str = "") -> int | None:
    """A count, or a count per second: 2450000, "2450000", "1.2G", "1.2 Gbps". ``unit``: bps or pps,
    where the text may have one. None where it is not given or cannot be read."""
    if says_nothing(value):
        return None
    number = math.nan
    if isinstance(value, str):
        read = quantity(value, unit)
        number = math.nan if read is None else read
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        number = float(value) if value <= _HIGHEST_RATE else math.inf
    if not 0 <= number <= _HIGHEST_RATE:  # nor NaN
        kind = f"number of {_UNITS[unit]}" if unit else "number"
        notes.append(f"{field_name} is {shown(value)!r}, not a {kind} from 0 to 10^15; left out")
        return None
    return int(number)


def started_at(value: object, field_name: str, notes: list[str]) -> str | None:
    """A time as the sender gave it."""
    if isinstance(value, str) and 10 <= len(value) <= 64 and any(map(str.isdigit, value)):
        return value
    if says_nothing(value):
        return None
    notes.append(f"{field_name} is {shown(value)!r}, not a time as in RFC 3339; left out")
    return None


def text(value: object) -> str:
    """A text for people; "" for everything else."""
    return value if isinstance(value, str) else ""


def _each(value: object, field_name: str, kind: _Kind[T], notes: list[str]) -> tuple[T, ...] | None:
    """What of a list can be read; () where nothing is given, or more than can narrow a rule; None
    where values are given of which none can be read, or not all of those that hold together."""
    found: dict[T, None] = {}
    unread, silent = [], []
    for item in _items(value, kind.separators):
        try:
            parsed = None if says_nothing(item) else kind.parse(item)
        except (ValueError, InvalidAlert):
            unread.append(item)
            continue
        if parsed is None:
            silent.append(item)
        else:
            found[parsed] = None
    if list(found) == [kind.alone_says_nothing]:
        silent.append(0)
        found = {}
    lost = kind.together and any(item is not None for item in (*unread, *silent))
    for items, why in ((unread, f"is not {kind.name}"), (silent, "says nothing")):
        if any(item is not None for item in items):
            more = f" (and {len(items) - 1} more)" if len(items) > 1 else ""
            rest = ", and the others with it" if lost and found else ""
            notes.append(f"{field_name}: {shown(items[0])!r}{more} {why}; left out{rest}")
    if (unread and not found) or (lost and found):
        return None
    return tuple(found) if len(found) <= MAX_LIST else ()


def _items(value: object, separators: str) -> list[Any]:
    """A list as it is, texts in it split; a text split at commas, semicolons, bars, spaces and
    ``separators``, unless a word turns its meaning ("not 80", "avg 512"); nothing as an empty
    list."""
    if isinstance(value, str):
        if says_nothing(value):
            return [value] if value.strip() else []
        text = _AROUND_LISTS.sub(" ", _ADDRESS_IN_BRACKETS.sub(r"\1", value))
        text = _RANGE_WITH_SPACES.sub("-", text)
        if _TURNS_MEANING.search(text):
            return [value]
        return [part for part in re.split(rf"[,;|\s{separators}]+", text) if part]
    if isinstance(value, (list, tuple)):
        return [
            part
            for item in value
            for part in (_items(item, separators) if isinstance(item, str) else [item])
        ]
    return [] if value is None else [value]


def _port(item: object) -> Interval | None:
    """80, "80", "80/tcp", "1024-2047". All ports say nothing."""
    low, high = _interval(item, _PORT)
    return None if low <= 1 and high == _HIGHEST_PORT else (low, high)


def _length(item: object) -> Interval | None:
    """None for the lengths of all packets of ordinary links."""
    low, high = _interval(item, _LENGTH)
    return None if low <= SMALLEST_PACKET and high >= LARGEST_PACKET else (low, high)


def _interval(item: object, form: re.Pattern[str]) -> Interval:
    found = form.fullmatch(_text(item))
    if not found:
        raise ValueError
    low, high = int(found[1]), int(found[2] or found[1])
    if not low <= high <= _HIGHEST_PORT:
        raise ValueError
    return low, high


def _protocol(item: object) -> int | None:
    """A number, or a name with or without dashes."""
    text = _text(item)
    name = re.sub(r"[-_ ]", "", text.lower())
    if name in _NO_PROTOCOL:
        return None
    number = _PROTOCOL_NAMES.get(name)
    if number is None:
        number = int(text) if re.fullmatch(r"[0-9]{1,3}", text, re.ASCII) else -1
    if not 0 <= number <= 255:
        raise ValueError
    return number


def _source(item: object) -> Network:
    return address(item, "source")


def _flag(item: object) -> str:
    word = _text(item).lower()
    name = FLAG_ALIASES.get(word, word)
    if name not in FLAGS["tcp-flags"]:
        raise ValueError
    return name


@dataclass(frozen=True)
class _Kind(Generic[T]):
    """A kind of list. ``parse`` raises ValueError or InvalidAlert for an item that it cannot read,
    and answers None for one that says nothing. ``separators`` stand between items beside those
    that all lists have. ``alone_says_nothing``: what flow records hold where there is no value.
    ``together``: some of them are no evidence: each packet has all of these flags, and fewer would
    match more packets; a rule for some of the sources would let the others through."""

    parse: Callable[[Any], T | None]
    name: str
    separators: str = ""
    alone_says_nothing: T | None = None
    together: bool = False


_BETWEEN_FLAGS = "/+&-"
_ZERO: Interval = (0, 0)
_KINDS: Mapping[str, _Kind[Any]] = {
    "source_ports": _Kind(_port, "a port", alone_says_nothing=_ZERO),
    "destination_ports": _Kind(_port, "a port", alone_says_nothing=_ZERO),
    "sources": _Kind(_source, "an address or prefix", together=True),
    "packet_lengths": _Kind(_length, "a packet length", alone_says_nothing=_ZERO),
    "protocols": _Kind(_protocol, "an IP protocol", "/+&", alone_says_nothing=0),
    "tcp_flags": _Kind(_flag, "a TCP flag", _BETWEEN_FLAGS, together=True),
}


def _text(item: object) -> str:
    """A text or a whole number as a text. Raises ValueError for everything else."""
    if isinstance(item, bool) or not isinstance(item, (str, int, float)):
        raise ValueError
    if isinstance(item, float) and item.is_integer():
        return str(int(item))
    return _WITHOUT_FRACTION.sub(r"\1", str(item))
