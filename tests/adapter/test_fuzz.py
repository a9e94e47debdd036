"""Whatever the request: no 5xx, no crash, no announcement.

Requests are made up from the interface's own OpenAPI document, valid and invalid ones, and from
plain bytes. No network is allowed but the probe's, so nothing may reach the wire.
FLOWSPEC_FUZZ_ROUNDS sets how many for each operation and each test; 100,000 is a night's work.
"""

from __future__ import annotations

import gzip
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from .serving import Serving, serving

ROUNDS = int(os.environ.get("FLOWSPEC_FUZZ_ROUNDS", "40"))
# Of each operation and mode: to make a request up takes ten times as long as to answer it.
DOCUMENT_ROUNDS = int(os.environ.get("FLOWSPEC_FUZZ_ROUNDS", "2"))
MANY_ROUNDS = 15
QUIETLY = settings(
    max_examples=ROUNDS,
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
PATHS = ("/", "/v1/rules", "/v1/withdrawals", "/v1/kill-switch", "/v1/notes")


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serving]:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    with serving(folder, {"allowed_destinations": []}) as running:
        yield running


@pytest.fixture(scope="module")
def document(adapter: Serving) -> dict:
    return adapter.ask("GET", "/openapi.json").get_json()


def operations(document: dict) -> list:
    import schemathesis  # takes long, and only the worker that runs this needs it

    schema = schemathesis.openapi.from_dict(document)
    return [each.ok() for each in schema.get_all_operations()]


def no_rule_is_on_the_wire(adapter: Serving) -> bool:
    return adapter.on_the_wire() <= {"100.64.0.0/32"}


@pytest.mark.parametrize(
    "rounds", [DOCUMENT_ROUNDS, pytest.param(MANY_ROUNDS, marks=pytest.mark.long)]
)
def test_requests_generated_from_the_openapi_document(
    adapter: Serving, document: dict, rounds: int
) -> None:
    from schemathesis import GenerationMode

    seen = 0
    for operation in operations(document):
        for mode in GenerationMode:

            @settings(QUIETLY, max_examples=rounds)
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case) -> None:
                nonlocal seen
                sent = case.as_transport_kwargs(base_url="http://localhost")
                answer = adapter.ask(
                    sent["method"],
                    case.formatted_path,
                    sent.get("json"),
                    query_string=sent.get("params") or {},
                )
                seen += 1
                assert answer.status_code < 500, answer.get_data(as_text=True)
                assert answer.get_json() is not None
                if "kill-switch" in case.formatted_path:
                    adapter.kill_switch.release()  # or all that follows is refused

            try:
                ask()
            except Unsatisfiable:
                # A request that takes nothing can't be made wrong.
                assert mode is GenerationMode.NEGATIVE
                assert operation.method.upper() == "GET"
    assert seen >= rounds
    assert no_rule_is_on_the_wire(adapter)


@QUIETLY
@given(path=st.sampled_from(PATHS), body=st.binary(max_size=2000))
def test_bodies_that_are_not_json(adapter: Serving, path: str, body: bytes) -> None:
    answer = adapter.ask("POST", path, data=body)
    assert 400 <= answer.status_code < 500
    assert answer.get_json()["error"]["message"]
    assert no_rule_is_on_the_wire(adapter)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"rules":"\\ud800"}',
        b'{"\\udfff":1,"\\udfff":2}',
        b'{"rules":"\xed\xa0\x80"}',
        b'{"rules":' + b"9" * 100_000 + b"}",
        b"[" * 100_000,
        b'{"rules":' + b"[" * 900 + b"]" * 900 + b"}",
        "\ufeff{}".encode(),
        '{"rules":[]}'.encode("utf-16"),
        gzip.compress(b"{}"),
        b"",
    ],
    ids=range(10),
)
def test_bodies_that_other_programs_take(adapter: Serving, path: str, body: bytes) -> None:
    answer = adapter.ask("POST", path, data=body)
    assert 400 <= answer.status_code < 500, answer.get_data(as_text=True)
    assert answer.get_json()["error"]["message"]


BODIES = [
    b'{"incident": "a:1", "reason": "why", "wait_seconds": 0.5, "rules": [{"match": {"destination":'
    b' "203.0.113.1/32", "port": [80, "1..9"], "tcp-flags": [{"all": ["syn"]}]},'
    b' "then": {"rate-limit": 1000000}, "vector": "x"}]}',
    b'{"withdraw": {"flow": {"match": {"destination": "203.0.113.1/32"}}}, "incident": "a:1"}',
    b'{"incidents": ["a:1", "b:1"], "after_seconds": 5, "seen_at": 17.5, "reason": "why"}',
    b'{"engaged": false, "reason": "why"}',
    b'{"event": "attack_ended", "about": [{"incident": "a:1", "message": "why"}]}',
]
WORDS = re.compile(rb'"[^"]*"|[0-9.]+|[^" 0-9]')
STRANGE = st.sampled_from(
    [
        *(b"1e400", b"-1e400", b"1E3", b"NaN", b"-0", b"1.0", b"9" * 400, b"true", b"null", b"{}"),
        *(
            b'"\\ud800"',
            b'"\\u0000"',
            b'"x\\n"',
            b'"\xc3\xbc"',
            b'"\xff"',
            b'"all": true,',
            b"[" * 960,
        ),
        *(b'"match": {},', b'"incident": "b:1",', b"", b",", b"]", b"//"),
    ]
)


@QUIETLY
@given(path=st.sampled_from(PATHS), body=st.sampled_from(BODIES), data=st.data())
def test_bodies_with_a_few_words_replaced(
    adapter: Serving, path: str, body: bytes, data: st.DataObject
) -> None:
    words = WORDS.findall(body)
    for _ in range(data.draw(st.integers(1, 3))):
        words[data.draw(st.integers(0, len(words) - 1))] = data.draw(STRANGE)
    answer = adapter.ask("POST", path, data=b"".join(words))
    assert answer.status_code < 500, (words, answer.get_data(as_text=True))
    json.loads(answer.get_data(), parse_constant=pytest.fail)
    adapter.kill_switch.release()
    assert no_rule_is_on_the_wire(adapter)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=15), inner),
    max_leaves=12,
)
HOSTILE = st.sampled_from(
    [
        "203.0.113.1/32",
        "203.0.113.1/32; } then { discard; } }\nannounce flow route {",
        "2001:db8::1%x; } then/128",
        "0.0.0.0/0",
        "::/0",
        "\u0000",
        "\u00fc",
        "syn; }",
        "1..0",
        "80,443",
    ]
)


@QUIETLY
@given(
    match=st.dictionaries(
        st.sampled_from(
            ["destination", "source", "protocol", "port", "tcp-flags", "fragment", "x"]
        ),
        HOSTILE | JSON,
    ),
    then=st.dictionaries(
        st.sampled_from(["discard", "rate-limit", "redirect", "community", "mark"]), HOSTILE | JSON
    ),
    names=st.dictionaries(st.sampled_from(["incident", "vector"]), HOSTILE | JSON),
)
def test_malicious_rules_are_refused(
    adapter: Serving, match: dict, then: dict, names: dict
) -> None:
    rule = {"match": match, "then": then, **names}
    answer = adapter.ask("POST", "/v1/rules", {"incident": "fuzz", "rules": [rule]})
    assert answer.status_code in (400, 422), answer.get_data(as_text=True)
    answer = adapter.ask("POST", "/", {"announce": {"flow": rule}})
    assert answer.status_code in (400, 422), answer.get_data(as_text=True)
    assert no_rule_is_on_the_wire(adapter)
