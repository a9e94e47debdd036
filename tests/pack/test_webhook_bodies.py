"""Any body at all, at every path of the real webhook: no 5xx, and a good alert beside a bad one is
dispatched.

The bodies are made from a seed, which a failure names; FLOWSPEC_FUZZ_SEED sets another one and
FLOWSPEC_FUZZ_ROUNDS how many bodies each path gets.
"""

from __future__ import annotations

import copy
import gzip
import json
import math
import os
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from flowtriq_flowspec.senders.json_body import read_json
from flowtriq_flowspec.senders.signature import sign_hmac

from .conftest import SensorService
from .golden_bodies import CREDENTIALS, GOLDEN, SENDERS, TOKEN, places
from .sensing import DETECTED, Sensor, started

ROUNDS = int(os.environ.get("FLOWSPEC_FUZZ_ROUNDS", "30"))
SEED = int(os.environ.get("FLOWSPEC_FUZZ_SEED", "20260115"))
CONFIG: dict[str, Any] = {
    "providers": [{"name": "edge"}],
    "webhook": {"port": 0},
    "senders": CREDENTIALS,
}
ALERT: dict[str, Any] = {
    "id": "good",
    "status": "started",
    "target": "203.0.113.45",
    "vector": "syn_flood",
}


@pytest.fixture(scope="module")
def running() -> Iterator[Sensor]:
    service = SensorService()
    running, thread = started(copy.deepcopy(CONFIG), service)
    yield Sensor(running, service)
    running.cleanup()
    thread.join(timeout=10)


@pytest.fixture
def sensor(running: Sensor) -> Sensor:
    running.service.dispatched.clear()
    running.service.refused.clear()
    return running


def post(sensor: Sensor, path: str, body: Any, **headers: str) -> requests.Response:
    """``body`` is bytes, or a list of them that is sent in chunks."""
    octets = b"".join(body) if isinstance(body, list) else body
    headers.setdefault("Authorization", f"Bearer {TOKEN}")
    headers["X-Flowtriq-Signature"] = sign_hmac(TOKEN, octets)
    data = iter(body) if isinstance(body, list) else body
    return requests.post(sensor.url + path, data=data, headers=headers, timeout=20)


@pytest.mark.parametrize(
    "field", ["id", "target", "vector", "severity", "summary", "status", "\ud800", "observed"]
)
def test_half_a_surrogate_pair_costs_its_own_alert_at_most(sensor: Sensor, field: str) -> None:
    bad = {**ALERT, "id": "bad", field: "\ud800 odd"}
    answer = post(sensor, "/generic", json.dumps({"alerts": [bad, ALERT]}).encode())
    assert answer.status_code == 202
    told = [
        target["incident"] for attack in answer.json()["accepted"] for target in attack["targets"]
    ]
    assert "generic:good" in told
    assert DETECTED in [trigger for trigger, _payload in sensor.service.dispatched]
    for payload in [load for _t, load in sensor.service.dispatched] + sensor.service.refused:
        json.dumps(payload, ensure_ascii=False).encode()  # what no database stores would raise


def test_a_refused_alert_with_half_a_pair_is_noted(sensor: Sensor) -> None:
    body = json.dumps({"alerts": [{**ALERT, "target": "\udfff victim"}]}).encode()
    assert post(sensor, "/generic", body).status_code == 422
    ((payload),) = sensor.service.refused
    assert "\ufffd" in payload["refused"][0]["message"]


@pytest.mark.parametrize("path", [f"/{sender}" for sender in SENDERS])
@pytest.mark.parametrize(
    "body",
    [
        b'{"alerts":"\\ud800"}',
        b'{"version":"\\udfff","alerts":[]}',
        b'{"\\ud800":1}',
        b'"\\ud800"',
        b'{"alerts":"\xed\xa0\x80"}',
        b'{"pps":NaN}',
        b'{"event_type":-Infinity}',
        b'{"version":1e400,"alerts":1e400,"event_type":1e400,"action":1e400,"events":1e400}',
        b'{"version":"4","alerts":[' + b"9" * 100_000 + b"]}",
        b"[" * 100_000,
        b'{"alerts":' + b"[" * 900 + b"]" * 900 + b"}",
        b'{"a":' * 900 + b"1" + b"}" * 900,
        b'{"version":"4","version":"3","alerts":[],"alerts":{}}',
        b"\xff\xfe\xfd",
        "\ufeff{}".encode(),
        '{"alerts":[]}'.encode("utf-16"),
        '{"alerts":[]}'.encode("utf-32-be"),
        "{".encode("utf-16"),
        b"",
        b"\x00",
        b"a=b&c=d",
        gzip.compress(b'{"alerts":[]}'),
    ],
    ids=range(22),
)
def test_no_body_gets_a_5xx(sensor: Sensor, path: str, body: bytes) -> None:
    answer = post(sensor, path, body)
    assert 200 <= answer.status_code < 500, answer.text
    assert isinstance(answer.json(), dict)
    assert sensor.service.dispatched == []


