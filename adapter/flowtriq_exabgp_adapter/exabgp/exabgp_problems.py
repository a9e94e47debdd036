"""What ExaBGP's configuration takes from the adapter: told at once, and as long as it lasts."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flowtriq_flowspec.events import ExabgpProblem

from .sessions import Peer

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """``peer`` is the router that it is about; None where it is about ExaBGP as a whole."""

    problem: ExabgpProblem
    message: str
    peer: str | None = None


def log_new(found: Sequence[Problem], known: Sequence[Problem]) -> None:
    """Log each problem that was not there before."""
    for each in found:
        if each not in known:
            log.warning("%s", each.message, extra={"problem": each.problem})


def problems(peers: Sequence[Peer], *, silent: bool) -> list[Problem]:
    """``silent``: ExaBGP answers questions, and acknowledges nothing."""
    found = []
    if silent:
        problem = ExabgpProblem.NO_ACKNOWLEDGEMENTS
        found.append(Problem(problem, problem.sentence))
    for peer in peers:
        found += [
            Problem(problem, f"{peer.address}: {problem.sentence}{more}", peer.address)
            for problem, more in _of_peer(peer)
        ]
    return found


def _of_peer(peer: Peer) -> Iterator[tuple[ExabgpProblem, str]]:
    settings = peer.settings
    if peer.keeps_routes:
        seconds = settings.restart_seconds if settings is not None else 0
        more = f" It keeps them for up to {seconds} s." if seconds else ""
        yield ExabgpProblem.GRACEFUL_RESTART, more
    if settings is None:
        return
    if not settings.processes:
        yield ExabgpProblem.NO_PROCESS, ""
    elif not settings.reports_sessions:
        yield ExabgpProblem.NO_SESSION_EVENTS, ""
    if not settings.has_adj_rib_out:
        yield ExabgpProblem.NO_ADJ_RIB_OUT, ""
