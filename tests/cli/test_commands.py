"""The `flowspec` command, as its user meets it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner
from flowtriq_flowspec.errors import AdapterBroken
from flowtriq_flowspec_cli import render
from flowtriq_flowspec_cli.main import main
from flowtriq_flowspec_cli.tables import fitted
from flowtriq_flowspec_embedded.pack import loader
from flowtriq_flowspec_embedded.python_runner import prepare_path
from flowtriq_flowspec_embedded.store import Store
from rich.console import Console

from ..adapter.direct import Direct
from ..adapter.serving import Serving, serving
from ..lab.metrics_page import MetricsPage, matched, router

ROOT = Path(__file__).resolve().parents[2]
RULE = {"match": {"destination": "203.0.113.45/32", "protocol": "udp"}, "then": {"discard": True}}
ATTACK = {"vector": "syn_flood", "targets": [{"prefix": "203.0.113.45/32"}]}
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
def test_invalid_json_is_a_wrong_command_line(text: str, adapter_config: str) -> None:
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
    assert "nobody.sock? [y/N]" in answer.output
    assert "does not answer" not in answer.output, "nothing was asked of the adapter"


def test_withdraw_takes_either_an_id_or_an_incident() -> None:
    assert CliRunner().invoke(main, ["withdraw"]).exit_code == 2
    assert CliRunner().invoke(main, ["withdraw", "--id", "a", "--incident", "b"]).exit_code == 2


def test_a_command_of_the_pack_runs_its_action(stack_config: str) -> None:
    done = flowspec(stack_config, "announce", json.dumps(RULE), "--json")
    assert done.returncode == 1
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["provider"] == "edge"
    assert problem["temporary"] is True


def test_no_execution_of_that_id(stack_config: str) -> None:
    answer = CliRunner().invoke(main, ["execution", "nothing", "--config", stack_config])
    assert answer.exit_code == 1
    assert "no execution has the id nothing" in answer.output


# --- at an adapter's socket -----------------------------------------------------------------------


@pytest.fixture
def adapter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serving]:
    """The adapter that the commands reach, with one rule announced."""
    with serving(tmp_path) as running:
        client = Direct(running)
        for module in (
            "adapters",
            "explain_command",
            "resume_command",
            "guardrail_commands",
        ):
            name = f"flowtriq_flowspec_cli.{module}.AdapterClient"
            monkeypatch.setattr(name, lambda _: client)
        running.announce({**RULE, "vector": "udp_flood"}, incident="alertmanager:1")
        running.let_the_recorder_catch_up()
        yield running


def said(*words: str, code: int = 0) -> str:
    answer = CliRunner().invoke(main, list(words))
    assert answer.exit_code == code, answer.output
    return answer.output


@pytest.mark.parametrize("verb", ["list", "status", "history"])
def test_words_by_default_and_json_on_request(
    adapter: Serving, verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adapter.gate.heartbeat, "silent_seconds", lambda: 301.0)
    with pytest.raises(json.JSONDecodeError):
        json.loads(said(verb))
    assert json.loads(said(verb, "--json")) == {
        "list": adapter.rules(),
        "status": adapter.status(),
        "history": adapter.history(),
    }.get(verb)


def test_status_says_that_no_engine_executes(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "heartbeat" not in said("status")
    monkeypatch.setattr(adapter.gate.heartbeat, "silent_seconds", lambda: 301.0)
    assert "No heartbeat of an engine for 5m 01s: alerts are not executed" in said("status")


def test_explain_asks_the_running_adapter(adapter: Serving) -> None:
    assert "No guardrail stops it." in said("explain", json.dumps(RULE))
    foreign = json.dumps({**RULE, "match": {"destination": "198.51.100.1/32"}})
    assert "(guardrail allowed_destinations)" in said("explain", foreign, code=1)
    assert "destination" in said("explain", '{"match": {}, "then": {"discard": true}}', code=1)
    assert len(adapter.rules()) == 1


def test_list_names_what_a_rule_does_and_for_how_long(adapter: Serving) -> None:
    (rule,) = adapter.rules()
    (row,) = [line for line in said("list").splitlines() if rule["id"] in line]
    for word in ("announced", "203.0.113.45/32", "discard", "alertmanager:1", "24h 00m"):
        assert word in row


def test_list_shows_what_each_rule_matched(adapter: Serving) -> None:
    adapter.announce({"match": {"destination": "203.0.113.46/32"}, "then": {"discard": True}})
    rule, other = sorted(adapter.rules(), key=lambda it: it["match"]["destination"])
    text = router(1) + matched(rule["id"], "dropped", 1_234_567, 890_123_456)
    with MetricsPage(text) as page:
        lines = said("list", "--exporter", page.url).splitlines()
        found = json.loads(said("list", "--exporter", page.url, "--json"))
    assert "packets" in lines[0]
    assert "bytes" in lines[0]
    (row,) = [line for line in lines if rule["id"] in line]
    assert "1,234,567" in row
    assert "890,123,456" in row
    assert any(other["id"] in line for line in lines)
    figures = {each["id"]: (each.get("packets"), each.get("bytes")) for each in found}
    assert figures == {rule["id"]: (1_234_567, 890_123_456), other["id"]: (None, None)}
    assert {key for each in found for key in each} == {*rule, "packets", "bytes"}


def test_list_is_shown_without_the_exporter_too(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    (rule,) = adapter.rules()
    with MetricsPage("") as page:
        pass  # nobody is there any more
    monkeypatch.setenv("FLOWTRIQ_EXPORTER", page.url)
    shown = said("list")
    assert rule["id"] in shown
    assert "packets" not in shown
    assert (
        f"note: the traffic that the rules matched is not known: the exporter at {page.url}"
        in shown
    )


def test_list_of_a_target(adapter: Serving) -> None:
    assert "203.0.113.45" in said("list", "--target", "203.0.113.0/24")
    assert said("list", "--target", "203.0.113.46") == "No active rules.\n"
    assert "not an address or prefix" in said("list", "--target", "host", code=2)


def test_a_pending_rule_says_why(adapter: Serving) -> None:
    adapter.announce({"match": {"destination": "2001:db8::1/128"}, "then": {"discard": True}})
    assert "no established session carries ipv6 flow" in said("list")


def test_show_has_the_claims(adapter: Serving) -> None:
    (rule,) = adapter.rules()
    shown = said("show", rule["id"])
    assert "alertmanager:1" in shown
    assert "udp_flood" in shown
    assert json.loads(said("show", rule["id"], "--json")) == rule


def test_status_names_sessions_families_and_the_kill_switch(adapter: Serving) -> None:
    shown = said("status")
    assert "rules: 1 announced, 0 pending" in shown
    assert "ipv4 flow" in shown
    assert "KILL SWITCH" not in shown
    assert "withdrawn: yes" in said("kill-switch", "engage")
    assert "KILL SWITCH" in said("status")
    released = CliRunner().invoke(main, ["kill-switch", "release", "--json"])
    assert released.exit_code == 0
    printed, _, _note = released.output.partition("note: ")
    assert json.loads(printed) == {"engaged": False, "resumable": 1}


def test_history_names_the_guardrail_that_refused(adapter: Serving) -> None:
    adapter.announce({"match": {"destination": "198.51.100.1/32"}, "then": {"discard": True}})
    (row,) = [line for line in said("history").splitlines() if "refused" in line]
    assert "198.51.100.1/32" in row


def test_history_of_a_target_has_each_event_of_its_rules(adapter: Serving) -> None:
    adapter.announce({"match": {"destination": "203.0.113.45/32"}, "then": {"discard": True}})
    adapter.announce({"match": {"destination": "203.0.114.45/32"}, "then": {"discard": True}})
    said("withdraw", "--target", "203.0.113.45", "--after-seconds", "60")
    said("withdraw", "--target", "203.0.113.45")
    of_all = json.loads(said("history", "--limit", "100", "--json"))
    assert {"claimed", "scheduled", "released", "refused"} <= {each["event"] for each in of_all}
    of_rules = [each for each in of_all if "203.0.113.45" in str(each["detail"])]
    for words in (("--target", "203.0.113.45"), ("--target", "203.0.113.0/24")):
        assert json.loads(said("history", *words, "--limit", "100", "--json")) == of_rules
    (refused,) = json.loads(said("history", "--target", "203.0.114.45", "--json"))
    assert refused["event"] == "refused"


@pytest.mark.parametrize(
    "what",
    [
        ("--incident", "alertmanager:1"),
        ("--target", "203.0.113.0/24"),
        ("--match", json.dumps({"destination": "203.0.113.45/32"})),
    ],
    ids=lambda what: what[0],
)
def test_withdraw_by(adapter: Serving, what: tuple[str, str]) -> None:
    assert "scheduled" in said("withdraw", *what, "--after-seconds", "60")
    assert adapter.rules()[0]["seconds_left"] == 60
    assert "withdrawn" in said("withdraw", *what)
    assert adapter.rules() == []
    said("withdraw", *what, code=1)


def test_withdraw_all_withdraws_all(adapter: Serving) -> None:
    answer = CliRunner().invoke(main, ["withdraw-all", "--json"], input="y\n")
    printed = answer.stdout[answer.stdout.index("[\n") :]  # old clicks put the question before it
    assert [it["state"] for it in json.loads(printed)] == ["withdrawn"]
    assert said("withdraw-all", "--yes").startswith("No active rules: nothing to withdraw.\n")


def test_resume_shows_what_was_withdrawn_asks_and_announces_it_again(adapter: Serving) -> None:
    end = adapter.rules()[0]["expires_at"]
    assert "use flowspec resume (claims that it can announce again: 1)" in said(
        "withdraw-all", "--yes"
    )
    refused = CliRunner().invoke(main, ["resume"], input="n\n")
    assert refused.exit_code == 1
    for word in ("203.0.113.45/32", "alertmanager:1", "24h 00m", "Announce this again at"):
        assert word in refused.output
    assert adapter.rules() == []
    assert CliRunner().invoke(main, ["resume"], input="y\n").exit_code == 0
    (rule,) = adapter.rules()
    assert (rule["incidents"], rule["expires_at"]) == (["alertmanager:1"], end)
    assert said("resume") == "No withdrawn rule can be resumed.\n"


@pytest.mark.parametrize("what", [("--incident", "alertmanager:1"), ("--target", "203.0.113.45")])
def test_resume_of_some(adapter: Serving, what: tuple[str, str]) -> None:
    said("withdraw", *what)
    assert "No withdrawn rule" in said("resume", "--yes", "--target", "203.0.113.46")
    answer = json.loads(said("resume", *what, "--yes", "--json"))
    assert [(it["incident"], it["state"]) for it in answer["results"]] == [
        ("alertmanager:1", "announced")
    ]


def test_resume_while_the_kill_switch_is_engaged_is_refused(adapter: Serving) -> None:
    said("kill-switch", "engage")
    assert "kill switch" in said("resume", "--yes", code=1)
    assert adapter.rules() == []


def test_protect_withdraws_says_why_and_is_undone(adapter: Serving) -> None:
    answer = said("protect", "203.0.113.45", "--reason", "the new resolver", "--for", "2h")
    assert answer.startswith("203.0.113.45/32 is protected until ")
    for word in (
        "Rules that the change forbids: 1",
        "withdrawn",
        "alertmanager:1",
        "protected addresses",
    ):
        assert word in answer
    assert adapter.rules() == []
    assert "2h 00m" in said("protected")
    assert "protected prefixes: 0 of the file, 1 of admins" in said("status")
    assert "203.0.113.45/32 until" in said("history", "--event", "prefix_protected")
    assert said("unprotect", "203.0.113.45").startswith("No admin protects 203.0.113.45/32")
    assert said("protected") == "No prefix is protected.\n"
    assert "no admin protects" in said("unprotect", "203.0.113.45", code=1)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("203.0.113.45",), "Missing option '--reason'"),
        (("203.0.113.45/24", "--reason", "x"), "the prefix is 203.0.113.0/24"),
        (("203.0.113.45", "--reason", "x", "--for", "soon"), "duration is soon, not a time"),
        (("203.0.113.45", "--reason", "x", "--until", "2020-01-01T00:00:00Z"), "in the past"),
        (("203.0.113.45", "--reason", "x", "--until", "noon"), "expires_at is 'noon', not a time"),
        (("203.0.113.45", "--reason", " "), "reason is ' ', not a text that is not blank"),
    ],
)
def test_protect_says_what_is_wrong(adapter: Serving, words: tuple[str, ...], why: str) -> None:
    answer = CliRunner().invoke(main, ["protect", *words])
    assert answer.exit_code in (1, 2)
    assert why in answer.output
    assert adapter.rules()


def test_reload_names_what_is_wrong(adapter: Serving) -> None:
    assert "Error: the adapter was started without a file" in said("reload", code=1)


def test_withdraw_all_engages_the_kill_switch_where_there_is_no_registry(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise AdapterBroken("the registry did not take the change")

    monkeypatch.setattr(Direct, "withdraw", broken)
    answer = said("withdraw-all", "--yes", "--reason", "unclear")
    assert "the kill switch was engaged instead" in answer
    assert "withdrawn: yes" in answer
    assert adapter.rules() == []
    assert adapter.status()["kill_switch"] is True


def test_a_narrow_terminal_cuts_no_address(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    narrow = Console(width=80)
    monkeypatch.setattr("rich.console.Console", lambda **_: narrow)
    adapter.announce(
        {"match": {"destination": "2001:db8:0:1::ffff/128"}, "then": {"discard": True}}
    )
    listed = said("list")
    assert "to 2001:db8:0:1::ffff/128" in listed
    assert all(len(line.rstrip()) <= 80 for line in listed.splitlines()), listed


def test_what_the_exporter_was_asked_for_goes_late() -> None:
    rule = {
        "id": "ec3a9411b21c",
        "state": "announced",
        "description": "to 203.0.113.45/32 udp source-port 53",
        "action": "rate-limit 10 Mbit/s",
        "announced_at": "2026-01-15T03:00:00Z",
        "seconds_left": 3400,
        "incidents": ["alertmanager:8ae212acd2b8b3a1"],
        "claims": [{"vector": "dns_amplification"}],
        "packets": 1_000_001,
        "bytes": 64_000_064,
        "verdict": "working",
    }
    console = Console(width=100, file=io.StringIO(), force_terminal=False)
    for part in render.rules([rule]):
        console.print(fitted(part, console), soft_wrap=True)
    text = console.file.getvalue()
    assert "1,000,001" in text and "64,000,064" in text and "dns_amplification" in text
    assert max(map(len, text.splitlines())) <= 100, text


@pytest.mark.parametrize("width", [60, 80, 100, 120, 160, 200])
@pytest.mark.parametrize("host", ["203.0.113.45/32", "2001:db8:1234:5678:9abc:def0:1234:5678/128"])
def test_a_table_fits_and_breaks_no_address(width: int, host: str) -> None:
    rule = {
        "id": "ec3a9411b21c",
        "state": "partly_announced",
        "description": f"to {host} udp source-port 53 packet-length 512-65535",
        "action": "rate-limit 10 Mbit/s",
        "announced_at": "2026-01-15T03:00:00Z",
        "seconds_left": 3400,
        "incidents": ["alertmanager:8ae212acd2b8b3a1"],
        "claims": [{"vector": "dns_amplification"}],
    }
    console = Console(width=width, file=io.StringIO(), force_terminal=False)
    for part in render.rules([rule]):
        console.print(fitted(part, console), soft_wrap=True)
    text = console.file.getvalue()
    assert host in text and "dns_amplification" in text and "age" in text
    if width >= 80:  # a table, and no list
        assert max(map(len, text.splitlines())) <= width, text
        assert text.splitlines()[0].split()[0] == "id"


def test_control_characters_of_others_do_not_reach_the_terminal(adapter: Serving) -> None:
    reason = "\x1b[2J [red]gone[/red]"
    adapter.announce(RULE, incident="b:2", reason=reason)
    assert "?[2J [red]gone[/red]" in said("history")


def test_watch_goes_on_while_the_adapter_is_away(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Direct(adapter)
    monkeypatch.setattr("flowtriq_flowspec_cli.adapters.AdapterClient", lambda _: client)
    waits = iter([True, False, None])

    def wait(_seconds: float) -> None:
        client.down = next(waits)
        if client.down is None:
            raise KeyboardInterrupt

    # In that module alone: the adapter's threads sleep, too.
    monkeypatch.setattr("flowtriq_flowspec_cli.screen.time", SimpleNamespace(sleep=wait))
    answer = CliRunner().invoke(main, ["list", "--watch"])
    assert answer.output.count("203.0.113.45/32") == 2
    assert answer.output.count("no answer") == 1
    assert answer.exit_code == 0, "Ctrl-C is how it ends"


# --- the pack's actions ---------------------------------------------------------------------------


def flowspec(stack_config: str, *words: str) -> subprocess.CompletedProcess[str]:
    program = Path(sys.executable).with_name("flowspec")
    more = ["--config", stack_config, "--pack", str(ROOT)]
    return subprocess.run([program, *words, *more], capture_output=True, text=True, timeout=60)


def test_plan_in_words(stack_config: str) -> None:
    done = flowspec(stack_config, "plan", "--vector", "syn_flood", "--target", "203.0.113.45")
    assert "203.0.113.45/32" in done.stdout
    assert "unknown" in done.stdout, "the adapter is not there to compare with"
    assert done.stderr.startswith("Error: edge: the adapter at ")
    assert done.stderr.count("\n") == 1
    assert done.returncode == 1


def test_an_announcement_that_is_refused_is_1(
    stack_config: str, adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_path(loader.load(ROOT))
    monkeypatch.setattr(
        "flowtriq_flowspec.operations.providers.AdapterClient", lambda *_, **__: Direct(adapter)
    )
    more = ["--config", stack_config, "--pack", str(ROOT)]
    inside = {"match": {"destination": "203.0.113.46/32"}, "then": {"discard": True}}
    assert "announced" in said("announce", json.dumps(inside), *more)
    outside = {"match": {"destination": "198.51.100.1/32"}, "then": {"discard": True}}
    assert "allowed_destinations" in said("announce", json.dumps(outside), *more, code=1)


def test_who_runs_the_command_is_in_the_history(
    stack_config: str, adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare_path(loader.load(ROOT))
    monkeypatch.setattr(
        "flowtriq_flowspec.operations.providers.AdapterClient", lambda *_, **__: Direct(adapter)
    )
    monkeypatch.setenv("LOGNAME", "alice")
    said(
        "extend",
        "600",
        "--incident",
        "alertmanager:1",
        "--config",
        stack_config,
        "--pack",
        str(ROOT),
    )
    (renewed,) = [each for each in adapter.history() if each["event"] == "renewed"]
    assert renewed["caller"].startswith("flowtriq_flowspec extend (alice) (user ")


@pytest.fixture
def two(
    tmp_path: Path, adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[list[str], dict[str, Direct]]]:
    """The words that name a configuration of two providers, and their adapters' clients: the
    adapter with a rule, and another."""
    providers = "".join(
        f"  - {{name: {name}, adapter_socket: {tmp_path}/{name}.sock}}\n"
        for name in ("edge", "core")
    )
    (tmp_path / "pack.yaml").write_text(f"providers:\n{providers}", encoding="utf-8")
    stack = tmp_path / "stack.yaml"
    stack.write_text("pack_config: pack.yaml\ndatabase: engine.sqlite3\n", encoding="utf-8")
    (tmp_path / "other").mkdir()
    prepare_path(loader.load(ROOT))
    with serving(tmp_path / "other") as other:
        other.announce({**RULE, "vector": "udp_flood"}, incident="alertmanager:1")
        other.let_the_recorder_catch_up()
        clients = {"edge": Direct(adapter), "core": Direct(other)}
        monkeypatch.setattr(
            "flowtriq_flowspec.operations.providers.AdapterClient",
            lambda socket, **_: clients[Path(socket).stem],
        )
        yield ["--config", str(stack), "--pack", str(ROOT)], clients


def test_all_providers_with_the_same_verbs(two: tuple[list[str], dict[str, Direct]]) -> None:
    config, clients = two
    (rule,) = clients["edge"].rules()
    for verb in (["list"], ["list", "--target", "203.0.113.0/24"], ["show", rule["id"]]):
        shown = said(*verb, *config)
        assert "edge" in shown
        assert "core" in shown
        assert "alertmanager:1" in shown
    assert "edge" not in said("list", "--provider", "core", *config)
    assert [it["provider"] for it in json.loads(said("list", "--json", *config))["rules"]] == [
        "edge",
        "core",
    ]
    assert said("status", *config).count("rules: 1 announced") == 2
    assert {"edge", "core"} <= set(said("history", *config).split())
    said("list", "--provider", "core", code=2)


def test_list_shows_what_each_rule_matched_at_each_provider(
    tmp_path: Path, two: tuple[list[str], dict[str, Direct]]
) -> None:
    config, clients = two
    (rule,) = clients["edge"].rules()
    file = tmp_path / "pack.yaml"
    with MetricsPage(router(1) + matched(rule["id"], "passed", 1234, 567_890)) as page:
        text = file.read_text(encoding="utf-8")
        file.write_text(text.replace(".sock}", f'.sock, exporter_url: "{page.url}"}}'))
        lines = said("list", *config).splitlines()
    at_edge, at_core = (line for line in lines if rule["id"] in line.split()[1:2])
    assert "1,234" in at_edge
    assert "567,890" in at_edge
    assert "1,234" not in at_core
    assert [line for line in lines if line.startswith("note: core: ")]


def test_withdraw_at_all_providers_at_once(two: tuple[list[str], dict[str, Direct]]) -> None:
    config, clients = two
    (rule,) = clients["edge"].rules()
    assert said("withdraw", "--id", rule["id"], *config).count("withdrawn") == 2
    assert said("list", *config) == "No active rules.\n"
    assert clients["core"].rules() == []
    (event, *_) = [it for it in clients["core"].history() if it["event"] == "released"]
    assert event["caller"].startswith("flowtriq_flowspec"), "an order, which reconcile follows"


def test_withdraw_all_at_all_providers(two: tuple[list[str], dict[str, Direct]]) -> None:
    config, clients = two
    answer = CliRunner().invoke(main, ["withdraw-all", *config], input="n\n")
    assert "at all providers of" in answer.output
    assert len(clients["core"].rules()) == 1
    clients["core"].down = True
    assert "Error: core: no answer" in said("withdraw-all", "--yes", *config, code=1)
    assert clients["edge"].rules() == []
    clients["core"].down = False
    assert said("withdraw-all", "--yes", *config).count("withdrawn") == 1
    answer = said("withdraw-all", "--yes", *config)
    assert answer.startswith("No active rules: nothing to withdraw.\n")
    assert "use flowspec resume" in answer
    assert "announced" in said("resume", "--yes", *config)
    assert len(clients["core"].rules()) == len(clients["edge"].rules()) == 1
    assert "withdrawn" in said("withdraw-all", "--yes", *config)
    assert said("kill-switch", "engage", *config).count("withdrawn: yes") == 2
    assert said("status", *config).count("THE KILL SWITCH IS ENGAGED") == 2


def test_a_provider_that_does_not_answer_hides_no_other(
    two: tuple[list[str], dict[str, Direct]],
) -> None:
    config, clients = two
    clients["core"].down = True
    shown = said("list", *config, code=1)
    assert "203.0.113.45/32" in shown
    assert "Error: core: no answer" in shown
    clients["edge"].down = True
    assert "No rule lives" not in said("list", *config, code=1)


def test_divert_and_undivert_are_the_pack_s_actions(stack_config: str) -> None:
    for verb in ("divert", "undivert"):
        done = flowspec(stack_config, verb, "203.0.113.0/24")
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr == "Error: Magic Transit is not configured\n"


# --- what is imported -----------------------------------------------------------------------------


def test_every_command_is_there_by_its_name() -> None:
    context = click.Context(main)
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None and command.name == name


def modules_after(*arguments: str) -> tuple[str, str]:
    """What flowspec writes to its output, and which of our modules it has imported by then."""
    script = (
        f"import sys; sys.argv = ['flowspec', *{arguments!r}]\n"
        "from flowtriq_flowspec_cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(*(name for name in sys.modules if name.startswith('flowtriq')))\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    said, _, modules = run.stdout.rstrip().rpartition("\n")
    return said, modules


def test_help_lists_the_commands_without_importing_them() -> None:
    help_page, modules = modules_after("--help")
    assert "kill-switch" in help_page
    assert modules == "flowtriq_flowspec_cli flowtriq_flowspec_cli.main"


def test_up_refuses_a_missing_file_before_it_imports_the_engine() -> None:
    _, modules = modules_after("up", "--config", "/no/such/file.yaml")
    assert "flowtriq_flowspec_cli.up_command" in modules
    assert "flowtriq_flowspec_embedded.stack" not in modules
    assert "flowtriq_flowspec_embedded.preflight" not in modules


@pytest.mark.parametrize(
    ("parameters", "about"),
    [
        ({"attack": ATTACK}, "syn_flood 203.0.113.45/32"),
        ({"attack_json": json.dumps(ATTACK)}, "syn_flood 203.0.113.45/32"),
        ({"attack_json": "no JSON"}, ""),
        ({"attack_json": "[1]"}, ""),
        ({}, ""),
    ],
)
def test_executions_say_what_each_is_about(
    tmp_path: Path, stack_config: str, parameters: dict[str, object], about: str
) -> None:
    """Also one that somebody started with a text which is no attack."""
    store = Store(tmp_path / "engine.sqlite3")
    store.begin("flowtriq_flowspec.mitigate", parameters)
    store.close()
    done = CliRunner().invoke(main, ["executions", "--config", stack_config, "--json"])
    assert done.exit_code == 0, done.output
    assert [each["about"] for each in json.loads(done.output)] == [about]
