"""The lab's attacks: what each sends, and what its alert says. Bounded in packets and in time."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address

from . import packets
from .network import Namespace

PACKETS_PER_SECOND = 300
LONGEST_SECONDS = 60.0
_ENDS = {"firing": "0001-01-01T00:00:00Z", "resolved": "2026-01-15T03:09:00Z"}
_EVERY_SECONDS = 0.01
_random = random.Random(1)  # noqa: S311  (spoofed addresses, the same at each run)


@dataclass(frozen=True)
class Attack:
    """``packet`` makes the next packet from a spoofed source. Sources are 198.18.NUMBER.0/24 and
    2001:db8:bad:NUMBER::/64, so that one attack's packets are told from another's. ``drops`` is
    whether its rules drop, or limit."""

    name: str
    number: int
    vector: str
    targets: tuple[str, ...]
    packet: Callable[[str, str], bytes]
    drops: bool
    labels: dict[str, str] = field(default_factory=dict)

    def packets(self) -> Iterator[bytes]:
        while True:
            target = _random.choice(self.targets)
            yield self.packet(self._source(target), target)

    def is_source(self, address: str) -> bool:
        return address.startswith((f"198.18.{self.number}.", f"2001:db8:bad:{self.number}:"))

    def _source(self, target: str) -> str:
        if ip_address(target).version == 4:
            return f"198.18.{self.number}.{_random.randrange(1, 255)}"
        return f"2001:db8:bad:{self.number}::{_random.randrange(1, 65536):x}"

    def alerts(self, status: str) -> list[dict[str, object]]:
        """As an Alertmanager has them, one for each target."""
        return [
            {
                "status": status,
                "labels": {
                    "alertname": self.name,
                    "attack_vector": self.vector,
                    "target": target,
                    "severity": "critical",
                    **self.labels,
                },
                "annotations": {},
                "startsAt": "2026-01-15T03:00:00Z",
                "endsAt": _ENDS[status],
                "generatorURL": "",
                "fingerprint": f"{self.number:04x}{number:012x}",
            }
            for number, target in enumerate(self.targets)
        ]


def _syn(source: str, target: str) -> bytes:
    segment = packets.tcp(_random.randrange(1024, 65536), 80, packets.SYN)
    return packets.ip(source, target, packets.TCP, segment)


def _amplified(port: int, length: int) -> Callable[[str, str], bytes]:
    """Answers from ``port``, of ``length`` bytes of data, to queries that nobody asked."""

    def packet(source: str, target: str) -> bytes:
        datagram = packets.udp(port, _random.randrange(1024, 65536), length)
        return packets.ip(source, target, packets.UDP, datagram)

    return packet


def _fragment(source: str, target: str) -> bytes:
    """Never a first one, which is-fragment does not match (RFC 8955 section 4.2.2.12)."""
    return packets.ip(source, target, packets.UDP, bytes(1000), fragment=_random.randrange(1, 4000))


WEB, WEB_IPV6 = "203.0.113.45", "2001:db8:113::45"
RESOLVING, FRAGMENTED = "203.0.113.53", "203.0.113.60"
CARPET = tuple(f"192.0.2.{host}" for host in range(2, 254, 6))

SYN_FLOOD = Attack("SynFlood", 1, "syn_flood", (WEB,), _syn, True, {"destination_port": "80"})
SYN_FLOOD_IPV6 = Attack(
    "SynFloodIPv6", 2, "syn_flood", (WEB_IPV6,), _syn, True, {"destination_port": "80"}
)
DNS_AMPLIFICATION = Attack(
    "DnsAmplification", 3, "dns_amplification", (RESOLVING,), _amplified(53, 1200), False
)
UDP_FRAGMENTS = Attack("UdpFragments", 4, "udp_fragment_flood", (FRAGMENTED,), _fragment, True)
NTP_CARPET = Attack("NtpCarpet", 5, "ntp_amplification", CARPET, _amplified(123, 440), False)

ALL = (SYN_FLOOD, SYN_FLOOD_IPV6, DNS_AMPLIFICATION, UDP_FRAGMENTS, NTP_CARPET)


class Flood:
    """Sends one attack from a namespace until it is stopped, at most for LONGEST_SECONDS; use as a
    context manager."""

    def __init__(self, attack: Attack, namespace: Namespace) -> None:
        self._packets = attack.packets()
        with namespace.entered():
            self._sender = packets.Sender()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=attack.name, daemon=True)

    def __enter__(self) -> Flood:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._thread.join()
        self._sender.close()

    def _run(self) -> None:
        began, sent = time.monotonic(), 0
        while not self._stopping.wait(_EVERY_SECONDS):
            passed = time.monotonic() - began
            if passed > LONGEST_SECONDS:
                return
            # Behind after a pause: what is missing is sent, but no burst of more than a tenth.
            due = int(passed * PACKETS_PER_SECOND)
            sent = max(sent, due - PACKETS_PER_SECOND // 10)
            while sent < due:
                self._sender.send(next(self._packets))
                sent += 1
