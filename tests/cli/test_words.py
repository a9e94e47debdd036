"""What a person mistypes is answered in a sentence that says what is known here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from flowtriq_flowspec_cli.main import main


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "flowtriq"
    words = "--neighbor 127.0.0.9 --local-address 127.0.0.1 --local-as 65001"
    made = CliRunner().invoke(
        main, ["init", str(folder), *words.split(), "--network=203.0.113.0/24"]
    )
    assert made.exit_code == 0, made.output
    return folder / "stack.yaml"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("plna", "there is no command 'plna'; did you mean plan?"),
        ("history --limit many", "'many'; it is a whole number from 1 to 10000"),
        ("extend 0 --id x", "'0'; it is a whole number of at least 1"),
        ("announce 203.0.113.45 udp then", "the rule ends where an action is needed"),
        ("announce 203.0.113.45 udp then rate-limit 0.0000001", "then.rate-limit is 0"),
        ("explain 203.0.113.45 udp then discrad", "did you mean discard?"),
        ("plan --alert {} --sender alertmanagr", "did you mean alertmanager?"),
        ('announce {"match":[],"then":[]}', "match is a list of 0, not a mapping"),
        ("announce 203.0.113.45 udp dport 80 dport 81 then discard", "is given twice"),
        ('announce {"match":{},"match":{}}', "'match' is given twice in one object"),
        ("history --since 9999999d", "since is '9999999d', not a time such as"),
        ("history --until 99999999d", "until is '99999999d', not a time such as"),
        ("history --since 0001-01-01T00:00:00+14:00", "not a time such as"),
        ("history --until 9999-12-31T23:59:59.9Z", "not a time such as"),
        (
            "init x --neighbor 127.0.0.9 --local-address ::1 --local-as 1 --network 192.0.2.0/24",
            "--local-address is ::1, and --neighbor 127.0.0.9; a session needs two addresses of",
        ),
    ],
)
def test_mistyped(stack: Path, words: str, sentence: str) -> None:
    first, *rest = words.split(" ")
    more = [] if first in ("plna", "explain", "history", "init") else ["--config", str(stack)]
    done = CliRunner().invoke(main, [first, *rest, *more])
    assert (done.exit_code != 0, sentence in done.output) == (True, True), done.output
    assert "Traceback" not in done.output


@pytest.mark.parametrize("command", ["withdraw-all --socket /x <&- >&-", "--help >/dev/full"])
def test_where_nothing_can_be_read_or_written(command: str) -> None:
    """As a job of cron or a full disk has it."""
    flowspec = Path(sys.executable).with_name("flowspec")
    done = subprocess.run(f"{flowspec} {command}", shell=True, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert ("Aborted!" in done.stderr) or ("Error: the output cannot" in done.stderr)


def test_a_folder_that_cannot_be_made_is_named() -> None:
    words = "--neighbor 127.0.0.9 --local-address 127.0.0.1 --local-as 1 --network 192.0.2.0/24"
    done = CliRunner().invoke(main, ["init", "/etc/passwd/x", *words.split()])
    assert (done.exit_code, "/etc/passwd/x: Not a directory" in done.output) == (1, True)


def test_a_configuration_without_settings_is_named() -> None:
    done = CliRunner().invoke(main, ["plan", "--config", os.devnull, "--vector", "syn_flood"])
    assert "/dev/null has no settings" in done.output


def test_check_finds_a_secret_that_everybody_may_read(stack: Path) -> None:
    token = stack.with_name("alertmanager-token")
    for mode, expected in ((0o600, 0), (0o644, 1)):
        token.chmod(mode)
        done = CliRunner().invoke(main, ["check", "--config", str(stack)])
        assert done.exit_code == expected, done.output
    assert "everybody on this machine may read the secret senders.alertmanager.token_file" in (
        done.output
    )
    token.chmod(0o600)


def test_check_looks_at_the_consoles_file(stack: Path) -> None:
    other = stack.with_name("with-console.yaml")
    other.write_text(stack.read_text() + "\nconsole: console.yaml\n")
    console = stack.with_name("console.yaml")
    for text, sentence in (
        ("pack_config: x.yaml\n", "users"),
        ("pack_config: x.yaml\nusers: u.yaml\nlisten_adress: a\n", "did you mean listen_address?"),
        ("pack_config: x.yaml\nusers: u.yaml\n", "there is no"),
    ):
        console.write_text(text)
        done = CliRunner().invoke(main, ["check", "--config", str(other)])
        assert (done.exit_code, sentence in done.output) == (1, True), done.output
