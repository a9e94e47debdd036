"""`flowspec check`: a line for each finding, exit code 1."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.lab.exabgp import ROOT

FLOWSPEC = Path(sys.executable).with_name("flowspec")
GUARDRAILS = "guardrails: {allowed_destinations: [203.0.113.0/24]}\n"
PACK = (ROOT / "flowtriq_flowspec.yaml.example").read_text()
TEMPLATE = (
    "providers: [{provider: exabgp_flowspec, name: edge}]\n"
    'senders:\n  generic:\n    token: "{{ st2kv.system.x }}"\n'
)
TCP = "tcp: {address: a, port: 1, certificate: /a, key: /b}\n"


def check(*words: object) -> tuple[int, list[str]]:
    command = [str(FLOWSPEC), "check", *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    return done.returncode, [*done.stdout.splitlines(), *done.stderr.splitlines()]


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    return file


def stack(folder: Path, pack: str) -> list[object]:
    written(folder, "pack.yaml", pack)
    text = "pack_config: pack.yaml\ndatabase: engine.sqlite3\n"
    return ["--config", written(folder, "stack.yaml", text), "--pack", ROOT]


def test_nothing_to_complain_about(tmp_path: Path) -> None:
    adapter = written(tmp_path, "adapter.yaml", GUARDRAILS)
    code, lines = check(*stack(tmp_path, PACK), "--adapter-config", adapter)
    assert (code, len(lines)) == (0, 1), lines
    assert not (tmp_path / "engine.sqlite3").exists()


@pytest.mark.parametrize(
    ("pack", "finding"),
    [
        (TEMPLATE, "pack.yaml: senders.generic.token is a template that nobody rendered"),
        (PACK + "vectors: {}\n", "vectors is written twice"),
        (PACK.replace("rate_limit_bps: 10M", "rate_limit_bps: x"), "rate_limit_bps is 'x', not a"),
        ("[", "pack.yaml:1: cannot be read"),
        ("", "pack.yaml has no settings"),
    ],
)
def test_the_pack_of_the_embedded_engine(tmp_path: Path, pack: str, finding: str) -> None:
    code, (line,) = check(*stack(tmp_path, pack))
    assert code == 1
    assert str(tmp_path) in line
    assert finding in line


@pytest.mark.parametrize(
    ("pack", "line"),
    [
        (TEMPLATE, "senders.generic.token is a template that nobody rendered"),
        (TEMPLATE + "    token: again\n", "pack.yaml:5: token is written twice"),
    ],
)
def test_the_engine_does_not_start_with_it(tmp_path: Path, pack: str, line: str) -> None:
    command = [str(FLOWSPEC), "up", *map(str, stack(tmp_path, pack))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    (said,) = done.stderr.splitlines()
    assert line in said
    assert str(tmp_path / "pack.yaml") in said
    (tmp_path / "stack.yaml").write_text("database: a\ndatabase: b\n")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "stack.yaml:2: database is written twice" in done.stderr


@pytest.mark.parametrize("tls", [False, True])
def test_the_engine_says_why_its_webhook_cannot_listen(tmp_path: Path, tls: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        pack = f"providers: [{{name: edge}}]\nwebhook:\n  port: {port}\n"
        if tls:
            pack += "  tls_certificate: /nowhere/c.pem\n  tls_key: /nowhere/k.pem\n"
        command = [str(FLOWSPEC), "up", *map(str, stack(tmp_path, pack))]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    why = "No such file or directory" if tls else "Address already in use"
    assert f"webhook: 127.0.0.1:{port} cannot be served: {why}" in done.stderr


def test_the_pack_in_stackstorm(tmp_path: Path) -> None:
    """StackStorm renders the template, but of two settings it silently keeps the last."""
    file = written(tmp_path, "flowtriq_flowspec.yaml", TEMPLATE)
    assert check("--stackstorm-config", file)[0] == 0
    file.write_text(TEMPLATE + "    token: again\n")
    code, (line,) = check("--stackstorm-config", file)
    assert (code, line.startswith(f"{file}:5: token is written twice")) == (1, True)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (GUARDRAILS + GUARDRAILS, "adapter.yaml:2: guardrails is written twice"),
        ("socket: {}\n", "guardrails is missing"),
        ("guardrails: {allowed_destinations: [x]}\n", "allowed_destinations"),
        (GUARDRAILS + "tokens_file: /nowhere/x\n", "/nowhere/x: cannot be read"),
        (GUARDRAILS + TCP, "everyone could announce"),
        (
            GUARDRAILS + "socket: {roles: {st2: automation, bob: operate}}\n",
            "the role automation is given to user st2, and operate to user bob",
        ),
    ],
)
def test_the_adapter(tmp_path: Path, text: str, finding: str) -> None:
    code, (line,) = check("--adapter-config", written(tmp_path, "adapter.yaml", text))
    assert code == 1
    assert finding in line


def test_roles_of_tokens(tmp_path: Path) -> None:
    roles = {"one": "automation", "two": "operate"}
    tokens = [{"name": name, "sha256": "0" * 64, "role": role} for name, role in roles.items()]
    file = written(tmp_path, "tokens.yaml", yaml.safe_dump(tokens))
    text = GUARDRAILS + f"tokens_file: {file}\n"
    code, (line,) = check("--adapter-config", written(tmp_path, "adapter.yaml", text))
    assert code == 1
    assert "automation is given to token one, and operate to token two" in line


def test_the_exporter(tmp_path: Path) -> None:
    secret = written(tmp_path, "secret", "{{ st2kv.system.x }}")
    entry = {"provider": "edge", "adapter_socket": "/s", "token_file": str(secret)}
    text = yaml.safe_dump({"adapters": [entry, {**entry, "token_file": "/nowhere/x"}]})
    code, (first, second) = check("--exporter-config", written(tmp_path, "exporter.yaml", text))
    assert code == 1
    assert "adapters.0.token_file" in first
    assert "template" in first
    assert "/nowhere/x cannot be read" in second


def test_an_adapter_that_does_not_run(tmp_path: Path) -> None:
    code, (line,) = check("--socket", tmp_path / "nobody.sock")
    assert code == 1
    assert "nobody.sock" in line
