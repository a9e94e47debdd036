"""The attack: what an alert says, in the one form that every sender is brought to."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address, IPv4Network, ip_network
from socket import AF_INET, inet_pton
from typing import Any

from .errors import InvalidAlert
from .flowspec.components import Interval
from .flowspec.prefixes import Network, parse_prefix
from .flowspec.units import with_discard
from .refusal_wording import shown
from .unambiguous_json import not_json
from .validation import require_valid

STARTED, UPDATED, ENDED = "started", "updated", "ended"
MAX_LIST = 64  # of one observed list, as in attack.schema.json


def parse_network(text: object, field_name: str) -> Network:
    """A prefix or a bare address; an IPv4 address written as IPv6 (``::ffff:…``) becomes IPv4.

    Raises InvalidAlert for anything else, for host bits after the mask and for a prefix that
    covers a whole address family.
    """
    host = ipv4_host(text) if isinstance(text, str) else None
    if host is not None:
        return host
    network = parse_prefix(text, field_name, InvalidAlert)
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen >= 96:
        network = ip_network((mapped, network.prefixlen - 96))
    if network.prefixlen == 0:
        message = (
            f"{field_name} is {network}, the whole address family; allowed are hosts and prefixes"
        )
        raise InvalidAlert(message, field=field_name, value=str(network), limit="longer than /0")
    return network


def ipv4_host(text: str) -> IPv4Network | None:
    """Of an address in its plain form: thousands of targets are hosts. The operating system reads
    them in a fifth of the time, and a host made like another takes a quarter of the time."""
    try:
        octets = inet_pton(AF_INET, text[:-3] if text.endswith("/32") else text)
    except (OSError, ValueError):
        return None
    host = object.__new__(IPv4Network)
    address = IPv4Address(octets)
    vars(host).update(_OF_A_HOST, network_address=address, hosts=partial(list, (address,)))
    return host


_OF_A_HOST = vars(IPv4Network("192.0.2.1/32"))
"""What all hosts have in common but ``network_address`` and ``hosts``."""


def parse_interval(value: object, field_name: str, maximum: int = 65535) -> Interval:
    """80, "80", "0..100" or "0-100" as an interval within 0 and ``maximum``."""
    text = str(value).strip().replace("-", "..")
    low, dots, high = text.partition("..")
    ends = (low, high if dots else low)
    digits = all(end.isascii() and end.isdigit() and len(end) <= 5 for end in ends)
    if isinstance(value, (bool, float)) or not digits or not 0 <= int(ends[0]) <= int(ends[1]):
        message = f"{field_name} is {shown(value)!r}, not a number or a range such as 0..100"
        raise InvalidAlert(message, field=field_name, value=shown(value))
    if int(ends[1]) > maximum:
        message = f"{field_name} is {shown(value)!r}; at most {maximum} is allowed"
        raise InvalidAlert(message, field=field_name, value=shown(value), limit=maximum)
    return int(ends[0]), int(ends[1])


def interval_json(interval: Interval) -> int | str:
    """80 or "0..100", as in the rule's JSON form."""
    low, high = interval
    return low if low == high else f"{low}..{high}"


@dataclass(frozen=True)
class Target:
    """One victim and the incident that names it: ``<sender>:<the sender's own id>``."""

    prefix: Network
    incident: str


@dataclass(frozen=True)
class Observed:
    """What the sender measured; empty or None where it did not.

    ``sources`` holds all sources of the attack or nothing: a rule narrowed to some of them would
    let the rest through. ``tcp_flags`` are those set in every packet. ``packet_lengths`` count
    the IP header (RFC 8955 section 4.2.2.10). ``bps`` is bits per second. ``unread`` names the
    lists that the sender gave and of which nothing could be read: the attack is narrower than what
    is known of it.
    """

    source_ports: tuple[Interval, ...] = ()
    destination_ports: tuple[Interval, ...] = ()
    sources: tuple[Network, ...] = ()
    packet_lengths: tuple[Interval, ...] = ()
    protocols: tuple[int, ...] = ()
    tcp_flags: tuple[str, ...] = ()
    bps: int | None = None
    pps: int | None = None
    unread: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        lists = {
            "source_ports": [interval_json(item) for item in self.source_ports],
            "destination_ports": [interval_json(item) for item in self.destination_ports],
            "sources": [str(item) for item in self.sources],
            "packet_lengths": [interval_json(item) for item in self.packet_lengths],
            "protocols": list(self.protocols),
            "tcp_flags": list(self.tcp_flags),
            "unread": list(self.unread),
        }
        known: dict[str, Any] = {key: items for key, items in lists.items() if items}
        rates = {"bps": self.bps, "pps": self.pps}
        return {**known, **{key: rate for key, rate in rates.items() if rate is not None}}

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Observed:
        def intervals(key: str) -> tuple[Interval, ...]:
            name = f"observed.{key}"
            return tuple(parse_interval(item, name) for item in given.get(key, ()))

        return cls(
            source_ports=intervals("source_ports"),
            destination_ports=intervals("destination_ports"),
            sources=tuple(
                parse_network(item, "observed.sources") for item in given.get("sources", ())
            ),
            packet_lengths=intervals("packet_lengths"),
            protocols=tuple(given.get("protocols", ())),
            tcp_flags=tuple(given.get("tcp_flags", ())),
            bps=given.get("bps"),
            pps=given.get("pps"),
            unread=tuple(given.get("unread", ())),
        )


