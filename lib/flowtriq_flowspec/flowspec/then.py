"""What a rule does to the traffic it matches (RFC 8955 section 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from ..errors import InvalidRule
from ..validation import require_valid
from .units import discard_for_drop, in_words, read_rate

_COMMUNITY = re.compile(r"([0-9]{1,5}):([0-9]{1,5})", re.ASCII)
BLACKHOLE = (65535, 666)
"""The community that each blackhole carries (RFC 7999 section 5)."""
_ROUTE_TARGET = re.compile(r"([0-9]{1,10}):([0-9]{1,10})", re.ASCII)


@dataclass(frozen=True)
class RouteTarget:
    """A VRF by its route target; with an ``asn`` above 65535 the ``number`` has 16 bits."""

    asn: int
    number: int

    def __str__(self) -> str:
        return f"{self.asn}:{self.number}"


@dataclass(frozen=True)
class Then:
    """The actions of one rule. ``rate_limit_bps`` is in bits per second. ``blackhole`` is the next
    hop of a route that the routers discard; it goes with communities alone (docs/adr/0012).

    Raises ValueError for none at all, for discard with a rate limit, and for a rate limit below
    one byte per second: on the wire that is 0, which discards everything.
    """

    blackhole: IPv4Address | IPv6Address | None = None
    discard: bool = False
    rate_limit_bps: int | None = None
    redirect: RouteTarget | IPv4Address | IPv6Address | None = None
    mark: int | None = None
    sample: bool = False
    terminal: bool = False
    communities: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if not self.to_dict() or (self.discard and self.rate_limit_bps is not None):
            raise ValueError(f"{self} has no action, or both discards and limits")
        if self.rate_limit_bps is not None and self.rate_limit_bps < 8:
            raise ValueError(f"a rate limit of {self.rate_limit_bps} bit/s would discard")
        if self.blackhole is not None and (
            BLACKHOLE not in self.communities
            or not {"blackhole", "community"}.issuperset(self.to_dict())
        ):
            raise ValueError(f"{self} is not a blackhole")

    def __eq__(self, other: object) -> bool:
        # Thousands of rules share one action; mostly it is compared with itself.
        return self is other or (isinstance(other, Then) and self._values == other._values)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, each.name) for each in fields(self))

    @cached_property
    def _hash(self) -> int:
        return hash(self._values)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form; ``parse_then`` of it is equal to this."""
        return dict(self._form)

    @cached_property
    def _form(self) -> Mapping[str, Any]:
        form: dict[str, Any] = {}
        if self.blackhole is not None:
            form["blackhole"] = str(self.blackhole)
        if self.discard:
            form["discard"] = True
        if self.rate_limit_bps is not None:
            form["rate-limit"] = self.rate_limit_bps
        if self.redirect is not None:
            form["redirect"] = str(self.redirect)
        if self.mark is not None:
            form["mark"] = self.mark
        if self.sample:
            form["sample"] = True
        if self.terminal:
            form["terminal"] = True
        if self.communities:
            form["community"] = [f"{asn}:{number}" for asn, number in self.communities]
        return form

    @cached_property
    def action(self) -> str:
        """The action that decides the traffic's fate: blackhole, discard, rate-limit, redirect,
        mark, sample or community; the word that lists and metrics show."""
        for name, present in (
            ("blackhole", self.blackhole is not None),
            ("discard", self.discard),
            ("rate-limit", self.rate_limit_bps is not None),
            ("redirect", self.redirect is not None),
            ("mark", self.mark is not None),
            ("sample", self.sample or self.terminal),
        ):
            if present:
                return name
        return "community"

    @property
    def strictness(self) -> tuple[int, int, str]:
        """Orders actions: the greater one lets less through. Blackhole, discard, then the lower
        rate limit, then redirect, mark, sample, community; ties broken by the text, the same on
        every host."""
        rank = ("community", "sample", "mark", "redirect", "rate-limit", "discard", "blackhole")
        rate = -(self.rate_limit_bps or 0) if self.action == "rate-limit" else 0
        return rank.index(self.action), rate, str(self.to_dict())

    def describe(self) -> str:
        """In words: ``discard``, ``rate-limit 10 Mbit/s``."""
        return self._words

    @cached_property
    def _words(self) -> str:
        words = []
        for name, value in self.to_dict().items():
            if name == "rate-limit":
                words.append(f"rate-limit {in_words(value, 'bit/s')}")
            elif value is True:
                words.append(name)
            else:
                shown = " ".join(value) if isinstance(value, list) else value
                words.append(f"{name} {shown}")
        return ", ".join(words)


