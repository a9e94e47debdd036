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
    ``families`` is None while it is not known what was negotiated; ``reason`` says why the session
    is down. ``updates_sent`` counts from the start of the session; only ``read_peers`` sets it.
    """

    address: str
    state: str
    since: str
    families: tuple[str, ...] | None = None
    reason: str = ""
    updates_sent: int = 0


class Sessions:
    """The peers that ExaBGP reported. Not thread-safe: the speaker holds its lock."""

    def __init__(self) -> None:
        self._peers: dict[str, Peer] = {}
        self._events_of: dict[str, int] = {}
        self.events = 0
        """The number of events so far."""

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
        """Whether only ``show neighbor extensive`` can tell the families of a session: the text
        encoder has no word for them, and ``negotiated`` may be missing in the configuration."""
        return any(
            peer.state == ESTABLISHED and peer.families is None for peer in self._peers.values()
        )

    def apply(self, event: SessionState | Negotiated) -> bool:
        """Take in one event; True where a state changed."""
        self.events += 1
        self._events_of[event.peer] = self.events
        known = self._peers.get(event.peer)
        if isinstance(event, Negotiated):
            # Comes before ``up``, and belongs to the session that is about to come up.
            peer = known or Peer(event.peer, DOWN, _now())
            self._peers[event.peer] = replace(peer, families=event.families)
            return False
        if event.state == "connected":
            return False
        state = ESTABLISHED if event.state == "up" else DOWN
        families = known.families if known and state == ESTABLISHED else None
        self._peers[event.peer] = Peer(event.peer, state, _now(), families, event.reason)
        return known is None or known.state != state

    def take_over(self, lines: Iterable[str], asked_at_event: int) -> None:
        """Read the answer to ``show neighbor extensive``: the only way to learn of sessions that
        came up before this process started. ``asked_at_event`` is ``events`` at the question; for a
        peer that had an event after it, the answer is out of date.
        """
        for peer in read_peers(lines):
            if self._events_of.get(peer.address, 0) > asked_at_event:
                continue
            known = self._peers.get(peer.address)
            if known is not None and known.state == peer.state:
                self._peers[peer.address] = replace(known, families=peer.families)
            else:
                self._peers[peer.address] = replace(peer, updates_sent=0)


def read_peers(lines: Iterable[str]) -> list[Peer]:
    """The answer to ``show neighbor extensive``, as both versions print it: ``Neighbor 192.0.2.1``,
    ``   state   ESTABLISHED``, then ``   ipv4 flow:   enabled   enabled   disabled`` (ours, theirs,
    ADD-PATH), and ``   update:   12   0`` (sent, received)."""
    peers: list[Peer] = []
    for line in lines:
        if neighbor := _NEIGHBOR.match(line):
            peers.append(Peer(neighbor[1], DOWN, _now()))
        elif not peers:
            continue
        elif (state := _STATE.match(line)) and state[1].lower() == ESTABLISHED:
            peers[-1] = replace(peers[-1], state=ESTABLISHED, families=())
        elif updates_sent := _UPDATES_SENT.match(line):
            peers[-1] = replace(peers[-1], updates_sent=int(updates_sent[1]))
        elif (family := _FAMILY.match(line)) and peers[-1].families is not None:
            families = peers[-1].families
            if family[2] == family[3] == "enabled":
                peers[-1] = replace(peers[-1], families=(*families, family[1]))
    return peers


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
