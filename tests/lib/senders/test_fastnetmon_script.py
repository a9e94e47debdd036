"""The notify script of examples/fastnetmon, run as FastNetMon runs it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec.senders import fastnetmon

from .payloads import payload

SCRIPT = Path(__file__).parents[3] / "examples/fastnetmon/notify_flowspec.py"
DETAILS = """IP: 203.0.113.20
Attack type: syn_flood
Initial attack power: 546475 packets per second
Attack direction: incoming
Attack protocol: tcp
"""
UDP = DETAILS.replace("syn_flood", "udp_flood").replace("tcp", "udp")
# As in a mail of FastNetMon Community 1.1 to its operator, with other addresses.
FLOWS = "UDP flows: 4204\n" + "".join(
    f"203.0.113.20:{306 + index} < 198.51.100.{index}:53 24717 bytes 11 packets\n"
    for index in range(8)
)
PACKETS = "".join(
    f"2026-01-15 03:00:00.000000 {source}:123 > {target}:{4000 + index} protocol: udp frag: 0"
    "  packets: 1 size: 482 bytes ip size: 468 bytes ttl: 60 sample ratio: 1 \n"
    for index in range(20)
    for source, target in [("198.51.100.7", "203.0.113.20")]
)
SYNS = PACKETS.replace(":123", ":1024").replace("protocol: udp", "protocol: tcp flags: syn")


class Webhook(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies: list[Any] = []
        self.tokens: list[str | None] = []
        self.answers: list[int] = []


class Handler(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        self.server.bodies.append(json.loads(self.rfile.read(length)))
        self.server.tokens.append(self.headers["Authorization"])
        self.send_response(self.server.answers.pop(0) if self.server.answers else 202)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    with Webhook() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def run(
    webhook: Webhook, folder: Path, *arguments: str, details: str = ""
) -> subprocess.CompletedProcess[str]:
    settings = folder / "notify.json"
    url = f"http://127.0.0.1:{webhook.server_port}/fastnetmon"
    settings.write_text(json.dumps({"url": url, "token": "s3cret"}), encoding="utf-8")
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments],
        input=details,
        env={"FLOWTRIQ_NOTIFY_SETTINGS": str(settings)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_ban(webhook: Webhook, tmp_path: Path) -> None:
    done = run(webhook, tmp_path, "203.0.113.20", "incoming", "546475", "ban", details=DETAILS)
    assert (done.returncode, done.stderr) == (0, "")
    assert webhook.tokens == ["Bearer s3cret"]
    (attack,) = fastnetmon.parse(webhook.bodies[0], {}).attacks
    assert attack.to_payload() == {
        "source": "fastnetmon",
        "status": "started",
        "vector": "syn_flood",
        "family": "tcp_flood",
        "severity": "unknown",
        "targets": [{"prefix": "203.0.113.20/32", "incident": "fastnetmon:203.0.113.20"}],
        "observed": {"pps": 546475},
        "summary": "syn_flood on 203.0.113.20/32, seen by FastNetMon",
    }


def test_an_unban_ends_the_same_incident(webhook: Webhook, tmp_path: Path) -> None:
    done = run(webhook, tmp_path, "203.0.113.20", "incoming", "100", "unban")
    assert done.returncode == 0
    (attack,) = fastnetmon.parse(webhook.bodies[0], {}).attacks
    assert attack.status == "ended"
    assert attack.targets[0].incident == "fastnetmon:203.0.113.20"


@pytest.mark.parametrize(
    ("details", "vector", "ports"),
    [
        (UDP, "udp_flood", {}),
        (UDP.replace("udp_flood", "unknown"), "udp_flood", {}),
        (UDP + FLOWS, "dns_amplification", {"source_ports": [53]}),
        (UDP + PACKETS, "ntp_amplification", {"source_ports": [123]}),
        (UDP + FLOWS.replace(" < ", " > "), "udp_flood", {}),  # what the host itself sends
        (UDP.replace("udp_flood", "ip_fragmentation"), "ip_fragment_flood", {}),
        (DETAILS.replace("syn_flood", "unknown") + SYNS, "syn_flood", {"source_ports": [1024]}),
        ("", "unknown", {}),
    ],
)
def test_details_of_the_attack_on_standard_input(
    webhook: Webhook, tmp_path: Path, details: str, vector: str, ports: dict[str, Any]
) -> None:
    run(webhook, tmp_path, "203.0.113.20", "incoming", "9000", "ban", details=details)
    (attack,) = fastnetmon.parse(webhook.bodies[0], {}).attacks
    assert attack.vector == vector
    assert attack.observed.to_dict() == {**ports, "pps": 9000}


def test_an_ipv6_address(webhook: Webhook, tmp_path: Path) -> None:
    details = UDP + PACKETS.replace("203.0.113.20", "2001:db8::20").replace(
        "198.51.100.7", "2001:db8:7::1"
    )
    run(webhook, tmp_path, "2001:db8::20", "incoming", "9000", "ban", details=details)
    (attack,) = fastnetmon.parse(webhook.bodies[0], {}).attacks
    assert attack.vector == "ntp_amplification"
    assert attack.targets[0].incident == "fastnetmon:2001:db8::20"


def test_an_outgoing_attack_is_not_posted(webhook: Webhook, tmp_path: Path) -> None:
    done = run(webhook, tmp_path, "203.0.113.20", "outgoing", "1", "ban", details=DETAILS)
    assert (done.returncode, webhook.bodies) == (0, [])


def test_a_busy_webhook_is_tried_again(webhook: Webhook, tmp_path: Path) -> None:
    webhook.answers = [503, 503]
    done = run(webhook, tmp_path, "203.0.113.20", "incoming", "1", "ban", details=DETAILS)
    assert (done.returncode, len(webhook.bodies)) == (0, 3)


@pytest.mark.parametrize(("answers", "posted"), [([401], 1), ([503, 503, 503], 3)])
def test_a_refusal_is_an_error(
    webhook: Webhook, tmp_path: Path, answers: list[int], posted: int
) -> None:
    webhook.answers = list(answers)
    done = run(webhook, tmp_path, "203.0.113.20", "incoming", "1", "ban", details=DETAILS)
    assert (done.returncode, len(webhook.bodies)) == (1, posted)
    assert f"the webhook answered {answers[-1]}" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("203.0.113.20", "incoming", "1", "block")])
def test_a_missing_field_of_fastnetmon_is_an_error(
    webhook: Webhook, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = run(webhook, tmp_path, *arguments)
    assert (done.returncode, webhook.bodies) == (1, [])


def test_the_advanced_editions_json_is_posted_as_it_is(webhook: Webhook, tmp_path: Path) -> None:
    body = payload("fastnetmon/ban-syn-flood")
    done = run(webhook, tmp_path, "ban", "203.0.113.20", details=json.dumps(body))
    assert (done.returncode, done.stderr) == (0, "")
    assert webhook.bodies == [body]


def community_text(kind: str, address: str, counters: dict[str, int], dump: list[str]) -> str:
    """As serialize_attack_description and print_simple_packet of FastNetMon Community 1.2 write."""
    lines = [f"IP: {'0.0.0.0' if ':' in address else address}", f"Attack type: {kind}"]
    lines += ["Initial attack power: 500000 packets per second"]
    lines += ["Peak attack power: 500000 packets per second"]
    lines += ["Attack direction: incoming", "Attack protocol: tcp"]
    for name, value in counters.items():
        unit = "mbps" if name.endswith("traffic") else "packets per second"
        lines += [f"{name}: {value} {unit}", f"{name.replace('ncoming', 'utgoing')}: 7 {unit}"]
    return "\n".join([*lines, "", "", "Attack traffic dump", "", *dump, "", "Flow dump", ""])


def sampled(target: str, flags: list[str]) -> list[str]:
    return [
        f"2026-01-15 03:00:00.000{index:03} 198.51.100.{index}:{2000 + index} > {target}:443"
        f" protocol: tcp flags: {word} frag: 0  packets: 1 size: 54 bytes ttl: 60 sample ratio: 1  "
        for index, word in enumerate(flags)
    ]


COUNTERS = {
    "Total incoming traffic": 216,
    "Total incoming pps": 500000,
    "Incoming ip fragmented traffic": 0,
    "Incoming ip fragmented pps": 0,
    "Incoming tcp traffic": 210,
    "Incoming tcp pps": 490000,
    "Incoming syn tcp traffic": 177,
    "Incoming syn tcp pps": 410000,
    "Incoming udp traffic": 4,
    "Incoming udp pps": 9000,
    "Incoming icmp traffic": 0,
    "Incoming icmp pps": 1000,
}


def without(*kinds: str) -> dict[str, int]:
    return {name: 0 if any(k in name for k in kinds) else v for name, v in COUNTERS.items()}


@pytest.mark.parametrize(
    ("counters", "flags", "vector", "ports"),
    [
        (COUNTERS, ["syn"] * 25 + ["ack"] * 5, "syn_flood", [443]),
        (COUNTERS, [], "syn_flood", None),
        (without("syn tcp"), ["syn"] * 25 + ["psh,ack"] * 5, "syn_flood", [443]),
        # SYN+ACK counts as SYN; a rule for SYN alone would not match it.
        (COUNTERS, ["syn,ack"] * 25 + ["ack"] * 5, "syn_ack_flood", [443]),
        (without("syn tcp"), ["-"] * 30, "null_flood", [443]),
        (without("syn tcp"), ["fin,psh,urg"] * 30, "xmas_flood", [443]),
        (without("syn tcp"), ["rst"] * 15 + ["rst,ack"] * 15, "rst_flood", [443]),
        ({}, ["syn"] * 25 + ["ack"] * 5, "syn_flood", [443]),
        (without("tcp"), [], "udp_flood", None),
        (without("tcp", "udp"), [], "icmp_flood", None),
    ],
)
def test_an_unknown_type_is_read_from_counters_and_flags(
    webhook: Webhook,
    tmp_path: Path,
    counters: dict[str, int],
    flags: list[str],
    vector: str,
    ports: list[int] | None,
) -> None:
    text = community_text("unknown", "203.0.113.20", counters, sampled("203.0.113.20", flags))
    run(webhook, tmp_path, "203.0.113.20", "incoming", "500000", "ban", details=text)
    (attack,) = fastnetmon.parse(webhook.bodies[0], {}).attacks
    bps = {"bps": 216_000_000} if counters else {}
    seen = {"destination_ports": ports} if ports else {}
    assert attack.vector == vector
    assert attack.observed.to_dict() == {**seen, **bps, "pps": 500000}


def test_community_and_advanced_give_the_same_attack(webhook: Webhook, tmp_path: Path) -> None:
    flags = ["syn"] * 25 + ["ack"] * 5
    text = community_text("unknown", "203.0.113.20", COUNTERS, sampled("203.0.113.20", flags))
    run(webhook, tmp_path, "203.0.113.20", "incoming", "500000", "ban", details=text)
    (community,) = fastnetmon.parse(webhook.bodies[0], {}).attacks
    body = payload("fastnetmon/ban-syn-flood")
    body["attack_details"].update(
        attack_uuid="203.0.113.20",
        attack_severity="unknown",
        total_incoming_traffic=27_000_000,
        total_incoming_pps=500000,
        incoming_tcp_pps=490000,
        incoming_syn_tcp_pps=410000,
        incoming_udp_pps=9000,
    )
    for packet, word in zip(body["packet_dump_detailed"], flags):
        packet["tcp_flags"] = word
    (advanced,) = fastnetmon.parse(body, {}).attacks
    assert community.to_payload() == advanced.to_payload()


def test_an_ipv6_ban_is_about_the_address_of_the_arguments(
    webhook: Webhook, tmp_path: Path
) -> None:
    """The details say 0.0.0.0; FastNetMon writes all digits of each group."""
    address = "2001:0db8::0020"
    text = community_text("unknown", address, COUNTERS, sampled(address, ["syn"] * 30))
    run(webhook, tmp_path, address, "incoming", "500000", "ban", details=text)
    (attack,) = fastnetmon.parse(webhook.bodies[0], {}).attacks
    assert (attack.vector, str(attack.targets[0].prefix)) == ("syn_flood", "2001:db8::20/128")
    assert attack.observed.to_dict()["destination_ports"] == [443]
    run(webhook, tmp_path, address, "incoming", "500000", "unban")
    (ended,) = fastnetmon.parse(webhook.bodies[1], {}).attacks
    assert ended.targets == attack.targets


def test_details_that_are_no_text_cost_the_details(webhook: Webhook, tmp_path: Path) -> None:
    settings = tmp_path / "notify.json"
    url = f"http://127.0.0.1:{webhook.server_port}/fastnetmon"
    settings.write_text(json.dumps({"url": url, "token": "s3cret"}), encoding="utf-8")
    subprocess.run(
        [sys.executable, str(SCRIPT), "203.0.113.20", "incoming", "9000", "ban"],
        input=DETAILS.encode() + b"\xff\xfe",
        env={"FLOWTRIQ_NOTIFY_SETTINGS": str(settings)},
        timeout=60,
        check=True,
    )
    (attack,) = fastnetmon.parse(webhook.bodies[0], {}).attacks
    assert attack.vector == "syn_flood"


def test_json_without_a_host_takes_the_address_of_the_arguments(
    webhook: Webhook, tmp_path: Path
) -> None:
    body = {**payload("fastnetmon/ban-syn-flood"), "ip": "0.0.0.0"}
    run(webhook, tmp_path, "ban", "2001:db8::20", details=json.dumps(body))
    assert webhook.bodies == [{**body, "ip": "2001:db8::20"}]
