"""Which requests never wait for others: the ways out have lanes of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

OTHERS = "others"
_LANES = {"/v1/kill-switch": "kill switch", "/v1/withdrawals": "withdrawals"}
_MESSAGE_OCTETS = 65536
"""Of a mission's message that withdraws: one rule's match."""


def lane_of(environ: Mapping[str, Any]) -> str:
    """The lane of a request that is complete, but of which nobody knows yet whose it is."""
    if environ["REQUEST_METHOD"] != "POST":
        return OTHERS
    if environ["PATH_INFO"] == "/" and _is_withdrawal(environ["wsgi.input"].getvalue()):
        return "withdrawals"
    return _LANES.get(environ["PATH_INFO"], OTHERS)


def _is_withdrawal(message: bytes) -> bool:
    if len(message) > _MESSAGE_OCTETS:
        return False
    try:
        body = json.loads(message)
    except (ValueError, RecursionError):
        return False
    return isinstance(body, dict) and "withdraw" in body and "announce" not in body
