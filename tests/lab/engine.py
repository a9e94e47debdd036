"""The embedded engine as a process, with the pack as it is: `flowspec up`.

engine = Engine(folder, {"providers": […], "senders": {"generic": {"token": TOKEN}}})
engine.start()
requests.post(f"{engine.url}/generic", …)
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import requests
import yaml

from . import commands
from .exabgp import ROOT
from .ports import free_port

START_SECONDS = 60.0
FLOWSPEC = Path(sys.executable).with_name("flowspec")


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
        command = [FLOWSPEC, "up", "--config", self._settings, "--pack", ROOT]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
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
