"""Runs the pack's actions as StackStorm's runner does, for an attack on one host."""

from __future__ import annotations

import json
from typing import Any

from .conftest import action_class

EDGE, CORE = "/run/edge.sock", "/run/core.sock"
CONFIG: dict[str, Any] = {
    "providers": [
        {"name": "edge", "adapter_socket": EDGE, "withdraw_after_seconds": 60},
        {"name": "core", "adapter_socket": CORE, "withdraw_after_seconds": 120},
    ]
}
HOST, INCIDENT = "203.0.113.45", "alertmanager:8ae212acd2b8b3a1"


def attack(*targets: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {
        "source": "alertmanager",
        "status": "started",
        "vector": "syn_flood",
        "family": "tcp_flood",
        "severity": "critical",
        "targets": [
            {"prefix": prefix, "incident": incident}
            for prefix, incident in targets or ((f"{HOST}/32", INCIDENT),)
        ],
        "observed": {"destination_ports": [80]},
        "summary": "SYN flood on port 80",
        **more,
    }


def run(name: str, config: dict[str, Any] | None = None, **parameters: Any) -> tuple[bool, Any]:
    """(succeeded, result), as StackStorm's runner reads what ``run`` returns."""
    answer = action_class(name)(config=config or CONFIG).run(**parameters)
    succeeded, result = answer if isinstance(answer, tuple) else (True, answer)
    assert isinstance(succeeded, bool)
    json.dumps(result)
    return succeeded, result


def planned(**more: Any) -> Any:
    succeeded, result = run("build_rules", attack=attack(), **more)
    assert succeeded
    return result["planned"]


def ended() -> dict[str, Any]:
    return attack(status="ended")


MISSION = {
    "match": {
        "destination": f"{HOST}/32",
        "protocol": "tcp",
        "destination-port": 80,
        "tcp-flags": ["syn"],
        "packet-length": "0..100",
    },
    "then": {"discard": True},
}
