"""The state of one route: what is desired, what ExaBGP acknowledged, where its command is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

from flowtriq_flowspec.flowspec.rule import Match
from flowtriq_flowspec.flowspec.then import Then


class Unknown(Enum):
    """No acknowledgement has come for a route, or one was lost."""

    UNKNOWN = "unknown"


UNKNOWN: Final = Unknown.UNKNOWN

NOBODY: frozenset[str] = frozenset()
"""One for all routes: each empty set that is made takes memory."""


class CommandState(Enum):
    """Where the command for a route is. There is at most one at a time."""

    NONE = "no command is needed, and none is on its way"
    QUEUED = "a command is to be sent"
    OPEN = "a command was sent, and ExaBGP has not acknowledged it"


@dataclass(eq=False)
class DesiredRoute:
    """The state of one route. An action of None means: withdrawn.

    ``desired``         the action that is desired
    ``acknowledged``    the action of the latest command that ExaBGP acknowledged, or UNKNOWN
    ``last_sent``       the action of the latest command (None also where none was sent)
    ``last_announced``  the action of the latest announcement
    ``sent_at``         when the latest command was sent, in monotonic seconds
    ``held_at``         the neighbours from which the quarantine holds the route back for now
    ``withhold``        those of them for which it is still to be withdrawn
    ``unconfirmed``     ExaBGP may deliver the latest command before an older one (resend.py)
    ``lacking``         the neighbours for which ExaBGP does not have the announcement that it
                        acknowledged (deliveries.py)
    ``unmatched``       ExaBGP had none of the neighbours that the latest announcement was for
    """

    match: Match
    desired: Then | None = None
    acknowledged: Then | Unknown | None = UNKNOWN
    last_sent: Then | None = None
    last_announced: Then | None = None
    sent_at: float = float("-inf")
    command: CommandState = CommandState.NONE
    held_at: frozenset[str] = NOBODY
    withhold: frozenset[str] = NOBODY
    unconfirmed: bool = False
    lacking: frozenset[str] = NOBODY
    unmatched: bool = False

    @property
    def settled(self) -> bool:
        """Whether ExaBGP acknowledged the desired action, and no other command is on its way."""
        if self.command is CommandState.OPEN and self.last_sent != self.desired:
            return False
        return self.acknowledged == self.desired


class RouteCommand(NamedTuple):
    """A command that announces a route with the action ``then``, or withdraws it (None).
    ``before`` is a command that must go immediately before it. ``neighbors`` are those that it is
    for; empty where it is for all. ``selects``: it names the neighbours that do get the route,
    since the quarantine keeps it from others."""

    route: DesiredRoute
    then: Then | None
    text: str
    before: str | None = None
    neighbors: frozenset[str] = NOBODY
    selects: bool = False
