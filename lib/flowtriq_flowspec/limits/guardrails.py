"""The operator's limits on rules. The adapter applies them to every caller.

The settings live in schemas/guardrails.schema.json, their reasons in docs/operator/guardrails.md.
Here are the limits on one rule; those on the number of rules are in budgets.py, those of single
routers in capabilities.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, ip_address, ip_network
from itertools import islice
from typing import Any

from ..errors import GuardrailRefused, InvalidConfig
from ..events import RefusalCode
from ..flowspec.components import PROTOCOLS, common_intervals
from ..flowspec.match import but_for_destination
from ..flowspec.prefix_set import PrefixSet
from ..flowspec.prefixes import Network, configured_prefix
from ..flowspec.rule import FlowRule, Match
from ..flowspec.then import Then
from ..flowspec.units import discard_for_drop, with_rates
from ..validation import require_valid, with_defaults
from .capabilities import Objection, PeerLimits, check_peers, operators_by_component, peer_from_dict
from .protectable_prefixes import require_in_packets
from .tcam import tcam_entries

PROBE_DESTINATION = IPv4Network("100.64.0.0/32")
"""Where the test rule points: an address of the shared space of RFC 6598 that no host has."""

_BGP_PORT = 179
# The other end of a BGP session: 179 as well with old speakers, else an ephemeral port (RFC 6056).
_BGP_FAR_PORTS = ((_BGP_PORT, _BGP_PORT), (1024, 65535))
_LARGEST_PORT = 65535


@dataclass(frozen=True)
class Guardrails:
    """One field for each setting; the defaults are the schema's."""

    allowed_destinations: PrefixSet
    protected_prefixes: PrefixSet
    bgp_speakers: PrefixSet
    shortest_destination_prefix_ipv4: int
    shortest_destination_prefix_ipv6: int
    max_values_per_component: int
    max_packet_length_bytes: int
    max_nlri_bytes: int
    max_tcam_entries_per_rule: int
    allowed_actions: tuple[str, ...]
    allowed_redirects: tuple[str, ...]
    allowed_blackhole_next_hops: tuple[str, ...]
    allowed_blackhole_communities: tuple[str, ...]
    minimum_rate_limit_bps: int
    minimum_life_seconds: int
    maximum_life_seconds: int
    max_rules: int
    max_rules_ipv4: int
    max_rules_ipv6: int
    max_rules_per_incident: int
    max_rules_per_destination: int
    max_blackholes: int
    max_announcements_per_minute: int
    operator_reserve_percent: int
    peers: tuple[PeerLimits, ...]

    @classmethod
    def from_dict(cls, settings: Mapping[str, Any]) -> Guardrails:
        """The section ``guardrails`` of the adapter's configuration.

        Raises InvalidConfig naming the setting, as ``guardrails.<setting>``.
        """
        settings = with_rates(settings)
        require_valid(settings, "guardrails", InvalidConfig, within="guardrails")
        given: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in with_defaults(settings, "guardrails").items()
        }
        given["allowed_actions"] = tuple(map(discard_for_drop, given["allowed_actions"]))
        peers = tuple(
            peer_from_dict(peer, f"guardrails.peers.{index}")
            for index, peer in enumerate(given["peers"])
        )
        networks = {
            name: _networks(given[name], name)
            for name in ("allowed_destinations", "protected_prefixes", "bgp_speakers")
        }
        # A rule that covers the router it goes to would cut the way of its own withdrawal.
        networks["protected_prefixes"] += [ip_network(peer.address) for peer in peers]
        for name in ("allowed_redirects", "allowed_blackhole_next_hops"):
            given[name] = tuple(map(_target, given[name]))
        sets = {name: PrefixSet(found) for name, found in networks.items()}
        result = cls(**{**given, **sets, "peers": peers})
        if result.minimum_life_seconds > result.maximum_life_seconds:
            raise InvalidConfig(
                f"guardrails.minimum_life_seconds is {result.minimum_life_seconds}, above "
                f"guardrails.maximum_life_seconds, {result.maximum_life_seconds}",
                field="guardrails.minimum_life_seconds",
                value=result.minimum_life_seconds,
                limit=result.maximum_life_seconds,
            )
        return result

    def protecting(self, prefixes: Iterable[Network]) -> Guardrails:
        """These guardrails, with more protected prefixes."""
        return replace(self, protected_prefixes=PrefixSet([*self.protected_prefixes, *prefixes]))

    def shortest_destination_prefix(self, address_family: str) -> int:
        """Bits; ``address_family`` is "ipv4" or "ipv6", here and below."""
        value: int = getattr(self, f"shortest_destination_prefix_{address_family}")
        return value

    def max_rules_of(self, address_family: str) -> int:
        value: int = getattr(self, f"max_rules_{address_family}")
        return value


