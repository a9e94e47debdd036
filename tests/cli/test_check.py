"""`flowspec check`: a line for each finding, exit code 1."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from flowtriq_flowspec_cli.main import main

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
    answer = CliRunner().invoke(main, ["check", *map(str, words)])
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.exception
    return answer.exit_code, answer.output.splitlines()


def written(folder: Path, name: str, text: str) -> Path:
    file = folder / name
    file.write_text(text)
    return file


def stack(folder: Path, pack: str) -> list[object]:
    written(folder, "pack.yaml", pack)
    text = "pack_config: pack.yaml\ndatabase: engine.sqlite3\n"
    return ["--config", written(folder, "stack.yaml", text), "--pack", ROOT]


def test_files_without_a_fault(tmp_path: Path) -> None:
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
    assert "up; Ctrl-C" not in done.stderr
    said, *end = done.stderr.splitlines()
    assert end in ([], ["Error: nothing was started"])
    assert line in said
    assert str(tmp_path / "pack.yaml") in said
    (tmp_path / "stack.yaml").write_text("database: a\ndatabase: b\n")
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert "stack.yaml:2: database is written twice" in done.stderr


def up(folder: Path, webhook: str) -> list[str]:
    """What `flowspec up` says of a webhook that cannot be."""
    pack = f"providers: [{{name: edge}}]\nwebhook: {{{webhook}}}\n"
    command = [str(FLOWSPEC), "up", *map(str, stack(folder, pack))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    return [line for line in done.stderr.splitlines() if not line.startswith("{")]  # the log


def test_the_engine_says_why_its_webhook_cannot_listen(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = up(tmp_path, f"port: {port}")
    why = f"webhook.port: cannot listen on 127.0.0.1 port {port}: Address already in use"
    assert said == [why, "Error: nothing was started"]


def test_the_engine_names_the_file_without_which_its_webhook_has_no_tls(tmp_path: Path) -> None:
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    tls = f"port: 0, tls_certificate: {certificate}, tls_key: {key}"
    for file in (certificate, key):
        unread = f"Error: webhook: {file} cannot be read: No such file or directory"
        assert up(tmp_path, tls) == [unread]
        file.write_text("no certificate\n")
    both = f"{certificate} and {key}"
    assert up(tmp_path, tls) == [f"Error: webhook: {both} are no certificate and its key in PEM"]


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
        ("", "adapter.yaml has no settings"),
        ("- socket\n", "adapter.yaml has no settings"),
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
