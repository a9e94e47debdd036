"""A rule in words: what it would match and do, what stops it, what it costs on a router."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import GuardrailRefused
from ..flowspec.components import PROTOCOLS, FlagTerm, Interval, flag_names
from ..flowspec.prefixes import Network
from ..flowspec.rule import FlowRule, Match
from ..flowspec.then import Then
from .capabilities import IGNORES, Objection, objections
from .guardrails import PROBE_DESTINATION, Guardrails, refusals
from .tcam import tcam_entries, tcam_entries_by_component

_PROTOCOL_NAMES = {number: name for name, number in PROTOCOLS.items()}
_FRAGMENT_WORDS = {
    "dont-fragment": "packets that must not be fragmented",
    "is-fragment": "fragments",
    "first-fragment": "first fragments",
    "last-fragment": "last fragments",
}
_NUMERIC_WORDS = {
    "port": "source or destination port",
    "destination-port": "destination port",
    "source-port": "source port",
    "icmp-type": "ICMP type",
    "icmp-code": "ICMP code",
    "dscp": "DSCP",
    "flow-label": "flow label",
}
# Components, the protocols that have them, and what they are.
_CARRIERS = (
    ({"port", "destination-port", "source-port"}, (6, 17, 132), "ports"),  # TCP, UDP, SCTP
    ({"tcp-flags"}, (6,), "TCP flags"),
    ({"icmp-type", "icmp-code"}, (1, 58), "an ICMP type or code"),
)


@dataclass(frozen=True)
class Explanation:
    """All that can be said of a rule before it is announced."""

    rule: FlowRule
    conditions: tuple[str, ...]
    effect: str
    warnings: tuple[str, ...]
    tcam_entries: int
    tcam_entries_by_component: dict[str, int]
    refusals: tuple[GuardrailRefused, ...]
    objections: tuple[Objection, ...]  # of peers that would not install it; not refusals

    def as_dict(self) -> dict[str, Any]:
        """JSON form; an empty ``refusals`` means that the guardrails let the rule through."""
        return {
            "id": self.rule.id,
            **self.rule.to_dict(),
            "conditions": list(self.conditions),
            "effect": self.effect,
            "warnings": list(self.warnings),
            "tcam_entries": self.tcam_entries,
            "tcam_entries_by_component": self.tcam_entries_by_component,
            "refusals": [refusal.as_dict() for refusal in self.refusals],
            "objections": [str(objection) for objection in self.objections],
            "text": self.text(),
        }

    def text(self) -> str:
        """For a person to read, without a final newline."""
        lines = [f"Rule {self.rule.id} matches packets", *_bullets(self.conditions)]
        lines.append(f"and {self.effect}.")
        lines += [f"Mind: {warning}" for warning in self.warnings]
        factors = [f"{name} {n}" for name, n in self.tcam_entries_by_component.items() if n > 1]
        unit = "entry" if self.tcam_entries == 1 else "entries"
        shape = f" ({' × '.join(factors)})" if factors else ""
        lines.append(f"Costs about {self.tcam_entries} TCAM {unit} on each router{shape}.")
        if self.refusals:
            lines += ["Guardrails that stop it:", *_bullets(map(str, self.refusals))]
        else:
            lines.append("No guardrail stops it.")
        if self.objections:
            lines += ["Peers that would not install it:", *_bullets(map(str, self.objections))]
        return "\n".join(lines)


def explain(rule: FlowRule, guardrails: Guardrails) -> Explanation:
    """What ``guardrails`` and the peers they name make of the rule; announces nothing.

    Budgets are not asked: they depend on the rules that live at the moment.
    """
    return Explanation(
        rule=rule,
        conditions=tuple(_conditions(rule.match)),
        effect=_effect(rule.then),
        warnings=tuple(_warnings(rule)),
        tcam_entries=tcam_entries(rule.match),
        tcam_entries_by_component=tcam_entries_by_component(rule.match),
        refusals=tuple(refusals(rule, guardrails)),
        objections=tuple(
            objection
            for objection in objections(rule, guardrails.peers)
            if objection.limit.effect == IGNORES
        ),
    )


def _bullets(texts: Any) -> Iterator[str]:
    return (f"  - {text}" for text in texts)


def _conditions(match: Match) -> Iterator[str]:
    yield f"to {_prefix(match.destination)}"
    yield f"from {_prefix(match.source)}" if match.source is not None else "from anywhere"
    for name, intervals in match.numeric:
        if name == "protocol":
            yield f"of protocol {_any_of(map(_protocol, intervals))}"
        elif name == "packet-length":
            yield f"of {_any_of(map(_range, intervals))} bytes, IP header included"
        else:
            yield f"with {_NUMERIC_WORDS[name]} {_any_of(map(_range, intervals))}"
    for name, terms in match.flags:
        if name == "fragment":
            yield "that are " + "; or ".join(_fragments(term) for term in terms)
        else:
            yield "with TCP flags: " + "; or ".join(_tcp_flags(term) for term in terms)


def _prefix(prefix: Network) -> str:
    size = prefix.num_addresses
    if size == 1:
        return f"{prefix} (one address)"
    host_bits = prefix.max_prefixlen - prefix.prefixlen
    return f"{prefix} ({f'{size:,}' if host_bits <= 32 else f'2^{host_bits}'} addresses)"


def _range(interval: Interval) -> str:
    low, high = interval
    return str(low) if low == high else f"{low} to {high}"


def _protocol(interval: Interval) -> str:
    low, high = interval
    name = _PROTOCOL_NAMES.get(low)
    return f"{low} ({name})" if low == high and name else _range(interval)


def _any_of(texts: Iterator[str]) -> str:
    return " or ".join(texts)


def _tcp_flags(term: FlagTerm) -> str:
    parts = []
    for bits, joined, state in (
        (term.all_of, " and ", "set"),
        (term.any_of, " or ", "set"),
        (term.none_of, " and ", "clear"),
    ):
        if bits:
            names = [name.upper() for name in flag_names("tcp-flags", bits)]
            parts.append(f"{joined.join(names)} {state}")
    return ", ".join(parts)


def _fragments(term: FlagTerm) -> str:
    parts = []
    for bits, joined in ((term.all_of, " and "), (term.any_of, " or ")):
        if bits:
            parts.append(joined.join(_fragment_words(bits)))
    if term.none_of:
        words = _fragment_words(term.none_of)
        parts.append(f"neither {' nor '.join(words)}" if len(words) > 1 else f"not {words[0]}")
    return ", ".join(parts)


def _fragment_words(bits: int) -> list[str]:
    return [_FRAGMENT_WORDS[name] for name in flag_names("fragment", bits)]


def _effect(then: Then) -> str:
    words = []
    if then.blackhole is not None:
        words.append(f"has the routers discard them all, by a route to {then.blackhole}")
    if then.discard:
        words.append("discards them all")
    if then.rate_limit_bps is not None:
        rate = f"{then.rate_limit_bps:,} bit/s"
        words.append(f"lets {rate} of them through on each router, all senders together")
    if then.redirect is not None:
        words.append(f"redirects them to {then.redirect}")
    if then.mark is not None:
        words.append(f"marks them with DSCP {then.mark}")
    if then.sample:
        words.append("samples them")
    if then.terminal:
        words.append("lets the routers go on to later rules")
    if then.communities:
        communities = " ".join(f"{asn}:{number}" for asn, number in then.communities)
        words.append(f"carries the communities {communities}")
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _warnings(rule: FlowRule) -> Iterator[str]:
    match = rule.match
    if match.destination == PROBE_DESTINATION:
        yield "this is the probe's destination, an address without traffic."
    names = {name for name, _ in (*match.numeric, *match.flags)}
    transport = names & {"port", "destination-port", "source-port", "tcp-flags"}
    if transport and "fragment" not in names:
        listed = " and ".join(sorted(transport))
        yield f"fragments after the first carry no {listed} and are not matched."
    if not names and (rule.then.discard or match.unicast):
        yield "it discards everything that is sent there: the target is off the network."
    protocols = match.intervals("protocol")
    for components, carriers, words in _CARRIERS:
        carried = any(_includes(protocols, number, number) for number in carriers)
        if protocols and not carried and names & components:
            yield f"no packet of this protocol has {words}: it matches nothing."
    icmp = match.intervals("icmp-type")
    if rule.then.discard and match.address_family == "ipv4" and _includes(icmp, 3, 3):
        yield "it discards ICMP type 3, which path MTU discovery needs."
    if rule.then.discard and match.address_family == "ipv6":
        if _includes(icmp, 2, 2):
            yield "it discards ICMPv6 type 2, which path MTU discovery needs."
        if _includes(icmp, 133, 136):
            yield "it discards ICMPv6 types 133 to 136, which neighbour discovery needs."


def _includes(intervals: tuple[Interval, ...], first: int, last: int) -> bool:
    return any(low <= last and high >= first for low, high in intervals)
