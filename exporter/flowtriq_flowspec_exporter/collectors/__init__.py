"""One module for each concern, each with a sample of its output in its docstring.

A collector is a function from the readings of one scrape to metrics. To add a metric, add it to
the module of its concern, or add a module here and to ``ALL``; then to docs/operator/metrics.md,
which the tests compare with the real output. ``webhooks`` has readings of its own kind.
"""

from __future__ import annotations

from . import adapter, attacks, budgets, counters, rules, sessions, webhooks

ALL = (
    adapter.collect,
    rules.collect,
    attacks.collect,
    sessions.collect,
    budgets.collect,
    counters.collect,
)

__all__ = ["ALL", "webhooks"]
