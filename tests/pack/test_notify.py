"""Messages to people: what they say, and that they arrive once, in time, and in nobody's way."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flowtriq_flowspec.config.notify import MessageService
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.operations import notify_apprise
from flowtriq_flowspec.operations.notify_apprise import hidden, send
from flowtriq_flowspec.operations.notify_outbox import Outbox
from flowtriq_flowspec.operations.notify_sending import Sender
from flowtriq_flowspec.operations.notify_texts import LONGEST, Message, harmless, message_of

from ..lab.waiting import eventually
from .acting import CONFIG
from .conftest import Datastore, action_class

pytest.importorskip("apprise")
# One of Apprise's plugins imports it, where there is one.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated")
WITHIN_SECONDS = 30.0
SECRET = "T0Psecret-token"


class Receiver:
    """A service that takes JSON. ``answers``: its next statuses, then 200; ``hold``: it hangs."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answers: list[int] = []
        self.hold = threading.Event()
        self.hold.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.hold.wait(WITHIN_SECONDS)
                status = outer.answers.pop(0) if outer.answers else 200
                if status == 200:
                    outer.got.append(json.loads(body))
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"json://127.0.0.1:{self.server.server_port}/{SECRET}?rto=2"

    def titles(self) -> list[str]:
        return [each["title"] for each in self.got]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    running = Receiver()
    yield running
    running.hold.set()
    running.server.shutdown()
    running.server.server_close()


def config(*urls: str, **more: Any) -> dict[str, Any]:
    services = [{"name": f"s{number}", "url": url} for number, url in enumerate(urls)]
    return {**CONFIG, "notify": {"services": services, **more}}


def run(
    given: dict[str, Any], datastore: Datastore | None = None, **parameters: Any
) -> tuple[bool, Any]:
    answer: tuple[bool, Any] = action_class("notify")(given, datastore).run(**parameters)
    json.dumps(answer[1])
    return answer


def attack(number: int = 1, **more: Any) -> dict[str, Any]:
    prefix = f"203.0.113.{number % 250}/32"
    return {
        "trigger": "attack_mitigated",
        "id": f"id-{number}",
        "provider": "edge",
        "at": "2026-01-15T03:00:00Z",
        "outcome": "mitigated",
        "vector": "dns_amplification",
        "source": "alertmanager",
        "severity": "critical",
        "summary": "DNS answers flood the host",
        "bps": 4_200_000_000,
        "pps": 900_000,
        "messages": [f"edge: udp from port 53 to {prefix}: rate-limit 10 Mbit/s"],
        "targets": [{"prefix": prefix, "incident": f"alertmanager:{number}"}],
        "target_count": 1,
        **more,
    }


# -- what a message says ---------------------------------------------------------------------------


def test_a_mitigated_attack_says_what_was_done_and_how_to_undo_it() -> None:
    said = message_of(attack(), "https://console.example/")
    assert said.title == "MITIGATED: dns_amplification on 203.0.113.1/32"
    assert said.body.splitlines() == [
        "Sender: alertmanager. severity: critical. rate: 4.2 Gbit/s, 900 kpackets/s.",
        "Alert: DNS answers flood the host",
        "Done: edge: udp from port 53 to 203.0.113.1/32: rate-limit 10 Mbit/s",
        "Undo: flowspec withdraw --target 203.0.113.1/32",
        "Console: https://console.example",
    ]
    chat = message_of(attack(), stackstorm=True).body
    assert "Undo in chat: flowspec withdraw target 203.0.113.1/32" in chat
    assert "st2 run flowtriq_flowspec.withdraw target=203.0.113.1/32" in chat


def test_a_question_says_what_a_person_needs_to_decide() -> None:
    question = {
        **attack(trigger="approval_needed"),
        "rules": "edge: tcp to 203.0.113.1/32: discard",
        "rule_count": 1,
        "caveat": "New connections fail.",
        "minutes": 15,
        "until": "2026-01-15T03:15:00Z",
        "users": ["noc"],
    }
    said = message_of(question, "https://console.example", stackstorm=True)
    assert said.title == "APPROVE? dns_amplification on 203.0.113.1/32"
    for words in (
        *("alertmanager", "4.2 Gbit/s", "edge: tcp to 203.0.113.1/32: discard", "New connections"),
        *("2026-01-15T03:15:00Z (15 minutes)", "flowspec approve 203.0.113.1/32", "noc"),
        *("flowspec refuse 203.0.113.1/32", "https://console.example/questions"),
    ):
        assert words in said.body
    assert "flowspec inquiry respond ID" in message_of(question).body


