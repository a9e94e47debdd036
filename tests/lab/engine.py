"""The embedded engine as a process, with the pack as it is: `flowspec up`.

engine = Engine(folder, {"providers": […], "senders": {"generic": {"token": TOKEN}}})
engine.start()
requests.post(f"{engine.url}/generic", …)
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, ClassVar

import requests
import yaml

from . import commands
from .exabgp import ROOT
from .ports import free_port

START_SECONDS = 60.0
MAIN = """
from flowtriq_flowspec_cli.main import main
from flowtriq_flowspec_embedded import preflight, stack, stack_config
from flowtriq_flowspec_embedded.python_runner import import_operations

import_operations()
"""
FLOWSPEC = Path(sys.executable).with_name("flowspec")


class Up:
    """``flowspec up``. ``log`` takes all that it prints."""

    starter: ClassVar[Callable[..., Any] | None] = None

    @classmethod
    def start(cls, words: Sequence[object], folder: Path, log: IO[Any]) -> Any:
        command = [str(FLOWSPEC), "up", *map(str, words)]
        if cls.starter is not None:
            return cls.starter(MAIN, command, os.environ, log, folder)
        return subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)


class Engine:
    """Its configuration, database and log are in ``folder``; ``url`` is that of its webhooks, on a
    free port. ``more``: settings of stack.yaml."""

    def __init__(self, folder: Path, pack_config: Mapping[str, Any], **more: Any) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.log = folder / "log"
        self._settings = folder / "stack.yaml"
        (folder / "pack.yaml").write_text(
            yaml.safe_dump({**pack_config, "webhook": {"port": port}}), encoding="utf-8"
        )
        settings = {"pack_config": "pack.yaml", "database": "engine.sqlite3", **more}
        self._settings.write_text(yaml.safe_dump(settings), encoding="utf-8")

    def start(self) -> None:
        """Start it, and wait until its webhooks listen. Raises TimeoutError."""
        with self.log.open("a") as log:
            self.process = Up.start(
                ["--config", self._settings, "--pack", ROOT], self._settings.parent, log
            )
        give_up_at = time.monotonic() + START_SECONDS
        while True:
            with suppress(requests.ConnectionError):
                requests.get(self.url, timeout=START_SECONDS)
                return
            if self.process.poll() is not None or time.monotonic() > give_up_at:
                raise TimeoutError(f"the embedded engine does not listen: {self.log.read_text()}")
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=START_SECONDS)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=START_SECONDS)

    def executions(self) -> list[dict[str, Any]]:
        """Newest first; also while it does not run."""
        found: list[dict[str, Any]] = commands.read(
            "executions", "--json", "--limit", 1000, "--config", self._settings
        )
        return found
