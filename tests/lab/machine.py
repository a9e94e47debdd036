"""Another machine, for what only root does on a machine of its own: users, /etc, systemd's units.

with Machine(folder, addresses=["10.0.0.1"], srv=another_folder) as machine:
    machine.run("systemctl start flowtriq-exabgp")
    with machine.network():
        router = BGPListener("10.0.0.1", port=179)   # its sockets are the machine's

This machine's files under an overlay, a systemd, and a network of nothing but a loopback
interface, in Linux namespaces (namespaces(7)). Needs root. Its processes end with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_BOOT = Path(__file__).with_name("boot-machine.sh")
_BOOT_SECONDS = 30.0
_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_NAMESPACES = ("--mount", "--pid", "--uts", "--ipc", "--net", "--cgroup")
_CLONE_NEWNET = 0x40000000  # setns(2)


def missing() -> str | None:
    """Why there can be no such machine here, or None."""
    if os.geteuid() != 0:
        return "a machine of its own needs root"
    needed = ("/lib/systemd/systemd", "unshare", "nsenter", "ip")
    absent = [name for name in needed if shutil.which(name) is None]
    if absent:
        return f"not installed: {', '.join(absent)}"
    # A container may have the program and not the right.
    tried = subprocess.run(["unshare", *_NAMESPACES, "true"], capture_output=True, text=True)
    return f"no machine can be made here: {tried.stderr.strip()}" if tried.returncode else None


class Machine:
    """``folder`` must be empty; ``srv`` is this machine's folder that is /srv there. ``log`` is a
    file with what its systemd printed."""

    def __init__(self, folder: Path, *, addresses: Sequence[str], srv: Path) -> None:
        self.log = folder.with_name(f"{folder.name}.log")
        self._boot = ["sh", str(_BOOT), str(folder), str(srv), *addresses]

    def __enter__(self) -> Machine:
        command = ["unshare", *_NAMESPACES, "--fork", "--kill-child"]
        with self.log.open("w") as log:
            self._unshare = subprocess.Popen(
                [*command, *self._boot],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        try:
            self._wait_until_up()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def run(
        self, command: str, environment: Mapping[str, str] | None = None, *, here: bool = False
    ) -> str:
        """What a shell there printed for ``command``; ``here`` uses this machine's network, for
        downloads. Raises AssertionError, with all output, where it failed."""
        network = () if here else ("--net",)
        enter = ["nsenter", "--target", str(self._init), "--mount", "--pid", "--ipc", *network]
        done = subprocess.run(
            [*enter, "bash", "-euo", "pipefail", "-c", f"cd /\n{command}"],
            env={**(os.environ if here else {}), "PATH": _PATH, **(environment or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextlib.contextmanager
    def network(self) -> Iterator[None]:
        """Sockets that this thread opens are the machine's."""
        libc = ctypes.CDLL(None, use_errno=True)
        with (
            Path(f"/proc/self/task/{threading.get_native_id()}/ns/net").open() as ours,
            Path(f"/proc/{self._init}/ns/net").open() as its,
        ):
            assert libc.setns(its.fileno(), _CLONE_NEWNET) == 0, os.strerror(ctypes.get_errno())
            try:
                yield
            finally:
                assert libc.setns(ours.fileno(), _CLONE_NEWNET) == 0

    @property
    def _init(self) -> int:
        """Its first process, by this machine's number."""
        pid = self._unshare.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return int(children[0])

    def _wait_until_up(self) -> None:
        give_up_at = time.monotonic() + _BOOT_SECONDS
        while True:
            try:
                self.run("systemctl is-active machine.target")
                return
            except (AssertionError, IndexError) as problem:
                ended = self._unshare.poll() is not None
                if ended or time.monotonic() > give_up_at:
                    raise RuntimeError(f"no machine: {self.log.read_text()}") from problem
                time.sleep(0.1)

    def _end(self) -> None:
        self._unshare.kill()  # --kill-child: and with the first process all others
        self._unshare.wait(timeout=10)
