from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

import pytest
from flowtriq_flowspec.flowspec.prefixes import Network
from flowtriq_flowspec.playbook.aggregation import Fold, fold
from hypothesis import given
from hypothesis import strategies as st


def folded(
    targets: list[str], threshold: int = 2, barriers: tuple[str, ...] = (), length: int = 24
) -> dict[str, list[str]]:
    folds = fold(
        [ip_network(text) for text in targets],
        threshold=threshold,
        ipv4_prefix_length=length,
        ipv6_prefix_length=64,
        barriers=[ip_network(text) for text in barriers],
    )
    return {str(item.prefix): [str(member) for member in item.members] for item in folds}


def test_few_hosts_stay_hosts() -> None:
    assert folded(["203.0.113.1", "203.0.113.2"]) == {
        "203.0.113.1/32": ["203.0.113.1/32"],
        "203.0.113.2/32": ["203.0.113.2/32"],
    }


def test_more_than_the_threshold_become_the_tightest_prefix() -> None:
    # .1 to .3 need 203.0.113.0/30, not the whole /24.
    assert folded(["203.0.113.3", "203.0.113.1", "203.0.113.2"]) == {
        "203.0.113.0/30": ["203.0.113.1/32", "203.0.113.2/32", "203.0.113.3/32"]
    }


def test_a_whole_network_is_one_rule() -> None:
    assert list(folded([f"203.0.113.{index}" for index in range(256)])) == ["203.0.113.0/24"]


def test_each_network_counts_for_itself() -> None:
    targets = ["203.0.113.1", "203.0.113.2", "198.51.100.1", "198.51.100.2"]
    assert len(folded(targets)) == 4


def test_nothing_is_wider_than_configured() -> None:
    targets = [f"203.0.{third}.{fourth}" for third in (112, 113) for fourth in (0, 128, 255)]
    assert list(folded(targets)) == ["203.0.112.0/24", "203.0.113.0/24"]


def test_ipv6_hosts_of_one_64() -> None:
    targets = ["2001:db8::1", "2001:db8::2:0", "2001:db8::ffff:0"]
    assert list(folded(targets)) == ["2001:db8::/96"]


def test_a_protected_prefix_is_gone_round_with_the_fewest_rules() -> None:
    # .0 to .7 without .4: [.0-.3] is free, and .5, .6-.7 are what is left of the other half.
    targets = [f"203.0.113.{index}" for index in (0, 1, 2, 3, 5, 6, 7)]
    assert list(folded(targets, barriers=("203.0.113.4/32",))) == [
        "203.0.113.0/30",
        "203.0.113.5/32",
        "203.0.113.6/31",
    ]


def test_an_attacked_host_within_a_protected_prefix_stays_alone() -> None:
    targets = ["203.0.113.1", "203.0.113.2", "203.0.113.3"]
    assert list(folded(targets, barriers=("203.0.113.0/24",))) == [
        "203.0.113.1/32",
        "203.0.113.2/32",
        "203.0.113.3/32",
    ]


def test_a_prefix_target_holds_the_hosts_within_it() -> None:
    targets = ["203.0.113.0/28", "203.0.113.1", "203.0.113.2"]
    assert folded(targets) == {
        "203.0.113.0/28": ["203.0.113.0/28", "203.0.113.1/32", "203.0.113.2/32"]
    }


def test_a_target_wider_than_the_limit_stays_as_it_is() -> None:
    assert list(folded(["203.0.112.0/22", "203.0.113.1"])) == ["203.0.112.0/22", "203.0.113.1/32"]


def test_zero_never_folds() -> None:
    assert len(folded([f"203.0.113.{index}" for index in range(256)], threshold=0)) == 256


def test_widened_says_whether_others_are_covered() -> None:
    host = ip_network("203.0.113.1/32")
    assert not Fold(host, (host,)).widened
    assert Fold(ip_network("203.0.113.0/31"), (host,)).widened


HOSTS = st.lists(st.integers(0, 1023), min_size=1, max_size=60)
BARRIERS = st.lists(st.tuples(st.integers(0, 1023), st.integers(24, 32)), max_size=6)


def network(offset: int, length: int) -> IPv4Network:
    return IPv4Network((int(ip_address("203.0.112.0")) + offset, length), strict=False)


