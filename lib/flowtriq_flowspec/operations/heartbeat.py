"""The engine's sign of life at every adapter: whoever runs this runs workflows.

The adapters say how long ago it was, and Prometheus has an alert on it. So it is noticed where an
engine takes alerts and executes nothing, whatever part of it has died.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..config.pack import PackConfig
from .providers import PACK, ask_each
from .result import Result


@dataclass(frozen=True)
class HeartbeatResult(Result):
    """``reached``: the providers whose adapters answered. An adapter that does not answer is a
    problem, but no failure: there is another alert on that."""

    reached: Sequence[str] = field(default_factory=list)

    @property
    def succeeded(self) -> bool:
        return True


def note_heartbeat(config: PackConfig) -> HeartbeatResult:
    replies = ask_each(config.providers, lambda _provider, client: client.heartbeat(caller=PACK))
    return HeartbeatResult(replies.problems, [each.name for each in replies.providers])
