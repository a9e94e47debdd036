"""Junos' names for FlowSpec counters, read into our matches; and what is made of the rows."""

from __future__ import annotations

import contextlib

import pytest
from flowtriq_flowspec.flowspec.rule import parse_match
from flowtriq_flowspec_exporter import juniper
from flowtriq_flowspec_exporter.juniper import CounterName, Row
from flowtriq_flowspec_exporter.junos_names import Unreadable, match_of
from hypothesis import given, settings
from hypothesis import strategies as st

from ..lab import junos_names
from ..lib.golden import CASES

# Worked by hand: the packets of 203.0.113.10,*,proto=17,srcport=53 in __flowspec_default_inet__.
WORKED_OID = (
    "1.3.6.1.4.1.2636.3.5.2.1.4.25.95.95.102.108.111.119.115.112.101.99.95.100.101.102.97.117.108."
    "116.95.105.110.101.116.95.95.34.50.48.51.46.48.46.49.49.51.46.49.48.44.42.44.112.114.111.116."
    "111.61.49.55.44.115.114.99.112.111.114.116.61.53.51.2"
)
# Rows of real routers, or of the grammar in their documentation.
NAMES = {
    "10.11.10.10,*,icmp-type=8": {"destination": "10.11.10.10/32", "icmp-type": 8},
    "10.11.10.10,*,proto=6,dstport=5201": {
        "destination": "10.11.10.10/32",
        "protocol": "tcp",
        "destination-port": 5201,
    },
    "203.0.113.10,*,proto=17,srcport=53": {
        "destination": "203.0.113.10/32",
        "protocol": "udp",
        "source-port": 53,
    },
    "39.244.131.7,*,dstport=443,tcp-flag:18,len=180": {
        "destination": "39.244.131.7/32",
        "destination-port": 443,
        "tcp-flags": ["ack", "push"],
        "packet-length": 180,
    },
    "134.34.2.128/25,*,proto=17,dstport>=1026&<=65499,srcport>=1026&<=65499": {
        "destination": "134.34.2.128/25",
        "protocol": "udp",
        "destination-port": "1026..65499",
        "source-port": "1026..65499",
    },
    "192.168.1.1,*,proto=6,dstport=1024,=1025,=1026,=5000": {
        "destination": "192.168.1.1/32",
        "protocol": "tcp",
        "destination-port": ["1024..1026", 5000],
    },
    "192.168.1.1,*,proto=17,frag:02": {
        "destination": "192.168.1.1/32",
        "protocol": "udp",
        "fragment": "is-fragment",
    },
    "99.0.0.1,98.0.0.1,proto=6,tcp-flag:01": {
        "destination": "99.0.0.1/32",
        "source": "98.0.0.1/32",
        "protocol": "tcp",
        "tcp-flags": "fin",
    },
    "3001:4:b::10/128,3001:1:a::10/128": {
        "destination": "3001:4:b::10/128",
        "source": "3001:1:a::10/128",
    },
    "192.0.2.1,0/0,icmp-type=3,icmp-code=4,dscp=46": {
        "destination": "192.0.2.1/32",
        "icmp-type": 3,
        "icmp-code": 4,
        "dscp": 46,
    },
    "10.1/16,*": {"destination": "10.1.0.0/16"},
    # != 80 comes back as the two ranges beside it.
    "192.0.2.1,*,port>=0&<=79,>=81&<=65535": {
        "destination": "192.0.2.1/32",
        "port": ["0..79", "81..65535"],
    },
    "192.0.2.1,*,tcp-flag=12": {
        "destination": "192.0.2.1/32",
        "tcp-flags": {"all": ["syn", "ack"]},
    },
    "192.0.2.1,*,tcp-flag:02,:10": {"destination": "192.0.2.1/32", "tcp-flags": ["syn", "ack"]},
    "192.0.2.1,*,frag!02": {"destination": "192.0.2.1/32", "fragment": {"not": ["is-fragment"]}},
    # An operator's bit "not" with its value: none, or of several bits not all.
    "192.0.2.1,*,frag!:06": {
        "destination": "192.0.2.1/32",
        "fragment": {"not": ["is-fragment", "first-fragment"]},
    },
    "192.0.2.1,*,tcp-flag!=12": {
        "destination": "192.0.2.1/32",
        "tcp-flags": [{"not": ["syn"]}, {"not": ["ack"]}],
    },
    "192.0.2.1,*,tcp-flag=02&!=12": {
        "destination": "192.0.2.1/32",
        "tcp-flags": {"all": ["syn"], "not": ["ack"]},
    },
    "192.0.2.1,*,tcp-flag:02&!:10,=01&!=10": {
        "destination": "192.0.2.1/32",
        "tcp-flags": [{"all": ["syn"], "not": ["ack"]}, {"all": ["fin"], "not": ["ack"]}],
    },
    "192.0.2.1,*,dstport>100": {"destination": "192.0.2.1/32", "destination-port": "101..65535"},
    "192.0.2.1,*,len<100": {"destination": "192.0.2.1/32", "packet-length": "0..99"},
    "192.0.2.1,*,port!=80&<1024": {
        "destination": "192.0.2.1/32",
        "port": ["0..79", "81..1023"],
    },
}
SYN = {
    "destination": "192.0.2.1/32",
    "protocol": "tcp",
    "tcp-flags": {"all": ["syn"], "not": ["ack"]},
}
SYN_FLAGS = [f"{syn}02&{ack}10" for syn in (":", "=") for ack in ("!", "!:", "!=")]
SYN_FLAGS += [f"{ack}10&{syn}02" for syn in (":", "=") for ack in ("!", "!:", "!=")]