@given(HOSTS, BARRIERS, st.integers(0, 5))
def test_properties(hosts: list[int], barriers: list[tuple[int, int]], threshold: int) -> None:
    targets = [network(offset, 32) for offset in hosts]
    walls = [network(offset, length) for offset, length in barriers]
    folds = fold(
        targets,
        threshold=threshold,
        ipv4_prefix_length=24,
        ipv6_prefix_length=64,
        barriers=walls,
    )
    members = [member for item in folds for member in item.members]
    assert sorted(members) == sorted(set(targets))
    for item in folds:
        assert item.prefix.prefixlen >= 24
        assert all(member.subnet_of(item.prefix) for member in item.members)  # type: ignore[arg-type]
        if item.widened:
            assert not any(item.prefix.overlaps(wall) for wall in walls)
    assert not overlapping([item.prefix for item in folds])


@given(
    st.lists(st.integers(0, 15), min_size=1, max_size=16), st.lists(st.integers(0, 15), max_size=4)
)
def test_no_smaller_cover_exists(hosts: list[int], walls: list[int]) -> None:
    """Against every cover by prefixes of one /28, tried one by one."""
    targets = {network(offset, 32) for offset in hosts}
    barriers = [network(offset, 32) for offset in walls]
    folds = fold(
        sorted(targets),
        threshold=1,
        ipv4_prefix_length=28,
        ipv6_prefix_length=64,
        barriers=barriers,
    )
    if len(targets) > 1:
        assert len(folds) == fewest(network(0, 28), targets, barriers)


def fewest(block: IPv4Network, targets: set[IPv4Network], walls: list[IPv4Network]) -> int:
    inside = [target for target in targets if target.subnet_of(block)]
    if not inside:
        return 0
    if block.prefixlen == 32 or not any(block.overlaps(wall) for wall in walls):
        return 1
    return sum(fewest(half, targets, walls) for half in block.subnets())


def overlapping(prefixes: list[Network]) -> bool:
    return any(
        one.overlaps(other)  # type: ignore[arg-type]
        for index, one in enumerate(prefixes)
        for other in prefixes[index + 1 :]
    )


ADDRESSES = {
    4: (IPv4Network("203.0.113.0/24"), 24),
    6: (IPv6Network("2001:db8::/64"), 64),
}


@given(
    st.sampled_from([4, 6]),
    st.lists(st.tuples(st.integers(0, 255), st.integers(5, 8)), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 255), st.integers(4, 8)), max_size=6),
)
def test_no_smaller_cover_exists_of_prefixes_of_either_family(
    version: int, places: list[tuple[int, int]], walls: list[tuple[int, int]]
) -> None:
    """Targets may be prefixes too, and lie within one another or within what is protected."""
    block, length = ADDRESSES[version]
    shift = block.max_prefixlen - length - 8  # in the block's highest bits: /64 and longer

    def inner(place: int, bits: int) -> Network:
        first = int(block.network_address) + (place << shift)
        return type(block)((first, length + bits), strict=False)

    targets = {inner(*place) for place in places}
    barriers = [inner(*wall) for wall in walls]
    folds = fold(
        sorted(targets, key=str),
        threshold=1,
        ipv4_prefix_length=24,
        ipv6_prefix_length=64,
        barriers=barriers,
    )
    if len(targets) > 1:
        assert len(folds) == fewest_prefixes(block, targets, barriers)
    for item in folds:
        assert all(member.subnet_of(item.prefix) for member in item.members)  # type: ignore[arg-type]
        assert not item.widened or not any(_overlap(item.prefix, wall) for wall in barriers)


def fewest_prefixes(block: Network, targets: set[Network], walls: list[Network]) -> int:
    """Trying every prefix: one may be used if no wall touches it, or if it is a target's own."""
    inside = [it for it in targets if it.subnet_of(block)]  # type: ignore[arg-type]
    if not inside:
        return 0
    if block in targets or not any(_overlap(block, wall) for wall in walls):
        return 1
    return sum(fewest_prefixes(half, targets, walls) for half in block.subnets())


def _overlap(one: Network, other: Network) -> bool:
    return one.overlaps(other)  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [5000])
def test_a_carpet_of_thousands_is_a_few_rules(count: int) -> None:
    targets = [str(network(0, 32).network_address + index) for index in range(count)]
    assert len(folded(targets)) == 20  # 5,000 / 256, rounded up
