"""Other ways to a router that people use, as lanes beside ours. They read no acknowledgement; but
for ExaFS they check nothing against a limit and store nothing.

exabgp-process, ExaFS and grpcio live in an environment of their own (`make .lab/alternatives`);
gobgpd is Debian's.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import urlencode

import requests
from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import ROOT, ExaBGP
from tests.lab.ports import free_port

from .lanes import PATIENCE_SECONDS, Lane

ENVIRONMENT = ROOT / ".lab/alternatives"
NAMES = ("exabgp-process", "gobgp, its CLI", "gobgp, gRPC", "ExaFS")
_START_SECONDS = 30.0
_GOBGPD = """
[global.config]
  as = {router.asn}
  router-id = "127.0.0.1"
  port = -1
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{router.address}"
    peer-as = {router.asn}
  [neighbors.transport.config]
    remote-port = {router.port}
    local-address = "127.0.0.1"
  [neighbors.timers.config]
    connect-retry = 1
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv4-flowspec"
"""


def lanes(running: ExitStack, folder: Path, version: str) -> Iterator[Lane]:
    """Those whose program is here."""
    program = ENVIRONMENT / "bin/exabgp-process"
    if program.exists():
        router = running.enter_context(BGPListener("127.0.1.73"))
        yield running.enter_context(_exabgp_process(program, folder / "p", version, router))
    if _exafs_is_here():
        router = running.enter_context(BGPListener("127.0.1.76"))
        yield running.enter_context(_exafs(program, folder / "x", version, router))
    if shutil.which("gobgpd") is None:
        return
    for address, kind in (("127.0.1.74", GobgpCommand), ("127.0.1.75", GobgpGrpc)):
        if kind is GobgpGrpc and not _grpc():
            continue
        router = running.enter_context(BGPListener(address, families=("ipv4 flow",)))
        yield running.enter_context(_gobgpd(kind, folder / address, router))


def missing() -> list[str]:
    """What is not measured here, for the report."""
    here = [(ENVIRONMENT / "bin/exabgp-process").exists(), shutil.which("gobgpd") is not None]
    here += [here[1] and _grpc(), _exafs_is_here()]
    return [name for name, there in zip(NAMES, here) if not there]


class ExabgpProcess(Lane):
    """PyPI's exabgp-process: one command in each HTTP request, into ExaBGP's pipe."""

    name = NAMES[0]
    first_destination = IPv4Address("198.19.32.0")

    def __init__(self, listener: BGPListener, url: str) -> None:
        super().__init__(listener)
        self._session, self.url = requests.Session(), url

    def send(self, numbers: Sequence[int]) -> int:
        rules = [parse_rule(self.rule(number)) for number in numbers]
        bodies = [{"command": json.dumps({"command": exabgp_command.announce(r)})} for r in rules]
        began_at = time.monotonic_ns()
        for body in bodies:
            self._session.post(self.url, data=urlencode(body), headers=_FORM, timeout=10)
        return began_at


_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@contextmanager
def _exabgp_process(
    program: Path, folder: Path, version: str, router: BGPListener
) -> Iterator[ExabgpProcess]:
    folder.mkdir()
    port = free_port()
    # It reads its settings from the folder that it is started in.
    settings = f"[api]\ntype = http\n[logging]\nlog_dir = {folder}\n"
    (folder / "api.conf").write_text(f"{settings}[http]\nhost = 127.0.0.1\nport = {port}\n")
    start = folder / "start"
    start.write_text(f"#!/bin/sh\ncd {folder} && exec {program}\n")
    start.chmod(0o755)
    # It never reads ExaBGP's answers; with them its pipe would be full before long.
    quiet = {"exabgp_api_ack": "false"}
    with ExaBGP(version, folder, [router], process=[str(start)], environment=quiet):
        router.wait_established(_START_SECONDS)
        _wait_for_port(port)
        yield ExabgpProcess(router, f"http://127.0.0.1:{port}/")


class Exafs(Lane):
    """ExaFS's API, and exabgp-process behind it; one request for each rule. Its flags cannot say
    "not ACK"."""

    name = NAMES[3]
    first_destination = IPv4Address("198.19.160.0")

    def __init__(self, listener: BGPListener, url: str) -> None:
        super().__init__(listener)
        self._session, self._url = requests.Session(), f"{url}/api/v3"
        answer = self._session.get(f"{self._url}/auth", headers={"x-api-key": _KEY}, timeout=10)
        answer.raise_for_status()
        self._session.headers["x-access-token"] = answer.json()["token"]

    def send(self, numbers: Sequence[int]) -> int:
        rules = [
            {
                "action": 4,  # Discard, of those that its database begins with
                **{"source": "", "dest": str(self.destination(number)), "dest_mask": 32},
                **{"protocol": "tcp", "dest_port": "80", "flags": ["SYN"]},
                "expires": "10/15/2050 14:46",
            }
            for number in numbers
        ]
        began_at = time.monotonic_ns()
        for rule in rules:
            self._session.post(f"{self._url}/rules/ipv4", json=rule, timeout=10).raise_for_status()
        return began_at


_KEY = "bench" * 8
_EXAFS_API = ROOT / "bench/exafs_api.py"


def _exafs_is_here() -> bool:
    return any(ENVIRONMENT.glob("lib/python*/site-packages/flowapp"))


@contextmanager
def _exafs(program: Path, folder: Path, version: str, router: BGPListener) -> Iterator[Lane]:
    with _exabgp_process(program, folder, version, router) as behind, ExitStack() as running:
        port = free_port()
        python = str(ENVIRONMENT / "bin/python")
        command = [python, str(_EXAFS_API), str(port), behind.url, str(folder / "exafs.db"), _KEY]
        log = running.enter_context((folder / "log").open("w"))
        api = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
        running.callback(api.wait, _START_SECONDS)
        running.callback(api.terminate)
        _wait_for_port(port)
        yield Exafs(router, f"http://127.0.0.1:{port}")


class GobgpCommand(Lane):
    """gobgpd, told by its own command line; one command for each rule."""

    name = NAMES[1]
    first_destination = IPv4Address("198.19.64.0")

    def __init__(self, listener: BGPListener, port: int) -> None:
        super().__init__(listener)
        self._port = port

    def send(self, numbers: Sequence[int]) -> int:
        began_at = time.monotonic_ns()
        for number in numbers:
            words = (
                f"gobgp -u 127.0.0.1 -p {self._port} global rib add -a ipv4-flowspec match"
                f" destination {self.destination(number)}/32 protocol tcp destination-port ==80"
                " tcp-flags =S&!=A then discard"
            )
            subprocess.run(words.split(), check=True, capture_output=True)
        return began_at


class GobgpGrpc(Lane):
    """gobgpd, told by its gRPC interface, one AddPath for each rule on one channel."""

    name = NAMES[2]
    first_destination = IPv4Address("198.19.96.0")

    def __init__(self, listener: BGPListener, port: int) -> None:
        super().__init__(listener)
        grpc = importlib.import_module("grpc")
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._add = channel.unary_unary("/apipb.GobgpApi/AddPath")

    def send(self, numbers: Sequence[int]) -> int:
        paths = [_add_path(parse_rule(self.rule(number)).match.nlri) for number in numbers]
        began_at = time.monotonic_ns()
        for each in [self._add.future(path) for path in paths]:
            each.result(PATIENCE_SECONDS)
        return began_at


def _add_path(nlri: bytes) -> bytes:
    """An AddPathRequest of GoBGP 3's api/gobgp.proto with one FlowSpec rule that discards: the
    path's family (9: afi 1, safi 133), nlri_binary (20) and pattrs_binary (21), as on the wire."""
    attributes = (
        bytes.fromhex("40010100"),  # ORIGIN: IGP
        bytes.fromhex("40030400000000"),  # NEXT_HOP, which gobgpd wants and FlowSpec has not
        bytes.fromhex("c010088006000000000000"),  # traffic-rate 0 (RFC 8955 section 7.1)
    )
    path = _field(9, b"\x08\x01\x10\x85\x01") + _field(20, bytes([len(nlri)]) + nlri)
    path += b"".join(_field(21, each) for each in attributes)
    return _field(3, path)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    octets = b""
    while value > 127:
        octets += bytes([value & 127 | 128])
        value >>= 7
    return octets + bytes([value])


def _grpc() -> bool:
    for folder in ENVIRONMENT.glob("lib/python*/site-packages"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    return importlib.util.find_spec("grpc") is not None


@contextmanager
def _gobgpd(
    kind: type[GobgpCommand] | type[GobgpGrpc], folder: Path, router: BGPListener
) -> Iterator[Lane]:
    folder.mkdir()
    port = free_port()
    file = folder / "gobgpd.toml"
    file.write_text(_GOBGPD.format(router=router))
    command = ["gobgpd", "-t", "toml", "-f", str(file), f"--api-hosts=127.0.0.1:{port}"]
    with (folder / "log").open("w") as log:
        daemon = subprocess.Popen([*command, "--pprof-disable"], stdout=log, stderr=log)
    try:
        if not router.wait_established(_START_SECONDS):
            raise TimeoutError(f"no session with gobgpd: {(folder / 'log').read_text()}")
        _wait_for_port(port)
        yield kind(router, port)
    finally:
        daemon.terminate()
        daemon.wait(_START_SECONDS)


def _wait_for_port(port: int) -> None:
    give_up_at = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up_at:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")