def test_a_coding_is_refused_by_name(sensor: Sensor) -> None:
    body = gzip.compress(json.dumps({"alerts": [ALERT]}).encode())
    answer = post(sensor, "/generic", body, **{"Content-Encoding": "gzip"})
    assert answer.status_code == 415
    assert answer.json()["error"]["field"] == "Content-Encoding"
    assert "gzip" in answer.json()["error"]["message"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_any_encoding_of_json_is_read(encoding: str) -> None:
    assert read_json('{"ä": "€"}'.encode(encoding)) == {"ä": "€"}


def test_a_number_without_end_stays_a_text() -> None:
    digits = "7" * 5000
    assert read_json(f'{{"pps": 1e400, "bps": {digits}}}'.encode()) == {
        "pps": "1e400",
        "bps": digits,
    }


def test_a_word_that_is_no_json_costs_its_field_not_the_alert(sensor: Sensor) -> None:
    observed = {"pps": math.nan, "bps": math.inf}
    body = json.dumps({"alerts": [{**ALERT, "observed": observed}]}).encode()
    assert b"NaN" in body
    assert post(sensor, "/generic", body).status_code == 202
    assert len(sensor.service.dispatched) == 1


def test_an_octet_of_another_encoding_costs_its_letter_not_the_alert(sensor: Sensor) -> None:
    body = json.dumps({"alerts": [{**ALERT, "summary": "K\u00f6ln"}]}, ensure_ascii=False)
    assert post(sensor, "/generic", body.encode("latin-1")).status_code == 202
    (_trigger, payload), *_rest = sensor.service.dispatched
    assert payload["summary"] == "K\ufffdln"


def test_a_pair_of_surrogates_is_a_letter() -> None:
    assert read_json(b'["\\ud83d\\ude00\\ud83d"]') == ["\U0001f600\ufffd"]


def _values(rng: random.Random) -> Any:
    kinds: list[Callable[[], Any]] = [
        lambda: "\ud800" * rng.randint(1, 3),
        lambda: rng.choice(
            ["NaN", "1e400", "\x00", "", "{{ x }}", "::ffff:1.2.3.4/96", "ä" * 5000]
        ),
        lambda: rng.choice([None, True, -1, 2**70, 0.1, 10**39, -(10**39)]),
        lambda: [_values(rng) for _ in range(rng.randint(0, 3))],
        lambda: {"\udc00": _values(rng), "": None},
        lambda: [[]] * rng.randint(0, 50),
    ]
    return rng.choice(kinds)()


def _body(rng: random.Random, sender: str) -> bytes:
    golden = copy.deepcopy(rng.choice([body for name, body in GOLDEN if name == sender]))
    for _ in range(rng.randint(1, 4)):
        path = rng.choice([each for each in places(golden) if each])
        holder = golden
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = _values(rng)
    text = json.dumps(golden, ensure_ascii=True)
    if rng.random() < 0.2:  # a key that is given twice
        text = text.replace(
            '"', f'"{rng.choice(["alerts", "version"])}": {rng.randint(0, 9)}, "', 1
        )
    if rng.random() < 0.2:  # a literal that only some programs call JSON
        text = text.replace("null", rng.choice(["NaN", "1e400", "-Infinity", "9" * 5000]), 1)
    octets = text.encode(rng.choice(["utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32"]))
    if rng.random() < 0.2:
        at = rng.randrange(len(octets))
        octets = octets[:at] + rng.randbytes(rng.randint(0, 4)) + octets[at + rng.randint(0, 4) :]
    return gzip.compress(octets) if rng.random() < 0.05 else octets


@pytest.mark.parametrize("sender", SENDERS)
def test_bodies_made_from_a_seed(sensor: Sensor, sender: str) -> None:
    rng = random.Random(f"{SEED} {sender}")
    for number in range(ROUNDS):
        octets = _body(rng, sender)
        body = [octets[i : i + 700] for i in range(0, len(octets), 700)]
        headers = {
            "Content-Type": rng.choice(
                ["application/json", "text/plain", "application/x-www-form-urlencoded", "\xe4",
                 "multipart/form-data; boundary=x", "application/json; charset=nonsense"]
            ),
        }  # fmt: skip
        if rng.random() < 0.1:
            headers["Content-Encoding"] = rng.choice(["gzip", "identity", "br", ""])
        answer = post(sensor, f"/{sender}", rng.choice([octets, body]), **headers)
        assert answer.status_code < 500, (SEED, number, octets[:2000], answer.text)
        answer.json()
        for payload in [load for _t, load in sensor.service.dispatched] + sensor.service.refused:
            json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
        sensor.service.dispatched.clear()
        sensor.service.refused.clear()
