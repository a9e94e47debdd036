"""Which vectors a sender's words mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ..attack import MAX_LIST
from ..errors import InvalidAlert
from ..playbook.vectors import UNKNOWN, catalogue, named
from ..refusal_wording import shown
from .values import says_nothing

# Between the names of a list; "DNS, NTP", "['TCP SYN', 'TCP RST']", "TCP SYN - UDP".
_LISTED = re.compile(r"[,;|\n\[\]{}\"']|\s[-–]\s")
_AND = re.compile(r"\s+(?:and|plus)\s+|\s*&\s*", re.IGNORECASE)
# May belong to one name: SYN/ACK, TCP+SYN of Wanguard, SYN flood (TCP).
_JOINED = re.compile(r"\s*[/+()]+\s*")
_MOST_PARTS = 6  # of one name
_LONGEST_TEXT = 4096
# Of "DNS and NTP amplification", for the names before the last.
_KIND = re.compile(
    r"\s(amplification|reflection|flood|fragments?|fragmentation)\s*$", re.IGNORECASE
)

# Beside a name, it says that the target is not attacked by that.
_DENYING = re.compile(r"no|not( .*)?|outgoing|outbound|egress|false[ -]positive", re.IGNORECASE)

MOST_UNKNOWN, _LONGEST_UNKNOWN = 8, 64  # as in attack.schema.json


def unknown_word(word: object) -> str:
    """A sender's word as a line that fits the schema; empty for one that says nothing."""
    line = "".join(c if c.isprintable() else " " for c in str(shown(word)))
    return "" if says_nothing(word) else " ".join(line.split())[:_LONGEST_UNKNOWN]


def vectors_of(
    candidates: Iterable[tuple[object, str]], notes: list[str], unknown_words: list[str]
) -> tuple[str, ...]:
    """The vectors of the first candidate (what the sender says, its field's name) that says most: a
    subtype that nobody knows, or that says less, does not hide the family.

    A candidate may name several vectors, as a list or in one text. A word that nobody knows adds no
    vector, only a note. Where no word is known, the vector is ``unknown``: the attack is real and
    must stay visible, and unknown is never dropped; ``unknown_words`` gets the sender's words then.
    Raises InvalidAlert where nothing is said.
    """
    best: list[str] = []
    first_field, first_value, anything = "", None, False
    all_strange: list[object] = []
    for value, field_name in candidates:
        names, strange = _read(value)
        if not first_field:
            first_field, first_value = field_name, value
        all_strange += strange
        if strange:
            more = f" (and {len(strange) - 1} more)" if len(strange) > 1 else ""
            notes.append(f"{field_name}: {shown(strange[0])!r}{more} is no known vector; left out")
        anything = anything or bool(names or strange)
        if max(map(_weight, names), default=-1) > max(map(_weight, best), default=-1):
            best = names
        if any(_weight(name) == _TELLING for name in best):
            break
    if not anything:
        message = f"{first_field} is {shown(first_value)!r}, which names no attack vector"
        raise InvalidAlert(message, field=first_field, value=shown(first_value))
    vectors = _without_vague(best) or (UNKNOWN,)
    if vectors == (UNKNOWN,):
        words = dict.fromkeys(map(unknown_word, all_strange))
        unknown_words += [word for word in words if word][:MOST_UNKNOWN]
    return vectors


_TELLING = 3


def _weight(name: str) -> int:
    """How much a name says of the packets."""
    vector = catalogue()[name]
    if name == UNKNOWN:
        return 0
    if vector.requires:
        return 2
    return 1 if vector.vague else _TELLING


def _without_vague(names: Iterable[str]) -> tuple[str, ...]:
    """Without the vague ones in whose place another says more."""
    distinct = tuple(dict.fromkeys(names))

    def stays(name: str) -> bool:
        vector = catalogue()[name]
        more = [other for other in distinct if _weight(other) > _weight(name)]
        families = {catalogue()[other].family for other in more}
        return not vector.vague or not (
            families if vector.family == UNKNOWN else families & {vector.family}
        )

    return tuple(filter(stays, distinct))


def _read(value: object) -> tuple[list[str], list[object]]:
    """(vectors, words that name none) of what a sender says."""
    names: list[str] = []
    strange: list[object] = []
    for text in value if isinstance(value, (list, tuple)) else [value]:
        if not isinstance(text, str):
            strange += [] if text is None else [text]
            continue
        known = named(text)
        if known:
            names.append(known.name)
            continue
        pieces = _LISTED.split(re.sub(r"[^\S\n]+", " ", text[:_LONGEST_TEXT]))
        found = [item for piece in pieces for item in _named_in(piece.strip())]
        if any(name is None and _DENYING.fullmatch(word) for name, word in found):
            strange.append(text)
            continue
        names += [name for name, _word in found if name]
        strange += [word for name, word in found if not name]
    return names[:MAX_LIST], strange


_Found = tuple["str | None", str]
"""(vector or None, the word)."""


def _named_in(piece: str) -> Iterator[_Found]:
    """Of one name, or of several with "and", "/" or "+" between them."""
    kind = _KIND.search(piece)
    parts = [part for part in _AND.split(piece) if part]
    for index, part in enumerate(parts):
        suffix = kind[1] if kind and index < len(parts) - 1 else ""
        name = _name(part, suffix)
        if name:
            yield name, part
        elif says_nothing(part):
            continue
        else:
            joined = [each for each in _JOINED.split(part) if each]
            last = suffix or (kind[1] if kind else "")
            yield from _of_joined(joined, last) if len(joined) > 1 else _of_words(part)


def _name(text: str, suffix: str = "") -> str | None:
    vector = (named(f"{text} {suffix}") if suffix else None) or named(text)
    return vector.name if vector else None


def _of_joined(parts: Sequence[str], suffix: str) -> list[_Found]:
    """The longest names that neighbours form together: of TCP, SYN, UDP those are TCP SYN and UDP.
    A bare protocol before what is sent over it (UDP/NTP) is no vector of its own."""
    found: list[_Found] = []
    begin = 0
    while begin < len(parts):
        for end in range(min(len(parts), begin + _MOST_PARTS), begin, -1):
            name = _name(" ".join(parts[begin:end]), suffix if end < len(parts) else "")
            if name:
                break
        found.append((name, " ".join(parts[begin:end])))
        begin = end
    protocols = {
        protocol
        for name, word in found
        if name and word.lower() not in _BARE
        for protocol in _protocols(name)
    }
    return [item for item in found if item[1].lower() not in protocols & _BARE]


def _protocols(name: str) -> set[str]:
    """What a vector is sent over; layer 7 over TCP."""
    vector = catalogue()[name]
    matches = [catalogue()[each].match for each in vector.components or (name,)]
    known = {str(match["protocol"]) for match in matches if "protocol" in match}
    return {"tcp"} if vector.family == "application" else known


_BARE = frozenset({"tcp", "udp", "icmp"})


def _of_words(text: str) -> list[_Found]:
    """Names with nothing but spaces between them, if there is nothing else: free text is not
    searched for names."""
    words = text.split()
    if len(words) > 1:
        found = _of_joined(words, "")
        if all(name for name, _word in found):
            return found
    return [(None, text)]
