"""The three ways of a rule to the router that are compared, each ending at a BGP listener.

Times are nanoseconds of CLOCK_MONOTONIC, which the listener stamps its UPDATEs with.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Sequence
from http import HTTPStatus
from ipaddress import IPv4Address
from urllib.parse import urlsplit

from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import Pipes

PATIENCE_SECONDS = 300.0
TOKEN = "bench"


class Lane:
    """Sends SYN flood rules; each number stands for a destination of its own in 198.18.0.0/15."""

    name: str
    first_destination: IPv4Address

    def __init__(self, listener: BGPListener) -> None:
        self._listener = listener
        self._read = 0  # how many of the listener's updates have been looked at

    def time(self, numbers: Sequence[int]) -> int:
        """From right before the send to the UPDATE with the last of these rules."""
        return self.times(numbers)[1]

    def times(self, numbers: Sequence[int]) -> tuple[int, int]:
        """From right before the send to the UPDATEs with the first and the last of these rules."""
        missing = {b"\x01\x20" + self.destination(number).packed for number in numbers}
        arrived: list[int] = []

        def all_arrived() -> bool:
            for update in self._listener.updates[self._read :]:
                self._read += 1
                for _, nlri in update.announced:
                    if nlri[:6] in missing:
                        missing.remove(nlri[:6])
                        arrived.append(update.at_ns)
            return not missing

        began_at = self.send(numbers)
        if not self._listener.wait_for(all_arrived, PATIENCE_SECONDS):
            lost = f"{len(missing)} of {len(numbers)}"
            raise TimeoutError(f"{self.name}: {lost} rules not received in {PATIENCE_SECONDS:g} s")
        return arrived[0] - began_at, arrived[-1] - began_at

    def send(self, numbers: Sequence[int]) -> int:
        """Send; returns the moment right before."""
        raise NotImplementedError

    def destination(self, number: int) -> IPv4Address:
        return self.first_destination + number

    def rule(self, number: int) -> dict:
        """Of the shape that the pack makes for a SYN flood on port 80."""
        match = {
            "destination": f"{self.destination(number)}/32",
            "protocol": "tcp",
            "destination-port": 80,
            "tcp-flags": {"all": ["syn"], "not": ["ack"]},
        }
        return {"match": match, "then": {"discard": True}}


class PipeLane(Lane):
    """ExaBGP fed straight through its pipe: what nobody can be faster than."""

    name = "pipe"
    first_destination = IPv4Address("198.18.0.0")

    def __init__(self, listener: BGPListener, pipes: Pipes) -> None:
        super().__init__(listener)
        self._pipes = pipes
        threading.Thread(target=self._drain, daemon=True).start()

    def _drain(self) -> None:
        while self._pipes.stdin.read(65536):
            pass

    def send(self, numbers: Sequence[int]) -> int:
        rules = [parse_rule(self.rule(number)) for number in numbers]
        commands = "".join(f"{exabgp_command.announce(rule)}\n" for rule in rules).encode()
        began_at = time.monotonic_ns()
        while commands:
            commands = commands[self._pipes.stdout.write(commands) :]
        return began_at


class AdapterLane(Lane):
    """One request to the adapter, as the pack's actions make it."""

    name = "adapter"
    first_destination = IPv4Address("198.18.128.0")

    def __init__(self, listener: BGPListener, client: AdapterClient) -> None:
        super().__init__(listener)
        self._client = client

    def send(self, numbers: Sequence[int]) -> int:
        rules = [self.rule(number) for number in numbers]
        began_at = time.monotonic_ns()
        self._client.announce(
            incident=f"bench:{numbers[0]}", rules=rules, expires_in_seconds=3600, caller="bench"
        )
        return began_at


class EmbeddedLane(Lane):
    """One notification of an Alertmanager to the webhook sensor in the embedded engine."""

    name = "embedded"
    first_destination = IPv4Address("198.19.0.0")

    def __init__(self, listener: BGPListener, url: str) -> None:
        super().__init__(listener)
        parts = urlsplit(url)
        self._address, self._path = parts.netloc, parts.path

    def send(self, numbers: Sequence[int]) -> int:
        alerts = [
            {
                "status": "firing",
                "labels": {
                    "alertname": "SynFlood",
                    "attack_vector": "syn_flood",
                    "target": str(self.destination(number)),
                    "destination_port": "80",
                    "severity": "critical",
                },
                "annotations": {},
                "startsAt": "2026-01-15T03:00:00Z",
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "",
                "fingerprint": f"{number:016x}",
            }
            for number in numbers
        ]
        notification = {
            "version": "4",
            "groupKey": "bench",
            "truncatedAlerts": 0,
            "status": "firing",
            "receiver": "flowspec",
            "groupLabels": {},
            "commonLabels": {},
            "commonAnnotations": {},
            "externalURL": "",
            "alerts": alerts,
        }
        body = json.dumps(notification).encode()
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
        connection = http.client.HTTPConnection(self._address, timeout=PATIENCE_SECONDS)
        began_at = time.monotonic_ns()
        connection.request("POST", self._path, body, headers)
        answer = connection.getresponse()
        said = answer.read()
        connection.close()
        if answer.status != HTTPStatus.ACCEPTED:
            raise RuntimeError(f"the webhook answered {answer.status}: {said.decode()}")
        return began_at
