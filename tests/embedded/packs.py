"""Small packs, written for a test."""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

PACK_YAML = """
ref: small
name: small
description: For a test
version: 0.1.0
author: nobody
"""

# Tells each of its runs to whoever listens on the datagram socket "marks".
ACTION = """
import os, pathlib, socket
from st2common.runners.base_action import Action

class Mark(Action):
    def run(self, text, folder=None):
        folder = pathlib.Path(folder or self.config["folder"])
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
            telling.connect(str(folder / "marks"))
            telling.send(text.encode())
        if text == "crash":
            os._exit(9)
        if text == "raise":
            raise RuntimeError("as told")
        if text == "large":
            return "x" * (17 * 1024 * 1024)
        return {"text": text}
"""

# Takes one payload a connection; answers 202 when dispatch() has returned.
SENSOR = """
import json, pathlib, socket
from st2reactor.sensor.base import Sensor

class Post(Sensor):
    def setup(self):
        folder = pathlib.Path(self.config["folder"])
        (folder / "door").unlink(missing_ok=True)
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(str(folder / "door"))
        self._door.listen()
        self._stopping = False
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
            telling.connect(str(folder / "marks"))
            telling.send(b"sensor")

    def run(self):
        while True:
            try:
                connection, _ = self._door.accept()
            except OSError:
                if self._stopping:
                    return
                raise
            with connection:
                payload = json.loads(connection.makefile().readline())
                if payload.get("name") == "sensor crashes":
                    raise RuntimeError("as told")
                if payload.get("name") == "sensor ends":
                    return
                try:
                    self.sensor_service.dispatch("small.posted", payload)
                    connection.send(b"202")
                except Exception as problem:
                    connection.send(b"503 " + str(problem).encode())

    def cleanup(self):
        self._stopping = True
        self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
"""

FILES: Mapping[str, str] = {
    "pack.yaml": PACK_YAML,
    "config.schema.yaml": "folder: {type: string, required: true}\n",
    "actions/mark.py": ACTION,
    "actions/mark.yaml": """
name: mark
runner_type: python-script
entry_point: mark.py
parameters:
  text: {type: string, required: true}
  folder: {type: string}
""",
    "actions/flow.yaml": """
name: flow
runner_type: orquesta
entry_point: workflows/flow.yaml
parameters:
  attack: {type: object, required: true}
""",
    "actions/workflows/flow.yaml": """
version: 1.0
input: [attack]
tasks:
  first:
    action: small.mark
    input: {text: "{{ ctx().attack.name }}"}
    next: [{when: "{{ succeeded() }}", do: second}]
  second:
    delay: "{{ ctx().attack.delay | default(0) }}"
    action: small.mark
    input: {text: "{{ ctx().attack.name }}-second"}
output:
  - done: "{{ ctx().attack.name }}"
""",
    "sensors/post.py": SENSOR,
    "sensors/post.yaml": """
class_name: Post
entry_point: post.py
trigger_types:
  - name: posted
    payload_schema:
      type: object
      properties:
        name: {type: string, required: true}
        delay: {type: integer}
""",
    "rules/flow.yaml": """
name: flow
enabled: true
trigger: {type: small.posted}
criteria:
  trigger.name: {type: nequals, pattern: nobody}
action:
  ref: small.flow
  parameters: {attack: "{{ trigger }}"}
""",
}


def write_pack(folder: Path, changed: Mapping[str, str] | None = None) -> Path:
    for name, text in {**FILES, **(changed or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


class Marks:
    """What the pack's actions and sensor tell, as it happens."""

    def __init__(self, folder: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(folder / "marks"))
        self._told: queue.Queue[str] = queue.Queue()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        # The kernel queues only a few datagrams: without a reader the actions would wait.
        while (mark := self._socket.recv(1000).decode()) != "close":
            self._told.put(mark)

    def next(self) -> str:
        return self._told.get(timeout=60)

    def all_until(self, *wanted: str) -> list[str]:
        """What is told until all of ``wanted`` have been."""
        seen = [self.next()]
        while not set(wanted) <= set(seen):
            seen.append(self.next())
        return seen

    def so_far(self) -> list[str]:
        """What has been told by now."""
        self._tell(b"now")
        return self.all_until("now")[:-1]

    def _tell(self, mark: bytes) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
            telling.connect(self._socket.getsockname())
            telling.send(mark)

    def close(self) -> None:
        self._tell(b"close")
        self._thread.join(timeout=20)
        self._socket.close()


def post(folder: Path, payload: Mapping[str, Any]) -> str:
    """The sensor's answer; empty when it died over it."""
    with socket.socket(socket.AF_UNIX) as door:
        door.settimeout(20)
        door.connect(str(folder / "door"))
        door.send(json.dumps(payload).encode() + b"\n")
        return door.recv(1000).decode()
