"""One module for each alert source; each brings its sender's form to Attacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from . import alertmanager, custom, fastnetmon, flowtriq, generic, grafana
from .common import Parsed

__all__ = ["SENDERS", "Parsed"]

Parser = Callable[[Mapping[str, Any], Mapping[str, Any]], Parsed]

# (body, the sender's settings) -> Parsed; raises InvalidAlert. Each item of senders.custom in the
# configuration is a sender of its own name that custom.parse reads.
SENDERS: Mapping[str, Parser] = {
    "alertmanager": alertmanager.parse,
    "grafana": grafana.parse,
    "flowtriq": flowtriq.parse,
    "fastnetmon": fastnetmon.parse,
    "generic": generic.parse,
    "custom": custom.parse,
}
