"""`flowspec up`: ExaBGP with the adapter, the engine with the pack, and the exporter."""

from __future__ import annotations

import ctypes
import getpass
import logging
import os
import queue
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from flowtriq_flowspec.config.secrets import with_secrets
from flowtriq_flowspec.config.yaml_file import read_settings
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.validation import require_valid

from .engine import Engine
from .pack import loader
from .pack.parameters import InvalidParameters
from .store import Store

log = logging.getLogger(__name__)

_STOP_SECONDS = 10.0
_PR_SET_PDEATHSIG = 1  # prctl(2), Linux


@dataclass(frozen=True)
class StackConfig:
    """The file given to ``flowspec up``. Its paths are relative to the file itself."""

    pack_config: Mapping[str, Any]
    pack_config_file: Path
    database: Path
    exabgp: Path | None
    exporter: Sequence[str] | None
    metrics: str | None = None
    console: Path | None = None

    @classmethod
    def from_file(cls, path: Path) -> StackConfig:
        """Read the YAML file (stack.schema.json). Raises InvalidConfig."""
        settings = read_settings(path, str(path))
        require_valid(settings, "stack", InvalidConfig)
        folder = path.resolve().parent
        exporter = settings.get("exporter")
        return cls(
            pack_config=_pack_config(folder / settings["pack_config"]),
            pack_config_file=folder / settings["pack_config"],
            database=folder / settings["database"],
            exabgp=folder / settings["exabgp"] if "exabgp" in settings else None,
            exporter=_exporter_flags(exporter) if exporter is not None else None,
            metrics=settings.get("metrics"),
            console=folder / settings["console"] if "console" in settings else None,
        )

    def settings(self, schema: Mapping[str, Any]) -> dict[str, Any]:
        """The pack's configuration with its secrets (config/secrets.py), also those of this
        process' environment. ``schema`` is the pack's config.schema.yaml. Raises InvalidConfig."""
        try:
            return with_secrets(self.pack_config, {"properties": schema}, os.environ)
        except InvalidConfig as problem:
            message = f"{self.pack_config_file}: {problem}"
            raise InvalidConfig(message, field=problem.field) from problem


def _pack_config(path: Path) -> Mapping[str, Any]:
    loaded = read_settings(path, str(path))
    if not isinstance(loaded, Mapping):
        raise InvalidConfig(f"{path} has no settings", field=str(path))
    return loaded


def _exporter_flags(settings: Mapping[str, Any]) -> list[str]:
    adapters = [f"--adapter={name}={socket}" for name, socket in settings["adapters"].items()]
    return [*adapters, f"--web.listen-address={settings.get('listen_address', '127.0.0.1:10179')}"]


class Stack:
    """Starts ExaBGP, exporter and engine, in this order, as far as ``config`` names them. A context
    manager: whatever it started ends with it, and also when this process dies."""

    def __init__(self, config: StackConfig, pack_folder: Path) -> None:
        self._config = config
        self._pack_folder = pack_folder
        self._children: list[subprocess.Popen[bytes]] = []
        self._deaths: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def __enter__(self) -> Stack:
        try:
            # First what may be refused: for a pack that cannot run, nothing is started.
            self._store = _store(self._config.database)
            loaded = loader.load(self._pack_folder)
            settings = self._config.settings(loaded.config_schema)
            self.engine = Engine(loaded, settings, self._store, died=self._deaths.put)
            if self._config.exabgp is not None:
                self._start(["exabgp", str(self._config.exabgp)], _exabgp_environment())
            if self._config.exporter is not None:
                self._start(["flowtriq-flowspec-exporter", *self._config.exporter], {})
            if self._config.console is not None:
                console = ["flowtriq-flowspec-console", "serve", "--config"]
                self._start([*console, str(self._config.console)], {})
            if self._config.metrics is not None:
                self.engine.metrics.serve(self._config.metrics)
            self.engine.start()
        except InvalidParameters as problem:
            self._stop_children()
            raise InvalidConfig(f"pack_config: {problem}", field="pack_config") from problem
        except BaseException:
            self._stop_children()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.engine.stop()
        self._stop_children()
        self._store.close()

    def stop(self) -> None:
        """Let ``wait`` return; may be called from a signal handler."""
        self._deaths.put(None)

    def wait(self) -> str | None:
        """Wait. Returns which part ended by itself, or None after ``stop``."""
        return self._deaths.get()

    def _start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        # The console scripts of this very installation, wherever PATH points.
        program = Path(sys.executable).with_name(command[0])
        child = subprocess.Popen(
            [str(program), *command[1:]],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            preexec_fn=_die_with_parent,
        )
        self._children.append(child)
        threading.Thread(target=self._watch, args=(child,), daemon=True).start()

    def _watch(self, child: subprocess.Popen[bytes]) -> None:
        code = child.wait()
        self._deaths.put(f"{child.args!r} ended with {code}")

    def _stop_children(self) -> None:
        for child in reversed(self._children):
            child.terminate()
        for child in self._children:
            try:
                child.wait(timeout=_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children.clear()


def _store(path: Path) -> Store:
    """Raises InvalidConfig, also for a file that cannot be opened."""
    try:
        return Store(path)
    except sqlite3.Error as problem:
        message = f"database {path} cannot be opened: {problem}"
        raise InvalidConfig(message, field="database", value=str(path)) from problem


def _exabgp_environment() -> dict[str, str]:
    """For ExaBGP as a child: no control pipes, logs to our stderr, our own user."""
    return {
        "exabgp_api_cli": "false",
        "exabgp_log_destination": "stderr",
        "exabgp_log_level": "WARNING",
        "exabgp_daemon_user": getpass.getuser(),
    }


def _die_with_parent() -> None:
    """In the child, before it becomes the program: end when this process ends, even by SIGKILL."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
