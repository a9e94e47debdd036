"""Prefixes of either address family: reading one, and how two lie to each other."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Union

from ..errors import InvalidConfig, Refused
from ..refusal_wording import shown

Network = Union[IPv4Network, IPv6Network]


def parse_prefix(text: object, field: str, error: type[Refused]) -> Network:
    """A prefix, or a bare address as the prefix of that host.

    Raises ``error`` naming ``field``, also for host bits after the mask and for an IPv6 scope
    (fe80::1%eth0), which may be any text.
    """
    if not isinstance(text, str) or "%" in text:
        raise not_a_prefix(text, field, error)
    try:
        return ip_network(text.strip())
    except ValueError:
        pass
    try:
        network = ip_network(text.strip(), strict=False)
    except ValueError:
        raise not_a_prefix(text, field, error) from None
    raise error(
        f"{field}: {text!r} has host bits set; the prefix is {network}",
        field=field,
        value=text,
        limit=str(network),
    )


def not_a_prefix(text: object, field: str, error: type[Refused]) -> Refused:
    """The refusal of a text that is not a prefix."""
    message = (
        f"{field}: {shown(text)!r} is not an address or prefix"
        " (examples: 203.0.113.45/32, 2001:db8::/32)"
    )
    return error(message, field=field, value=shown(text))


def configured_prefix(text: str, field: str) -> Network:
    """A prefix of the configuration. Raises InvalidConfig."""
    return parse_prefix(text, field, InvalidConfig)


def holds(outer: Network, inner: Network) -> bool:
    """Whether every address of ``inner`` is one of ``outer``."""
    if inner.version != outer.version or inner.prefixlen < outer.prefixlen:
        return False
    return inner.network_address in outer


def first_and_last(network: Network) -> tuple[int, int]:
    """The addresses as integers. The attribute ``broadcast_address`` takes ten times as long."""
    first = int(network.network_address)
    return first, first | ((1 << (network.max_prefixlen - network.prefixlen)) - 1)


def overlap(one: Network, other: Network) -> bool:
    """Whether any address belongs to both."""
    return one.version == other.version and one.overlaps(other)