def parse_then(then: object, address_family: str) -> Then:
    """Read ``{"discard": true}`` and the like. Raises InvalidRule naming ``then.<key>``."""
    require_valid(then, "flow", InvalidRule, definition="then", within="then")
    assert isinstance(then, Mapping)  # noqa: S101  (the schema said so; this tells mypy)
    return read_then(then, address_family)


def read_then(then: Mapping[str, Any], address_family: str) -> Then:
    """``parse_then`` for one that fits the schema already."""
    then = _with_rate({discard_for_drop(name): value for name, value in then.items()})
    if "discard" in then and "rate-limit" in then:
        raise InvalidRule(
            "then.rate-limit: a rule either discards or limits, not both",
            field="then.rate-limit",
            value=then["rate-limit"],
        )
    communities = {_community(text) for text in then.get("community", ())}
    blackhole = None
    if "blackhole" in then:
        beside = next((name for name in then if name not in ("blackhole", "community")), None)
        if beside is not None:
            raise InvalidRule(
                f"then.{beside}: a blackhole is a route, and does nothing else",
                field=f"then.{beside}",
            )
        blackhole = _address("then.blackhole", then["blackhole"], address_family, "not an address")
        communities.add(BLACKHOLE)
    return Then(
        blackhole=blackhole,
        discard="discard" in then,
        # JSON takes 1e7 for an integer; ExaBGP does not take 10000000.0.
        rate_limit_bps=int(then["rate-limit"]) if "rate-limit" in then else None,
        redirect=_redirect(then["redirect"], address_family) if "redirect" in then else None,
        mark=int(then["mark"]) if "mark" in then else None,
        sample="sample" in then,
        terminal="terminal" in then,
        communities=tuple(sorted(communities)),
    )


def _with_rate(then: Mapping[str, Any]) -> Mapping[str, Any]:
    """``then`` with a rate limit that is written as a text as a number of its range."""
    text = then.get("rate-limit")
    if not isinstance(text, str):
        return then
    then = {**then, "rate-limit": read_rate(text, "bps")}
    require_valid(then, "flow", InvalidRule, definition="then", within="then")
    return then


def _redirect(text: str, address_family: str) -> RouteTarget | IPv4Address | IPv6Address:
    field = "then.redirect"
    numbers = _ROUTE_TARGET.fullmatch(text)
    if numbers is not None:
        asn, number = int(numbers[1]), int(numbers[2])
        # RFC 8955 section 7.4: a 2-octet ASN leaves 4 octets for the number, a 4-octet ASN two.
        limit = "65535:4294967295" if asn < 2**16 else "4294967295:65535"
        if asn >= 2**32 or number >= (2**32 if asn < 2**16 else 2**16):
            raise InvalidRule(
                f"{field}: {text} is above {limit}", field=field, value=text, limit=limit
            )
        return RouteTarget(asn, number)
    return _address(
        field, text, address_family, "neither a route target like 65001:100 nor an address"
    )


def _address(
    field: str, text: str, address_family: str, otherwise: str
) -> IPv4Address | IPv6Address:
    try:
        # An IPv6 scope (fe80::1%eth0) is any text at all, and would reach ExaBGP as it stands.
        address = ip_address(text.replace("%", " "))
    except ValueError:
        raise InvalidRule(
            f"{field}: {text!r} is {otherwise}",
            field=field,
            value=text,
        ) from None
    if f"ipv{address.version}" != address_family:
        raise InvalidRule(
            f"{field}: {text} is not of the rule's address family {address_family}",
            field=field,
            value=text,
            limit=address_family,
        )
    return address


def _community(text: str) -> tuple[int, int]:
    numbers = _COMMUNITY.fullmatch(text)
    asn, number = (int(part) for part in numbers.groups()) if numbers else (65536, 65536)
    if max(asn, number) > 65535:
        raise InvalidRule(
            f"then.community: {text!r} is not a pair of numbers up to 65535 (RFC 1997)",
            field="then.community",
            value=text,
            limit=65535,
        )
    return asn, number
