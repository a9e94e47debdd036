"""Every component and action of RFC 8955 and RFC 8956 that the daemons can hold.

``actions`` are worked out by hand: a rate is bits/s in a rule and bytes/s on the wire (a discard is
a rate of 0). ``shown`` is for a daemon whose display says less than it received, ``unable`` for one
that can't take the rule, each with the reason as measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

DISCARD = {"discard": True}
DISCARDED = frozenset({"rate 0 bytes/s"})
# frr 8.4 writes these words for every traffic-action, whichever of its two bits are set.
FRR_TRAFFIC_ACTION = {"frr": frozenset({"action eval stops"})}


@dataclass(frozen=True)
class Case:
    name: str
    match: Mapping
    then: Mapping = field(default_factory=lambda: DISCARD)
    actions: frozenset[str] = DISCARDED
    shown: Mapping[str, frozenset[str]] = field(default_factory=dict)
    unable: Mapping[str, str] = field(default_factory=dict)


def action(name: str, then: Mapping, *actions: str, **more) -> Case:
    return Case(name, {"protocol": "udp"}, then, frozenset(actions), **more)


IPV4_AND_IPV6 = [
    Case("destination alone", {}),
    Case("protocol by name", {"protocol": "tcp"}),
    Case("protocol by number", {"protocol": 47}),
    Case("several protocols", {"protocol": ["tcp", "udp", 50]}),
    Case("protocol range", {"protocol": "6..17"}),
    Case("port", {"protocol": "udp", "port": 53}),
    Case("destination-port", {"protocol": "tcp", "destination-port": 80}),
    Case("destination-port, values and a range", {"destination-port": [80, 443, "1024..2048"]}),
    Case("destination-port, highest", {"destination-port": 65535}),
    Case("source-port", {"protocol": "udp", "source-port": "0..1023"}),
    Case("source-port, five values", {"source-port": [17, 19, 53, 123, 389]}),
    Case(
        "source-port, six values",
        {"source-port": [17, 19, 53, 123, 389, 11211]},
        unable={"frr": "frr 8.4 resets the session at more than five values in one list"},
    ),
    Case("tcp-flags, any of one", {"protocol": "tcp", "tcp-flags": ["syn"]}),
    Case("tcp-flags, any of two", {"protocol": "tcp", "tcp-flags": ["syn", "rst"]}),
    Case("tcp-flags, all", {"protocol": "tcp", "tcp-flags": {"all": ["syn", "ack"]}}),
    Case("tcp-flags, syn without ack", {"tcp-flags": {"all": ["syn"], "not": ["ack"]}}),
    Case("tcp-flags, none of two", {"tcp-flags": {"not": ["syn", "ack"]}}),
    Case("tcp-flags, one or the other", {"tcp-flags": [{"all": ["syn", "fin"]}, "rst"]}),
    Case("packet-length, the mission's range", {"packet-length": "0..100"}),
    Case("packet-length, several", {"packet-length": [64, "1000..1500"]}),
    Case("dscp", {"dscp": 46}),
    Case("dscp, several", {"dscp": [0, "8..10"]}),
    Case("fragment, is", {"fragment": ["is-fragment"]}),
    Case("fragment, first or last", {"fragment": ["first-fragment", "last-fragment"]}),
    Case("fragment, none", {"fragment": {"not": ["is-fragment"]}}),
    action("discard", {"discard": True}, "rate 0 bytes/s"),
    action("rate-limit", {"rate-limit": 10_000_000}, "rate 1250000 bytes/s"),
    action("rate-limit, lowest", {"rate-limit": 8}, "rate 1 bytes/s"),
    # 312,500,000 is 9,765,625 * 2**5, so float32 holds it exactly.
    action("rate-limit, high", {"rate-limit": 2_500_000_000}, "rate 312500000 bytes/s"),
    action("redirect", {"redirect": "65001:100"}, "redirect 65001:100"),
    action(
        "redirect, four-octet AS number",
        {"redirect": "4200000000:100"},
        "redirect 4200000000:100",
        shown={"frr": frozenset({"redirect 4200000000:1"})},  # frr cuts the text
    ),
    action("mark", {"mark": 10}, "mark 10"),
    action("sample", {"sample": True}, "sample", shown=FRR_TRAFFIC_ACTION),
    action("terminal", {"terminal": True}, "terminal", shown=FRR_TRAFFIC_ACTION),
    action(
        "sample and terminal",
        {"sample": True, "terminal": True},
        *("sample", "terminal"),
        shown=FRR_TRAFFIC_ACTION,
    ),
    action(
        "community",
        {"discard": True, "community": ["65001:666"]},
        *("rate 0 bytes/s", "community 65001:666"),
        shown={"frr": DISCARDED},  # its FlowSpec view leaves communities out
    ),
    action(
        "rate-limit and mark",
        {"rate-limit": 80_000, "mark": 8},
        *("rate 10000 bytes/s", "mark 8"),
    ),
]
IPV4 = [
    Case("source", {"source": "198.51.100.0/24"}),
    Case("source, odd length", {"source": "198.51.100.128/27"}),
    Case("icmp-type and icmp-code", {"protocol": "icmp", "icmp-type": 3, "icmp-code": "0..4"}),
    Case("fragment, dont", {"fragment": ["dont-fragment"]}),
    action("redirect to IP", {"redirect": "192.0.2.1"}, "redirect to next hop"),
    Case(
        "every component",
        {
            "source": "198.51.100.0/24",
            "protocol": ["tcp", "udp"],
            "port": 80,
            "destination-port": 80,
            "source-port": "1024..65535",
            "tcp-flags": ["syn"],
            "packet-length": "0..100",
            "dscp": 0,
            "fragment": {"not": ["is-fragment"]},
        },
    ),
]
IPV6 = [
    Case("source", {"source": "2001:db8:1::/48"}),
    Case("source, odd length", {"source": "2001:db8:1:8000::/49"}),
    Case("icmp-type and icmp-code", {"protocol": "icmpv6", "icmp-type": 128, "icmp-code": "0..4"}),
    Case("flow-label", {"flow-label": 5}),
    Case("flow-label, highest", {"flow-label": 0xFFFFF}),
    action("redirect to IP", {"redirect": "2001:db8:ffff::1"}, "redirect to next hop"),
    Case(
        "every component",
        {
            "source": "2001:db8:1::/48",
            "protocol": ["tcp", "udp"],
            "port": 80,
            "destination-port": 80,
            "source-port": "1024..65535",
            "tcp-flags": ["syn"],
            "packet-length": "0..100",
            "traffic-class": 0,
            "fragment": {"not": ["is-fragment"]},
            "flow-label": "1..100",
        },
    ),
]


def rules(address_family: str) -> Iterator[tuple[Case, dict]]:
    """Each case as a rule in JSON, to a destination of its own."""
    cases = IPV4_AND_IPV6 + (IPV4 if address_family == "ipv4" else IPV6)
    pattern = "203.0.113.{}/32" if address_family == "ipv4" else "2001:db8::{:x}/128"
    for number, case in enumerate(cases, start=1):
        match = {"destination": pattern.format(number), **case.match}
        yield case, {"match": match, "then": dict(case.then)}
