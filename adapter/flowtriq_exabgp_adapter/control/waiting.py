"""Waiting for ExaBGP without being in the way of others."""

from __future__ import annotations

from contextlib import AbstractContextManager

Waiting = AbstractContextManager[bool]
"""Whoever waits for ExaBGP is in one meanwhile. It says whether he may wait: not at all where too
many do."""
