"""Every command in the docs that can run here runs here, as it is written.

Blocks marked ``sh`` are run in their order. Blocks without a mark are for other machines (routers,
StackStorm, systemd) or for a terminal that stays open.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.lab.exabgp import ROOT

from .pages import PAGES, commands

ELSEWHERE = {
    "first-steps.md",
    "install.md",
}  # each run by a test of its own: below, test_install.py


# Where the tests run as root, a command is run as somebody who is nobody, too.
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
PROGRAMS = ("curl", "openssl")  # that the commands need, beside those of every Debian
USERS = {"root": [], "plain user": AS_NOBODY} if os.geteuid() == 0 else {"plain user": []}


def run(
    command: str, environment: Mapping[str, str], folder: Path, user: Sequence[str] = ()
) -> str:
    done = subprocess.run(
        [*user, "bash", "-euo", "pipefail", "-c", command],
        env=environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
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
    page: Path, user: str, lab: dict[str, str]
) -> None:
    needed = {name for name in PROGRAMS for command in commands(page) if name in command.split()}
    absent = sorted(name for name in needed if shutil.which(name) is None)
    if absent:
        pytest.skip(f"not installed: {', '.join(absent)}")
    for command in commands(page):
        here = command.replace("/etc/flowtriq/stack.yaml", lab["STACK"])
        run(here, lab, Path("/"), USERS[user])


def test_first_steps(tmp_path: Path) -> None:
    for name in ("examples", "lib", "sensors", "rules", "workflows", "actions", "aliases"):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True)
    for name in ("pack.yaml", "config.schema.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    environment = dict(os.environ)
    blocks = commands(ROOT / "docs/user/first-steps.md")
    run(blocks[0], environment, tmp_path)

    up = [".venv/bin/flowspec", "up", "--config", "my-network/stack.yaml"]
    assert " ".join(up) in (ROOT / "docs/user/first-steps.md").read_text(encoding="utf-8")
    with (tmp_path / "up.log").open("w") as log:
        process = subprocess.Popen(up, cwd=tmp_path, env=environment, stdout=log, stderr=log)
    try:
        wait_until_up(tmp_path, process)
        answers = [run(block, environment, tmp_path) for block in blocks[1:]]
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 0, (tmp_path / "up.log").read_text()
    status, posted, after, listed = answers
    assert "rules: 0 announced" in status
    assert '"accepted"' in posted
    assert "dry_run" in after
    assert "203.0.113.45" not in listed


def wait_until_up(folder: Path, process: subprocess.Popen[bytes]) -> None:
    """Until the webhook and the adapter's socket take connections."""
    give_up_at = time.monotonic() + 30
    adapter = str(folder / "my-network/exabgp.sock")
    while True:
        assert process.poll() is None, (folder / "up.log").read_text()
        try:
            socket.create_connection(("127.0.0.1", 8099), 1).close()
            with socket.socket(socket.AF_UNIX) as connection:
                connection.connect(adapter)
            return
        except OSError:
            assert time.monotonic() < give_up_at, (folder / "up.log").read_text()
            time.sleep(0.1)


def test_every_link_of_the_docs_leads_somewhere() -> None:
    for page in [*PAGES, ROOT / "README.md"]:
        for part in page.read_text(encoding="utf-8").split("](")[1:]:
            target = part.split(")")[0].split("#")[0]
            if target and not target.startswith("http"):
                assert (page.parent / target).exists(), f"{page}: {target}"
