"""The OpenAPI document is valid, complete, and what the adapter really does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_exabgp_adapter.http import app
from flowtriq_exabgp_adapter.http.auth import Denied
from flowtriq_exabgp_adapter.http.openapi import openapi
from flowtriq_flowspec.events import Event, RuleState
from jsonschema import Draft202012Validator
from werkzeug.test import Client, TestResponse

from .serving import Serving, serving

DISCARD = {"discard": True}
RULE = {"match": {"destination": "203.0.113.1/32", "protocol": "udp"}, "then": DISCARD}
IPV6 = {"match": {"destination": "2001:db8::1/128"}, "then": {"rate-limit": 1_000_000}}
BAD = {"match": {"destination": "0.0.0.0/0"}, "then": DISCARD}
FOREIGN = {"match": {"destination": "192.0.2.1/32"}, "then": DISCARD}
UNKNOWN = "000000000000"


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path, max_body_bytes=20_000) as running:
        yield running


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return openapi()


def conforms(document: dict[str, Any], method: str, path: str, answer: TestResponse) -> None:
    """The status is documented for this operation, and the body fits its schema."""
    responses = document["paths"][path][method.lower()]["responses"]
    assert str(answer.status_code) in responses, (method, path, answer.status_code, answer.data)
    name = responses[str(answer.status_code)].get("$ref", "").rpartition("/")[2]
    response = document["components"]["responses"][name] if name else responses["200"]
    assert answer.mimetype == "application/json"
    found = response["content"]["application/json"]["schema"]
    whole = {**found, "components": document["components"]}
    Draft202012Validator(whole).validate(answer.get_json())


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    from openapi_spec_validator import validate  # takes long, and nobody else needs it

    validate(document)


def test_the_document_uses_the_vocabulary(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["eventName"]["enum"] == [str(event) for event in Event]
    assert set(schemas["liveRule"]["properties"]["state"]["enum"]) < set(RuleState)
    assert set(schemas["note"]["properties"]["event"]["enum"]) < set(Event)


def test_the_document_describes_every_route_and_no_other(document: dict[str, Any]) -> None:
    described = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    served = {
        (method, route.path.replace("<path:", "<").replace("<", "{").replace(">", "}"))
        for route in app._ROUTES.rules
        for method in route.methods - {"HEAD"}
    }
    assert described == served


def test_the_examples_are_accepted(document: dict[str, Any], adapter: Serving) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            name = operation.get("requestBody", {}).get("$ref", "").rpartition("/")[2]
            body = document["components"]["requestBodies"].get(name, {})
            example = body.get("content", {}).get("application/json", {}).get("example")
            if example is not None:
                answer = adapter.ask(method.upper(), path, example)
                conforms(document, method, path, answer)
                assert answer.status_code == 200


def test_the_document_is_served(adapter: Serving, document: dict[str, Any]) -> None:
    answer = adapter.ask("GET", "/openapi.json")
    assert answer.status_code == 200
    assert answer.get_json() == document


def test_every_kind_of_answer_fits_the_document(adapter: Serving, document: dict[str, Any]) -> None:
    flow, partial = {"match": RULE["match"], "then": DISCARD}, {"destination": "203.0.113.1/32"}
    other = {"match": {**partial, "protocol": "tcp"}, "then": DISCARD}
    asked: list[tuple[int, str, str, object]] = [
        (200, "GET", "/v1/status", None),
        (200, "GET", "/v1/rules", None),
        (200, "POST", "/v1/rules", {"incident": "a:1", "rules": [RULE, IPV6, BAD, other]}),
        (200, "POST", "/v1/rules", {"incident": "a:1", "rules": [RULE], "dry_run": True}),
        (200, "POST", "/v1/rules", {"incident": "b:1", "rules": [RULE], "reason": "again"}),
        (422, "POST", "/v1/rules", {"incident": "a:1", "rules": [BAD]}),
        (200, "POST", "/v1/explanations", {"rules": [RULE, IPV6, BAD, FOREIGN]}),
        (400, "POST", "/v1/explanations", {"rules": []}),
        (413, "POST", "/v1/explanations", {"rules": [{"vector": "x" * 30_000}]}),
        (400, "POST", "/v1/rules", {"incident": "a:1"}),
        (413, "POST", "/v1/rules", {"incident": "a:1", "reason": "x" * 30_000}),
        (200, "GET", "/v1/rules", None),
        (200, "GET", "/v1/status", None),
        (409, "POST", "/", {"withdraw": {"flow": {"match": partial}}, "incident": "a:1"}),
        (409, "POST", "/v1/withdrawals", {"match": partial}),
        (200, "POST", "/v1/withdrawals", {"incident": "a:1", "after_seconds": 60}),
        (200, "POST", "/v1/withdrawals", {"incident": "a:1"}),
        (404, "POST", "/v1/withdrawals", {"id": UNKNOWN}),
        (400, "POST", "/v1/withdrawals", {}),
        (413, "POST", "/v1/withdrawals", {"reason": "x" * 30_000}),
        (200, "POST", "/", {"announce": {"flow": flow}}),
        (422, "POST", "/", {"announce": {"flow": BAD}}),
        (200, "POST", "/", {"withdraw": {"flow": flow}}),
        (404, "POST", "/", {"withdraw": {"flow": flow}}),
        (400, "POST", "/", {}),
        (200, "POST", "/v1/notes", {"event": "attack_ended", "about": [{"incident": "a:1"}]}),
        (400, "POST", "/v1/notes", {"event": "announced", "about": [{"incident": "a:1"}]}),
        (200, "GET", "/v1/history", None),
        (400, "POST", "/v1/kill-switch", {}),
        (200, "POST", "/v1/kill-switch", {"engaged": True}),
        (403, "POST", "/v1/rules", {"incident": "a:1", "rules": [RULE]}),
        (403, "POST", "/", {"announce": {"flow": flow}}),
        (200, "POST", "/v1/kill-switch", {"engaged": False}),
        (200, "POST", "/v1/withdrawals", {"all": True}),
        (200, "POST", "/v1/rules", {"incident": "a:1", "rules": [RULE, other]}),
        (200, "POST", "/v1/protected-prefixes", {"prefix": "203.0.113.1", "reason": "x"}),
        (400, "POST", "/v1/protected-prefixes", {"prefix": "203.0.113.1"}),
        (200, "GET", "/v1/protected-prefixes", None),
        (400, "POST", "/v1/guardrails/reload", {}),
    ]
    for status, method, path, body in asked:
        answer = adapter.ask(method, path, body)
        assert answer.status_code == status, (method, path, body, answer.get_json())
        conforms(document, method, path, answer)
    protected = "/v1/protected-prefixes/{prefix}"
    for status in (200, 404):
        answer = adapter.ask("DELETE", protected.format(prefix="203.0.113.1%2F32"))
        assert answer.status_code == status
        conforms(document, "DELETE", protected, answer)
    (first, *_) = adapter.announce(RULE)
    for rule_id in (first["id"], UNKNOWN):
        answer = adapter.ask("GET", f"/v1/rules/{rule_id}")
        conforms(document, "GET", "/v1/rules/{rule_id}", answer)
    adj_rib_out = f"/v1/rules/{first['id']}/adj-rib-out"
    for refused in (False, True):
        adapter.exabgp.refuses = lambda command, refused=refused: refused and "adj-rib" in command
        answer = adapter.ask("GET", adj_rib_out)
        assert answer.status_code == (503 if refused else 200)
        conforms(document, "GET", "/v1/rules/{rule_id}/adj-rib-out", answer)
    conforms(document, "GET", "/v1/history", adapter.ask("GET", "/v1/history?limit=0"))


def operations(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(method, path) for path, methods in document["paths"].items() for method in methods]


def test_every_operation_may_answer_401(adapter: Serving, document: dict[str, Any]) -> None:
    for method, path in operations(document):
        answer = Client(adapter.app).open(path, method=method.upper(), json={})
        assert answer.status_code == 401
        conforms(document, method, path, answer)


def test_a_query_may_have_what_is_documented_and_nothing_else(
    adapter: Serving, document: dict[str, Any]
) -> None:
    for path, methods in document["paths"].items():
        if "get" not in methods:
            continue
        given = methods["get"].get("parameters", [])
        names = [each["name"] for each in given if each["in"] == "query"]
        for name in names:  # what is wrong with a value names it, too
            answer = adapter.ask("GET", f"{path}?{name}=1")
            assert "not known here" not in str(answer.get_json()), (path, name)
        answer = adapter.ask("GET", f"{path}?incidents=a:1")
        conforms(document, "GET", path, answer)
        assert answer.status_code == 400, path
        error = answer.get_json()["error"]
        assert error["field"] == "incidents"
        assert all(name in error["message"] for name in names), error
        assert "did you mean incident?" in error["message"] or "incident" not in names
        assert adapter.ask("HEAD", f"{path}?incidents=a:1").status_code == 400


def test_every_operation_may_answer_429(
    adapter: Serving, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_many(_environ: object) -> None:
        raise Denied(429, "too many", field="max_requests_per_minute", limit=1)

    monkeypatch.setattr(adapter.authenticator, "authenticate", too_many)
    for method, path in operations(document):
        answer = adapter.ask(method.upper(), path)
        assert answer.status_code == 429
        conforms(document, method, path, answer)


def test_503_where_the_registry_is_broken(adapter: Serving, document: dict[str, Any]) -> None:
    (first,) = adapter.announce(RULE)
    adapter.let_the_recorder_catch_up()
    with sqlite3.connect(adapter.database) as other:
        for table in ("claims", "unapplied"):
            other.execute(f"DROP TABLE {table}")
    other.close()
    other_rule = {**RULE, "match": {**RULE["match"], "destination": "203.0.113.99/32"}}
    orders: list[tuple[str, str, object]] = [
        ("/v1/rules", "/v1/rules", {"incident": "a:1", "rules": [other_rule]}),
        ("/v1/withdrawals", "/v1/withdrawals", {"incident": "a:1"}),
        ("/", "/", {"announce": {"flow": other_rule}}),
    ]
    for path, url, body in orders:
        answer = adapter.ask("POST", url, body)
        assert answer.status_code == 503, (url, answer.get_json())
        conforms(document, "POST", path, answer)
    # What is read is in memory.
    for path, url in (
        ("/v1/rules", "/v1/rules"),
        ("/v1/rules/{rule_id}", f"/v1/rules/{first['id']}"),
        ("/v1/status", "/v1/status"),
    ):
        answer = adapter.ask("GET", url, None)
        assert answer.status_code == 200, (url, answer.get_json())
        conforms(document, "GET", path, answer)
    # The kill switch works all the same, and says what it could not do.
    answer = adapter.ask("POST", "/v1/kill-switch", {"engaged": True})
    conforms(document, "POST", "/v1/kill-switch", answer)
    assert answer.get_json() == {
        "engaged": True,
        "withdrawn": True,
        "durable": True,
        "recorded": False,
    }
    assert adapter.on_the_wire() == set()
