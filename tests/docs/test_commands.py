"""Every command in the docs that can run here runs here, as it is written.

Blocks marked ``sh`` are run in their order. Blocks without a mark are for other machines (routers,
StackStorm, systemd) or for a terminal that stays open.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from flowtriq_flowspec.adapter_client import AdapterClient

from tests.lab.adapter import session_is_up
from tests.lab.exabgp import ROOT
from tests.lab.public import AS_NOBODY, interpreter, why_not_for_nobody

from .pages import PAGES, commands

ELSEWHERE = {
    "first-steps.md",
    "install.md",
}  # each run by a test of its own: below, test_install.py


PROGRAMS = ("curl", "openssl")  # that the commands need, beside those of every Debian
FOR_NOBODY = os.geteuid() == 0 and not why_not_for_nobody(interpreter())
# Where the tests run as root, a command is run as somebody who is nobody; as root that is long.
USERS = (
    [pytest.param(AS_NOBODY, id="plain user"), pytest.param([], id="root", marks=pytest.mark.long)]
    if FOR_NOBODY
    else [pytest.param([], id="who runs the tests")]
)


def run(
    command: str, environment: Mapping[str, str], folder: Path, user: Sequence[str] = ()
) -> str:
    done = subprocess.run(
        [*user, "bash", "-euo", "pipefail", "-c", command],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if commands(page) and page.name not in ELSEWHERE],
    ids=lambda page: page.name,
)
@pytest.mark.parametrize("user", USERS)
def test_the_commands_of_a_page_run_in_their_order(
    page: Path, user: list[str], lab: dict[str, str]
) -> None:
    needed = {name for name in PROGRAMS for command in commands(page) if name in command.split()}
    absent = sorted(name for name in needed if shutil.which(name) is None)
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    for command in commands(page):
        here = command.replace("/etc/flowtriq/stack.yaml", lab["STACK"])
        run(here, lab, Path("/"), user)


DAEMONS = ("gobgpd", "prometheus", "prometheus-alertmanager", "curl")
FIRST_STEPS = ROOT / "docs/user/first-steps.md"


def test_first_steps(tmp_path: Path) -> None:
    """Each step, up to a rule of one's own alert on a router; the ports are free ones."""
    absent = [name for name in DAEMONS if shutil.which(name) is None]
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    ports = {old: str(free_port(host)) for old, host in PORTS.items()}
    blocks = [with_ports(block, ports) for block in commands(FIRST_STEPS)]
    init, status, plan, post, listed, real, announce, copied, mitigated = blocks
    for file in (tmp_path / "examples/lab").iterdir():
        file.write_text(with_ports(file.read_text(encoding="utf-8"), ports), encoding="utf-8")
    flags = f" --webhook-port {ports['8099']} --exporter-port {ports['10179']}"
    here = functools.partial(run, environment=dict(os.environ), folder=tmp_path)
    adapter = tmp_path / "my-network/exabgp.sock"
    here(init.replace("\n", f"{flags}\n", 1))
    gobgpd, up, alertmanager, prometheus = [with_ports(each, ports) for each in terminals()]
    with running(gobgpd, tmp_path):
        with running(up, tmp_path) as log:
            wait_for(log, "up; Ctrl-C stops it")
            until(lambda: session_is_up(adapter))
            assert "established" in here(status)
            assert here(plan).count("tcp destination-port 80") == 2
            assert "dry_run" in here(post)
            assert "No active rules" in here(listed)
        here(real)
        with running(up, tmp_path) as log:
            wait_for(log, "up; Ctrl-C stops it")
            until(lambda: session_is_up(adapter))
            assert "established" in here(status)
            assert "rate-limit 10 Mbit/s" in here(announce)
            here(copied)
            listen = f" --web.listen-address=127.0.0.1:{ports['9093']}"
            with (
                running(alertmanager + listen, tmp_path),
                running(f"{prometheus} --web.listen-address=127.0.0.1:0", tmp_path),
            ):
                until(lambda: AdapterClient(str(adapter)).rules())
                assert "syn and not ack" in here(mitigated)


PORTS = {
    **dict.fromkeys(("8099", "10179", "9093"), "127.0.0.1"),
    **dict.fromkeys(("1790", "50051"), "127.0.0.10"),
}


def free_port(host: str) -> int:
    with socket.socket() as found:
        found.bind((host, 0))
        return int(found.getsockname()[1])


def with_ports(text: str, ports: Mapping[str, str]) -> str:
    return re.sub("|".join(ports), lambda found: ports[found[0]], text)


def terminals() -> list[str]:
    """What the page starts in terminals of their own."""
    programs = ("gobgpd ", ".venv/bin/flowspec up ", "prometheus")
    lines = FIRST_STEPS.read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line.startswith(programs)]


@contextlib.contextmanager
def running(command: str, folder: Path) -> Iterator[Path]:
    log = folder / f"{Path(command.split()[0]).name}.log"
    with log.open("w") as output:
        process = subprocess.Popen(command.split(), cwd=folder, stdout=output, stderr=output)
    try:
        yield log
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)


def wait_for(log: Path, text: str) -> None:
    until(lambda: text in log.read_text(encoding="utf-8"))


def until(holds: Callable[[], bool]) -> None:
    give_up_at = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < give_up_at
        time.sleep(0.2)


def test_every_link_of_the_docs_leads_somewhere() -> None:
    for page in [*PAGES, ROOT / "README.md"]:
        for part in page.read_text(encoding="utf-8").split("](")[1:]:
            target = part.split(")")[0].split("#")[0]
            if target and not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page}: {target}"
