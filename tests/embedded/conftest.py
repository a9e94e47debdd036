"""`flowspec up` as a process of its own, on a small pack."""

from __future__ import annotations

import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab import commands
from tests.lab.engine import Up

from .packs import Marks, post, write_pack

FLOWSPEC = Path(sys.executable).with_name("flowspec")


class Stack:
    """``folder`` holds the pack, its configuration, its database and its sockets."""

    def __init__(self, folder: Path) -> None:
        self.folder = write_pack(folder)
        (folder / "config.yaml").write_text(f"folder: {folder}\n", encoding="utf-8")
        (folder / "stack.yaml").write_text(
            "pack_config: config.yaml\ndatabase: engine.sqlite3\n", encoding="utf-8"
        )
        self.marks = Marks(folder)
        self.process: Any = None

    def up(self) -> None:
        """Start it, and wait until its sensor is set up."""
        with (self.folder / "log").open("a") as log:
            self.process = Up.start(["--config", "stack.yaml", "--pack", "."], self.folder, log)

    def up_and_ready(self) -> list[str]:
        """Marks that came before the sensor was ready: what went on from the last time."""
        self.up()
        before = []
        while (mark := self.marks.next()) != "sensor":
            before.append(mark)
        return before

    def post(self, **payload: Any) -> str:
        return post(self.folder, payload)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=20)

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(timeout=20)

    def flowspec(self, *words: str) -> Any:
        return commands.read(*words, "--config", self.folder / "stack.yaml")

    def executions(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.flowspec("executions", "--json")
        return found


@pytest.fixture
def stack() -> Iterator[Stack]:
    # A Unix socket's path has room for about a hundred characters.
    with tempfile.TemporaryDirectory(prefix="fs") as folder:
        running = Stack(Path(folder))
        yield running
        if running.process is not None and running.process.poll() is None:
            running.kill()
        running.marks.close()
