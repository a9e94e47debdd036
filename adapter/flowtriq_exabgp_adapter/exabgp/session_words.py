"""Why a session is down, in words, from what ExaBGP says of it.

ExaBGP 4.2 and 5.0 say ``notification sent (2,2)``, ``notification received (6,2)``, ``peer reset,
message [notification received (6,2)] error[Cease / Administrative Shutdown]``; and ``closing
connection`` for each trouble with the TCP connection.
"""

from __future__ import annotations

import re

_NOTIFICATION = re.compile(r"notification (sent|received) \((\d+), ?(\d+)\)")
# RFC 4271 section 4.5; 6,x: RFC 4486, RFC 8538, RFC 9384.
_CODES = {
    1: "message header error",
    2: "OPEN message error",
    3: "UPDATE message error",
    4: "hold timer expired",
    5: "state machine error",
    6: "cease",
}
_SUBCODES = {
    (1, 1): "connection not synchronized",
    (1, 2): "bad message length",
    (1, 3): "bad message type",
    (2, 1): "unsupported version",
    (2, 2): "bad peer AS",
    (2, 3): "bad BGP identifier",
    (2, 4): "unsupported optional parameter",
    (2, 6): "unacceptable hold time",
    (2, 7): "unsupported capability",
    (3, 1): "malformed attribute list",
    (3, 2): "unrecognized well-known attribute",
    (3, 3): "missing well-known attribute",
    (3, 4): "attribute flags error",
    (3, 5): "attribute length error",
    (3, 6): "invalid ORIGIN",
    (3, 8): "invalid next hop",
    (3, 9): "optional attribute error",
    (3, 10): "invalid network field",
    (3, 11): "malformed AS_PATH",
    (6, 1): "maximum number of prefixes reached",
    (6, 2): "administrative shutdown",
    (6, 3): "neighbour de-configured",
    (6, 4): "administrative reset",
    (6, 5): "connection rejected",
    (6, 6): "other configuration change",
    (6, 7): "connection collision resolution",
    (6, 8): "out of resources",
    (6, 9): "hard reset",
    (6, 10): "BFD down",
}

NO_OPEN = "the router has not answered with a BGP OPEN so far"
NOT_REPORTED = "ExaBGP has reported no session with the router so far"


def in_words(reason: str, answered: bool, local_as: int | None, peer_as: int | None) -> str:
    """``answered``: the router had sent its OPEN; ExaBGP calls also a connection that is refused
    ``connected``. The AS numbers are the configured ones."""
    found = _NOTIFICATION.search(reason)
    if found is not None:
        code, subcode = int(found[2]), int(found[3])
        who = "ExaBGP" if found[1] == "sent" else "the router"
        what = ": ".join(
            part
            for part in (_CODES.get(code, f"code {code}"), _SUBCODES.get((code, subcode), ""))
            if part
        )
        hint = ""
        if (code, subcode) == (2, 2) and local_as is not None:
            hint = f"; configured here: local AS {local_as}, the router's AS {peer_as}"
        return f"{who} ended the session: {what} (NOTIFICATION {code}/{subcode}){hint}"
    if "closing connection" in reason:
        if not answered:
            return "connection refused, or closed or not answered by the router"
        return "the TCP connection was closed without a NOTIFICATION"
    return reason
