"""Which prefixes can be protected, in the configuration file and while the adapter runs."""

from __future__ import annotations

from ipaddress import IPv6Network

from ..errors import Refused
from ..flowspec.prefixes import Network, holds, parse_prefix

# How programs write the IPv4 peers of an IPv6 socket (RFC 4291 section 2.5.5.2). As a protected
# prefix it would protect nothing.
_IPV4_MAPPED = IPv6Network("::ffff:0:0/96")
_SHORTEST_PROTECTED = {4: 8, 6: 16}


def protectable(text: object, field: str) -> Network:
    """A prefix that an admin protects while the adapter runs. Raises Refused, also for one so wide
    that it would withdraw and forbid nearly everything by one mistyped digit."""
    network = parse_prefix(text, field, Refused)
    require_in_packets(network, text, field, Refused)
    shortest = _SHORTEST_PROTECTED[network.version]
    if network.prefixlen < shortest:
        message = (
            f"{field} {network} is wider than a /{shortest}; the configuration file takes it in"
            " guardrails.protected_prefixes"
        )
        raise Refused(message, field=field, value=str(network), limit=f"/{shortest}")
    return network


def require_in_packets(network: Network, text: object, field: str, error: type[Refused]) -> None:
    """Raises ``error`` for a prefix whose addresses are in no packet."""
    if holds(_IPV4_MAPPED, network):
        message = f"{field}: no packet has an address of {text!r}; write the prefix as IPv4"
        raise error(message, field=field, value=text)
