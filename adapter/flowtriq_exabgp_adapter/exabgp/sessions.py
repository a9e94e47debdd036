"""Which neighbours ExaBGP has, whose sessions are established, and which families each has."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from ipaddress import ip_address

from .events import Negotiated, SessionState
from .neighbor_settings import NeighborSettings
from .session_words import NO_OPEN, NOT_REPORTED, in_words

ESTABLISHED, DOWN = "established", "down"

SHOW_SESSIONS = "show neighbor extensive"

_NEIGHBOR = re.compile(r"Neighbor (\S+)")
_STATE = re.compile(r"\s+state\s+(\S+)")
_UPDATES_SENT = re.compile(r"\s+update:\s+(\d+)")
_FAMILY = re.compile(r"\s+(ipv[46] [a-z-]+):\s+(\S+)\s+(\S+)")
_GRACEFUL_RESTART = re.compile(r"\s+graceful-restart:\s+enabled\s+enabled")


@dataclass(frozen=True)
class Peer:
    """One router. ``since`` is when the state was entered, or first known: UTC, RFC 3339.
    ``families`` is None while it is not known what was negotiated; ``configured`` has the families
    of ExaBGP's neighbour, None while they are not known; ``reason`` says why the session is down.
    ``keeps_routes``: both sides announced graceful restart, so the router keeps the rules for a
    while when ExaBGP stops. ``settings``: None while they are not known. ``updates_sent`` counts
    from the start of the session; only ``read_peers`` sets it. ``why`` is the reason in words.
    """

    address: str
    state: str
    since: str
    families: tuple[str, ...] | None = None
    reason: str = ""
    updates_sent: int = 0
    configured: tuple[str, ...] | None = None
    keeps_routes: bool = False
    settings: NeighborSettings | None = None
    why: str = ""

    @property
    def established(self) -> bool:
        return self.state == ESTABLISHED


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

    def addresses(self, family: str | None = None) -> list[str]:
        """Of the neighbours that a command can be for alone; with ``family``, such as ``ipv4
        flow``, only of those that may be configured for it."""
        return [
            peer.address
            for peer in self._peers.values()
            if _is_address(peer.address)
            and (family is None or peer.configured is None or family in peer.configured)
        ]

    def configured(self, address: str) -> tuple[str, ...] | None:
        """The address families of ExaBGP's neighbour; None where they are not known yet."""
        peer = self._peers.get(address)
        return peer.configured if peer is not None else None

    @property
    def incomplete(self) -> bool:
        """Whether only ``show neighbor extensive`` can tell the families of a neighbour or of its
        session: the text encoder has no word for the latter, and ``negotiated`` may be missing in
        the configuration."""
        return any(
            peer.configured is None or (peer.established and peer.families is None)
            for peer in self._peers.values()
        )

    def apply(self, event: SessionState | Negotiated) -> bool:
        """Take in one event; True where a state changed."""
        self.events += 1
        self._events_of[event.peer] = self.events
        known = self._peers.get(event.peer) or Peer(event.peer, DOWN, "")
        if isinstance(event, Negotiated):
            # Comes before ``up``, and belongs to the session that is about to come up.
            since = known.since or _now()
            self._peers[event.peer] = replace(known, since=since, families=event.families)
            return False
        if event.state == "connected":
            # What ended the session before says more.
            said = "" if known.why == NOT_REPORTED else known.why
            why = said or ("" if known.established else NO_OPEN)
            self._peers[event.peer] = replace(known, since=known.since or _now(), why=why)
            return False
        state = ESTABLISHED if event.state == "up" else DOWN
        self._peers[event.peer] = replace(
            known,
            state=state,
            since=_now(),
            families=known.families if state == ESTABLISHED else None,
            reason=event.reason,
            why=_why(known, event.reason) if state == DOWN else "",
            keeps_routes=False,
        )
        return known.state != state or not known.since

    def take_over(self, lines: Iterable[str], asked_at_event: int) -> list[str]:
        """Read the answer to ``show neighbor extensive``: the only way to learn of sessions that
        came up before this process started, of neighbours whose session is down, of those that a
        reload removed, and of all where ``neighbor-changes`` is missing in the configuration.
        ``asked_at_event`` is ``events`` at the question; for a peer that had an event after it, the
        answer is out of date. Returns the routers whose session came up without an event.
        """
        answer = {peer.address: peer for peer in read_peers(lines)}
        came_up = []
        for address in {*answer, *self._peers}:
            if self._events_of.get(address, 0) > asked_at_event:
                continue
            peer, known = answer.get(address), self._peers.get(address)
            if peer is None:
                del self._peers[address]  # ExaBGP has no such neighbour any more
            elif known is None or known.state != peer.state:
                why = "" if peer.established else NOT_REPORTED
                self._peers[address] = replace(peer, updates_sent=0, why=why)
                if peer.established:
                    came_up.append(address)
            else:
                self._peers[address] = replace(
                    known,
                    families=peer.families,
                    configured=peer.configured,
                    keeps_routes=peer.keeps_routes,
                )
        return came_up


def read_peers(lines: Iterable[str]) -> list[Peer]:
    """The answer to ``show neighbor extensive``, as both versions print it: ``Neighbor 192.0.2.1``,
    ``   state   ESTABLISHED``, then ``   ipv4 flow:   enabled   enabled   disabled`` (ours, theirs,
    ADD-PATH), and ``   update:   12   0`` (sent, received)."""
    peers: list[Peer] = []
    for line in lines:
        if neighbor := _NEIGHBOR.match(line):
            peers.append(Peer(neighbor[1], DOWN, _now(), configured=()))
        elif not peers:
            continue
        elif (state := _STATE.match(line)) and state[1].lower() == ESTABLISHED:
            peers[-1] = replace(peers[-1], state=ESTABLISHED, families=())
        elif updates_sent := _UPDATES_SENT.match(line):
            peers[-1] = replace(peers[-1], updates_sent=int(updates_sent[1]))
        elif _GRACEFUL_RESTART.match(line):
            peers[-1] = replace(peers[-1], keeps_routes=True)
        elif (family := _FAMILY.match(line)) and family[2] == "enabled":
            peer = peers[-1]
            peers[-1] = replace(peer, configured=(*(peer.configured or ()), family[1]))
            if family[3] == "enabled" and peer.families is not None:
                peers[-1] = replace(peers[-1], families=(*peer.families, family[1]))
    return peers


def _why(known: Peer, reason: str) -> str:
    """In words. What a NOTIFICATION said stays while the connections after it only fail."""
    own = known.settings
    numbers = (None, None) if own is None else (own.local_as, own.peer_as)
    answered = known.established or known.families is not None
    why = in_words(reason, answered, *numbers)
    stays = known.state == DOWN and "NOTIFICATION " in known.why and "ended the session" not in why
    return known.why if stays else why


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")
