"""The golden payloads of every sender, and credentials to post them with."""

from __future__ import annotations

import json
import time
from typing import Any

from .conftest import PACK

TOKEN = "t" * 32
CREDENTIALS = {
    "alertmanager": {"token": TOKEN},
    "grafana": {"token": TOKEN},
    "fastnetmon": {"token": TOKEN},
    "generic": {"token": TOKEN},
    "flowtriq": {"hmac_secret": TOKEN},
    "custom": [
        {
            "name": "kentik",
            "token": TOKEN,
            "alerts": "$.events",
            "fields": {
                "id": "$.alarm.id",
                "status": "$.alarm.state",
                "target": "$.dimensions[?@.name == 'ip_dst'].value",
                "vector": "$.alarm.policy",
            },
            "statuses": {"started": ["ALARM"], "ended": ["CLEAR"]},
        }
    ],
}
FOLDERS = {name: name for name in CREDENTIALS if name != "custom"} | {"kentik": "custom"}
SENDERS = sorted(FOLDERS)
NOW = int(time.time())  # a signed payload of another day is refused before it is looked at
GOLDEN = [
    (sender, {**json.loads(path.read_text(encoding="utf-8")), "timestamp": NOW})
    if sender == "flowtriq"
    else (sender, json.loads(path.read_text(encoding="utf-8")))
    for sender in SENDERS
    for path in sorted((PACK / "tests/payloads" / FOLDERS[sender]).glob("*.json"))
    if path.name != "api-v2-alerts.json"
]


def places(value: Any, at: tuple = ()) -> list[tuple]:
    """The path to each value within a JSON value."""
    if not isinstance(value, (dict, list)):
        return [at]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [at, *(path for key, each in inner for path in places(each, (*at, key)))]
