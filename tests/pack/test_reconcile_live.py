"""The action reconcile between two real adapters, each with a router of its own."""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab import flowspec_nlri

from ..lab.adapter import Adapter
from ..lab.bgp_listener import BGPListener
from ..lab.exabgp import ExaBGP
from .acting import HOST, INCIDENT, attack, run

for _needed in ("exabgp", "flowtriq_exabgp_adapter"):
    if importlib.util.find_spec(_needed) is None:
        pytest.skip(f"{_needed} is not installed", allow_module_level=True)

GUARDRAILS = {"allowed_destinations": ["203.0.113.0/24"]}
PACK = "flowtriq_flowspec"  # the pack's name in the audit trails


class Site:
    """A provider: its adapter, run by its ExaBGP, and the router that hears it."""

    def __init__(self, folder: Path, address: str) -> None:
        folder.mkdir()
        self.adapter = Adapter(folder, GUARDRAILS)
        self.client = self.adapter.client
        self.router = BGPListener(address)
        command = self.adapter.command
        self.exabgp = ExaBGP("5.0.15", folder, [self.router], process=command, encoder="json")

    def up(self) -> None:
        self.exabgp.start()
        self.adapter.wait_until_established(self.exabgp)

    def down(self) -> None:
        self.exabgp.stop()

    def holds(self, *rule_ids: str) -> bool:
        """Whether the router comes to hold these rules and no others."""

        def held() -> set[str]:
            return {
                flowspec_nlri.decode(family.split()[0], octets).id
                for family, octets in list(self.router.table)
            }

        return self.router.wait_for(lambda: held() == set(rule_ids))


@dataclass
class Network:
    edge: Site
    core: Site
    config: dict[str, Any]

    def run(self, action: str, **parameters: Any) -> tuple[bool, Any]:
        return run(action, self.config, **parameters)

    def mitigate(self, **more: Any) -> str:
        """What the workflow does at once; the id of the one rule."""
        planned = self.run("build_rules", attack=attack(**more))[1]["planned"]
        self.run("announce", planned=planned)
        return str(planned[0]["rules"][0]["id"])

    def attacked_before(self) -> str:
        """The same, long enough ago for two clocks to be sure of the order."""
        claim(self.edge, ago=100)
        return claim(self.core, ago=100)

    def reconcile(self) -> list[tuple[str, str]]:
        """(provider, what was done), for each that was done."""
        succeeded, result = self.run("reconcile")
        assert succeeded, result
        return [(row["provider"], row["did"]) for row in result["healed"]]


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    # The lock is on this folder, so that tests beside this one have another.
    monkeypatch.setattr("flowtriq_flowspec.operations.reconcile.__file__", f"{tmp_path}/x.py")
    sites = [Site(tmp_path / "edge", "127.0.0.31"), Site(tmp_path / "core", "127.0.0.32")]
    providers = [
        {"name": name, "adapter_socket": str(site.adapter.socket), "withdraw_after_seconds": 300}
        for name, site in zip(("edge", "core"), sites)
    ]
    with contextlib.ExitStack() as stack:
        for site in sites:
            stack.enter_context(site.router)
            stack.enter_context(site.exabgp)
        for site in sites:
            site.adapter.wait_until_established(site.exabgp)
        yield Network(*sites, {"providers": providers})


def seconds_left(site: Site) -> list[int]:
    return [rule["seconds_left"] for rule in site.client.rules()]


def claim(site: Site, seconds: int = 600, *, ago: int | None = None) -> str:
    """The attack's rule as the pack claims it, with a life of our own; as if heard ``ago``
    seconds."""
    rule = {"match": {"destination": f"{HOST}/32", "protocol": "tcp"}, "then": {"discard": True}}
    (result,) = site.client.announce(
        incident=INCIDENT,
        rules=[{**rule, "vector": "syn_flood"}],
        expires_in_seconds=seconds,
        caller=PACK,
        automation=True,
        ordered_seconds_ago=ago,
    )["results"]
    return str(result["id"])


def test_a_provider_that_was_down_hears_of_the_attack(network: Network) -> None:
    network.config["vectors"] = {"syn_flood": {"action": "rate-limit"}}
    network.config["providers"][1]["rate_limit_bps"] = 4_000_000
    network.core.down()
    rule = network.mitigate()
    assert network.edge.holds(rule)
    succeeded, result = network.run("reconcile")
    assert succeeded, "a provider that is down is asked again next time"
    assert [it["provider"] for it in result["problems"]] == ["core"]
    network.core.up()
    assert network.reconcile() == [("core", "announced")]
    assert network.core.holds(rule)
    (there,) = network.core.client.rules()
    assert there["then"] == {"rate-limit": 4_000_000}, "its own limit"
    assert there["incidents"] == [INCIDENT]
    assert seconds_left(network.core) <= seconds_left(network.edge)
    assert network.reconcile() == []


def test_a_rule_that_an_operator_withdrew_at_one_provider_stays_withdrawn(network: Network) -> None:
    rule = network.mitigate()
    network.core.client.withdraw(id=rule, caller="flowspec")
    assert network.reconcile() == []
    assert network.core.holds()
    assert network.edge.holds(rule), "it was meant for that one only"
    assert network.run("withdraw", id=rule, provider="edge")[0]
    assert network.reconcile() == []


def test_a_withdrawal_that_a_provider_missed_is_made_up_for(network: Network) -> None:
    rule = network.attacked_before()
    network.core.down()
    assert not network.run("withdraw", id=rule)[0], "core did not answer"
    network.core.up()
    assert network.core.holds(rule), "it knows no better"
    assert network.reconcile() == [("core", "withdrawn")]
    assert network.core.holds()
    assert network.edge.holds()
    assert network.reconcile() == []


def test_nothing_is_announced_where_the_kill_switch_is_engaged(network: Network) -> None:
    network.core.client.kill_switch(True, caller="flowspec")
    rule = network.mitigate()
    assert network.reconcile() == []
    assert network.core.holds()
    assert network.edge.holds(rule)


def test_a_request_that_only_calls_itself_the_pack_is_no_order(network: Network) -> None:
    """As an operator's curl sends it, over the socket."""
    rule = network.attacked_before()
    body = {"id": rule, "caller": f"{PACK} (root)", "reason": "attack ended"}
    assert network.core.adapter.ask("POST", "/v1/withdrawals", body).status_code == 200
    assert network.core.holds()
    (event, *_older) = network.core.client.history(10, ["released"])
    assert event["caller"].startswith(f"{PACK} (root)")
    assert event["automation"] is False
    assert network.reconcile() == []
    assert network.edge.holds(rule)
