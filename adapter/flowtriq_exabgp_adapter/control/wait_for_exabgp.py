"""Waiting for ExaBGP without being in the way of others."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from ..exabgp.speaker import Speaker

Waiting = AbstractContextManager[bool]
"""Whoever waits for ExaBGP is in one meanwhile. It says whether he may wait: not at all where too
many do."""


def let_settle(
    speaker: Speaker, rule_ids: Sequence[str], wait_seconds: float, waiting: Waiting
) -> None:
    """Give ExaBGP ``wait_seconds`` to acknowledge these rules. A request that waits for nothing
    keeps its place at the server."""
    if wait_seconds > 0:
        with waiting as may_wait:
            if may_wait:
                speaker.wait_settled(rule_ids, wait_seconds)
