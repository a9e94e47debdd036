"""Which BGP sessions are established, since when, and which families each negotiated."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from .events import Negotiated, SessionState

ESTABLISHED, DOWN = "established", "down"

SHOW_SESSIONS = "show neighbor extensive"

_NEIGHBOR = re.compile(r"Neighbor (\S+)")
_STATE = re.compile(r"\s+state\s+(\S+)")
_UPDATES_SENT = re.compile(r"\s+update:\s+(\d+)")
_FAMILY = re.compile(r"\s+(ipv[46] [a-z-]+):\s+(\S+)\s+(\S+)")


@dataclass(frozen=True)
class Peer:
    """One router. ``since`` is when the state was entered, or first known: UTC, RFC 3339.
    ``families`` is None while it is not known what was negotiated; ``reason`` says why it is down.
    ``updates_sent`` counts from the start of the session, and is known of ``read_peers`` only.
    """

    address: str
    state: str
    since: str
    families: tuple[str, ...] | None = None
    reason: str = ""
    updates_sent: int = 0


class Sessions:
    """The peers that ExaBGP has spoken of. Not thread-safe: the speaker holds its lock."""

    def __init__(self) -> None:
        self._peers: dict[str, Peer] = {}
        self._events_of: dict[str, int] = {}
        self.events = 0
        """How many events were taken in so far."""

    def peers(self) -> list[Peer]:
        return sorted(self._peers.values(), key=lambda peer: peer.address)

    def carries(self, family: str) -> bool:
        """Whether an established session negotiated ``family``, such as ``ipv4 flow``."""
        return any(
            peer.state == ESTABLISHED and family in (peer.families or ())
            for peer in self._peers.values()
        )

    @property
    def incomplete(self) -> bool:
        """Whether ``show neighbor extensive`` would tell something that no event told: the text
        encoder has no word for families, and ``negotiated`` may be missing in the configuration."""
        return any(
            peer.state == ESTABLISHED and peer.families is None for peer in self._peers.values()
        )

    def apply(self, event: SessionState | Negotiated) -> bool:
        """Take one event in; True where a state changed."""
        self.events += 1
        self._events_of[event.peer] = self.events
        known = self._peers.get(event.peer)
        if isinstance(event, Negotiated):
            # Comes before ``up``, and belongs to the session that is about to be.
            peer = known or Peer(event.peer, DOWN, _now())
            self._peers[event.peer] = replace(peer, families=event.families)
            return False
        if event.state == "connected":
            return False
        state = ESTABLISHED if event.state == "up" else DOWN
        families = known.families if known and state == ESTABLISHED else None
        self._peers[event.peer] = Peer(event.peer, state, _now(), families, event.reason)
        return known is None or known.state != state

    def take_over(self, lines: Iterable[str], asked_at_event: int) -> bool:
        """Read the answer to ``show neighbor extensive``; True where something changed.

        The only way to learn of sessions that came up before this process did. The answer is no
        news of a peer that had an event after the question (``asked_at_event``: ``events`` then).
        """
        changed = False
        for found in read_peers(lines):
            known = self._peers.get(found.address)
            if self._events_of.get(found.address, 0) > asked_at_event:
                continue
            if known is None or (known.state, known.families) != (found.state, found.families):
                kept = known and known.state == found.state
                self._peers[found.address] = (
                    replace(known, families=found.families)
                    if known and kept
                    else replace(found, updates_sent=0)
                )
                changed = True
        return changed


def read_peers(lines: Iterable[str]) -> list[Peer]:
    """The answer to ``show neighbor extensive``, as both versions print it: ``Neighbor 192.0.2.1``,
    ``   state   ESTABLISHED``, then ``   ipv4 flow:   enabled   enabled   disabled`` (ours, theirs,
    ADD-PATH), and ``   update:   12   0`` (sent, received)."""
    found: list[Peer] = []
    for line in lines:
        if neighbor := _NEIGHBOR.match(line):
            found.append(Peer(neighbor[1], DOWN, _now()))
        elif not found:
            continue
        elif (state := _STATE.match(line)) and state[1].lower() == ESTABLISHED:
            found[-1] = replace(found[-1], state=ESTABLISHED, families=())
        elif updates_sent := _UPDATES_SENT.match(line):
            found[-1] = replace(found[-1], updates_sent=int(updates_sent[1]))
        elif (family := _FAMILY.match(line)) and found[-1].families is not None:
            families = found[-1].families
            if family[2] == family[3] == "enabled":
                found[-1] = replace(found[-1], families=(*families, family[1]))
    return found


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
