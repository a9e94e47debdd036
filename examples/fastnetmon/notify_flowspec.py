#!/usr/bin/env python3
"""FastNetMon's notify script: posts what FastNetMon says to the pack's webhook.

FastNetMon Community calls it with four arguments and describes the attack on standard input:

    notify_flowspec.py <address> <incoming|outgoing> <packets per second> <ban|unban|attack_details>

In /etc/fastnetmon.conf: notify_script_path = /usr/local/bin/notify_flowspec.py
In /etc/flowtriq/notify.json, readable by FastNetMon's user alone:

    {"url": "http://127.0.0.1:8099/generic", "token": "the token of senders.generic"}

FastNetMon Advanced (notify_script_format json) gives its JSON on standard input, which is posted as
it is; then the address in the settings ends in /fastnetmon, with the token of senders.fastnetmon.

Exit code 0: taken, or nothing to do; 1: not taken, with the reason on standard error. Needs
nothing but Python 3.9.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path

SETTINGS = Path(os.environ.get("FLOWTRIQ_NOTIFY_SETTINGS", "/etc/flowtriq/notify.json"))
TRIES = 3
STATUSES = {"ban": "started", "attack_details": "updated", "unban": "ended"}


def alert(arguments: list[str], details: str) -> dict[str, object] | None:
    """The Community edition's alert in the pack's generic form; None for an outgoing attack,
    whose host attacks others. Raises ValueError for what FastNetMon does not say."""
    address, direction, packets_per_second, action = arguments
    if action not in STATUSES:
        raise ValueError(f"action is {action!r}; known are {', '.join(STATUSES)}")
    if direction == "outgoing":
        return None
    found = {
        # FastNetMon Community has no id for an attack; it bans an address once at a time.
        "id": address,
        "status": STATUSES[action],
        "target": address,
        "vector": vector(details),
        "summary": f"FastNetMon: {action} of {address}, {packets_per_second} packets per second",
    }
    if packets_per_second.isdigit() and action != "unban":
        found["observed"] = {"pps": int(packets_per_second)}
    return found


def vector(details: str) -> str:
    """The vector from the lines "Attack type: syn_flood" and "Attack protocol: tcp"."""
    said = dict(re.findall(r"^Attack (type|protocol): *(\w+)", details, re.MULTILINE))
    if said.get("type", "unknown") != "unknown":
        return said["type"]
    return {"tcp": "tcp_flood", "udp": "udp_flood", "icmp": "icmp_flood"}.get(
        said.get("protocol", ""), "unknown"
    )


def post(settings: dict[str, str], body: object) -> None:
    """Raises OSError when the webhook does not take it. A 5xx or no answer is tried again."""
    request = urllib.request.Request(  # noqa: S310 - the address is the operator's own setting
        settings["url"],
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {settings['token']}",
            "Content-Type": "application/json",
        },
    )
    for left in reversed(range(TRIES)):
        try:
            with urllib.request.urlopen(request, timeout=10):  # noqa: S310 - as above
                return
        except urllib.error.HTTPError as error:
            if error.code < 500 or not left:
                text = error.read(2000).decode("utf-8", "replace")
                raise OSError(f"the webhook answered {error.code}: {text}") from error
        except OSError:
            if not left:
                raise


def main() -> int:
    arguments = sys.argv[1:]
    # FastNetMon waits until standard input is read; with Community's unban comes none.
    details = "" if arguments[3:] == ["unban"] else sys.stdin.read()
    try:
        if len(arguments) == 4:
            found = alert(arguments, details)
            body: object = {"alerts": [found]} if found else None
        else:
            body = json.loads(details)
        if body is not None:
            post(json.loads(SETTINGS.read_text(encoding="utf-8")), body)
    except (OSError, ValueError, KeyError) as error:
        print(f"notify_flowspec: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
