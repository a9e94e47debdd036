"""The webhook sensor at work, and how its senders post to it."""

from __future__ import annotations

import json
import threading
from typing import Any

import requests
from flowtriq_flowspec.senders.signature import sign_hmac

from .conftest import PACK, SensorService, load_module

TOKEN, SECRET = "a-token-of-alertmanager", "a-secret-of-flowtriq"
LIMIT_BYTES = 4096
CONFIG: dict[str, Any] = {
    "providers": [{"name": "edge"}],
    "webhook": {"port": 0, "max_body_bytes": LIMIT_BYTES},
    "senders": {"alertmanager": {"token": TOKEN}, "flowtriq": {"hmac_secret": SECRET}},
}
DEMO = PACK / "examples" / "demo"
SYN_FLOOD: dict[str, Any] = json.loads((DEMO / "alertmanager-syn-flood.json").read_text())
DNS: dict[str, Any] = json.loads((DEMO / "flowtriq-dns-amplification.json").read_text())
DETECTED, ENDED = "flowtriq_flowspec.attack_detected", "flowtriq_flowspec.attack_ended"
DIFFER = "flowtriq_flowspec.providers_differ"


class Sensor:
    """The sensor at work, and how its senders post to it."""

    def __init__(self, sensor: Any, service: SensorService) -> None:
        self.sensor = sensor
        self.service = service
        host, port = sensor.address
        self.url = f"http://{host}:{port}"

    def post(self, path: str, body: bytes, **headers: str) -> requests.Response:
        return requests.post(self.url + path, data=body, headers=headers, timeout=10)

    def alertmanager(self, notification: object) -> requests.Response:
        body = json.dumps(notification).encode()
        return self.post("/alertmanager", body, Authorization=f"Bearer {TOKEN}")

    def flowtriq(self, notification: object) -> requests.Response:
        body = json.dumps(notification).encode()
        signature = sign_hmac(SECRET, body)
        return self.post("/flowtriq", body, **{"X-Flowtriq-Signature": signature})


def started(config: dict[str, Any], service: SensorService) -> tuple[Any, threading.Thread]:
    module = load_module(PACK / "sensors" / "webhook_sensor.py")
    sensor = module.WebhookSensor(sensor_service=service, config=config)
    sensor.setup()
    thread = threading.Thread(target=sensor.run)
    thread.start()
    return sensor, thread
