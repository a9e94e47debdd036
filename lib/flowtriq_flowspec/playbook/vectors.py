"""The attack vectors as data: vectors.yaml, read once and held to its schema."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from ..errors import FlowspecError, Refused
from ..events import RefusalCode
from ..validation import require_valid

UNKNOWN = "unknown"
_FOLDER = Path(__file__).parent
# What alert names carry around the vector: "DDoS SYN Flood Detected".
_WRAPPING = re.compile(
    r"^(?:d?dos|attack|alert)+|(?:attack|detected|detection|alert|d?dos|started)+$"
)
_ATTACK = re.compile(r"flood|amp|reflect|attack|dos|syn|ack|rst|fin|xmas|null|frag|death|bomb|scan")


class InvalidVectors(Refused):
    default_code = RefusalCode.INVALID_VECTORS


@dataclass(frozen=True)
class Vector:
    """One entry of vectors.yaml; the head of that file says what each field means.

    ``match`` is in the rule's JSON form without destination; ``ipv6`` replaces components of it
    for an IPv6 target, or is None where the vector does not exist there. ``action`` is discard,
    rate-limit or default.
    """

    name: str
    title: str
    family: str
    match: Mapping[str, Any]
    ipv6: Mapping[str, Any] | None
    without_ports: Mapping[str, Any]
    ipv6_without_ports: Mapping[str, Any]
    requires: tuple[str, ...]
    components: tuple[str, ...]
    refuse: str | None
    vague: bool
    fragments: bool
    action: str
    discard: str
    caveat: str
    aliases: tuple[str, ...]
    facts: str

    def match_for(self, address_family: str) -> Mapping[str, Any] | None:
        """The match for "ipv4" or "ipv6"; None where the vector does not exist there."""
        if address_family == "ipv4":
            return self.match
        return None if self.ipv6 is None else {**self.match, **self.ipv6}


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Vector]:
    """All vectors by name, in the order of vectors.yaml."""
    entries = _data("vectors")
    return MappingProxyType({name: _vector(name, entry) for name, entry in entries.items()})


@dataclass(frozen=True)
class WordList:
    """The words of one detector: vector to words, and where they were read."""

    title: str
    source: str
    words: Mapping[str, Sequence[str]]


@lru_cache(maxsize=1)
def sender_words() -> Mapping[str, WordList]:
    """The lists of sender_words.yaml."""
    return MappingProxyType({name: WordList(**it) for name, it in _data("sender_words").items()})


def _data(name: str) -> dict[str, Any]:
    text = (_FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    # The one in C takes a tenth of the time; not every build of PyYAML has it.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506  (a safe one)
    require_valid(entries, name, InvalidVectors)
    return entries


def _vector(name: str, entry: Mapping[str, Any]) -> Vector:
    ipv6 = entry.get("ipv6", {})
    return Vector(
        name=name,
        title=entry["title"],
        family=entry["family"],
        match=entry.get("match", {}),
        ipv6=None if ipv6 is False else ipv6,
        without_ports=entry.get("without_ports", {}),
        ipv6_without_ports=entry.get("ipv6_without_ports", {}),
        requires=tuple(entry.get("requires", ())),
        components=tuple(entry.get("components", ())),
        refuse=entry.get("refuse"),
        vague=entry.get("vague", False),
        fragments=entry.get("fragments", False),
        action=entry.get("action", "default"),
        discard=entry.get("discard", "allowed"),
        caveat=entry.get("caveat", ""),
        aliases=tuple(entry.get("aliases", ())),
        facts=entry["facts"],
    )


@lru_cache(maxsize=1)
def _names() -> Mapping[str, str]:
    """Every name and alias, squashed, to the vector's name."""
    names: dict[str, str] = {}
    own = [(each.name, (each.name, *each.aliases)) for each in catalogue().values()]
    of_senders = [item for each in sender_words().values() for item in each.words.items()]
    for name, words in (*own, *of_senders):
        for word in words:
            other = names.setdefault(_squash(word), catalogue()[name].name)
            if other != name:
                raise FlowspecError(f"vectors.yaml: {word} means {other} and {name}")
    return MappingProxyType(names)


@lru_cache(maxsize=1)
def amplification_ports() -> Mapping[int, str]:
    """UDP source port to the amplification vector that it means."""
    ports: dict[int, str] = {}
    for vector in catalogue().values():
        if vector.family != "amplification" or vector.match.get("protocol") != "udp":
            continue
        value = vector.match.get("source-port", ())
        for item in value if isinstance(value, (list, tuple)) else (value,):
            low, _, high = str(item).partition("..")
            ports.update(dict.fromkeys(range(int(low), int(high or low) + 1), vector.name))
    return MappingProxyType(ports)


def _squash(word: str) -> str:
    return re.sub(r"[^a-z0-9]", "", word.lower())


def named(word: str) -> Vector | None:
    """The vector that a sender's word means: its name, an alias, or either within the wrapping
    of an alert's name ("DDoSSynFloodDetected"). None when no vector is called that."""
    squashed = _squash(word)
    name = _names().get(squashed) or _names().get(_WRAPPING.sub("", squashed))
    return catalogue()[name] if name else None


def attack_named(word: str) -> Vector | None:
    """As ``named``, of the name of an alert, which may be about anything: that of a service or a
    protocol alone ("Memcached", "DNS") says as a rule that it is down, not by what it attacks."""
    return named(word) if _ATTACK.search(_squash(word)) else None