WORDS = [
    "tcp-flag!:10",
    "!=12",
    "!=80",
    ">9",
    "-1K_192.0.2.1",
    "proto=6",
    "port=53",
    "=80",
    ">=1&<=9",
    "len<=100",
    "tcp-flag:02",
    ":10&!02",
    "frag=06",
]
WORDS += ["icmp-type=999", "dscp=64", "frag:01", "tcp-flag:100", "!ff", "proto=256"]


def counter(name: str, packets: int | None = 1, octets: int | None = 2) -> Row:
    return Row(CounterName.of(name, False), packets, octets)


def policer(name: str, packets: int = 1, octets: int = 2) -> Row:
    return Row(CounterName.of(name, True), packets, octets)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_read_into_the_rules_match(name):
    assert match_of(name, False) == parse_match(NAMES[name])


@pytest.mark.parametrize("flags", SYN_FLAGS)
def test_the_syn_rule_in_every_spelling(flags):
    name = f"192.0.2.1,*,proto=6,tcp-flag{flags}"
    assert match_of(name, False) == parse_match(SYN)
    assert match_of(f"-589934592K_{name}", True) == parse_match(SYN)


@pytest.mark.parametrize(
    "limit", ["40K_", "6291K_", "10M_", "1.5G_", "800_", "-589934592K_", "-2147483648_", "9kbps_"]
)
def test_a_policers_name_has_the_limit_before_it(limit):
    name = "10.11.10.10,*,proto=6,dstport=5201"
    assert match_of(limit + name, True) == parse_match(NAMES[name])


@pytest.mark.parametrize(
    "name", ["*,192.0.2.1", "*,*,proto=17", "0/0,*,proto=17,port=445", "0/0,*"]
)
def test_a_rule_without_a_destination_is_not_ours(name):
    assert match_of(name, False) is None


@pytest.mark.parametrize(
    "name",
    [
        "",
        "accept-bgp",
        "192.0.2.1",
        "192.0.2.1,",
        ",",
        "192.0.2.256,*",
        "192.0.2.1/33,*",
        "192.0.2.1/24,*",
        "192.0.2.1/255.255.255.255,*",
        "fe80::1%eth0,*",
        "192.0.2.1,*,",
        "192.0.2.1,*,=53",
        "192.0.2.1,*,proto",
        "192.0.2.1,*,proto=",
        "192.0.2.1,*,proto=x",
        "192.0.2.1,*,proto=1²",
        "192.0.2.1,*,proto=6&",
        "192.0.2.1,*,proto=6,proto=17",
        "192.0.2.1,*,colour=6",
        "192.0.2.1,*,dstport>=100&<=50",
        "192.0.2.1,*,dstport=70000",
        "192.0.2.1,*,dstport>65535",
        "192.0.2.1,*,dstport<0",
        "192.0.2.1,*,dstport=5&!=5",
        "192.0.2.1,*,dstport=>5",
        "192.0.2.1,*,tcp-flag:zz",
        "192.0.2.1,*,tcp-flag:00",
        "192.0.2.1,*,tcp-flag:06&:18",
        "192.0.2.1,*,tcp-flag=02&!02",
        "192.0.2.1,*,tcp-flag=02&!=02",
        "192.0.2.1,*,tcp-flag=12&!=12",
        "192.0.2.1,*,tcp-flag!=00",
        "192.0.2.1,*,tcp-flag:!10",
        "x" * 10_000,
        "192.0.2.1,*" + ",=" * 50,
    ],
)
@pytest.mark.parametrize("policer", [False, True])
def test_a_name_outside_the_grammar_is_unreadable(name, policer):
    with pytest.raises(Unreadable):
        match_of(name, policer)


@settings(max_examples=60)
@given(
    st.one_of(
        st.text("0123456789.:/*,=<>&!_Kabcdefprotosrc-", max_size=140),
        st.lists(st.sampled_from(["192.0.2.1", "::/0", "*", *WORDS]), max_size=9).map(",".join),
    ),
    st.booleans(),
)
def test_any_name_is_a_match_or_not_ours_or_unreadable(name, policer):
    with contextlib.suppress(Unreadable):
        match = match_of(name, policer)
        assert match is None or match == parse_match(match.to_dict())


