"""ChatOps: which words lead to which call, and what the chat is answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..lab.metrics_page import MetricsPage, matched, router
from .acting import CONFIG, CORE, EDGE, INCIDENT, attack, run
from .adapters import Adapter
from .chat import ALIASES, matches, said

MATCH = '{"destination": "203.0.113.45/32", "protocol": "tcp", "tcp-flags": {"all": ["syn"]}}'
LIMIT = '{"rate-limit": 1000000}'
COMMANDS = [
    ("flowspec list", "flowspec_list", {}),
    ("flowspec list for 203.0.113.0/24", "flowspec_list", {"target": "203.0.113.0/24"}),
    ("flowspec status", "flowspec_status", {}),
    ("flowspec show f5940f78a55f", "flowspec_show", {"id": "f5940f78a55f"}),
    (
        "flowspec plan syn_flood on 203.0.113.45",
        "flowspec_plan",
        {"vector": "syn_flood", "target": "203.0.113.45"},
    ),
    (
        f"flowspec announce {MATCH} then {LIMIT}",
        "flowspec_announce",
        {"match": MATCH, "then": LIMIT},
    ),
    (
        "flowspec extend rule f5940f78a55f for 600",
        "flowspec_extend",
        {"id": "f5940f78a55f", "seconds": "600"},
    ),
    (
        f"flowspec extend incident {INCIDENT} for 600",
        "flowspec_extend",
        {"incident": INCIDENT, "seconds": "600"},
    ),
    ("flowspec probe", "flowspec_probe", {}),
    ("flowspec history", "flowspec_history", {}),
    ("flowspec history last 5", "flowspec_history", {"limit": "5"}),
    ("flowspec withdraw rule f5940f78a55f", "flowspec_withdraw", {"id": "f5940f78a55f"}),
    (f"flowspec withdraw incident {INCIDENT}", "flowspec_withdraw", {"incident": INCIDENT}),
    ("flowspec withdraw target 2001:db8::1", "flowspec_withdraw", {"target": "2001:db8::1"}),
    ("flowspec kill switch engage", "flowspec_kill_switch", {"state": "engage"}),
    ("flowspec divert 203.0.113.0/24", "flowspec_divert", {"prefix": "203.0.113.0/24"}),
    ("flowspec undivert 203.0.113.0/24", "flowspec_undivert", {"prefix": "203.0.113.0/24"}),
    ("flowspec resume", "flowspec_resume", {}),
    ("flowspec resume resume", "flowspec_resume", {"confirm": "resume"}),
    ("flowspec reload", "flowspec_reload", {}),
    ("flowspec protect 203.0.113.53", "flowspec_protect", {"prefix": "203.0.113.53"}),
    ("flowspec unprotect 203.0.113.53", "flowspec_unprotect", {"prefix": "203.0.113.53"}),
    ("flowspec protected", "flowspec_protected", {}),
    ("flowspec approve", "flowspec_approve", {}),
    ("flowspec approve 203.0.113.45", "flowspec_approve", {"question": "203.0.113.45"}),
    ("flowspec refuse", "flowspec_refuse", {}),
    ("flowspec refuse 0a1b2c", "flowspec_refuse", {"question": "0a1b2c"}),
    ("flowspec withdraw all", "flowspec_withdraw_all", {}),
    ("flowspec withdraw all withdraw-all", "flowspec_withdraw_all", {"confirm": "withdraw-all"}),
]


@pytest.mark.parametrize(("command", "alias", "parameters"), COMMANDS)
def test_words_lead_to_one_call(command: str, alias: str, parameters: dict[str, str]) -> None:
    """StackStorm refuses a command that fits two formats, even of one alias."""
    assert matches(command) == [(alias, parameters)]


@pytest.mark.parametrize("command", ["flowspec", "flowspec withdraw", "flowspec withdraw rule"])
def test_words_that_say_too_little_lead_nowhere(command: str) -> None:
    assert matches(command) == []


@pytest.mark.parametrize("name", ALIASES)
def test_every_format_is_tried_here(name: str) -> None:
    count = sum(len(it["representation"]) for it in ALIASES[name]["formats"])
    assert len([alias for _command, alias, _parameters in COMMANDS if alias == name]) == count


@pytest.mark.parametrize(("command", "alias", "parameters"), COMMANDS)
def test_stackstorm_reads_the_words_alike(
    command: str, alias: str, parameters: dict[str, str]
) -> None:
    reader = pytest.importorskip(
        "st2common.models.utils.action_alias_utils",
        reason="StackStorm's own alias parser is not installed",
    )
    fits = []
    for text in (text for it in ALIASES[alias]["formats"] for text in it["representation"]):
        try:
            fits.append(reader.extract_parameters(format_str=text, param_stream=command))
        except reader.ParseException:
            continue
    assert fits == [parameters]


@pytest.fixture
def rule_id(announced: dict[str, Adapter]) -> str:
    return next(iter(announced[EDGE].known))


def test_list_is_a_table(rule_id: str, announced: dict[str, Adapter]) -> None:
    known = announced[EDGE].known[rule_id]
    what = f"{known['description']}: {known['action']}, for {INCIDENT}"
    since = "2026-01-01T12:00:00Z"
    announced[CORE].pending = True
    assert said("flowspec_list", run("list")) == [
        "```",
        "id            state        since                 time left  rule",
        f"{rule_id}  announced    {since}  5h 00m     edge: {what}",
        f"{rule_id}  pending      {since}  5h 00m     core: {what}",
        "```",
    ]


def test_list_says_what_matched(rule_id: str, announced: dict[str, Adapter]) -> None:
    with MetricsPage(router(1) + matched(rule_id, "dropped", 1234, 1_234_000)) as page:
        edge, core = CONFIG["providers"]
        providers = [{**edge, "exporter_url": page.url}, core]
        lines = said("flowspec_list", run("list", {"providers": providers}))
    at_edge, at_core = (line for line in lines if rule_id in line)
    assert at_edge.endswith(f", for {INCIDENT}; matched 1,234 packets, 1,234,000 bytes")
    assert at_core.endswith(f", for {INCIDENT}")


def test_list_says_why_it_does_not_say_what_matched(announced: dict[str, Adapter]) -> None:
    with MetricsPage("") as page:
        providers = [{**each, "exporter_url": page.url} for each in CONFIG["providers"]]
        lines = said("flowspec_list", run("list", {"providers": providers}))
    assert [line for line in lines if line.startswith("Note: ")] == [
        f"Note: {provider}: the traffic that the rules matched is not known:"
        f" {page.url} reads no router of provider {provider}"
        for provider in ("edge", "core")
    ]


def test_list_of_nothing_says_so(adapters: dict[str, Adapter]) -> None:
    assert said("flowspec_list", run("list")) == ["No active rules."]


def test_list_names_an_adapter_that_is_down(announced: dict[str, Adapter]) -> None:
    announced[EDGE].answers_left = announced[CORE].answers_left = 0
    assert said("flowspec_list", run("list")) == [
        "Problem: edge: no answer within 5 seconds",
        "Problem: core: no answer within 5 seconds",
    ]


RESUMABLE = (
    "Note: nothing comes back until its alert is repeated; if an attack goes on, use flowspec"
    " resume (claims that it can announce again: 1)"
)


def test_withdraw_says_what_went(rule_id: str) -> None:
    assert said("flowspec_withdraw", run("withdraw", id=rule_id)) == [
        f"edge: rule {rule_id} withdrawn",
        f"core: rule {rule_id} withdrawn",
        RESUMABLE,
    ]


def test_withdraw_says_what_is_not_there(adapters: dict[str, Adapter]) -> None:
    assert said("flowspec_withdraw", run("withdraw", id="0123456789ab")) == [
        "Problem: no active rule with id 0123456789ab; flowspec list shows all"
    ]


def test_the_kill_switch_says_what_became_of_it(rule_id: str) -> None:
    assert said("flowspec_kill_switch", run("kill_switch", state="engage")) == [
        "edge: engaged, everything is withdrawn",
        "core: engaged, everything is withdrawn",
    ]
    assert said("flowspec_kill_switch", run("kill_switch", state="release")) == [
        "edge: released, announcements are allowed again",
        "core: released, announcements are allowed again",
        RESUMABLE,
    ]


def test_withdraw_all_asks_with_the_words_to_say(rule_id: str) -> None:
    (line,) = said("flowspec_withdraw_all", run("withdraw_all"))
    assert line.startswith("Nothing withdrawn yet; this withdraws all rules: 1 at edge, 1 at core")
    assert line.endswith("flowspec withdraw all withdraw-all")


def test_withdraw_all_says_what_went(rule_id: str) -> None:
    assert said("flowspec_withdraw_all", run("withdraw_all", confirm="withdraw-all")) == [
        f"edge: rule {rule_id} withdrawn",
        f"core: rule {rule_id} withdrawn",
        RESUMABLE,
    ]
    assert said("flowspec_withdraw_all", run("withdraw_all", confirm="withdraw-all")) == [
        "There was no active rule to withdraw.",
        RESUMABLE,
    ]


def test_withdraw_all_says_that_the_kill_switch_is_engaged(
    announced: dict[str, Adapter],
) -> None:
    announced[EDGE].break_registry()
    *_, first, note = said("flowspec_withdraw_all", run("withdraw_all", confirm="withdraw-all"))
    assert note == RESUMABLE
    assert first == (
        "edge: its registry does not work, so the kill switch is engaged: everything is withdrawn."
        " Nothing is announced there until: flowspec kill switch release"
    )


def test_status_lists_routers(announced: dict[str, Adapter]) -> None:
    announced[CORE].answers_left = 0
    assert said("flowspec_status", run("status")) == [
        "edge: 1 announced, 0 pending, 0 being withdrawn",
        "- budget: 1 of 1000 rules for IPv4, 0 of 500 for IPv6, at most 1000 in all",
        "- 127.0.0.10 established: ipv4 flow",
        "Problem: core: no answer within 5 seconds",
    ]


def test_status_says_why_nothing_is_announced(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].pending = True
    adapters[EDGE].engage_kill_switch()
    dry = {"providers": [{"name": "edge", "adapter_socket": EDGE, "dry_run": True}]}
    lines = said("flowspec_status", run("status", dry))
    assert lines[0] == "edge: 0 announced, 0 pending, 0 being withdrawn (dry run)"
    assert lines[1] == "- THE KILL SWITCH IS ENGAGED: nothing is announced until it is released"
    assert lines[-1] == "- 127.0.0.10 down: hold timer expired"


def test_show_lists_claims(rule_id: str, announced: dict[str, Adapter]) -> None:
    announced[CORE].end(rule_id)
    known = announced[EDGE].known[rule_id]
    description = f"{known['description']}: {known['action']}"
    assert said("flowspec_show", run("show", id=rule_id)) == [
        f"edge: {description}",
        "announced since 2026-01-01T12:00:00Z, time left 5h 00m",
        f"- {INCIDENT} until 2026-01-01T17:00:00Z",
    ]


def test_plan_marks_each_rule(rule_id: str, announced: dict[str, Adapter]) -> None:
    lines = said("flowspec_plan", run("plan", attack=attack(), provider="edge"))
    assert lines[0].startswith("edge: ")
    assert lines[0].endswith("[same]")
    assert lines[1].startswith("Note: syn_flood: ")


def test_announce_says_what_became_of_it(adapters: dict[str, Adapter]) -> None:
    adapters[CORE].pending = True
    rule = {"match": json.loads(MATCH), "then": json.loads(LIMIT)}
    said_first, said_second = said("flowspec_announce", run("announce_rule", **rule))
    (known,) = adapters[EDGE].rules()
    what = f"{known['description']}: {known['action']}"
    assert said_first == f"edge: rule {known['id']} announced until 2026-01-01T17:00:00Z: {what}"
    why = "no established session carries ipv4 flow"
    assert said_second == f"core: rule {known['id']} pending, {why}: {what}"
    adapters[EDGE].restart_protecting("203.0.113.45/32")
    refused = said("flowspec_announce", run("announce_rule", **rule, provider="edge"))
    (line,) = refused
    assert line.startswith("Problem: edge: match.destination 203.0.113.45/32")
    assert line.endswith("(guardrail protected_prefixes)")
    dry = {**rule, "provider": "core", "dry_run": True}
    assert said("flowspec_announce", run("announce_rule", **dry)) == [
        f"core: dry run, would announce {what}"
    ]


def test_extend_says_until_when(rule_id: str) -> None:
    line = said("flowspec_extend", run("extend", id=rule_id, seconds=600))[0]
    until = "2026-01-01T12:10:00Z"
    assert line.startswith(f"edge: rule {rule_id} of {INCIDENT} announced until {until}")


def test_probe_says_how_long_it_took(adapters: dict[str, Adapter]) -> None:
    lines = said("flowspec_probe", run("probe", provider="edge"))
    assert [line.partition(" after")[0] for line in lines] == [
        "edge: announced",
        "edge: in adj-rib-out",
        "edge: withdrawn",
    ]


def test_history_is_one_line_an_event(adapters: dict[str, Adapter]) -> None:
    adapters[EDGE].happened("announced", caller="someone")
    assert [line.split() for line in said("flowspec_history", run("history"))] == [
        ["```"],
        ["2026-01-01T12:00:00Z", "edge:", "announced", "by", "someone"],
        ["```"],
    ]


@pytest.mark.parametrize(
    "detail", [{"message": "status is 'odd'"}, {"error": {"message": "status is 'odd'"}}]
)
def test_history_says_why_something_was_refused(
    adapters: dict[str, Adapter],
    detail: dict[str, Any],
) -> None:
    adapters[EDGE].happened("refused", incident="a:1", detail=detail)
    line = said("flowspec_history", run("history"))[1]
    assert line == "2026-01-01T12:00:00Z edge: refused  a:1 by test: status is 'odd'"


@pytest.mark.parametrize("name", ALIASES)
def test_an_action_that_crashed_is_answered_too(name: str) -> None:
    said(name, (False, {}))
