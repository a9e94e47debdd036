"""Prefixes as the configuration writes them."""

from __future__ import annotations

from ipaddress import ip_network

from .attack import Network
from .errors import InvalidConfig


def configured_prefix(text: str, field: str) -> Network:
    """Raises InvalidConfig naming ``field``, also for host bits after the mask."""
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
