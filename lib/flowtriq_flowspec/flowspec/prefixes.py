"""Prefixes of either address family."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Union

from ..errors import InvalidConfig

Network = Union[IPv4Network, IPv6Network]


def configured_prefix(text: str, field: str) -> Network:
    """As the configuration writes it. Raises InvalidConfig naming ``field``, also for host bits
    after the mask."""
    try:
        return ip_network(text)
    except ValueError as error:
        message = f"{field} is {text!r}, not a prefix: {error}"
        raise InvalidConfig(message, field=field, value=text) from error


def holds(outer: Network, inner: Network) -> bool:
    """Whether every address of ``inner`` is one of ``outer``."""
    if inner.version != outer.version or inner.prefixlen < outer.prefixlen:
        return False
    return inner.network_address in outer
