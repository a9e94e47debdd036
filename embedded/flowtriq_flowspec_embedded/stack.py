"""`flowspec up`: ExaBGP with the adapter, the engine with the pack, and the exporter."""

from __future__ import annotations

import contextlib
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
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any

from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import FlowspecError, InvalidConfig

from .engine import Engine
from .inquiries_api import InquiriesServer
from .pack.loader import Pack
from .pack.parameters import InvalidParameters
from .stack_config import StackConfig, program
from .store import Store

log = logging.getLogger(__name__)

_STOP_SECONDS = 10.0
_BETWEEN_QUESTIONS = 0.1  # seconds
_PR_SET_PDEATHSIG = 1  # prctl(2), Linux


class Stack:
    """Starts ExaBGP, exporter and engine, in this order, as far as ``config`` names them. A context
    manager: whatever it started ends with it, and also when this process dies."""

    def __init__(self, config: StackConfig, pack: Pack, *, verbose: bool = False) -> None:
        """``verbose``: ExaBGP's own text goes to stderr too, beside our programs' logs."""
        self._config = config
        self._pack = pack
        self._verbose = verbose
        self._children: list[subprocess.Popen[bytes]] = []
        self._deaths: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._questions: InquiriesServer | None = None

    def __enter__(self) -> Stack:
        try:
            # First what may be refused: for a pack that cannot run, nothing is started.
            self._store = _store(self._config.database)
            settings = self._config.settings(self._pack.config_schema)
            self.engine = Engine(
                *(self._pack, settings, self._store),
                died=self._deaths.put,
                read_again=self._read_again,
            )
            if self._config.questions_socket is not None:
                self._questions = InquiriesServer(self._config.questions_socket, self._store)
                self._questions.start()
            if self._config.exabgp is not None:
                self._start(["exabgp", str(self._config.exabgp)], _exabgp_environment())
            if self._config.exporter_address is not None:
                self._start(["flowtriq-flowspec-exporter", *self._exporter_flags()], {})
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
        if self._questions is not None:
            self._questions.stop()
        self.engine.stop()
        self._stop_children()
        self._store.close()

    def _read_again(self) -> dict[str, Any]:
        """The pack's configuration as it is now. Raises InvalidConfig, also where another setting
        of the stack has changed."""
        if self._config.file is None:
            raise InvalidConfig("flowspec up was started without a file", field="config")
        new = StackConfig.from_file(self._config.file)
        for each in fields(StackConfig):
            if each.name.startswith("pack_config"):
                continue
            if getattr(new, each.name) != getattr(self._config, each.name):
                message = f"{new.file}: {each.name} changed: that needs a restart of flowspec up"
                raise InvalidConfig(message, field=each.name)
        return new.complete_settings(self._pack)

    def stop(self) -> None:
        """Let ``wait`` return; may be called from a signal handler."""
        self._deaths.put(None)

    def wait(self) -> str | None:
        """Wait. Returns which part ended by itself, or None after ``stop``."""
        return self._deaths.get()

    def wait_for_adapter(self, address: str, seconds: float) -> str | None:
        """Wait until the adapter at a socket answers. Returns None then, after ``stop`` too, and
        else what went wrong."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(queue.Empty):
                died = self._deaths.get(timeout=_BETWEEN_QUESTIONS)
                self._deaths.put(died)
                return died
            with contextlib.suppress(FlowspecError), AdapterClient(address) as client:
                client.status()
                return None
        return f"the adapter does not answer at {address} after {seconds:.0f} s"

    def _exporter_flags(self) -> list[str]:
        adapters = self._config.exporter_adapters.items()
        flags = [f"--adapter={name}={socket}" for name, socket in adapters]
        return [*flags, f"--web.listen-address={self._config.exporter_address}"]

    def _start(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        child = subprocess.Popen(
            [str(program(command[0])), *command[1:]],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=_die_with_parent,
        )
        self._children.append(child)
        threading.Thread(target=self._relay, args=(child,), daemon=True).start()
        threading.Thread(target=self._watch, args=(child,), daemon=True).start()

    def _relay(self, child: subprocess.Popen[bytes]) -> None:
        """Our programs log JSON, a line each; anything else is ExaBGP's own text."""
        assert child.stdout is not None  # noqa: S101  (Popen was given a pipe)
        for line in child.stdout:
            if self._verbose or line.startswith(b"{"):
                sys.stderr.buffer.write(line)
                sys.stderr.flush()

    def _watch(self, child: subprocess.Popen[bytes]) -> None:
        code = child.wait()
        name = Path(str(child.args[0])).name  # type: ignore[index]
        hint = "; flowspec up --verbose shows its log" if name == "exabgp" else ""
        self._deaths.put(f"{name} ended with {code}{hint}")

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