@dataclass(frozen=True)
class Attack:
    """One attack by one vector on one or many targets.

    ``rules`` are FlowSpec rules that the sender itself proposes: ``match`` in the rule's JSON
    form without destination, and ``action`` (discard or rate-limit). Where there are any, they take
    the place of the vector's own match. ``notes`` say what of the alerts was not used.
    ``whole_group``: the targets are all networks of a group, and which of its hosts are attacked is
    not known. ``neighbours``: other targets of the same alert, whose rules another attack makes;
    they decide with the targets which prefix answers for many (playbook/cutting.py). ``bare``: the
    sender only says that the attack goes on, and nobody could be asked what began it.
    ``unknown_words``: what the sender calls an attack whose vector is unknown.
    """

    source: str
    status: str
    vector: str
    family: str
    targets: tuple[Target, ...]
    severity: str = "unknown"
    observed: Observed = field(default_factory=Observed)
    rules: tuple[Mapping[str, Any], ...] = ()
    started_at: str | None = None
    summary: str = ""
    notes: tuple[str, ...] = ()
    whole_group: bool = False
    neighbours: tuple[Network, ...] = ()
    bare: bool = False
    unknown_words: tuple[str, ...] = ()
    seen_at: float | None = None  # by the sensor's clock, in seconds since the epoch, UTC

    @property
    def prefixes(self) -> Iterator[Network]:
        """All that are attacked, as far as this attack knows."""
        yield from (target.prefix for target in self.targets)
        yield from self.neighbours

    def to_payload(self) -> dict[str, Any]:
        """The trigger payload of attack_detected and attack_ended (attack.schema.json)."""
        payload: dict[str, Any] = {
            "source": self.source,
            "status": self.status,
            "vector": self.vector,
            "family": self.family,
            "severity": self.severity,
            "targets": [
                {"prefix": str(target.prefix), "incident": target.incident}
                for target in self.targets
            ],
            "observed": self.observed.to_dict(),
            "summary": self.summary,
        }
        if self.rules:
            payload["rules"] = [dict(rule) for rule in self.rules]
        if self.whole_group:
            payload["whole_group"] = True
        if self.unknown_words:
            payload["unknown_words"] = list(self.unknown_words)
        if self.bare:
            payload["bare"] = True
        if self.neighbours:
            payload["neighbours"] = [str(prefix) for prefix in self.neighbours]
        if self.notes:
            payload["notes"] = list(self.notes)
        if self.started_at is not None:
            payload["started_at"] = self.started_at
        if self.seen_at is not None:
            payload["seen_at"] = self.seen_at
        return payload

    @classmethod
    def from_json(cls, text: str) -> Attack:
        """The payload as a workflow hands it on. Raises InvalidAlert."""
        try:
            payload = json.loads(text)
        except ValueError as error:
            message = f"attack is no JSON: {not_json(error)}"
            raise InvalidAlert(message, field="attack", value=shown(text)) from error
        if payload is None:
            raise InvalidAlert("attack is missing", field="attack")
        return cls.from_payload(payload)

    @classmethod
    def from_payload(cls, payload: Mapping[str, Any]) -> Attack:
        """Raises InvalidAlert naming the first field that does not fit attack.schema.json."""
        require_valid(payload, "attack", InvalidAlert)
        return cls(
            source=payload["source"],
            status=payload["status"],
            vector=payload["vector"],
            family=payload["family"],
            severity=payload["severity"],
            targets=tuple(
                Target(parse_network(item["prefix"], f"targets.{index}.prefix"), item["incident"])
                for index, item in enumerate(payload["targets"])
            ),
            observed=Observed.from_dict(payload["observed"]),
            rules=tuple(with_discard(payload.get("rules", []))),
            started_at=payload.get("started_at"),
            summary=payload["summary"],
            notes=tuple(payload.get("notes", ())),
            whole_group=payload.get("whole_group", False),
            unknown_words=tuple(payload.get("unknown_words", ())),
            bare=payload.get("bare", False),
            neighbours=tuple(
                parse_network(text, f"neighbours.{index}")
                for index, text in enumerate(payload.get("neighbours", ()))
            ),
            seen_at=payload.get("seen_at"),
        )
