"""Claims, against a plain model: several incidents, few rules, any order, time passing, starts with
another configuration. FLOWSPEC_FUZZ_ROUNDS sets the number of sequences."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections import Counter
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from .serving import Serving, serving

HOSTS = st.integers(1, 3)
INCIDENTS = st.sampled_from(["a:1", "b:1", "c:1"])
# Strictest last: what the model knows of actions.
ACTIONS = (8_000_000, 1_000_000, None)
LIVES = st.integers(1, 300)


def then(rate_bps: int | None) -> dict:
    return {"discard": True} if rate_bps is None else {"rate-limit": rate_bps}


def said(rate_bps: int | None) -> str:
    """As ExaBGP was told: bytes a second."""
    return "discard;" if rate_bps is None else f"rate-limit {rate_bps // 8};"


class Claims(RuleBasedStateMachine):
    """The model: {(host, incident): (action, when it ends)}. The adapter is the real one."""

    @initialize(first=st.lists(st.tuples(HOSTS, INCIDENTS, st.sampled_from(ACTIONS)), min_size=6))
    def start(self, first: list[tuple[int, str, int | None]]) -> None:
        self.stack = contextlib.ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.adapter: Serving = self.stack.enter_context(serving(folder))
        self.claims: dict[tuple[int, str], tuple[int | None, float]] = {}
        self.ids: dict[int, str] = {}
        for host, incident, action in first:
            self.announce([host], incident, action, 100)

    def teardown(self) -> None:
        if hasattr(self, "stack"):
            self.stack.close()

    @property
    def now(self) -> float:
        return self.adapter.clock.seconds

    @rule(
        hosts=st.lists(HOSTS, min_size=1, max_size=3),
        incident=INCIDENTS,
        action=st.sampled_from(ACTIONS),
        life=LIVES,
    )
    def announce(self, hosts: list[int], incident: str, action: int | None, life: int) -> None:
        rules = [
            {"match": {"destination": f"203.0.113.{host}/32"}, "then": then(action)}
            for host in hosts
        ]
        results = self.adapter.announce(*rules, incident=incident, expires_in_seconds=life)
        for host, result in zip(hosts, results):
            assert result["state"] == "announced"
            self.ids[host] = result["id"]
            self.claims[host, incident] = (action, self.now + life)

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), action=st.sampled_from(ACTIONS), life=LIVES)
    def fire_again(self, data: st.DataObject, action: int | None, life: int) -> None:
        host, incident = data.draw(st.sampled_from(sorted(self.claims)))
        self.announce([host], incident, action, life)

    @rule(incident=INCIDENTS)
    def withdraw_incident(self, incident: str) -> None:
        mine = {host for host, whose in self.claims if whose == incident}
        answer = self.adapter.ask("POST", "/v1/withdrawals", {"incident": incident})
        assert answer.status_code == (200 if mine else 404)
        if not mine:
            return
        for host in mine:
            del self.claims[host, incident]
        found = {each["id"]: each for each in answer.get_json()["results"]}
        assert set(found) == {self.ids[host] for host in mine}
        for host in mine:
            others = {whose for one, whose in self.claims if one == host}
            result = found[self.ids[host]]
            assert result["state"] == ("kept" if others else "withdrawn")
            assert set(result.get("incidents", ())) == others

    @rule(incident=INCIDENTS, after=LIVES)
    def schedule_incident(self, incident: str, after: int) -> None:
        mine = [key for key in self.claims if key[1] == incident]
        body = {"incident": incident, "after_seconds": after}
        answer = self.adapter.ask("POST", "/v1/withdrawals", body)
        assert answer.status_code == (200 if mine else 404)
        for key in mine:
            action, ends = self.claims[key]
            self.claims[key] = (action, min(ends, self.now + after))

    @precondition(lambda self: self.claims)
    @rule(data=st.data())
    def withdraw_rule(self, data: st.DataObject) -> None:
        host = data.draw(st.sampled_from(sorted({host for host, _ in self.claims})))
        by_match = data.draw(st.booleans())
        what = (
            {"match": {"destination": f"203.0.113.{host}/32"}}
            if by_match
            else {"id": self.ids[host]}
        )
        (result,) = self.adapter.withdraw(**what)
        assert result == {"id": self.ids[host], "state": "withdrawn"}
        self.claims = {key: claim for key, claim in self.claims.items() if key[0] != host}

    @precondition(lambda self: len(self.claims) > 4)
    @rule()
    def withdraw_all(self) -> None:
        results = self.adapter.withdraw(all=True)
        assert {each["id"] for each in results} == {self.ids[host] for host, _ in self.claims}
        self.claims = {}

    @rule(seconds=st.integers(0, 60))
    def time_passes(self, seconds: int) -> None:
        self.adapter.clock.seconds += seconds
        following = self.adapter.gate.expire()
        self.claims = {key: claim for key, claim in self.claims.items() if claim[1] > self.now}
        ends = [end for _, end in self.claims.values()]
        assert following == (min(ends) - self.now if ends else None)

    @rule()
    def restart(self) -> None:
        """Of the gate: what it announces at a start is what the registry says lives."""
        self.adapter.gate.start()
        self.claims = {key: claim for key, claim in self.claims.items() if claim[1] > self.now}

    @precondition(lambda self: len(self.claims) > 2)
    @rule(forbidden=st.sampled_from(["discard", "rate-limit"]), longest=LIVES)
    def configuration_changes(self, forbidden: str, longest: int) -> None:
        """For one start an action is forbidden, and a longer life; then all is as before, and what
        had to go does not come back."""
        allowed = [each for each in ("discard", "rate-limit") if each != forbidden]
        self.adapter.restart({"allowed_actions": allowed, "maximum_life_seconds": longest})
        self.adapter.restart({})
        self.claims = {
            key: (how, min(ends, self.now + longest))
            for key, (how, ends) in self.claims.items()
            if ends > self.now and set(then(how)) <= set(allowed)
        }

    @invariant()
    def what_exabgp_has_is_the_strictest_of_what_lives(self) -> None:
        if not hasattr(self, "stack"):
            return
        assert self.adapter.speaker.wait_settled(self.ids.values(), 5)
        expected = {}
        for host, _ in self.claims:
            actions = [action for (one, _), (action, _) in self.claims.items() if one == host]
            strictest = max(actions, key=ACTIONS.index)
            expected[f"destination 203.0.113.{host}/32;"] = said(strictest)
        assert self.adapter.exabgp.rib == expected

    @invariant()
    def what_is_listed_is_what_lives(self) -> None:
        if not hasattr(self, "stack"):
            return
        listed = {
            (rule["id"], claim["incident"])
            for rule in self.adapter.rules()
            for claim in rule["claims"]
        }
        assert listed == {(self.ids[host], incident) for host, incident in self.claims}

    @invariant()
    def what_is_counted_is_what_is_listed(self) -> None:
        if not hasattr(self, "stack"):
            return
        assert self.adapter.speaker.wait_settled(self.ids.values(), 5)
        listed = Counter(rule["state"] for rule in self.adapter.rules())
        assert +Counter(self.adapter.status()["rules"]) == listed
        assert self.adapter.registry.agrees_with_the_database()


class ManyClaims(Claims):
    """The same, with more sequences."""


def in_rounds(rounds: int) -> settings:
    return settings(
        max_examples=rounds,
        stateful_step_count=40,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
    )


TestClaims = Claims.TestCase
TestClaims.settings = in_rounds(int(os.environ.get("FLOWSPEC_FUZZ_ROUNDS", "8")))
TestManyClaims = pytest.mark.long(ManyClaims.TestCase)
TestManyClaims.settings = in_rounds(20)
