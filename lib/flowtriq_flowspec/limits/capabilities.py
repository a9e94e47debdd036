"""What kinds of routers can install, as far as a source says so; nothing is guessed.

Every limit names its source, and what a router does with a rule beyond it. A kind of router
without limits here may have limits that no source describes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Any, NamedTuple

from ..errors import GuardrailRefused, InvalidConfig
from ..events import RefusalCode
from ..flowspec.components import FLAGS, flag_names, operator_count
from ..flowspec.match import but_for_destination
from ..flowspec.rule import FlowRule, Match
from ..flowspec.then import RouteTarget

RESETS = "resets the session"
DIFFERS = "installs something else"
IGNORES = "does not install it"
"""What a peer does with a rule beyond its limits. Only IGNORES is harmless."""


class Limit(NamedTuple):
    """``excess`` gives what of a rule goes beyond the limit: (field, value), or None."""

    effect: str
    limit: object
    source: str
    excess: Callable[[FlowRule], tuple[str, object] | None]


class Profile(NamedTuple):
    """A kind of router. ``max_rules`` and ``max_tcam_entries``: None where no source has them."""

    limits: tuple[Limit, ...] = ()
    max_rules: int | None = None
    max_tcam_entries: int | None = None


@dataclass(frozen=True)
class PeerLimits:
    """One router. Bounds are its own, or those of its profile, or None."""

    address: str
    profile: str = "generic"
    max_rules: int | None = None
    max_tcam_entries: int | None = None


class Objection(NamedTuple):
    """Why a rule does not fit a peer."""

    peer: PeerLimits
    field: str
    value: object
    limit: Limit

    def __str__(self) -> str:
        return (
            f"{self.field} is {self.value}, and peer {self.peer.address} ({self.peer.profile}) "
            f"takes {self.limit.limit}: it {self.limit.effect} ({self.limit.source})"
        )


def peer_from_dict(settings: Mapping[str, Any], field: str) -> PeerLimits:
    """One entry of the guardrails' ``peers``. Raises InvalidConfig naming ``field``."""
    text = settings["address"]
    try:
        parsed = ip_address(text)
        if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
            raise ValueError("write it as IPv4")
        address = str(parsed)
    except ValueError as error:
        raise InvalidConfig(
            f"{field}.address is {text!r}, not an address", field=f"{field}.address", value=text
        ) from error
    name = settings["profile"]
    profile = PROFILES[name]
    return PeerLimits(
        address,
        name,
        settings.get("max_rules", profile.max_rules),
        settings.get("max_tcam_entries", profile.max_tcam_entries),
    )


def objections(rule: FlowRule, peers: Iterable[PeerLimits]) -> Iterator[Objection]:
    """The limits of peers that the rule exceeds."""
    for peer in peers:
        for limit in PROFILES[peer.profile].limits:
            excess = limit.excess(rule)
            if excess is not None:
                yield Objection(peer, *excess, limit)


def check_peers(rule: FlowRule, peers: Iterable[PeerLimits]) -> tuple[Objection, ...]:
    """Raise GuardrailRefused, code ``peers``, if the rule hurts a peer or no peer installs it.

    A rule goes to all peers. Gives back the objections of the peers that will not install it.
    A blackhole is an ordinary route, which every router installs.
    """
    if rule.match.unicast:
        return ()
    everyone = tuple(peers)
    objected = tuple(objections(rule, everyone))
    harmful = [objection for objection in objected if objection.limit.effect != IGNORES]
    useless = objected if {objection.peer for objection in objected} == set(everyone) else ()
    for objection in (*harmful, *useless):
        raise GuardrailRefused(
            str(objection),
            field=objection.field,
            value=objection.value,
            limit=objection.limit.limit,
            code=RefusalCode.PEERS,
        )
    return objected


@but_for_destination
def operators_by_component(match: Match) -> dict[str, int]:
    """Operators of each component on the wire: a value is one, a range two (RFC 8955 4.2.1)."""
    counts = {name: operator_count(intervals) for name, intervals in match.numeric}
    for name, terms in match.flags:
        counts[name] = sum(
            bool(term.all_of) + bool(term.any_of) + bool(term.none_of) for term in terms
        )
    return counts


