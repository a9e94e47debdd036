"""`flowspec up` checks everything first, names each fault in a sentence and starts nothing; and it
says "up" only when the adapter has answered."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from flowtriq_flowspec_cli import up_command
from flowtriq_flowspec_cli.main import main

pytestmark = pytest.mark.lab

FLOWSPEC = Path(sys.executable).with_name("flowspec")
FOREIGN = ("Traceback", "jsonschema", "syntax error", "Error in", "sqlite3")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A stack with ports of its own. Its router is not there."""
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        webhook, exporter = one.getsockname()[1], two.getsockname()[1]
    words = ["--neighbor", "127.0.0.10", "--local-address", "127.0.0.1", "--local-as", "65001"]
    words += ["--network", "203.0.113.0/24", "--bgp-port", "1790", "--webhook-port", str(webhook)]
    words += ["--exporter-port", str(exporter)]
    done = CliRunner().invoke(main, ["init", str(tmp_path), *words])
    assert done.exit_code == 0, done.output
    yield tmp_path


Up = Callable[[Path], list[str]]


@pytest.fixture
def up(monkeypatch: pytest.MonkeyPatch) -> Up:
    """What a start that is refused says. Nothing is started."""

    def start(*_: object, **__: object) -> None:
        raise AssertionError("the stack was started")

    monkeypatch.chdir("/")
    monkeypatch.setattr("flowtriq_flowspec_embedded.stack.Stack", start)
    monkeypatch.setattr(up_command, "log_json_to_stderr", lambda: None)

    def refused(folder: Path) -> list[str]:
        done = CliRunner().invoke(main, ["up", "--config", str(folder / "stack.yaml")])
        assert isinstance(done.exception, SystemExit), done.exception
        assert done.exit_code == 1, done.output
        assert not any(word in done.output for word in FOREIGN), done.output
        assert "up;" not in done.output
        return done.output.splitlines()

    return refused


@pytest.mark.parametrize(
    ("file", "old", "new", "said"),
    [
        (
            *("adapter.yaml", "allowed_destinations", "allowed_destination"),
            "adapter.yaml: guardrails.allowed_destination is not known here; did you mean"
            " allowed_destinations?",
        ),
        (
            *("exabgp.conf", "local-as", "local-az"),
            "exabgp.conf:10: ExaBGP does not accept this line: local-az 65001",
        ),
        (
            *("exabgp.conf", "flowtriq-exabgp-adapter", "cat"),
            "exabgp.conf: no process runs flowtriq-exabgp-adapter, so nothing would be announced",
        ),
        (
            *("flowtriq_flowspec.yaml", "name: edge", "name: core"),
            "exporter.adapters: no provider is called edge",
        ),
        (
            *("flowtriq_flowspec.yaml", "exabgp.sock", "exagbp.sock"),
            "is no provider's adapter_socket",
        ),
        (
            *("stack.yaml", "database: engine.sqlite3", "database: there/engine.sqlite3"),
            "database: there is no folder",
        ),
    ],
)
def test_each_fault_is_found_before_anything_starts(
    folder: Path, up: Up, file: str, old: str, new: str, said: str
) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    lines = up(folder)
    assert any(said in line for line in lines), lines
    assert lines[-1] == "Error: nothing was started"


def test_a_port_in_use_is_named(folder: Path, up: Up) -> None:
    pack = (folder / "flowtriq_flowspec.yaml").read_text(encoding="utf-8")
    port = int(re.findall(r"port: (\d+)", pack)[0])
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        lines = up(folder)
    assert f"webhook.port: cannot listen on 127.0.0.1 port {port}: Address already in use" in lines


@pytest.mark.parametrize("text", ["", None, "# nothing\n"])
def test_a_pack_configuration_that_says_nothing(folder: Path, up: Up, text: str | None) -> None:
    file = folder / "flowtriq_flowspec.yaml"
    file.unlink()
    if text is not None:
        file.write_text(text)
    (line,) = up(folder)
    assert str(file) in line


@pytest.mark.skipif(os.geteuid() != 0, reason="gives a folder to another user, as root")
def test_the_engines_database_belongs_to_somebody_else(folder: Path) -> None:
    for each in (folder, *folder.parents):
        if each != Path("/") and each.stat().st_uid == 0:
            each.chmod(each.stat().st_mode | 0o055)
    command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(FLOWSPEC)]
    done = subprocess.run(
        [*command, "up", "--config", str(folder / "stack.yaml")],
        capture_output=True,
        text=True,
        cwd="/",
    )
    assert done.returncode == 1
    assert f"database: {folder} cannot be written by this user" in done.stderr


def test_it_says_up_when_the_adapter_has_answered(folder: Path) -> None:
    command = [str(FLOWSPEC), "up", "--config", str(folder / "stack.yaml")]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd="/")
    assert process.stderr is not None
    lines: list[str] = []
    try:
        give_up_at = time.monotonic() + 200
        while "up; Ctrl-C stops it\n" not in lines:
            assert process.poll() is None and time.monotonic() < give_up_at, lines
            lines.append(process.stderr.readline())
        asked = [str(FLOWSPEC), "status", "--socket", str(folder / "exabgp.sock")]
        assert subprocess.run(asked, capture_output=True).returncode == 0
    finally:
        process.send_signal(signal.SIGINT)
        rest = process.communicate(timeout=30)[1]
    assert process.returncode == 0, (lines, rest)
    # ExaBGP's own text, of a router that is not there, is for --verbose alone.
    assert all(line.startswith("{") for line in lines[:-1]), lines
