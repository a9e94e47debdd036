#!/usr/bin/env python3
"""FastNetMon's notify script: posts what FastNetMon says to the pack's webhook.

FastNetMon Community calls it with four arguments and describes the attack on standard input:

    notify_flowspec.py <address> <incoming|outgoing> <packets per second> <ban|unban|attack_details>

In /etc/fastnetmon.conf: notify_script_path = /usr/local/bin/notify_flowspec.py
In /etc/flowtriq/notify.json, readable by FastNetMon's user alone:

    {"url": "http://127.0.0.1:8099/fastnetmon", "token": "the token of senders.fastnetmon"}

FastNetMon Advanced (notify_script_format json) gives its JSON on standard input, which is posted as
it is. What the Community edition says is brought to the same form, with its counters and the
packets it sampled: they tell the vector where it says "unknown". Of an IPv6 address the details say
0.0.0.0; the argument is right. Source: serialize_attack_description, print_simple_packet and
call_blackhole_actions_per_host in src of https://github.com/pavel-odintsov/fastnetmon.

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
ACTIONS = {"ban": "ban", "attack_details": "attack_status", "unban": "unban"}
# 2018-12-15 19:16:39.376373 198.51.100.7:53 > 203.0.113.20:4444 protocol: udp frag: 0  packets: 1
# size: 1500 bytes ip size: 1486 bytes ttl: 60 sample ratio: 1
PACKET = re.compile(
    r" (?P<source_ip>\S+):(?P<source_port>\d+) >"
    r" (?P<destination_ip>\S+):(?P<destination_port>\d+)"
    r" protocol: (?P<protocol>\S+)(?: flags: (?P<tcp_flags>\S+))? +frag: (?P<fragmentation>\d)"
    r" +packets: (?P<packets>\d+) .*?sample ratio: (?P<sample_ratio>\d+)"
)
# UDP flows: 4204
# 203.0.113.20:4444 < 198.51.100.7:53 2247 bytes 1 packets
FLOWS = re.compile(r"^(TCP|UDP) flows: \d+\n((?:\S+ [<>] \S+ .*\n?)*)", re.MULTILINE)
FLOW = re.compile(
    r"(?P<destination_ip>\S+):(?P<destination_port>\d+) < (?P<source_ip>\S+):(?P<source_port>\d+)"
    r" \d+ bytes (?P<packets>\d+) packets"
)
NUMBERS = ("source_port", "destination_port", "packets", "sample_ratio")
# Incoming syn tcp pps: 410000 packets per second
# Total incoming traffic: 1204 mbps
COUNTER = re.compile(r"^((?:Total i|I)ncoming(?: [a-z]+)* (traffic|pps)): *(\d+)", re.MULTILINE)
BYTES_OF_A_MEGABIT = 125_000


def callback(arguments: list[str], details: str) -> dict[str, object] | None:
    """The Community edition's words in the form of the Advanced one's callback; None for an
    outgoing attack, whose host attacks others. Raises ValueError for what FastNetMon does not
    say."""
    address, direction, packets_per_second, action = arguments
    if action not in ACTIONS:
        raise ValueError(f"action is {action!r}; known are {', '.join(ACTIONS)}")
    if direction == "outgoing":
        return None
    said = dict(re.findall(r"^Attack (type|protocol): *(\w+)", details, re.MULTILINE))
    pps = int(packets_per_second) if packets_per_second.isdigit() else 0
    return {
        "ip": address,
        "action": ACTIONS[action],
        "alert_scope": "host",
        "attack_details": {
            # FastNetMon Community has no id for an attack; it bans an address once at a time.
            "attack_uuid": address,
            "attack_type": said.get("type", "unknown"),
            "attack_direction": direction,
            # The power at the ban, where the text has no counters.
            "total_incoming_pps": pps,
            f"incoming_{said.get('protocol', 'unknown')}_pps": pps,
            **counters(details),
        },
        "packet_dump_detailed": packets(details),
    }


def advanced(arguments: list[str], details: str) -> object:
    """The JSON as it is. Only an address that is no host gives way to that of the arguments, which
    are the action and the address."""
    body = json.loads(details)
    if isinstance(body, dict) and body.get("ip") == "0.0.0.0" and len(arguments) == 2:  # noqa: S104
        body["ip"] = arguments[1]
    return body


def counters(details: str) -> dict[str, int]:
    """Its counter lines under the Advanced edition's names; traffic in bytes per second."""
    return {
        words.lower().replace(" ", "_"): int(number) * (BYTES_OF_A_MEGABIT if unit != "pps" else 1)
        for words, unit, number in COUNTER.findall(details)
    }


def packets(details: str) -> list[dict[str, object]]:
    """What it sampled, packets or flows, as the Advanced edition's packets."""
    samples = [found.groupdict("") for found in PACKET.finditer(details)]
    for protocol, lines in FLOWS.findall(details):
        samples += [
            {**found.groupdict(""), "protocol": protocol.lower()} for found in FLOW.finditer(lines)
        ]
    return [
        {
            **sample,
            **{name: int(sample[name]) for name in NUMBERS if name in sample},
            "fragmentation": sample.get("fragmentation", "0") != "0",
        }
        for sample in samples
    ]


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
    silent = arguments[3:] == ["unban"]
    details = "" if silent else sys.stdin.buffer.read().decode("utf-8", "replace")
    try:
        if len(arguments) == 4:
            body: object = callback(arguments, details)
        else:
            body = advanced(arguments, details)
        if body is not None:
            post(json.loads(SETTINGS.read_text(encoding="utf-8")), body)
    except (OSError, ValueError, KeyError) as error:
        print(f"notify_flowspec: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