def _operators_above(limit: int) -> Callable[[FlowRule], tuple[str, object] | None]:
    def excess(rule: FlowRule) -> tuple[str, object] | None:
        for name, count in operators_by_component(rule.match).items():
            if count > limit:
                return f"match.{name}", f"{count} operators"
        return None

    return excess


def _nlri_above(limit: int) -> Callable[[FlowRule], tuple[str, object] | None]:
    def excess(rule: FlowRule) -> tuple[str, object] | None:
        size = len(rule.match.nlri)
        return ("match", f"an NLRI of {size} bytes") if size > limit else None

    return excess


def _flags_besides(
    component: str, known: Iterable[str]
) -> Callable[[FlowRule], tuple[str, object] | None]:
    known_bits = sum(FLAGS[component][name] for name in known)

    def excess(rule: FlowRule) -> tuple[str, object] | None:
        used = 0
        for term in rule.match.flag_terms(component):
            used |= term.all_of | term.any_of | term.none_of
        names = flag_names(component, used & ~known_bits)
        return (f"match.{component}", " ".join(names)) if names else None

    return excess


def _ipv6(rule: FlowRule) -> tuple[str, object] | None:
    if rule.match.address_family == "ipv6":
        return "match.destination", str(rule.match.destination)
    return None


def _port_beside_another(rule: FlowRule) -> tuple[str, object] | None:
    names = [name for name, _ in rule.match.numeric if name.endswith("port")]
    return ("match.port", " and ".join(names)) if "port" in names and len(names) > 1 else None


def _redirect_to_address(rule: FlowRule) -> tuple[str, object] | None:
    target = rule.then.redirect
    if target is None or isinstance(target, RouteTarget):
        return None
    return "then.redirect", str(target)


def _rate_below(limit_bps: int) -> Callable[[FlowRule], tuple[str, object] | None]:
    def excess(rule: FlowRule) -> tuple[str, object] | None:
        rate_bps = rule.then.rate_limit_bps
        if rate_bps is None or rate_bps >= limit_bps:
            return None
        return "then.rate-limit", f"{rate_bps} bit/s"

    return excess


_SLX = 'SLX-OS 20.x documentation, "BGP Flowspec Considerations"'
_SLX_TCP_FLAGS = ("fin", "syn", "rst", "push", "ack", "urgent")

PROFILES: Mapping[str, Profile] = {
    "generic": Profile(),
    "juniper": Profile(
        max_rules=2000,  # Trio took 2,000 simple rules without loss
        limits=(
            Limit(
                IGNORES,
                "port without destination-port and source-port",
                "Junos documentation, statement flow",
                _port_beside_another,
            ),
        ),
    ),
    # xrdocs.io, "BGP FlowSpec on NCS5500": 3,000 simple rules are validated on all IOS XR
    # platforms; an NCS 5500 took 4,000 entries at full speed.
    "cisco-xr": Profile(max_rules=3000, max_tcam_entries=4000),
    "nokia": Profile(),
    "arista": Profile(),
    "extreme": Profile(
        limits=(
            # In hardware a policer goes in steps of 22 kbit/s; below the first, all is dropped.
            Limit(DIFFERS, "22000 bit/s or more", _SLX, _rate_below(22_000)),
            Limit(IGNORES, "IPv4 only", _SLX, _ipv6),
            Limit(IGNORES, "is-fragment only", _SLX, _flags_besides("fragment", ["is-fragment"])),
            Limit(
                IGNORES,
                ", ".join(_SLX_TCP_FLAGS),
                _SLX,
                _flags_besides("tcp-flags", _SLX_TCP_FLAGS),
            ),
            Limit(IGNORES, "a VRF only", _SLX, _redirect_to_address),
        ),
    ),
    "frr": Profile(
        limits=(
            Limit(
                RESETS,
                "at most 5 operators",
                "measured with frr 8.4.4; FRRouting pull request 21054",
                _operators_above(5),
            ),
        ),
    ),
    # Measured with bird 2.0.12: it resets on dont-fragment on IPv6 and on flow-label on IPv4, which
    # are not valid rules here.
    "bird": Profile(),
    "gobgp": Profile(
        limits=(Limit(IGNORES, "at most 239 bytes", "measured with gobgpd 3.10", _nlri_above(239)),)
    ),
}
