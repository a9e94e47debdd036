"""The `flowspec` command, as its user meets it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from flowtriq_flowspec_embedded.cli import main

ROOT = Path(__file__).resolve().parents[2]
RULE = {"match": {"destination": "203.0.113.45/32", "protocol": "udp"}, "then": {"discard": True}}
ADAPTER = "guardrails:\n  allowed_destinations: [203.0.113.0/24]\n"


@pytest.fixture
def adapter_config(tmp_path: Path) -> str:
    file = tmp_path / "adapter.yaml"
    file.write_text(ADAPTER, encoding="utf-8")
    return str(file)


@pytest.fixture
def stack_config(tmp_path: Path) -> str:
    """A provider whose adapter is not there."""
    config = f"providers:\n  - name: edge\n    adapter_socket: {tmp_path}/nobody.sock\n"
    (tmp_path / "pack.yaml").write_text(config, encoding="utf-8")
    file = tmp_path / "stack.yaml"
    file.write_text("pack_config: pack.yaml\ndatabase: engine.sqlite3\n", encoding="utf-8")
    return str(file)


def test_explain_takes_a_rule_from_a_file_or_standard_input(
    tmp_path: Path, adapter_config: str
) -> None:
    (tmp_path / "rule.json").write_text(json.dumps(RULE), encoding="utf-8")
    words = ["explain", "--adapter-config", adapter_config]
    answers = [
        CliRunner().invoke(main, [*words, json.dumps(RULE)]),
        CliRunner().invoke(main, [*words, f"@{tmp_path / 'rule.json'}"]),
        CliRunner().invoke(main, [*words, "-"], input=json.dumps(RULE)),
    ]
    assert [each.exit_code for each in answers] == [0, 0, 0]
    assert len({each.output for each in answers}) == 1
    assert "to 203.0.113.45/32 (one address)" in answers[0].output


def test_explain_ends_with_1_where_a_guardrail_stops_the_rule(adapter_config: str) -> None:
    rule = {**RULE, "match": {"destination": "198.51.100.1/32"}}
    words = ["explain", "--json", "--adapter-config", adapter_config, json.dumps(rule)]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 1
    assert json.loads(answer.output)["refusals"] != []


@pytest.mark.parametrize("text", ["{", "[]", "@nothing.json"])
def test_what_is_no_json_is_a_wrong_command_line(text: str, adapter_config: str) -> None:
    answer = CliRunner().invoke(main, ["explain", "--adapter-config", adapter_config, text])
    assert answer.exit_code == 2


def test_an_invalid_rule_is_refused_in_one_sentence(adapter_config: str) -> None:
    rule = {"match": {"protocol": "udp"}, "then": {"discard": True}}
    words = ["explain", "--adapter-config", adapter_config, json.dumps(rule)]
    answer = CliRunner().invoke(main, words)
    assert answer.exit_code == 1
    assert "destination" in answer.output
    assert "Traceback" not in answer.output


def test_an_adapter_that_is_not_there_is_1(tmp_path: Path) -> None:
    answer = CliRunner().invoke(main, ["list", "--socket", str(tmp_path / "nobody.sock")])
    assert answer.exit_code == 1
    assert "nobody.sock" in answer.output


def test_withdraw_all_asks_first(tmp_path: Path) -> None:
    words = ["withdraw-all", "--socket", str(tmp_path / "nobody.sock")]
    answer = CliRunner().invoke(main, words, input="n\n")
    assert answer.exit_code == 1
    assert "nobody.sock" not in answer.output, "nothing was asked of the adapter"


def test_withdraw_takes_either_an_id_or_an_incident() -> None:
    assert CliRunner().invoke(main, ["withdraw"]).exit_code == 2
    assert CliRunner().invoke(main, ["withdraw", "--id", "a", "--incident", "b"]).exit_code == 2


def test_a_command_of_the_pack_runs_its_action(stack_config: str) -> None:
    program = Path(sys.executable).with_name("flowspec")
    words = ["announce", json.dumps(RULE), "--config", stack_config, "--pack", str(ROOT)]
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["provider"] == "edge"
    assert problem["temporary"] is True


def test_no_execution_of_that_id(stack_config: str) -> None:
    answer = CliRunner().invoke(main, ["execution", "nothing", "--config", stack_config])
    assert answer.exit_code == 1
    assert "no execution has the id nothing" in answer.output
