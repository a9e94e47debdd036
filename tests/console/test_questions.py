"""Questions for approval, answered in the console: in Chromium with the embedded engine as it is;
and with a stand-in for StackStorm's API of inquiries, which answers as 3.9.0 does."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest
import requests

from ..lab.engine import Engine
from ..lab.exabgp import ROOT
from ..lab.waiting import eventually
from .place import Place, console, place
from .window import CHROMIUM, DRIVER, Window, chromium

QUESTION = "Announce 1 FlowSpec rule against syn_flood on 203.0.113.9/32? <b>Now</b>"
ID = "0123456789abcdef01234567"


class StackStorm(BaseHTTPRequestHandler):
    """A stand-in for StackStorm's API; ``answered`` is what came."""

    open: ClassVar[bool] = True
    answered: ClassVar[list[Any]] = []

    def do_GET(self) -> None:
        schema = {"type": "object", "properties": {"approved": {"description": QUESTION}}}
        # The list has no times: the execution of the same id has.
        listed = [{"id": ID, "ttl": 60, "schema": schema, "route": "", "users": [], "roles": []}]
        if self.path.startswith("/v1/inquiries"):
            self._reply(200, listed if self.open else [])
        else:
            self._reply(200, {"id": ID, "start_timestamp": "2026-01-15T03:00:00.000000Z"})

    def do_PUT(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.open:
            said = f"Inquiry {ID} has already been responded to"
            self._reply(400, {"faultstring": said})
            return
        self.answered.append((self.path, self.headers["St2-Api-Key"], body["response"]))
        type(self).open = False
        self._reply(200, body)

    def _reply(self, status: int, answer: Any) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="fs"))  # a short path, for the sockets
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[Place]:
    questions = {"engine_socket": "questions.sock"}
    with place(folder, questions=questions) as running, running.browsers:
        yield running


@pytest.fixture(scope="module")
def engine(house: Place) -> Iterator[Engine]:
    folder = house.folder / "engine"
    folder.mkdir()
    providers = [{"name": "edge", "adapter_socket": str(house.adapter.socket)}]
    config = {
        "providers": providers,
        "vectors": {"syn_flood": {"approval": "required"}},
        "senders": {"alertmanager": {"token": "lab"}},
    }
    engine = Engine(folder, config, questions_socket=str(house.folder / "questions.sock"))
    engine.start()
    yield engine
    engine.stop()


def alert(engine: Engine, host: str) -> None:
    body = json.loads((ROOT / "examples/demo/alertmanager-syn-flood.json").read_text())
    (one,) = body["alerts"]
    one.update(fingerprint=host.replace(".", "0"))
    one["labels"].update(target=host, attack_vector="syn_flood")
    one["annotations"].update(bps="2000000000", pps="400000")
    headers = {"Authorization": "Bearer lab"}
    answer = requests.post(f"{engine.url}/alertmanager", json=body, headers=headers, timeout=30)
    assert answer.status_code == 202, answer.text


@pytest.mark.debian
@pytest.mark.skipif(
    not (CHROMIUM.exists() and DRIVER.exists()), reason="Debian's chromium is not installed"
)
def test_one_is_approved_and_one_refused(house: Place, engine: Engine) -> None:
    with chromium() as driver:
        window = Window(driver, house.address)
        window.sign_in("olaf")
        window.open("/questions")
        assert window.shows("No question is open.")
        alert(engine, "203.0.113.45")
        assert window.shows("against syn_flood on 203.0.113.45/32")
        for text in (
            "severity",
            "2 Gbit/s",
            "400 kpackets/s",
            "to 203.0.113.45/32 tcp",
            "Until 20",
        ):
            assert text in window.text
        assert "1 question waits for approval." in window.text
        window.press("Approve")
        assert window.shows("Approved.")
        assert house.holds(1)
        alert(engine, "203.0.113.46")
        window.open("/questions")
        assert window.shows("203.0.113.46/32")
        window.press("Refuse")
        assert window.shows("Refused.")
        window.open("/questions")
        assert window.shows("No question is open.")
        assert house.holds(1)


def test_who_comes_second_reads_who_was_first(house: Place, engine: Engine) -> None:
    olaf, ada, rita = (house.browser(user) for user in ("olaf", "ada", "rita"))
    alert(engine, "203.0.113.47")
    assert eventually(lambda: "203.0.113.47/32" in olaf.get("/questions").text)
    page = olaf.get("/questions").text
    asked = page.partition('name="question" value="')[2].partition('"')[0]
    looks = rita.get("/questions").text
    assert "203.0.113.47/32" in looks
    assert ">Approve<" not in looks
    fields = {"question": asked, "answer": "refuse"}
    assert rita.send("/questions/answer", **fields).status_code == 403
    assert "Refused." in olaf.send("/questions/answer", **fields).text
    second = ada.send("/questions/answer", **{**fields, "answer": "approve"})
    assert second.status_code == 400
    said = second.text
    assert "was answered already by olaf: {&#34;approved&#34;: false}" in said


@pytest.mark.parametrize(
    ("question", "answer", "sentence"),
    [
        ("f" * 24, "approve", "no inquiry has the id ffff"),
        ("../executions", "approve", "is no question&#39;s id"),
        ("<script>", "approve", "&lt;script&gt;"),
        ("f" * 24, "yes", "allowed are: approve, refuse"),
        ("", "", "answer is"),
    ],
)
def test_no_other_answer(
    house: Place, engine: Engine, question: str, answer: str, sentence: str
) -> None:
    done = house.browser("olaf").send("/questions/answer", question=question, answer=answer)
    assert (done.status_code, "<script>" in done.text) == (400, False)
    assert sentence in done.text


def test_stackstorms_questions(house: Place, tmp_path_factory: pytest.TempPathFactory) -> None:
    StackStorm.open, StackStorm.answered = True, []
    with HTTPServer(("127.0.0.1", 0), StackStorm) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        settings = {
            "stackstorm_url": f"http://127.0.0.1:{server.server_port}/v1",
            "api_key": "of the console",
        }
        sockets = {"edge": str(house.adapter.socket)}
        pack = {"approvals": {"users": ["olaf"]}}
        folder = tmp_path_factory.mktemp("console")
        try:
            with console(folder, sockets, questions=settings, pack=pack) as address:
                beside = Place(folder, house.adapter, house.router, address, house.browsers, {})
                olaf, ada = beside.browser("olaf"), beside.browser("ada")
                assert eventually(lambda: "&lt;b&gt;Now" in olaf.get("/questions").text)
                assert "Until 2026-01-15T04:00:00Z" in olaf.get("/questions").text
                fields = {"question": ID, "answer": "approve"}
                refused = ada.send("/questions/answer", **fields).text
                assert "ada may not answer; approvals.users names: olaf" in refused
                assert "Approved." in olaf.send("/questions/answer", **fields).text
                again = olaf.send("/questions/answer", **fields).text
                assert "has already been responded to" in again
        finally:
            server.shutdown()
            thread.join()
    assert StackStorm.answered == [(f"/v1/inquiries/{ID}", "of the console", {"approved": True})]
