"""What the speaker knows of a rule: what ExaBGP acknowledged, and which routers lack it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowtriq_flowspec.events import ExabgpProblem, PeerState
from flowtriq_flowspec.flowspec.then import Then


@dataclass(frozen=True)
class Observed:
    """``acknowledged`` is the action that ExaBGP acknowledged last, None for none; ``missing_at``
    has the routers for which ExaBGP lacks it all the same, or may; ``refusal`` says why the desired
    action is not announced, where that is final, ``refused_at`` the same for the routers of which
    it is true alone; ``gone``: ExaBGP acknowledged the withdrawal; ``why_not_acknowledged``: the
    cause, where it is known. ``alone``: some of that may be true of this rule alone."""

    acknowledged: Then | None
    refusal: str | None = None
    gone: bool = False
    missing_at: frozenset[str] = frozenset()
    refused_at: Mapping[str, str] = field(default_factory=dict)
    why_not_acknowledged: str = PeerState.NOT_ACKNOWLEDGED.sentence
    alone: bool = True


def why_not_acknowledged(silent: bool) -> str:
    """``silent``: ExaBGP answers questions, and acknowledges nothing."""
    why = ExabgpProblem.NO_ACKNOWLEDGEMENTS if silent else PeerState.NOT_ACKNOWLEDGED
    return why.sentence