def check(rule: FlowRule, guardrails: Guardrails) -> tuple[Objection, ...]:
    """Raise GuardrailRefused if a guardrail forbids the rule; its code is the setting's name. Gives
    back the objections of the peers that will not install the rule."""
    match, then = rule.match, rule.then
    passed, length = _passed(match), match.destination.prefixlen
    known_then, known_guardrails = passed.get(length, (None, None))
    if known_then is then and known_guardrails is guardrails:
        for refusal in _destination_refusals(match, guardrails):
            raise refusal
        for refusal in _bgp_refusals(match, guardrails):
            raise refusal
        return ()
    for refusal in _refusals_by_rule(rule, guardrails):
        raise refusal
    objections = check_peers(rule, guardrails.peers)
    if not objections:
        passed[length] = then, guardrails
    return objections


@but_for_destination
def _passed(_match: Match) -> dict[int, tuple[Then, Guardrails]]:
    """By the length of the destination: action and guardrails (these very objects) with which a
    match of this kind passed. Of the next one only the addresses are looked at."""
    return {}


def refusals(rule: FlowRule, guardrails: Guardrails) -> Iterator[GuardrailRefused]:
    """Every guardrail that forbids the rule, the gravest first."""
    yield from _refusals_by_rule(rule, guardrails)
    try:
        check_peers(rule, guardrails.peers)
    except GuardrailRefused as refusal:
        yield refusal


def _refusals_by_rule(rule: FlowRule, guardrails: Guardrails) -> Iterator[GuardrailRefused]:
    yield from _destination_refusals(rule.match, guardrails)
    yield from _bgp_refusals(rule.match, guardrails)
    yield from _size_refusals(rule.match, guardrails)
    yield from _action_refusals(rule, guardrails)


def _destination_refusals(match: Match, guardrails: Guardrails) -> Iterator[GuardrailRefused]:
    destination = match.destination
    for field, prefix in (("match.destination", destination), ("match.source", match.source)):
        if prefix is not None and guardrails.protected_prefixes.overlaps(prefix):
            touched = _listed(guardrails.protected_prefixes.overlapping(prefix))
            text = f"{field} {prefix} covers protected addresses: {touched}"
            yield _refused(RefusalCode.PROTECTED_PREFIXES, text, field, str(prefix), touched)
    shortest = guardrails.shortest_destination_prefix(match.address_family)
    if destination.prefixlen < shortest:
        setting = RefusalCode(f"shortest_destination_prefix_{match.address_family}")
        text = f"match.destination {destination} is wider than a /{shortest}"
        yield _refused(setting, text, "match.destination", str(destination), f"/{shortest}")
    allowed = guardrails.allowed_destinations
    if destination != PROBE_DESTINATION and not allowed.contains(destination):
        own = _listed(allowed)
        text = f"match.destination {destination} is not within your networks: {own}"
        yield _refused(
            RefusalCode.ALLOWED_DESTINATIONS, text, "match.destination", str(destination), own
        )


def _bgp_refusals(match: Match, guardrails: Guardrails) -> Iterator[GuardrailRefused]:
    if not _may_match_bgp(match):
        return
    for field, prefix in (("match.destination", match.destination), ("match.source", match.source)):
        if prefix is not None and guardrails.bgp_speakers.overlaps(prefix):
            touched = _listed(guardrails.bgp_speakers.overlapping(prefix))
            text = (
                f"{field} {prefix} covers BGP speakers, {touched}, and the rule can match their "
                "sessions (TCP port 179); name another protocol or other ports"
            )
            yield _refused(RefusalCode.BGP_SPEAKERS, text, field, str(prefix), touched)


@but_for_destination
def _may_match_bgp(match: Match) -> bool:
    """Whether any packet of a BGP session fits the match's protocol and ports."""
    protocols = match.intervals("protocol")
    if protocols and not common_intervals(protocols, [(PROTOCOLS["tcp"], PROTOCOLS["tcp"])]):
        return False
    everything = ((0, _LARGEST_PORT),)
    destination_ports = match.intervals("destination-port") or everything
    source_ports = match.intervals("source-port") or everything
    either_ports = match.intervals("port") or everything
    bgp_port = [(_BGP_PORT, _BGP_PORT)]
    for near, far in ((destination_ports, source_ports), (source_ports, destination_ports)):
        far_ports = common_intervals(far, _BGP_FAR_PORTS)
        # "port" is met by either end: by 179 itself, or by what the far end may be.
        either = common_intervals(either_ports, [*bgp_port, *far_ports])
        if common_intervals(near, bgp_port) and far_ports and either:
            return True
    return False


