"""The search for the rule that makes a router reset its session, in made-up time."""

from __future__ import annotations

import hypothesis.strategies as st
from flowtriq_exabgp_adapter.exabgp.quarantine import Judgement, Quarantine
from hypothesis import given, settings

ADDRESS = "192.0.2.1"
UPDATE_ERRORS = (
    "notification received (3,10)",  # ExaBGP 5.0
    "peer reset, message [notification received (3,10)] error[UPDATE message error / Invalid]",
)
CLOSED = "closing connection"


class Router:
    """A router that resets at a poisoned rule, with an ExaBGP that connects again at once."""

    def __init__(self, poison: set[str], reason: str = UPDATE_ERRORS[0]) -> None:
        self.quarantine = Quarantine()
        self.poison, self.reason = poison, reason
        self.now = 100.0
        self.announced: list[str] = []
        self.guilty: dict[str, str] = {}
        self.is_up = True
        self.downs = 0
        self.quarantine.session_up(ADDRESS, self.now)
        self.now += 100

    def announce(self, rule_ids: list[str]) -> None:
        for rule_id in rule_ids:
            self.announced.append(rule_id)
            self.quarantine.announced(rule_id, self.now)
            self.now += 0.001

    def run(self, seconds: float) -> None:
        until = self.now + seconds
        while self.now < until:
            if self.is_up and self.poison & set(self.announced):
                self.down(self.reason)
            elif not self.is_up:
                self.is_up = True
                self.quarantine.session_up(ADDRESS, self.now)
            self.obey(self.quarantine.poll(self.now))
            self.now += 0.05

    def down(self, reason: str) -> None:
        self.downs += 1
        self.is_up = False
        self.obey(self.quarantine.session_down(ADDRESS, reason, self.now))

    def obey(self, judgement: Judgement) -> None:
        """As the speaker: withdraw the convicted and the held rules, announce the others."""
        self.guilty.update(judgement.convicted)
        for rule_id in [*judgement.convicted, *judgement.held]:
            if rule_id in self.announced:
                self.announced.remove(rule_id)
                self.quarantine.withdrawn(rule_id, self.now)
        for rule_id in judgement.let_go:
            if rule_id not in self.announced:
                self.announce([rule_id])


def test_one_new_rule_is_guilty_at_the_first_update_error():
    for reason in UPDATE_ERRORS:
        router = Router({"poison"}, reason)
        router.announce(["one", "two"])
        router.now += 60
        router.announce(["poison"])
        router.run(2)
        assert list(router.guilty) == ["poison"]
        assert router.guilty["poison"] == f"{ADDRESS} ended its session: {reason}"
        assert router.downs == 1
        assert sorted(router.announced) == ["one", "two"]


def test_without_a_notification_the_third_time_decides():
    router = Router({"poison"}, CLOSED)
    router.announce(["one"])
    router.now += 60
    router.announce(["poison"])
    router.run(2)
    assert list(router.guilty) == ["poison"]
    assert router.downs == 3


def test_an_ordinary_flap_convicts_no_rule():
    router = Router(set())
    router.announce(["one", "two"])
    router.down(CLOSED)
    router.run(60)
    assert router.guilty == {}
    assert sorted(router.announced) == ["one", "two"]


def test_a_session_that_flaps_twice_in_a_moment_convicts_no_rule():
    router = Router(set())
    router.announce(["one"])
    for _ in range(2):
        router.down(CLOSED)
        router.run(0.1)
    router.run(10)
    assert router.guilty == {}
    assert router.announced == ["one"]


def test_a_guilty_rule_that_is_withdrawn_meanwhile_convicts_no_other():
    """Its incident was over before the router's answer came."""
    for others in (["one"], ["one", "two", "three"]):
        router = Router(set())
        router.announce(["poison", *others])
        router.announced.remove("poison")
        router.quarantine.withdrawn("poison", router.now)
        router.down(UPDATE_ERRORS[0])
        router.run(30)
        assert router.guilty == {}
        assert sorted(router.announced) == sorted(others)


def test_flaps_long_after_an_announcement_convict_no_rule():
    router = Router(set())
    router.announce(["one", "two"])
    router.now += 60
    for _ in range(5):
        router.down(CLOSED)
        router.run(0.2)
    assert router.guilty == {}
    assert sorted(router.announced) == ["one", "two"]


def test_an_ordinary_flap_during_a_search_convicts_no_rule():
    """Each rule on its own is let go again, to see whether the session stays."""
    router = Router({"poison"})
    router.announce(["one", "poison", "two"])
    tried = None
    while tried is None:
        router.run(0.05)
        search = router.quarantine._search
        assert search is not None
        tried = search.trial
    assert "poison" not in tried.rules
    router.down(CLOSED)
    router.run(60)
    assert list(router.guilty) == ["poison"]
    assert sorted(router.announced) == ["one", "two"]


def test_a_router_that_goes_for_good_gets_its_rules_back():
    """Held back in the middle of a search, while other routers want them."""
    router = Router(set())
    router.announce(["one", "two", "three"])
    router.down(UPDATE_ERRORS[0])
    assert router.announced == []
    router.now += 10
    router.obey(router.quarantine.poll(router.now))
    assert sorted(router.announced) == ["one", "three", "two"]
    assert router.guilty == {}


def test_a_rule_that_was_accepted_for_long_is_convicted_when_the_router_changes():
    router = Router(set())
    rules = [f"rule {number}" for number in range(600)]
    router.announce(rules)
    router.now += 3600
    router.poison = {"rule 17"}
    router.run(40)
    assert list(router.guilty) == ["rule 17"]
    assert len(router.announced) == 599


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 400),
    poison=st.sets(st.integers(0, 399), min_size=1, max_size=4),
    reason=st.sampled_from([*UPDATE_ERRORS, CLOSED]),
)
def test_exactly_the_poisoned_rules_are_convicted(count, poison, reason):
    rules = [f"rule {number}" for number in range(count)]
    poisoned = {rules[number % count] for number in poison}
    router = Router(poisoned, reason)
    router.announce(rules)
    router.run(120)
    assert set(router.guilty) == poisoned
    assert set(router.announced) == set(rules) - poisoned