def test_each_trigger_has_its_words() -> None:
    common = {"id": "1", "provider": "edge", "at": "2026-01-15T03:00:00Z"}
    rule = {"event": 1, "rule_id": "0" * 12, "description": "udp to 192.0.2.1/32", "at": ""}
    events = {
        "attack_unmitigated": attack(outcome="unmitigated"),
        "attack_over": attack(outcome="over", seconds=600),
        "rule_announced": {"rules": [rule]},
        "rule_withdrawn": {"rules": [rule] * 30},
        "rule_quarantined": {**rule, "peer": "192.0.2.9", "message": "NOTIFICATION 3/10"},
        "kill_switch_changed": {"engaged": True, "who": "user jo", "reason": "test"},
        "session_changed": {"peer": "192.0.2.9", "state": "down", "message": "hold timer expired"},
    }
    said = {
        kind: message_of({**common, **event, "trigger": f"flowtriq_flowspec.{kind}"})
        for kind, event in events.items()
    }
    assert said["attack_unmitigated"].title.startswith("NOT MITIGATED: dns_amplification")
    assert "It lasted 10 minutes." in said["attack_over"].body
    assert said["rule_announced"].title == "Rule announced: udp to 192.0.2.1/32"
    assert said["rule_withdrawn"].title == "30 rules withdrawn"
    assert "NOTIFICATION 3/10" in said["rule_quarantined"].body
    assert "Undo: flowspec kill-switch release" in said["kill_switch_changed"].body
    assert said["session_changed"].title == "Session DOWN: 192.0.2.9 at edge"
    assert "hold timer expired" in said["session_changed"].body
    assert len({each.id for each in said.values()}) == len(said)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@everyone", "@\u2060everyone"),
        ("<!channel> <b>x</b>", "‹!channel› ‹b›x‹/b›"),
        ("[click](http://evil.example)", "(click)(hxxp://evil.example)"),
        ("a\nb\x1b[31m\u202e", "a b (31m"),
        ("`rm` **x**", "'rm' ∗∗x∗∗"),
    ],
)
def test_a_sender_s_text_does_nothing(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_a_message_stays_short_whatever_comes_in() -> None:
    targets = [{"prefix": f"203.0.{n}.0/24", "incident": "@everyone" * 40} for n in range(100)]
    huge = attack(
        targets=targets,
        target_count=20_000,
        summary="x" * 9000,
        messages=["y" * 2000] * 20,
        vector="v" * 500,
    )
    said = message_of(huge)
    assert len(said.body) <= LONGEST
    assert "and 19995 more" in message_of({**huge, "vector": "udp_flood"}).title
    assert "@everyone" not in said.title + said.body
    assert "Undo: flowspec withdraw --target 203.0.0.0/24" in said.body


# -- sending, for real -----------------------------------------------------------------------------


def test_the_test_reaches_each_service_and_names_the_one_that_fails(
    receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    wrong = "json://127.0.0.1:1/another-secret"
    succeeded, result = run(config(receiver.url, wrong, "nonsense://" + SECRET), test=True)
    assert not succeeded
    assert receiver.titles() == ["Test of flowtriq_flowspec"]
    assert [(row["service"], row["sent"]) for row in result["results"]] == [
        ("s0", True),
        ("s1", False),
        ("s2", False),
    ]
    assert "Connection error" in result["problems"][0]["message"]
    assert "Apprise cannot read its URL" in result["problems"][1]["message"]
    assert SECRET not in json.dumps(result)
    assert "another-secret" not in json.dumps(result)
    assert SECRET not in caplog.text
    assert run(config(receiver.url), test=True)[0]


def test_a_service_that_refuses_says_why_without_its_url(receiver: Receiver) -> None:
    receiver.answers = [403]
    why = send(MessageService("s0", receiver.url), Message("1", "own", "t", "b"))
    assert why is not None
    assert "403" in why
    assert SECRET not in why


@pytest.mark.parametrize("form", ["{0}", "token {0} is wrong", "https://x/services/{0}?a=b"])
def test_no_part_of_a_url_is_shown(form: str) -> None:
    url = "slack://bot@xoxb-12345/T1234ABCD/sec%2Fret123/#general"
    for secret in ("xoxb-12345", "T1234ABCD", "sec%2Fret123", "ret123", url):
        assert secret not in hidden(url, form.format(secret))


def test_what_is_not_configured_or_empty_is_refused() -> None:
    succeeded, result = run(CONFIG, test=True)
    assert (succeeded, result["problems"][0]["field"]) == (False, "notify.services")
    succeeded, result = run(config("json://x"), Datastore())
    assert (succeeded, result["problems"][0]["field"]) == (False, "message")


@pytest.mark.parametrize(
    ("services", "said"),
    [
        ([{"name": "noc"}], "notify.services.0.url is missing: the Apprise URL of noc"),
        ([{"name": "a", "url": "json://x"}] * 2, "two of notify.services have the name 'a'"),
        ([{"name": "a", "url": "{{ st2kv.system.x }}"}], "a template that nobody rendered"),
    ],
)
def test_a_wrong_setting_is_refused(services: list[dict[str, str]], said: str) -> None:
    with pytest.raises(InvalidConfig, match=said.replace(".", r"\.")):
        PackConfig.from_dict({**CONFIG, "notify": {"services": services}})


def test_a_url_is_in_no_text_of_the_configuration() -> None:
    assert SECRET not in repr(PackConfig.from_dict(config(f"json://x/{SECRET}")))


# -- the queue -------------------------------------------------------------------------------------


class Post:
    """A sender with a clock of its own; ``down``: services that take nothing."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.config = PackConfig.from_dict(given)
        self.datastore = Datastore()
        self.got: list[tuple[str, Message]] = []
        self.down: set[str] = set()
        self.seconds = time.time()
        self.start()

    def start(self) -> None:
        log = logging.getLogger("post")
        self.sender = Sender(self.datastore, log, send=self.send, now=lambda: self.seconds)

    def send(self, service: MessageService, message: Message) -> str | None:
        if service.name in self.down:
            return "it is down"
        self.got.append((service.name, message))
        return None

    def put(self, *events: dict[str, Any]) -> None:
        for event in events:
            Outbox(self.datastore).put(message_of(event))

    def step(self, seconds: float = 1.0) -> list[str]:
        """The titles that were sent so long after the last step."""
        self.seconds += seconds
        self.got.clear()
        self.sender.step(self.config)
        for service in self.sender._services.values():
            if service.thread is not None:
                service.thread.join(WITHIN_SECONDS)
        return [message.title for _service, message in self.got]

    def waiting(self) -> int:
        return len(Outbox(self.datastore).read())


def test_a_message_is_sent_once_however_often_it_is_put() -> None:
    post = Post(config("json://a"))
    post.put(attack(), attack())
    assert len(post.step()) == 1
    post.put(attack())
    assert post.step() == []
    post.start()
    post.put(attack())
    assert (post.step(), post.waiting()) == ([], 0)


def test_more_than_the_limit_is_one_summary_and_nothing_is_lost() -> None:
    post = Post(config("json://a", messages_per_minute=10))
    post.put(*(attack(number) for number in range(500)))
    post.put(attack(999, trigger="approval_needed", rules="", minutes=15, until="03:15"))
    sent = post.step()
    assert len(sent) == 10
    assert sent[0].startswith("APPROVE? dns_amplification")
    assert sent[-1].startswith("492 messages in one: 492 × attack_mitigated")
    summary = post.got[-1][1].body
    assert "- MITIGATED: dns_amplification on 203.0.113." in summary
    assert len(summary) <= LONGEST
    assert post.waiting() == 0
    post.put(attack(1001))
    assert post.step() == []
    assert len(post.step(60)) == 1


def test_the_limit_holds_across_a_restart() -> None:
    post = Post(config("json://a", messages_per_minute=2))
    post.put(attack(1), attack(2))
    assert len(post.step()) == 2
    post.start()
    post.put(attack(3))
    assert post.step() == []
    assert len(post.step(60)) == 1


def test_a_service_that_is_down_is_tried_again_and_delays_no_other() -> None:
    post = Post(config("json://a", "json://b"))
    post.down = {"s0"}
    post.put(attack())
    assert [name for name, _message in (post.step(), post.got)[1]] == ["s1"]
    assert post.step(4) == []
    post.down = set()
    assert post.step(1) == ["MITIGATED: dns_amplification on 203.0.113.1/32"]
    assert [name for name, _message in post.got] == ["s0"]
    assert (post.step(60), post.waiting()) == ([], 0)


def test_a_message_that_nobody_takes_for_an_hour_is_given_up_and_noted(
    adapters: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    post = Post(config("json://a"))
    post.down = {"s0"}
    post.put(attack())
    for _minute in range(61):
        post.step(60)
    assert post.waiting() == 0
    assert "a message was given up: not sent to s0: MITIGATED" in caplog.text
    for adapter in adapters.values():
        assert [each["event"] for each in adapter.events] == ["message_not_sent"]


def test_a_sender_that_was_killed_while_sending_says_that_you_may_have_it() -> None:
    post = Post(config("json://a"))
    post.put(attack())

    sending, over = threading.Event(), threading.Event()

    def hangs(_service: MessageService, _message: Message) -> str:
        sending.set()
        over.wait(WITHIN_SECONDS)
        return "killed"

    post.sender._send = hangs
    post.sender.step(post.config)
    assert sending.wait(WITHIN_SECONDS)
    post.start()
    post.step()
    over.set()
    assert "You may have this already" in post.got[0][1].body


def test_a_service_that_hangs_holds_up_neither_the_other_nor_a_step(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify_apprise, "SECONDS", 1.0)
    hanging, healthy = receiver, Receiver()
    hanging.hold.clear()
    post = Post(config(hanging.url, healthy.url))
    post.sender = Sender(post.datastore, logging.getLogger("post"))
    post.put(attack(1), attack(2))
    began = time.monotonic()
    post.sender.step(post.config)
    assert time.monotonic() - began < 1

    def stepped() -> bool:
        post.sender.step(post.config)
        return len(healthy.got) == 2

    assert eventually(stepped, WITHIN_SECONDS)
    assert hanging.got == []
    assert post.waiting() == 2
    healthy.server.shutdown()
    healthy.server.server_close()
