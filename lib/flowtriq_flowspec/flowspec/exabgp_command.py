"""A rule as the text of an ExaBGP API command: the one place that writes ExaBGP's language.

Rendered from typed values only, in the forms that ExaBGP 4.2 and 5.0 both take; one line each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from ipaddress import ip_address

from .components import FlagTerm, Interval, flag_names
from .match import but_for_destination
from .rule import FlowRule, Match
from .then import Then

_BITS_PER_BYTE = 8
_HARMLESS = re.compile(r"[A-Za-z0-9 .:/{};\[\]=<>&+!-]+")
# ExaBGP has names of its own for these components of an IPv6 rule.
_IPV6_NAMES = {"protocol": "next-header", "dscp": "traffic-class"}


def announce(rule: FlowRule) -> str:
    """The command that announces ``rule`` to all neighbours."""
    return _command("announce", _route(rule.match, rule.then))


def withdraw(match: Match, then: Then | None = None) -> str:
    """The command that withdraws the rule with ``match``; ``then`` is the action it was announced
    with, if known (ExaBGP files pending routes by it)."""
    return _command("withdraw", _route(match, then))


def for_neighbors(command: str, addresses: Iterable[str]) -> str:
    """``command`` (of this module) for these neighbours alone. Both versions answer error where
    ExaBGP has none of them."""
    selectors = [f"neighbor {ip_address(address)}" for address in addresses]
    return f"{' , '.join(selectors)} {command}"


def _command(verb: str, route: str) -> str:
    command = f"{verb} {route}"
    # The types leave one hole: the scope of an IPv6 address (fe80::1%eth0) is any text at all.
    if _HARMLESS.fullmatch(command) is None:
        raise ValueError(f"{command!r} is not a command for ExaBGP")
    return command


def _route(match: Match, then: Then | None) -> str:
    if match.unicast:
        attributes = f" next-hop {then.blackhole} {_community(then)}" if then is not None else ""
        return f"route {match.destination}{attributes}"
    action = f" {_then(then)}" if then is not None else ""
    return f"flow route {{ {_match(match)}{action} }}"


def _match(match: Match) -> str:
    return f"match {{ destination {match.destination_text};{_all_but_destination(match)} }}"


@but_for_destination
def _all_but_destination(match: Match) -> str:
    return "".join(f" {part};" for part in _components(match))


def _components(match: Match) -> Iterator[str]:
    if match.source is not None:
        yield f"source {match.source}"
    for name, intervals in match.numeric:
        keyword = _IPV6_NAMES.get(name, name) if match.address_family == "ipv6" else name
        yield f"{keyword} {_list([_interval(term) for term in intervals])}"
    for name, terms in match.flags:
        yield f"{name} {_list([_flag_term(name, term) for term in terms])}"


def _list(values: list[str]) -> str:
    return values[0] if len(values) == 1 else f"[ {' '.join(values)} ]"


def _interval(term: Interval) -> str:
    low, high = term
    return f"={low}" if low == high else f">={low}&<={high}"


def _flag_term(name: str, term: FlagTerm) -> str:
    parts = []
    if term.all_of:
        names = flag_names(name, term.all_of)
        parts.append("+".join(names) if len(names) == 1 else "=" + "+".join(names))
    if term.any_of:
        parts.append("+".join(flag_names(name, term.any_of)))
    if term.none_of:
        parts.append("!" + "+".join(flag_names(name, term.none_of)))
    return "&".join(parts)


@lru_cache(maxsize=4096)
def _then(then: Then) -> str:
    return f"then {{ {' '.join(f'{part};' for part in _actions(then))} }}"


def _actions(then: Then) -> Iterator[str]:
    if then.discard:
        yield "discard"
    if then.rate_limit_bps is not None:
        # RFC 8955 section 7.1: the wire has bytes per second, and 0 would discard everything.
        yield f"rate-limit {then.rate_limit_bps // _BITS_PER_BYTE}"
    if then.redirect is not None:
        yield f"redirect {then.redirect}"
    if then.mark is not None:
        yield f"mark {then.mark}"
    if then.sample or then.terminal:
        names = [name for name, on in (("sample", then.sample), ("terminal", then.terminal)) if on]
        yield f"action {'-'.join(names)}"
    if then.communities:
        yield _community(then)


def _community(then: Then) -> str:
    return f"community {_list([f'{asn}:{number}' for asn, number in then.communities])}"
