"""A real ExaBGP on loopback, without root: either version, any process, any neighbours.

    with ExaBGP("5.0.15", folder, [router], process=["/path/to/program", "argument"]) as exabgp: ...

and, for a test that plays the process itself:

    with PipeServer(folder) as server, ExaBGP(…, process=server.command) as exabgp:
        stdin, stdout = server.accept()      # what ExaBGP's process would read and write
"""

from __future__ import annotations

import contextlib
import getpass
import importlib.util
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, NamedTuple, Protocol

from .waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ("5.0.15", "4.2.25")
EXABGP_4 = ROOT / ".lab/exabgp-4.2.25"

MAIN = """
from exabgp.application.main import main
"""
MAIN_4 = """
from exabgp.application.main import main
from exabgp.vendoring import docopt

def fix_repeating_arguments(pattern):
    for argument in pattern.flat(docopt.Argument):
        argument.value = []

docopt.Pattern.fix_repeating_arguments = fix_repeating_arguments
"""
"""ExaBGP 4.2's docopt needs two seconds of processor time at every start to find out that only the
configuration file may be given more than once."""

NEIGHBOR = """
neighbor {address} {{
  router-id {local};
  local-address {local};
  local-as 65001;
  peer-as {asn};
  connect {port};
  family {{ {families} }}
  {more}
  api {{ processes [ {name} ]; {events} }}
}}
"""


class Neighbor(Protocol):
    """What this needs to know of a router; a BGPListener has it all."""

    address: str
    port: int
    asn: int
    families: tuple[str, ...]


class Pipes(NamedTuple):
    """ExaBGP's pipes as its process sees them, and the connection that keeps the process alive."""

    stdin: BinaryIO
    stdout: BinaryIO
    lender: socket.socket

    def hang_up(self) -> None:
        """What the process does when it dies. The files stay as numbers, for threads that may be
        about to use them."""
        self.lender.close()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.stdout.fileno())
        os.close(nowhere)

    def close(self) -> None:
        for each in self:
            with contextlib.suppress(OSError):
                each.close()


def missing(version: str) -> str | None:
    """Why this version can't be run here, or None."""
    if importlib.util.find_spec("exabgp") is None:
        return "exabgp is not installed (make test does)"
    if version.startswith("4") and not (EXABGP_4 / "exabgp").is_dir():
        return f"{EXABGP_4.relative_to(ROOT)} is missing (make test installs it)"
    return None


def start_plainly(
    code: str, command: Sequence[str], environment: Mapping[str, str], log: BinaryIO
) -> subprocess.Popen[bytes]:
    """A Python that runs the ``main`` of ``code`` with what follows the command's name."""
    return subprocess.Popen(
        [sys.executable, "-c", f"{code}main()", *command[1:]],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
    )


class ExaBGP:
    """One running ExaBGP; use as a context manager. ``log`` is a file with all that it printed."""

    process_name = "flowtriq-adapter"
    starter: ClassVar[Callable[..., Any]] = staticmethod(start_plainly)

    def __init__(
        self,
        version: str,
        folder: Path,
        neighbors: Sequence[Neighbor],
        *,
        process: Sequence[str],
        encoder: str = "text",
        events: str = "neighbor-changes; negotiated;",
        local_address: str = "127.0.0.1",
        environment: Mapping[str, str] | None = None,
        more: str = "",
        configuration: str | None = None,
    ) -> None:
        self.version = version
        self.log = folder / f"exabgp-{version}.log"
        self.configuration = folder / f"exabgp-{version}.conf"
        self._rendering: dict[str, Any] = {
            "process": process,
            "encoder": encoder,
            "events": events,
            "local_address": local_address,
            "more": more,
        }
        self.configuration.write_text(configuration or self._render(neighbors, **self._rendering))
        self._environment = {
            **os.environ,
            "exabgp_api_cli": "false",
            "exabgp_log_destination": "stderr",
            "exabgp_daemon_user": getpass.getuser(),
            **(environment or {}),
        }
        if version.startswith("4"):
            self._environment["PYTHONPATH"] = str(EXABGP_4)

    def _render(
        self,
        neighbors: Sequence[Neighbor],
        process: Sequence[str],
        encoder: str,
        events: str,
        local_address: str,
        more: str,
    ) -> str:
        run = " ".join(process)
        text = f"process {self.process_name} {{ run {run}; encoder {encoder}; }}\n"
        for each in neighbors:
            text += NEIGHBOR.format(
                address=each.address,
                local=local_address,
                asn=each.asn,
                port=each.port,
                families=" ".join(f"{family};" for family in each.families),
                name=self.process_name,
                events=events,
                more=more,
            )
        return text

    def start(self) -> None:
        """Start it; after ``stop`` or ``kill``, start it again with the same configuration."""
        main = MAIN_4 if self.version.startswith("4") else MAIN
        with self.log.open("ab") as log:
            self.popen = self.starter(
                main, ["exabgp", str(self.configuration)], self._environment, log
            )

    def reload(self, neighbors: Sequence[Neighbor], **changed: str) -> None:
        """SIGUSR1, with a configuration of these neighbours; ``changed`` as in the constructor."""
        self._rendering.update(changed)
        self.configuration.write_text(self._render(neighbors, **self._rendering))
        done = self.log.read_text().count("performing reload")

        def reloading() -> bool:
            # ExaBGP ignores the signal while it has anything to send.
            self.popen.send_signal(signal.SIGUSR1)
            return eventually(lambda: self.log.read_text().count("performing reload") > done, 0.5)

        assert eventually(reloading, 10), "ExaBGP does not reload its configuration"

    def stop(self) -> None:
        """End it as an init system does, by SIGTERM."""
        self.popen.terminate()
        try:
            self.popen.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it by SIGKILL."""
        self.popen.kill()
        self.popen.wait(timeout=10)

    def __enter__(self) -> ExaBGP:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.popen.poll() is None:
            self.stop()


class PipeServer:
    """Takes the pipes that each run of lend_pipes.py lends; use as a context manager."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "pipes"
        self.command = [sys.executable, str(ROOT / "tests/lab/lend_pipes.py"), str(self._path)]
        self._server = socket.socket(socket.AF_UNIX)
        self._lent: list[Pipes] = []

    def __enter__(self) -> PipeServer:
        self._server.bind(str(self._path))
        self._server.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.close()
        for pipes in self._lent:
            pipes.close()

    def accept(self, timeout: float = 20.0) -> Pipes:
        """The pipes of the next process that ExaBGP starts."""
        self._server.settimeout(timeout)
        connection, _ = self._server.accept()
        _, descriptors, _, _ = socket.recv_fds(connection, 16, 2)
        stdin, stdout = descriptors
        pipes = Pipes(open(stdin, "rb", 0), open(stdout, "wb", 0), connection)  # noqa: SIM115, PTH123
        self._lent.append(pipes)
        return pipes


@contextlib.contextmanager
def running(
    version: str, folder: Path, neighbors: Sequence[Neighbor], **options
) -> Iterator[tuple[ExaBGP, PipeServer, Pipes]]:
    """An ExaBGP whose process is the caller, with the pipes to play it."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(PipeServer(folder))
        exabgp = stack.enter_context(
            ExaBGP(version, folder, neighbors, process=server.command, **options)
        )
        yield exabgp, server, server.accept()
