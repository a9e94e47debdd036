"""The adapter's program with both of its servers, an ExaBGP that is a stand-in, and no router."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

import trustme
import yaml

from tests.lab.adapter import PROGRAM
from tests.lab.fake_exabgp import FakeExaBGP
from tests.lab.ports import free_port
from tests.lab.raw_http import answer, ask, connect, over_tls, post
from tests.lab.waiting import wait_until

SECRET = "s" * 32


class Doors:
    """``unix`` and ``tls`` are the addresses. ``descriptors``: how many the process may have.
    ``stderr``: its standard error, instead of the file ``log``."""

    def __init__(
        self,
        folder: Path,
        descriptors: int | None = None,
        stderr: int | None = None,
        **settings: Any,
    ) -> None:
        self.unix, self.tls = folder / "adapter.sock", ("127.0.0.1", free_port())
        self.log = folder / "adapter.log"
        self.database = folder / "adapter.sqlite3"
        self._descriptors = descriptors
        self._stderr = stderr
        self._config = folder / "adapter.yaml"
        self._config.write_text(
            yaml.safe_dump(
                {
                    "socket": {"path": str(self.unix)},
                    "database": str(self.database),
                    "guardrails": {"allowed_destinations": ["203.0.113.0/24"]},
                    "tokens_file": str(self._tokens(folder)),
                    "tcp": self._tcp(folder),
                    **settings,
                }
            )
        )
        self.exabgp = FakeExaBGP()

    def _tokens(self, folder: Path) -> Path:
        path = folder / "tokens.yaml"
        digest = hashlib.sha256(SECRET.encode()).hexdigest()
        path.write_text(yaml.safe_dump([{"name": "x", "sha256": digest, "role": "admin"}]))
        return path

    def _tcp(self, folder: Path) -> dict[str, Any]:
        server = trustme.CA().issue_cert("127.0.0.1")
        certificate, key = folder / "server.pem", folder / "server.key"
        server.private_key_pem.write_to_path(str(key))
        server.cert_chain_pems[0].write_to_path(str(certificate))
        host, port = self.tls
        return {"address": host, "port": port, "certificate": str(certificate), "key": str(key)}

    def __enter__(self) -> Doors:
        self.exabgp.__enter__()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "--config", str(self._config)],
                stdin=self.exabgp.stdin,
                stdout=self.exabgp.stdout,
                stderr=log if self._stderr is None else self._stderr,
                preexec_fn=self._limit,
            )
        try:
            wait_until(self._serves, self.log.read_text)
        except TimeoutError:
            self.__exit__(None, None, None)
            raise
        return self

    def _serves(self) -> bool:
        try:
            with connect(self.unix), connect(self.tls):
                return True
        except OSError:
            return False

    def _limit(self) -> None:
        if self._descriptors is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, (self._descriptors, self._descriptors))

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.kill()
        self.process.wait(10)
        self.exabgp.__exit__()
        print(self.log.read_text()[-3000:])

    def post(self, path: str, body: object) -> tuple[int, Any]:
        """Status and body of the answer, on the Unix socket."""
        return _read(ask(self.unix, post(path.encode(), json.dumps(body).encode())))

    def post_over_tls(self, path: str, body: object) -> tuple[int, Any]:
        octets = post(
            path.encode(),
            json.dumps(body).encode(),
            b"Authorization: Bearer %s\r\n" % SECRET.encode(),
        )
        with over_tls(self.tls) as connection:
            connection.sendall(octets)
            return _read(answer(connection))

    def memory_octets(self) -> int:
        """The most that the process ever had."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) * 1024

    def processor_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _read(octets: bytes) -> tuple[int, Any]:
    head, _, body = octets.partition(b"\r\n\r\n")
    assert head, "the connection was closed without an answer"
    return int(head.split(b" ")[1]), json.loads(body)