def test_a_name_that_junos_may_have_cut_is_not_taken_for_a_shorter_rule():
    ports = ",".join(f"={port}" for port in range(1000, 1040, 2))
    whole = f"192.0.2.1,*,proto=17,srcport{ports}"
    cut = whole[:127]
    assert len(cut) == 127 < len(whole)
    assert match_of(cut[: cut.rindex(",")], False)
    with pytest.raises(Unreadable, match="cut"):
        match_of(cut, False)


# --- the golden rules, as Junos would name them ---------------------------------------------------

GOLDEN = {
    case.name: parse_match(case.canonical["match"])
    for case in CASES
    if "blackhole" not in case.canonical["then"]  # a route, which nothing counts
    and "flow-label" not in case.canonical["match"]  # how Junos writes that is not known
}


@pytest.mark.parametrize("case", GOLDEN)
def test_golden_rules_are_found_again(case):
    name = junos_names.name(GOLDEN[case])
    if len(name) >= 127:
        with pytest.raises(Unreadable, match="cut"):
            match_of(name, False)
        return
    assert match_of(name, False) == GOLDEN[case]
    assert match_of(f"10M_{name}", True) == GOLDEN[case]


def test_only_few_golden_rules_have_names_that_are_too_long():
    assert (
        sum(len(junos_names.name(match)) >= 127 for match in GOLDEN.values())
        <= 3
        < len(GOLDEN) / 10
    )


# --- rows -----------------------------------------------------------------------------------------


def test_the_worked_index():
    (subtree, *_) = juniper.subtrees(["__flowspec_default_inet__"])
    assert WORKED_OID.startswith(f"{subtree}.")
    counters = {subtree: {WORKED_OID[len(subtree) + 1 :]: 7}}
    name = "203.0.113.10,*,proto=17,srcport=53"
    assert juniper.Rows().read(["__flowspec_default_inet__"], counters) == [counter(name, 7, None)]
    assert CounterName.of(name, False).rule_id == parse_match(NAMES[name]).id


@pytest.mark.parametrize("index", [(), (5,), (2, 65), (200, 66), (1, 10, 2), (1, 66, 9), (0,)])
def test_an_invalid_index_is_an_unreadable_row(index):
    packets, _ = juniper.subtrees(["A"])
    (row,) = juniper.Rows().read(["A"], {packets: {".".join(map(str, index)): 7}})
    assert (row.named.rule_id, row.named.name) == (None, "")
    assert row.named.unreadable


HOST = "10.11.10.10,*,proto=6,dstport=5201"
RULE = parse_match(NAMES[HOST]).id
COUNTED, POLICED = (184, 172_233), (268, 402_000)
LIMITED = [counter(HOST, *COUNTED), policer(f"40K_{HOST}", *POLICED)]


def test_of_a_discard_rule_all_that_matched_was_dropped():
    found = juniper.tally([counter(HOST, 30, 41_496)], {RULE: True}, "dropped")
    assert (found.dropped, found.passed) == ({RULE: (30, 41_496)}, {})


def test_of_a_rule_that_only_marks_all_that_matched_passed():
    found = juniper.tally([counter(HOST, 30, 41_496)], {RULE: False}, "dropped")
    assert (found.dropped, found.passed) == ({}, {RULE: (30, 41_496)})


@pytest.mark.parametrize(
    ("policer_counts", "passed", "dropped"),
    [("dropped", COUNTED, POLICED), ("passed", POLICED, COUNTED)],
)
@pytest.mark.parametrize("order", [1, -1])
def test_of_a_rate_limit_two_rows_count(policer_counts, passed, dropped, order):
    found = juniper.tally(LIMITED[::order], {RULE: False}, policer_counts)
    assert (found.passed, found.dropped) == ({RULE: passed}, {RULE: dropped})


def test_a_rule_in_two_filters_is_summed():
    found = juniper.tally([counter(HOST, 1, 10), counter(HOST, 2, 20)], {RULE: True}, "dropped")
    assert found.dropped == {RULE: (3, 30)}


@pytest.mark.parametrize("order", [1, -1])
def test_a_sum_with_a_part_missing_is_unknown_and_not_less(order):
    part = [counter(HOST, 1, 10), counter(HOST, None, 20)]
    found = juniper.tally(part[::order], {RULE: True}, "dropped")
    assert found.dropped == {RULE: (None, 30)}


def test_a_rule_on_its_way_out_has_no_counters():
    found = juniper.tally([counter(HOST)], {RULE: None}, "dropped")
    assert (found.dropped, found.passed, found.unknown) == ({}, {}, 0)
    assert juniper.tally(LIMITED, {RULE: None}, "dropped").dropped == {RULE: POLICED}


def test_rows_of_no_rule_are_counted_by_why():
    found = juniper.tally(
        [counter(HOST), counter("*,*"), counter("192.0.2.9,*"), counter("accept-bgp")],
        {},
        "dropped",
    )
    assert (found.unknown, found.unreadable, found.dropped, found.passed) == (3, 1, {}, {})
