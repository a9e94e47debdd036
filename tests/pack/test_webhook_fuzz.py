"""Whatever is posted to the webhooks by someone with the credential: no 5xx, no attack made up.

Bodies are bytes, any JSON, and the golden payloads with one value replaced. An attack that is
dispatched is a valid one, for a target that stands in the body. FLOWSPEC_FUZZ_ROUNDS sets how many.
"""

from __future__ import annotations

import copy
import hmac
import json
import logging
import os
from typing import Any

import pytest
from flowspec_webhooks import WebhookApp
from flowtriq_flowspec.attack import Attack
from flowtriq_flowspec.config.pack import PackConfig
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from .golden_bodies import CREDENTIALS, GOLDEN, SENDERS, TOKEN, places

QUIETLY = settings(
    max_examples=int(os.environ.get("FLOWSPEC_FUZZ_ROUNDS", "60")),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner),
    max_leaves=12,
)
HOSTILE = st.sampled_from(
    ["0.0.0.0/0", "::/0", "{{ config }}", "<% ctx() %>", "\n", "\u0000", "1e400", -1, [], {}]
)


class Webhooks:
    def __init__(self) -> None:
        config = PackConfig.from_dict(
            {"providers": [{"name": "edge"}], "senders": copy.deepcopy(CREDENTIALS)}
        )
        self.attacks: list[Attack] = []
        self._client = Client(
            WebhookApp(
                config.senders,
                self._dispatch,
                lambda _source, _refused: None,
                lambda _incident: [],
                logging.getLogger("fuzz"),
                max_body_bytes=1_048_576,
            )
        )

    def _dispatch(self, attack: Attack, _seen_at: float) -> str:
        assert Attack.from_payload(attack.to_payload()) == attack
        self.attacks.append(attack)
        return "flowtriq_flowspec.attack_detected"

    def post(self, sender: str, body: bytes) -> int:
        """The status; ``attacks`` are those of this body."""
        self.attacks.clear()
        signature = hmac.new(TOKEN.encode(), body, "sha256").hexdigest()
        headers = {
            "Authorization": f"Bearer {TOKEN}",
            "X-Flowtriq-Signature": f"sha256={signature}",
        }
        answer = self._client.post(f"/{sender}", data=body, headers=headers)
        assert answer.status_code < 500, answer.get_data(as_text=True)
        assert answer.get_json() is not None
        return answer.status_code


@pytest.fixture(scope="module")
def webhooks() -> Webhooks:
    return Webhooks()


@QUIETLY
@given(sender=st.sampled_from(SENDERS), body=st.binary(max_size=2000))
def test_bytes(webhooks: Webhooks, sender: str, body: bytes) -> None:
    assert 400 <= webhooks.post(sender, body) < 500
    assert not webhooks.attacks


@QUIETLY
@given(sender=st.sampled_from(SENDERS), body=JSON)
def test_any_json(webhooks: Webhooks, sender: str, body: Any) -> None:
    webhooks.post(sender, json.dumps(body).encode())
    assert not webhooks.attacks


@st.composite
def spoilt(draw) -> tuple[str, bytes]:
    sender, golden = draw(st.sampled_from(GOLDEN))
    body = copy.deepcopy(golden)
    path = draw(st.sampled_from([each for each in places(body) if each]))
    holder = body
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = draw(HOSTILE | JSON)
    return sender, json.dumps(body).encode()


@QUIETLY
@given(posted=spoilt())
def test_real_payloads_with_one_value_spoilt(webhooks: Webhooks, posted: tuple[str, bytes]) -> None:
    sender, body = posted
    webhooks.post(sender, body)
    for attack in webhooks.attacks:
        for target in attack.targets:
            assert target.prefix.prefixlen > 0
            assert str(target.prefix.network_address).encode() in body
