"""A real SNMP agent, net-snmp's snmpd, that serves a Juniper router's counters on loopback."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from .ports import free_port

TABLE = Path(__file__).with_name("snmp_table.py")
ENTRY = "1.3.6.1.4.1.2636.3.5.2.1"
INET, INET6 = "__flowspec_default_inet__", "__flowspec_default_inet6__"
COUNTER, POLICER = 2, 3
COMMUNITY, USER, AUTH, PRIV = "s3cret-community", "flowspec", "auth-passphrase", "priv-passphrase"


def missing() -> str | None:
    """Why it cannot run, if it cannot."""
    return None if _program() else "snmpd is not installed (Debian package snmpd)"


def _program() -> str | None:
    return shutil.which("snmpd", path=f"{os.environ['PATH']}:/usr/sbin")


def index(name: str, kind: int = COUNTER, filter_: str = INET) -> str:
    """A row's index: each name as octets with their number before them, then the type."""
    parts = [[len(each), *each.encode()] for each in (filter_, name)]
    return ".".join(map(str, [*parts[0], *parts[1], kind]))


class SnmpAgent:
    """Answers on 127.0.0.1:``port``, to the community and to the user with SHA-256 and AES-128."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = folder / "table"
        self._process: subprocess.Popen[str] | None = None
        self.port = free_port(kind=socket.SOCK_DGRAM)
        self.address = f"127.0.0.1:{self.port}"
        self.set()

    def set(self, *rows: tuple[str, object, object]) -> None:
        """The table: (index, packets, bytes) of each row; a None is a value that is not there."""
        columns: Sequence[tuple[int, int]] = ((4, 1), (5, 2))  # number in the MIB, place in a row
        lines = [
            f"{ENTRY}.{column}.{row[0]} {row[place]}\n"
            for row in rows
            for column, place in columns
            if row[place] is not None
        ]
        new = self._folder / "table.new"
        new.write_text("".join(lines))
        new.replace(self._file)

    def __enter__(self) -> SnmpAgent:
        self.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        configuration = self._folder / "snmpd.conf"
        configuration.write_text(
            f"agentAddress udp:{self.address}\n"
            f"rocommunity {COMMUNITY} 127.0.0.1 .{ENTRY}\n"
            f'createUser {USER} SHA-256 "{AUTH}" AES "{PRIV}"\n'
            f"rouser {USER} priv .{ENTRY}\n"
            f"pass_persist .{ENTRY} {sys.executable} {TABLE} {self._file}\n"
        )
        program = _program()
        assert program
        # Who asks for it may be killed; then the kernel ends it.
        self._process = subprocess.Popen(
            [
                "setpriv",
                "--pdeathsig",
                "KILL",
                "--",
                program,
                "-f",
                "-Lo",
                "-C",
                "-c",
                str(configuration),
            ],
            env={**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": str(self._folder / "snmpd")},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self._process.stdout
        said = []
        for line in self._process.stdout:
            said.append(line)
            if line.startswith("NET-SNMP version"):
                return  # it listens
        raise AssertionError("".join(said))

    def stop(self) -> None:
        """As a power failure does: it may be hanging."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(timeout=10)
            assert self._process.stdout
            self._process.stdout.close()
            self._process = None
