"""The action reconcile against two real adapters in this process, each with a clock of its own.

What the routers see of it: test_reconcile_live.py.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_flowspec.limits.guardrails import Guardrails
from flowtriq_flowspec.operations.reconcile import single_run_lock

from .acting import HOST, INCIDENT, attack, run

if importlib.util.find_spec("flowtriq_exabgp_adapter") is None:
    pytest.skip("flowtriq_exabgp_adapter is not installed", allow_module_level=True)

from flowtriq_exabgp_adapter.control.limits_in_force import Limits

from ..adapter.direct import Direct
from ..adapter.serving import NETWORKS, NOON, Serving, serving

HOUR = 3600


class Site(Direct):
    """A provider."""

    def live(self) -> list[dict[str, Any]]:
        """The rules but for those that are being withdrawn."""
        return [rule for rule in self.rules() if rule["claims"]]

    def announce_elsewhere(self, *hosts: int) -> None:
        """What has nothing to do with any attack."""
        matches = [{"destination": f"203.0.113.{host}/32"} for host in hosts]
        rules = [{"match": match, "then": {"discard": True}} for match in matches]
        self.announce(incident="b:1", rules=rules)

    def limit(self, **guardrails: Any) -> None:
        """As restarted with other guardrails."""
        configured = Guardrails.from_dict({**NETWORKS, **guardrails})
        self.adapter.gate.limits.value = Limits.of(configured, ())

    def ends(self) -> list[int]:
        return [rule["seconds_left"] for rule in self.live()]


class Network:
    """``edge`` and ``core``; the clock of core is an hour ahead."""

    def __init__(self, edge: Serving, core: Serving) -> None:
        self.edge, self.core = Site(edge), Site(core)
        core.clock.seconds += HOUR
        self.config: dict[str, Any] = {
            "providers": [
                {"name": name, "adapter_socket": f"/run/{name}.sock", "withdraw_after_seconds": 300}
                for name in ("edge", "core")
            ]
        }

    def run(self, action: str, **parameters: Any) -> tuple[bool, Any]:
        return run(action, self.config, **parameters)

    def pass_time(self, seconds: int) -> None:
        for site in (self.edge, self.core):
            site.adapter.clock.seconds += seconds
            site.adapter.gate.expire()

    def mitigate(self, *targets: tuple[str, str], **more: Any) -> list[str]:
        """What the workflow does at once; then a minute goes by. The ids of the rules."""
        planned = self.run("build_rules", attack=attack(*targets, **more))[1]["planned"]
        self.run("announce", planned=planned)
        self.pass_time(100)
        return [rule["id"] for entry in planned for rule in entry["rules"]]

    def reconcile(self) -> list[tuple[str, str]]:
        """(provider, what was done), for each that was done."""
        succeeded, result = self.run("reconcile")
        assert succeeded, result
        return [(row["provider"], row["did"]) for row in result["healed"]]

    @contextlib.contextmanager
    def without_core(self) -> Iterator[None]:
        self.core.down = True
        yield
        self.core.down = False


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    for name in ("edge", "core"):
        (tmp_path / name).mkdir()
    limits = {"minimum_life_seconds": 1}
    with serving(tmp_path / "edge", limits) as edge, serving(tmp_path / "core", limits) as core:
        found = Network(edge, core)
        # The lock is on this folder, so that tests beside this one have another.
        monkeypatch.setattr("flowtriq_flowspec.operations.reconcile.__file__", f"{tmp_path}/x.py")
        at = {"/run/edge.sock": found.edge, "/run/core.sock": found.core}
        monkeypatch.setattr(
            "flowtriq_flowspec.operations.providers.AdapterClient",
            lambda address, **_credentials: at[address],
        )
        yield found


# --- what is made up for --------------------------------------------------------------------------


def test_an_attack_that_a_provider_missed(network: Network) -> None:
    with network.without_core():
        network.mitigate()
        assert network.reconcile() == []
    assert network.reconcile() == [("core", "announced")]
    (edge,), (core,) = network.edge.ends(), network.core.ends()
    assert edge - 10 < core <= edge
    (there,) = network.core.live()
    assert there["incidents"] == [INCIDENT]
    assert there["vectors"] == ["syn_flood"]
    assert network.reconcile() == []


def test_the_history_says_where_an_order_comes_from(network: Network) -> None:
    with network.without_core():
        network.mitigate()
    network.reconcile()
    event = next(it for it in network.core.history() if it["event"] == "claimed")
    assert event["caller"].startswith("flowtriq_flowspec reconcile (")
    assert event["reason"] == "replayed: edge got this order 100 s ago"


def test_a_renewal_that_a_provider_missed(network: Network) -> None:
    network.mitigate()
    with network.without_core():
        network.mitigate()
    before = network.core.ends()
    assert network.reconcile() == [("core", "announced")]
    assert network.core.ends() > before
    assert network.reconcile() == []


def test_a_renewal_that_a_provider_missed_until_its_claim_had_expired(network: Network) -> None:
    network.config["providers"][1]["max_rule_seconds"] = 300
    network.mitigate()
    with network.without_core():
        network.mitigate()
        network.pass_time(300)
    assert network.core.live() == []
    assert network.reconcile() == [("core", "announced")]
    assert network.core.ends()[0] <= 300


def test_a_database_that_was_lost(network: Network) -> None:
    network.mitigate()
    network.core.adapter.lose_the_database()
    assert network.reconcile() == [("core", "announced")]


@pytest.mark.parametrize("what", ["id", "incident", "target"])
def test_a_withdrawal_that_a_provider_missed(network: Network, what: str) -> None:
    (rule, _same) = network.mitigate()
    value = {"id": rule, "incident": INCIDENT, "target": HOST}[what]
    with network.without_core():
        assert not network.run("withdraw", **{what: value})[0], "core did not answer"
    assert network.reconcile() == [("core", "withdrawn")]
    assert network.core.live() == []
    assert network.reconcile() == []


def test_a_withdrawal_of_everything_that_a_provider_missed(network: Network) -> None:
    network.mitigate((f"{HOST}/32", "a:1"), ("203.0.113.46/32", "a:2"))
    with network.without_core():
        network.run("kill_switch", state="engage")
    assert network.reconcile() == [("core", "withdrawn"), ("core", "withdrawn")]
    assert network.core.live() == []


def test_a_release_that_a_provider_missed(network: Network) -> None:
    network.mitigate()
    with network.without_core():
        network.run("schedule_withdrawal", attack=attack(status="ended"))
        network.pass_time(100)
    assert network.reconcile() == [("core", "scheduled")]
    assert network.edge.ends() == [200]
    assert 195 <= network.core.ends()[0] <= 200
    assert network.reconcile() == []


def test_a_release_that_is_over_when_the_provider_returns(network: Network) -> None:
    network.mitigate()
    with network.without_core():
        network.run("schedule_withdrawal", attack=attack(status="ended"))
        network.pass_time(400)
    assert network.edge.live() == []
    assert network.reconcile() == [("core", "withdrawn")]
    assert network.core.live() == []


def test_an_attack_that_fires_again_after_its_release(network: Network) -> None:
    network.mitigate()
    network.run("schedule_withdrawal", attack=attack(status="ended"))
    network.pass_time(400)
    with network.without_core():
        network.mitigate()
    assert network.reconcile() == [("core", "announced")]


def test_a_release_that_is_tried_again_after_the_attack_fired_again(network: Network) -> None:
    """It is tried again because core was away; edge has heard of the new attack meanwhile."""
    network.mitigate(seen_at=NOON)
    late = attack(status="ended", seen_at=NOON + 30)
    with network.without_core():
        network.run("schedule_withdrawal", attack=late)
    network.mitigate(seen_at=NOON + 34)
    ends = network.edge.ends()
    succeeded, result = network.run("schedule_withdrawal", attack=late)
    assert succeeded, result
    assert result["scheduled"] == []
    assert network.edge.ends() == ends
    assert network.reconcile() == []


# --- what is left alone ---------------------------------------------------------------------------


def test_an_operators_withdrawal_at_one_provider(network: Network) -> None:
    (rule, _same) = network.mitigate()
    network.core.withdraw(id=rule, caller="flowspec")
    assert network.reconcile() == []
    assert network.core.live() == []
    assert len(network.edge.live()) == 1


def test_an_operators_withdrawal_at_one_before_the_renewal_arrived(
    network: Network,
) -> None:
    (rule, _same) = network.mitigate()
    with network.without_core():
        network.mitigate()
    network.core.withdraw(id=rule, caller="flowspec")
    assert network.reconcile() == []


def test_an_operators_withdrawal_at_one_before_an_extension_for_all(
    network: Network,
) -> None:
    (rule, _same) = network.mitigate()
    network.core.withdraw(id=rule, caller="flowspec")
    network.run("extend", incident=INCIDENT, seconds=900)
    network.pass_time(100)
    assert network.reconcile() == []
    assert network.core.live() == []


def test_a_persons_withdrawal_at_one_provider_by_name(network: Network) -> None:
    (rule, _same) = network.mitigate()
    assert network.run("withdraw", id=rule, provider="edge", user="alice")[0]
    assert network.reconcile() == []
    assert len(network.core.live()) == 1


def test_a_withdrawal_at_one_provider_by_name(network: Network) -> None:
    (rule, _same) = network.mitigate()
    assert network.run("withdraw", id=rule, provider="edge")[0]
    assert network.reconcile() == []
    assert len(network.core.live()) == 1


def test_a_withdrawal_at_the_provider_after_the_attack_that_it_missed(network: Network) -> None:
    with network.without_core():
        network.mitigate()
    network.reconcile()
    network.pass_time(100)
    network.core.withdraw(incident=INCIDENT, caller="flowspec")
    network.pass_time(100)
    assert network.reconcile() == []


def test_a_rule_that_expired_at_the_provider(network: Network) -> None:
    network.config["providers"][1]["max_rule_seconds"] = 60
    network.mitigate()
    assert network.core.live() == []
    assert network.reconcile() == []


def test_a_rule_that_ended_before_the_provider_returned(network: Network) -> None:
    with network.without_core():
        network.mitigate()
        network.run("withdraw", incident=INCIDENT)
    assert network.reconcile() == []


def test_an_attack_that_is_over_gets_no_new_rule(network: Network) -> None:
    with network.without_core():
        network.mitigate()
        network.run("schedule_withdrawal", attack=attack(status="ended"))
    assert network.reconcile() == []
    assert network.core.live() == []


def test_a_claim_that_is_newer_than_the_withdrawal(network: Network) -> None:
    (rule, _same) = network.mitigate()
    with network.without_core():
        network.run("withdraw", id=rule)
        network.pass_time(100)
    network.run("extend", incident=INCIDENT, seconds=500, provider="core")
    assert network.reconcile() == []
    assert network.core.ends() == [500]


def test_an_adapter_with_its_kill_switch_engaged(network: Network) -> None:
    network.core.kill_switch(True, caller="flowspec")
    network.mitigate()
    assert network.reconcile() == []
    assert len(network.edge.live()) == 1


def test_orders_from_before_the_kill_switch_was_released(network: Network) -> None:
    network.mitigate()
    network.core.kill_switch(True, caller="flowspec")
    network.mitigate()
    network.mitigate(("203.0.113.46/32", "a:2"))
    network.core.kill_switch(False, caller="flowspec")
    assert network.reconcile() == []
    network.pass_time(100)
    with network.without_core():
        network.mitigate(("203.0.113.47/32", "a:3"))
    assert network.reconcile() == [("core", "announced")]
    assert [rule["incidents"] for rule in network.core.live()] == [["a:3"]]


def test_a_caller_s_name_gives_no_order(network: Network) -> None:
    """Anyone may call themselves what they like; only the mark of the automation counts."""
    rule = {"match": {"destination": f"{HOST}/32"}, "then": {"discard": True}}
    for caller in ("flowtriq_flowspec", "flowtriq_flowspec (root)", "flowtriq_flowspec reconcile"):
        network.edge.announce(
            incident=INCIDENT,
            rules=[{**rule, "vector": "syn_flood"}],
            caller=caller,
            reason="as edge was told 1 s ago",
        )
        network.pass_time(100)
        assert network.reconcile() == []
    events = [event for event in network.edge.history() if event["event"] == "claimed"]
    assert [event["automation"] for event in events] == [False]
    network.edge.announce(
        incident=INCIDENT, rules=[{**rule, "vector": "syn_flood"}], automation=True
    )
    network.pass_time(100)
    assert network.reconcile() == [("core", "announced")]


def test_announcements_at_one_provider_by_person_mission_and_probe(
    network: Network,
) -> None:
    match, then = {"destination": f"{HOST}/32"}, {"discard": True}
    assert network.run("announce_rule", match=match, then=then, provider="edge")[0]
    elsewhere = {"match": {"destination": "203.0.113.46/32"}, "then": then}
    network.edge.adapter.ask("POST", "/", {"announce": {"flow": elsewhere}})
    network.edge.announce(
        incident="probe:1", rules=[{**elsewhere, "vector": "probe"}], caller="flowtriq_flowspec"
    )
    network.pass_time(100)
    assert len(network.edge.live()) == 2
    assert network.reconcile() == []


@pytest.mark.parametrize("provider", [None, "core"])
def test_withdraw_all_removes_rules_that_no_registry_had(
    network: Network, provider: str | None
) -> None:
    """Of an attack that only edge knows; then all is withdrawn while edge is away."""
    with network.without_core():
        network.mitigate()
    network.edge.down = True
    network.run("withdraw_all", confirm="withdraw-all", provider=provider)
    network.pass_time(100)
    network.edge.down = False
    assert network.reconcile() == ([("edge", "withdrawn")] if provider is None else [])
    assert network.core.live() == []
    network.pass_time(100)
    with network.without_core():
        network.mitigate()
    assert network.reconcile() == [("core", "announced")], "what comes after it is another matter"


def test_a_persons_announcement_for_all_reaches_a_provider_that_was_away(
    network: Network,
) -> None:
    rule = {"match": {"destination": f"{HOST}/32"}, "then": {"discard": True}}
    with network.without_core():
        assert not network.run("announce_rule", **rule, expires_in_seconds=600)[0]
        network.pass_time(100)
    assert network.reconcile() == [("core", "announced")]
    assert network.core.live()[0]["then"] == rule["then"]
    assert 490 <= network.core.ends()[0] <= 500, "as long as at edge, and no longer"
    network.core.withdraw(incident="manual", caller="flowspec")
    assert network.reconcile() == [], "someone took it away there"


@pytest.mark.parametrize("setting", [{"dry_run": True}, {"prefixes": ["198.51.100.0/24"]}])
def test_a_persons_announcement_for_all_is_left_out_where_it_was_withdrawn(
    network: Network, setting: dict[str, Any]
) -> None:
    rule = {"match": {"destination": f"{HOST}/32"}, "then": {"discard": True}}
    with network.without_core():
        network.run("announce_rule", **rule)
        network.pass_time(100)
    network.config["providers"][1].update(setting)
    assert network.reconcile() == []


def test_auto_withdraw_false_is_respected(network: Network) -> None:
    network.config["providers"][1]["auto_withdraw"] = False
    network.mitigate()
    with network.without_core():
        network.run("schedule_withdrawal", attack=attack(status="ended"))
    assert network.reconcile() == []


# What anyone may write into a request; version 0.1.0 took both for the pack's own words.
TEXTS_OF_THE_PACK = [
    {"caller": "flowtriq_flowspec (root)", "reason": "syn_flood"},
    {"caller": "flowtriq_flowspec"},
    {"caller": "flowtriq_flowspec reconcile", "reason": "as edge was told 5 s ago"},
]


@pytest.mark.parametrize("texts", TEXTS_OF_THE_PACK, ids=str)
def test_a_withdrawal_with_the_pack_s_words_is_no_order_of_the_automation(
    network: Network, texts: dict[str, str]
) -> None:
    (rule, _same) = network.mitigate()
    answer = network.core.adapter.ask("POST", "/v1/withdrawals", {"id": rule, **texts})
    assert answer.status_code == 200, answer.get_json()
    network.pass_time(100)
    assert network.core.live() == []
    assert network.reconcile() == []
    assert len(network.edge.live()) == 1


@pytest.mark.parametrize("texts", TEXTS_OF_THE_PACK, ids=str)
def test_an_announcement_with_the_pack_s_words_is_no_order_of_the_automation(
    network: Network, texts: dict[str, str]
) -> None:
    rule = {"match": {"destination": f"{HOST}/32"}, "then": {"discard": True}}
    rule["vector"] = "manual"
    body = {"incident": "a:1", "rules": [rule], **texts}
    answer = network.edge.adapter.ask("POST", "/v1/rules", body)
    assert answer.status_code == 200, answer.get_json()
    network.pass_time(100)
    assert len(network.edge.live()) == 1
    assert network.reconcile() == []
    assert network.core.live() == []


# --- what the playbook would have said ------------------------------------------------------------


@pytest.mark.parametrize(
    "settings",
    [
        {"ipv4_enabled": False},
        {"prefixes": ["203.0.113.0/28"]},
        {"dry_run": True},
        {"vectors": {"syn_flood": {"enabled": False}}},
        {"vectors": {"syn_flood": {"dry_run": True}}},
        {"vectors": {"syn_flood": {"approval": "required"}}},
        {"vectors": {"syn_flood": {"match": {"packet-length": "0..100"}}}},
    ],
    ids=str,
)
def test_a_provider_that_would_not_have_got_the_rule(
    network: Network, settings: dict[str, Any]
) -> None:
    with network.without_core():
        network.mitigate()
    network.config["providers"][1].update(settings)
    assert network.reconcile() == []
    assert network.core.live() == []


def test_the_action_is_the_provider_s_own(network: Network) -> None:
    network.config["vectors"] = {"syn_flood": {"action": "default"}}
    network.config["providers"][0]["default_action"] = "drop"
    network.config["providers"][1]["rate_limit_bps"] = 4_000_000
    with network.without_core():
        network.mitigate()
    network.reconcile()
    assert [rule["then"] for rule in network.edge.live()] == [{"discard": True}]
    assert [rule["then"] for rule in network.core.live()] == [{"rate-limit": 4_000_000}]


def test_an_action_that_the_configuration_does_not_explain_is_copied(network: Network) -> None:
    network.config["vectors"] = {"syn_flood": {"action": "rate-limit", "rate_limit_bps": 9_000_000}}
    with network.without_core():
        network.mitigate()
    network.config["vectors"]["syn_flood"]["rate_limit_bps"] = 1_000_000  # changed since
    network.reconcile()
    assert [rule["then"] for rule in network.core.live()] == [{"rate-limit": 9_000_000}]


def test_a_companion_for_fragments_is_never_discarded(network: Network) -> None:
    network.config["providers"][1]["vectors"] = {"dns_amplification": {"action": "drop"}}
    dns = {"vector": "dns_amplification", "family": "amplification", "observed": {}}
    with network.without_core():
        network.mitigate(**dns)
    assert network.reconcile() == [("core", "announced")] * 2
    found = {"fragment" in rule["match"]: rule["then"] for rule in network.core.live()}
    assert found[True] == {"rate-limit": 10_000_000}
    assert found[False] == {"discard": True}


# --- bounds ---------------------------------------------------------------------------------------


def test_one_provider_is_not_even_asked(network: Network) -> None:
    del network.config["providers"][1]
    assert network.reconcile() == []
    assert network.edge.asked == []


def test_no_audit_trail_is_read_while_all_agree(network: Network) -> None:
    network.mitigate()
    network.edge.asked.clear()
    assert network.reconcile() == []
    assert network.edge.asked == ["/v1/status", "/v1/rules"]


def test_a_bounded_number_at_a_time(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flowtriq_flowspec.operations.reconcile._CLAIMS_PER_RUN", 2)
    targets = [(f"203.0.113.{host}/32", f"a:{host}") for host in (1, 3, 5)]
    with network.without_core():
        network.mitigate(*targets)
    _succeeded, result = network.run("reconcile")
    assert len(result["healed"]) == 2
    assert result["notes"] == ["core: more orders follow in the next run"]
    assert len(network.reconcile()) == 1
    assert network.reconcile() == []


def test_a_rule_that_the_adapter_refuses_is_reported_once(network: Network) -> None:
    network.core.limit(allowed_destinations=["198.51.100.0/24"])
    with network.without_core():
        network.mitigate()
    succeeded, result = network.run("reconcile")
    assert not succeeded
    assert result["outcome"] == "partly"
    assert [it["provider"] for it in result["problems"]] == ["core"]
    assert network.reconcile() == []


def test_a_rule_that_finds_no_room_is_tried_again_after_some_minutes(network: Network) -> None:
    network.core.announce_elsewhere(1)
    network.core.limit(max_rules=1, operator_reserve_percent=0)
    with network.without_core():
        network.mitigate()
    assert not network.run("reconcile")[0]
    network.core.limit()
    network.pass_time(200)
    assert network.reconcile() == []
    network.pass_time(200)
    assert network.reconcile() == [("core", "announced")]


def test_a_rule_older_than_the_history_is_left_alone(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    with network.without_core():
        network.mitigate()
    network.core.announce_elsewhere(1, 2)  # its trail is full of other things
    monkeypatch.setattr("flowtriq_flowspec.operations.reconcile_order_log._HISTORY", 2)
    assert network.reconcile() == []


def test_times_from_before_a_clock_was_set_are_not_believed(network: Network) -> None:
    with network.without_core():
        network.mitigate()
    network.core.adapter.clock.seconds += 600
    network.core.announce_elsewhere(1)
    network.core.adapter.clock.seconds -= 600
    assert network.reconcile() == []


def test_only_one_runs_at_a_time(network: Network) -> None:
    with network.without_core():
        network.mitigate()
    with single_run_lock():
        assert network.reconcile() == []
    assert network.reconcile() == [("core", "announced")]


def test_an_adapter_of_0_1_0_is_given_every_order(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It refuses a field that it does not know, and its history has no typed orders."""
    ask, history = network.core.adapter.ask, network.core.history

    def older_adapter(method: str, path: str, body: Any = None, **options: Any) -> Any:
        if not {"automation", "ordered_seconds_ago"} & {*(body or {})}:
            return ask(method, path, body, **options)
        return ask(method, path, {**body, "automation": "as if it were not known"}, **options)

    def older_history(*asked: Any, **options: Any) -> Any:
        typed = ("ordered_by", "ordered_at", "automation")
        return [
            {key: event[key] for key in event if key not in typed}
            for event in history(*asked, **options)
        ]

    monkeypatch.setattr(network.core.adapter, "ask", older_adapter)
    monkeypatch.setattr(network.core, "history", older_history)
    network.mitigate()
    assert len(network.core.live()) == 1
    assert network.run("schedule_withdrawal", attack=attack(status="ended"))[0]
    assert network.run("reconcile")[0]
    assert network.run("withdraw_all", confirm="withdraw-all")[0]
    assert network.core.live() == []
    assert network.run("kill_switch", state="engage")[0]
    assert network.core.adapter.kill_switch.engaged
