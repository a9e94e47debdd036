"""What a chat is answered: bounded messages, and an example where something is typed wrong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.operations.chat_words import incident_called

from .acting import CONFIG, CORE, EDGE, INCIDENT, run
from .adapters import Adapter
from .chat import ALIASES, said, typed

MATCH = '{"destination": "203.0.113.45/32", "protocol": "udp"}'
LIMIT = '{"rate-limit": 1000000}'


def refusal(action: str, alias: str, **words: Any) -> str:
    lines = said(alias, run(action, **words))
    assert lines[0].startswith("Problem: ")
    assert len(lines) == 1
    return lines[0][len("Problem: ") :]


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (
            {"then": "drop"},
            "then is drop, which is no JSON: it is not in braces;"
            ' example: {"discard": true} or {"rate-limit": 10000000}',
        ),
        (
            {"match": "{“destination”: “203.0.113.45/32”}"},
            "match is {“destination”: “203.0.113.45/32”}, which is no JSON: it has curly quotes,"
            " which chat programs make of straight ones; example: "
            '{"destination": "203.0.113.45/32"}',
        ),
        ({"expires": "600"}, "expires is not known here; write: expires_in_seconds=600"),
        (
            {"expires_in_seconds": "10m"},
            "expires_in_seconds is 10m; it is a whole number from 1 to 1000000000, for example: "
            "expires_in_seconds=600 (seconds)",
        ),
        (
            {"operator": "please"},
            "operator is please; it is true or false, for example: operator=true",
        ),
    ],
)
def test_a_rule_that_is_typed_wrong(
    adapters: dict[str, Adapter], words: dict[str, str], answer: str
) -> None:
    typed = {"match": MATCH, "then": LIMIT, **words}
    assert refusal("chat_announce", "flowspec_announce", **typed) == answer
    assert adapters[EDGE].rules() == []


def test_a_rule_that_is_typed_right(adapters: dict[str, Adapter]) -> None:
    lines = said(
        "flowspec_announce",
        run("chat_announce", match=MATCH, then=LIMIT, expires_in_seconds="600", provider="edge"),
    )
    (known,) = adapters[EDGE].rules()
    assert lines == [
        f"edge: rule {known['id']} announced until 2026-01-01T12:10:00Z: "
        f"{known['description']}: {known['action']}"
    ]


@pytest.mark.parametrize(
    ("typed", "example"), [("2h", "for 7200"), ("soon", "for 600"), ("0", "for 600")]
)
def test_a_time_that_is_typed_wrong(
    announced: dict[str, Adapter], typed: str, example: str
) -> None:
    assert refusal("chat_extend", "flowspec_extend", incident=INCIDENT, seconds=typed) == (
        f"seconds is {typed}; it is a whole number from 1 to 1000000000, for example: "
        f"{example} (seconds)"
    )


def test_other_words_that_are_wrong(announced: dict[str, Adapter]) -> None:
    assert refusal("chat_history", "flowspec_history", limit="0") == (
        "last is 0; it is a whole number from 1 to 15, for example: flowspec history last 5"
    )
    assert refusal("chat_withdraw", "flowspec_withdraw", id="zzzz") == (
        "id is zzzz; a rule's id has twelve hexadecimal digits, for example 0a1b2c3d4e5f; flowspec"
        " list shows them"
    )
    assert refusal("plan", "flowspec_plan", vector="sin_flud", target="203.0.113.45").startswith(
        "vector is sin_flud, which is not known; did you mean syn_flood"
    )
    assert refusal("list", "flowspec_list", page="9").endswith("1 to 1, for example: page=1")
    state = refusal("kill_switch", "flowspec_kill_switch", state="engaged")
    assert state.startswith("state is engaged; allowed are: engage, release")


def test_a_time_that_is_typed_right(announced: dict[str, Adapter]) -> None:
    lines = typed(f"flowspec withdraw incident {INCIDENT} after_seconds=600")
    assert [line.rpartition(" ")[2] for line in lines] == ["scheduled", "scheduled"]
    assert announced[EDGE].calls[-1][1]["after_seconds"] == 600


def test_an_incident_has_a_short_name(announced: dict[str, Adapter]) -> None:
    short = INCIDENT.partition(":")[2][:6]
    lines = said("flowspec_withdraw", run("withdraw", incident=short))
    assert [line.split()[0] for line in lines[:2]] == ["edge:", "core:"]
    assert announced[EDGE].rules() == announced[CORE].rules() == []


def test_a_short_name_that_several_have_is_refused() -> None:
    names = ["alertmanager:8ae2aa", "alertmanager:8ae2bb", "alertmanager:8ae2"]
    assert incident_called("8ae2a", names) == names[0]
    assert incident_called("alertmanager:8ae2", names) == names[2]
    assert incident_called("8ae", names) == "8ae"
    with pytest.raises(Refused, match=r"fits 3: .*; give more of it"):
        incident_called("8ae2", names)


RULE = '{"destination": "203.0.113.45/32", "protocol": "udp"}'


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("flowspec list for “203.0.113.45”", "examples: 203.0.113.45/32"),
        ("flowspec list for 203.0.113.45/24", "the prefix is 203.0.113.0/24"),
        ("flowspec list for 203.0.113.45 —page=2", "examples: 203.0.113.45/32"),
        ("flowspec list page=0", "for example: page=1"),
        ("flowspec list page=many", "for example: page=1"),
        ("flowspec announce 203.0.113.45 udp then drop", 'example: {"destination"'),
        (f"flowspec announce {RULE} then {{“discard”: true}}", 'example: {"discard": true}'),
        (f"flowspec announce {RULE} then {{'discard': True}}", 'example: {"discard": true}'),
        (f'flowspec announce {RULE} then {{"discard": true}} expires=2h', "expires_in_seconds=600"),
        (f'flowspec announce {RULE} then {{"discard": true}} —x', 'example: {"discard": true}'),
        ("flowspec extend rule 0a1b2c3d4e5f for -5m", "for example: for 600 (seconds)"),
        ("flowspec extend rule 0a1b2c3d4e5f for 2 hours", "for example: for 7200 (seconds)"),
        ("flowspec extend rule 0a1b2c3d4e5f for ٣", "for example: for 600 (seconds)"),
        ("flowspec history last many", "for example: flowspec history last 5"),
        ("flowspec history last 999", "for example: flowspec history last 5"),
        ("flowspec withdraw rule `0a1b2c3d4e5f`", "for example 0a1b2c3d4e5f"),
        ("flowspec withdraw rule 0A1B2C3D4E5F.", "for example 0a1b2c3d4e5f"),
        ("flowspec withdraw target everything", "examples: 203.0.113.45/32"),
        ("flowspec withdraw target [2001:db8::1]", "examples: 203.0.113.45/32"),
        ("flowspec withdraw target <http://203.0.113.45|203.0.113.45>", "examples: 203.0.113.45"),
        ("flowspec withdraw target <@U123>", "examples: 203.0.113.45/32"),
        ("flowspec withdraw incident everything", "flowspec list shows all"),
        ("flowspec plan everything on 203.0.113.45", "flowspec plan syn_flood on 203.0.113.45"),
        ("flowspec plan syn_flood on 203.0.113.45.", "target: '203.0.113.45.' is not an address"),
        ("flowspec plan syn_flood on 203.0.113.45/24", "target: '203.0.113.45/24' has host bits"),
        ("flowspec kill switch on", "allowed are: engage, release"),
        ("flowspec kill switch engage.", "did you mean engage?"),
        ("flowspec protect 203.0.113.53", 'for example reason="our name servers"'),
        ('flowspec protect everything reason="x y"', "examples: 203.0.113.45/32"),
        ("flowspec withdraw all yes", "flowspec withdraw all withdraw-all"),
        ("flowspec show ZZZZ", "for example 0a1b2c3d4e5f"),
        ("flowspec withdraw rule 0a1b2c3d4e5f after_seconds=2h", "after_seconds=7200 (seconds)"),
        ("flowspec withdraw rule 0a1b2c3d4e5f after_seconds=2d", "after_seconds=600 (seconds)"),
        ("flowspec withdraw target 203.0.113.45 after_seconds=-5", "from 0 to 86400, for example"),
        ("flowspec withdraw rule 0a1b2c3d4e5f match=udp", 'example: {"destination": "203'),
        ("flowspec probe wait_seconds=soon", "for example: flowspec probe wait_seconds=20"),
        ("flowspec probe wait_seconds=500", "from 1 to 60, for example"),
        ("flowspec probe timed=maybe", "timed is maybe; it is true or false"),
    ],
)
def test_odd_words_are_answered_with_an_example(
    announced: dict[str, Adapter], command: str, words: str
) -> None:
    before = announced[EDGE].rules()
    lines = typed(command)
    assert words in lines[0]
    assert len(lines) <= 2  # one from each adapter
    assert sum(map(len, lines)) <= 3000
    assert announced[EDGE].rules() == before


def rows(number: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{each:012x}",
            "provider": "edge",
            "state": "announced",
            "announced_at": "2026-01-01T12:00:00Z",
            "time_left": "5h 00m",
            "description": "203.0.113.45/32 udp " + "source-port 53 " * 9,
            "action": "rate-limit",
            "incidents": ["alertmanager:8ae212acd2b8b3a1"] * 3,
        }
        for each in range(number)
    ]


@pytest.mark.parametrize("name", ALIASES)
@pytest.mark.parametrize("characters", [10, 100, 5000])
def test_a_message_is_bounded(name: str, characters: int) -> None:
    """Slack cuts or refuses more than some 4,000 characters."""
    problems = [{"message": "x" * characters, "provider": "edge"} for _ in range(300)]
    lines = said(name, (False, {"problems": problems, "rules": rows(300)}))
    assert len(lines) <= 20
    assert len("\n".join(lines)) <= 3000
    assert lines[-1].endswith("more lines: https://stackstorm.example/#/history/1")


def test_a_long_list_has_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = said("flowspec_list", (True, {"rules": rows(30), "problems": []}))
    assert len("\n".join(lines)) <= 3000
    assert sum("announced " in line for line in lines) == 12
    assert lines[-1] == "page 1 of 3; the next: flowspec list page=2"
    last = {"rules": rows(6), "problems": [], "page": 3, "pages": 3}
    assert said("flowspec_list", (True, last))[-1] == "```"


class StackStorm(BaseHTTPRequestHandler):
    """Its API of inquiries, as 3.9.0 answers it."""

    inquiries: ClassVar[list[dict[str, Any]]] = []
    answered: ClassVar[dict[str, Any]] = {}

    def do_GET(self) -> None:
        self._reply(self.inquiries)

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answered[self.path] = (self.headers["X-Auth-Token"], body["response"])
        self._reply(body)

    def _reply(self, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def inquiry(number: int, target: str) -> dict[str, Any]:
    text = f"Announce 1 FlowSpec rule against gre_flood on {target}/32 (severity high)? Rules: …"
    schema = {"type": "object", "properties": {"approved": {"description": text}}}
    return {"id": f"{number:024x}", "schema": schema}


@pytest.fixture
def questions(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[StackStorm]]:
    StackStorm.inquiries = [inquiry(0xABC123, "203.0.113.45"), inquiry(0xDEF456, "203.0.113.7")]
    StackStorm.answered = {}
    with HTTPServer(("127.0.0.1", 0), StackStorm) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("ST2_ACTION_API_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("ST2_ACTION_AUTH_TOKEN", "of-this-action")
        yield StackStorm
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("words", ["203.0.113.45", "203.0.113.45/32", "abc123"])
@pytest.mark.parametrize(("answer", "approved"), [("approve", True), ("refuse", False)])
def test_a_question_is_answered(
    questions: type[StackStorm], words: str, answer: str, approved: bool
) -> None:
    lines = said(f"flowspec_{answer}", run("answer_question", answer=answer, question=words))
    done = {"approve": "Approved", "refuse": "Refused"}[answer]
    assert lines[0].startswith(f"{done}: Announce 1 FlowSpec rule against gre_flood")
    path = "/v1/inquiries/000000000000000000abc123"
    assert questions.answered == {path: ("of-this-action", {"approved": approved})}


@pytest.mark.parametrize("words", ["", "203.0.113.4", "zzzz"])
def test_what_names_no_question_answers_none(questions: type[StackStorm], words: str) -> None:
    line = refusal("answer_question", "flowspec_approve", answer="approve", question=words)
    assert "for example: flowspec approve abc123; 2 open: abc123: Announce 1" in line
    assert questions.answered == {}


def test_only_who_may_answers(questions: type[StackStorm]) -> None:
    config = {**CONFIG, "approvals": {"users": ["alice"]}}
    about = {"answer": "approve", "question": "abc123"}
    lines = said("flowspec_approve", run("answer_question", config, **about, user="bob"))
    assert lines == ["Problem: bob may not answer; approvals.users names: alice"]
    assert questions.answered == {}
    assert run("answer_question", config, **about, user="alice")[0]


def test_outside_stackstorm_it_says_what_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ST2_ACTION_API_URL", raising=False)
    assert refusal("answer_question", "flowspec_approve", answer="approve") == (
        "there is no StackStorm here; without it: flowspec inquiry respond"
    )
