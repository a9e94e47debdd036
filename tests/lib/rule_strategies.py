"""Rules in JSON for property tests: every component and action, in every spelling."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network

from flowtriq_flowspec.flowspec.components import FLAG_ALIASES, FLAGS, NUMERIC, PROTOCOLS
from hypothesis import strategies as st

BITS = {"ipv4": 32, "ipv6": 128}
NETWORKS = {"ipv4": IPv4Network, "ipv6": IPv6Network}


@st.composite
def prefixes(draw, family, *, shortest=1):
    length = draw(st.integers(shortest, BITS[family]))
    address = draw(st.integers(0, 2 ** BITS[family] - 1))
    network = NETWORKS[family]((address, length), strict=False)
    if length == BITS[family] and draw(st.booleans()):
        return str(network.network_address)
    text = draw(st.sampled_from([str(network), network.exploded]))
    return draw(st.sampled_from([text, text.upper()]))


def values(maximum):
    """Numbers, with those at which an encoding changes drawn often."""
    edges = [edge for edge in (0, 1, 255, 256, 65535, 65536, maximum) if edge <= maximum]
    return st.sampled_from(edges) | st.integers(0, maximum)


def one_number(component):
    one = values(NUMERIC[component].maximum)
    ranges = st.tuples(one, one).map(sorted).map(lambda ends: f"{ends[0]}..{ends[1]}")
    spelled = one | one.map(str) | ranges
    return spelled | st.sampled_from(sorted(PROTOCOLS)) if component == "protocol" else spelled


def numbers(component):
    one = one_number(component)
    return one | st.lists(one, min_size=1, max_size=4) | st.lists(one, min_size=1, max_size=32)


def flag_names(component, family):
    names = [*FLAGS[component]]
    if component == "tcp-flags":
        names += [*FLAG_ALIASES, "SYN"]
    elif family == "ipv6":
        names.remove("dont-fragment")
    return st.sampled_from(names)


@st.composite
def flag_objects(draw, component, family):
    """``{"any": […], "all": […], "not": […]}`` that some packet fits."""
    known = {name: FLAG_ALIASES.get(name.lower(), name.lower()) for name in FLAG_ALIASES}
    names = draw(st.lists(flag_names(component, family), min_size=1, max_size=8))
    parts: dict[str, list[str]] = {}
    place: dict[str, str] = {}
    for name in names:
        flag = known.get(name, name.lower())
        key = place.setdefault(flag, draw(st.sampled_from(["any", "all", "not"])))
        parts.setdefault(key, []).append(name)
    return parts


def flags(component, family):
    term = flag_names(component, family) | flag_objects(component, family)
    return term | st.lists(term, min_size=1, max_size=4)


@st.composite
def matches(draw, family):
    optional = {"source": prefixes(family, shortest=0)}
    for component in NUMERIC:
        if component != "flow-label" or family == "ipv6":
            optional[component] = numbers(component)
    for component in FLAGS:
        optional[component] = flags(component, family)
    match = draw(st.fixed_dictionaries({"destination": prefixes(family)}, optional=optional))
    for name, other in (("protocol", "next-header"), ("dscp", "traffic-class")):
        if name in match and draw(st.booleans()):
            match[other] = match.pop(name)
    return match


@st.composite
def thens(draw, family):
    two_octets, four_octets = st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1)
    address = four_octets if family == "ipv4" else st.integers(0, 2**128 - 1)
    redirects = (
        st.tuples(two_octets, four_octets).map(lambda pair: f"{pair[0]}:{pair[1]}")
        | st.tuples(st.integers(2**16, 2**32 - 1), two_octets).map(lambda p: f"{p[0]}:{p[1]}")
        | address.map(lambda number: str(NETWORKS[family](number).network_address))
    )
    community = st.tuples(two_octets, two_octets).map(lambda pair: f"{pair[0]}:{pair[1]}")
    then = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "redirect": redirects,
                "mark": st.integers(0, 63),
                "sample": st.just(True),
                "terminal": st.just(True),
                "community": st.lists(community, min_size=1, max_size=16),
            },
        )
    )
    rate = draw(
        st.sampled_from([{"discard": True}, {}] if then else [{"discard": True}])
        | st.integers(8, 8 * 10**12).map(lambda bps: {"rate-limit": bps})
    )
    return {**then, **rate}


@st.composite
def rules(draw):
    """A valid rule, IPv4 or IPv6."""
    family = draw(st.sampled_from(["ipv4", "ipv6"]))
    return {"match": draw(matches(family)), "then": draw(thens(family))}
