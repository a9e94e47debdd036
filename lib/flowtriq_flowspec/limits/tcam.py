"""How many TCAM entries a rule costs on a router: an estimate, held against measured figures.

TCAM matches a value under a mask and knows no ranges, so a range becomes blocks of a power of two,
each beginning at a multiple of its size, and the blocks of different components multiply. The
figures behind it were measured on a Cisco NCS 5500 (xrdocs.io, "BGP FlowSpec on NCS5500: A few
tests on scale, rate and memory usage"); docs/operator/guardrails.md says where they differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import prod

from ..flowspec.components import FLAGS, FlagTerm, Interval
from ..flowspec.match import Match, but_for_destination

# A router tells fragments by "more fragments follow" and "the offset is not zero": two entries
# where either will do, one where both are said.
_FRAGMENT = FLAGS["fragment"]
_EITHER_FRAGMENT_BIT = {_FRAGMENT["is-fragment"]}
_EITHER_FRAGMENT_BIT_ABSENT = {_FRAGMENT["first-fragment"], _FRAGMENT["last-fragment"]}


@but_for_destination
def tcam_entries(match: Match) -> int:
    """The estimate for one rule with this match, whatever it does; a blackhole is a route."""
    if match.unicast:
        return 0
    return prod(tcam_entries_by_component(match).values())


def tcam_entries_by_component(match: Match) -> dict[str, int]:
    """The factors of the estimate; prefixes are one entry and left out."""
    entries = {name: _blocks_of(intervals) for name, intervals in match.numeric}
    if "port" in entries:
        entries["port"] *= 2  # matches at either end
    entries.update({name: _flag_entries(name, terms) for name, terms in match.flags})
    return entries


def blocks(low: int, high: int) -> int:
    """How many aligned blocks of a power of two make up ``low`` to ``high``."""
    count = 0
    while low <= high:
        size = low & -low or 1 << high.bit_length()
        while low + size - 1 > high:
            size >>= 1
        low += size
        count += 1
    return count


def _blocks_of(intervals: Iterable[Interval]) -> int:
    return sum(blocks(low, high) for low, high in intervals)


def _flag_entries(component: str, terms: Iterable[FlagTerm]) -> int:
    if component == "fragment":
        twice, twice_absent = _EITHER_FRAGMENT_BIT, _EITHER_FRAGMENT_BIT_ABSENT
    else:
        twice, twice_absent = set(), set()

    def entries(bits: int, doubled: set[int]) -> list[int]:
        single = [1 << place for place in range(bits.bit_length()) if bits >> place & 1]
        return [2 if bit in doubled else 1 for bit in single]

    return sum(
        (sum(entries(term.any_of, twice)) or 1)
        * prod(entries(term.all_of, twice))
        * prod(entries(term.none_of, twice_absent))
        for term in terms
    )