def _size_refusals(match: Match, guardrails: Guardrails) -> Iterator[GuardrailRefused]:
    limit = guardrails.max_values_per_component
    for name, count in operators_by_component(match).items():
        if count > limit:
            text = f"match.{name} has {count} values (a range counts as two); at most {limit}"
            yield _refused(
                RefusalCode.MAX_VALUES_PER_COMPONENT, text, f"match.{name}", count, limit
            )
    limit = guardrails.max_packet_length_bytes
    for low, high in match.intervals("packet-length"):
        if low > limit:
            text = f"match.packet-length {low}..{high} begins above {limit} bytes"
            yield _refused(
                RefusalCode.MAX_PACKET_LENGTH_BYTES, text, "match.packet-length", low, limit
            )
    for setting, value, unit, limit in (
        (RefusalCode.MAX_NLRI_BYTES, len(match.nlri), "bytes of NLRI", guardrails.max_nlri_bytes),
        (
            RefusalCode.MAX_TCAM_ENTRIES_PER_RULE,
            tcam_entries(match),
            "estimated TCAM entries",
            guardrails.max_tcam_entries_per_rule,
        ),
    ):
        if value > limit:
            yield _refused(
                setting, f"match costs {value} {unit}; at most {limit}", "match", value, limit
            )


def _blackhole_refusals(then: Then, guardrails: Guardrails) -> Iterator[GuardrailRefused]:
    hop, hops = str(then.blackhole), list(guardrails.allowed_blackhole_next_hops)
    if hop not in hops:
        text = f"then.blackhole {hop} is not among the allowed next hops: {_listed(hops)}"
        yield _refused(RefusalCode.ALLOWED_BLACKHOLE_NEXT_HOPS, text, "then.blackhole", hop, hops)
    known = list(guardrails.allowed_blackhole_communities)
    for community in (f"{asn}:{number}" for asn, number in then.communities):
        if community not in known:
            text = f"then.community {community} is not among a blackhole's: {_listed(known)}"
            yield _refused(
                RefusalCode.ALLOWED_BLACKHOLE_COMMUNITIES, text, "then.community", community, known
            )


def _action_refusals(rule: FlowRule, guardrails: Guardrails) -> Iterator[GuardrailRefused]:
    then = rule.then
    if then.blackhole is not None:
        yield from _blackhole_refusals(then, guardrails)
        return
    for action in then.to_dict():
        if action != "redirect" and action not in guardrails.allowed_actions:
            allowed = list(guardrails.allowed_actions)
            text = f"then.{action} is not allowed; allowed are: {', '.join(allowed)}"
            yield _refused(RefusalCode.ALLOWED_ACTIONS, text, f"then.{action}", action, allowed)
    if then.redirect is not None and str(then.redirect) not in guardrails.allowed_redirects:
        targets = list(guardrails.allowed_redirects)
        text = f"then.redirect {then.redirect} is not among the allowed targets: {_listed(targets)}"
        yield _refused(
            RefusalCode.ALLOWED_REDIRECTS, text, "then.redirect", str(then.redirect), targets
        )
    floor, rate_bps = guardrails.minimum_rate_limit_bps, then.rate_limit_bps
    if rate_bps is not None and rate_bps < floor:
        text = f"then.rate-limit is {rate_bps} bit/s; at least {floor}"
        yield _refused(RefusalCode.MINIMUM_RATE_LIMIT_BPS, text, "then.rate-limit", rate_bps, floor)


def _refused(
    code: RefusalCode, text: str, field: str, value: object, limit: object
) -> GuardrailRefused:
    return GuardrailRefused(
        f"{text} (guardrail {code})", field=field, value=value, limit=limit, code=code
    )


def _listed(items: Collection[object] | PrefixSet) -> str:
    """The first few, since there may be thousands."""
    texts = [str(item) for item in islice(items, 5)]
    more = f" and {len(items) - 5} more" if len(items) > 5 else ""
    return (", ".join(texts) or "none") + more


def check_claim_seconds(requested: int | None, guardrails: Guardrails) -> int:
    """How long a claim may live: as requested, or as long as allowed where nothing is requested.

    Raises GuardrailRefused with the code ``minimum_life_seconds`` or ``maximum_life_seconds``.
    """
    if requested is None:
        return guardrails.maximum_life_seconds
    for setting, word, beyond in (
        (RefusalCode.MINIMUM_LIFE_SECONDS, "least", requested < guardrails.minimum_life_seconds),
        (RefusalCode.MAXIMUM_LIFE_SECONDS, "most", requested > guardrails.maximum_life_seconds),
    ):
        if beyond:
            limit = getattr(guardrails, setting)
            raise GuardrailRefused(
                f"expires_in_seconds is {requested}; {setting} allows at {word} {limit}",
                field="expires_in_seconds",
                value=requested,
                limit=limit,
                code=setting,
            )
    return requested


def _networks(texts: Iterable[str], setting: str) -> list[Network]:
    networks: list[Network] = []
    for index, text in enumerate(texts):
        field = f"guardrails.{setting}.{index}"
        network = configured_prefix(text, field)
        require_in_packets(network, text, field, InvalidConfig)
        networks.append(network)
    return networks


def _target(text: str) -> str:
    """A redirect's target as rules spell it: addresses in their one canonical form."""
    try:
        return str(ip_address(text))
    except ValueError:
        return text
