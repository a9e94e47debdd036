"""The two named metrics through the life of a rule, and through restarts of every part."""

from __future__ import annotations

import os
import re
import signal
import subprocess

import pytest
import yaml
from click.testing import CliRunner
from flowtriq_flowspec_cli.main import main

from tests.lab import exabgp, snmp_agent
from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener

from .programs import program

RULE = {
    "match": {"destination": "203.0.113.45/32", "protocol": "tcp", "destination-port": 80},
    "then": {"discard": True},
}


def figures(text: str) -> tuple[float, float]:
    """(active, deployed) of ipv4 discard rules; a missing one is an error."""
    labels = r'\{action="discard",address_family="ipv4",provider="edge"\} (\S+)'
    return tuple(
        float(re.search(rf"^flowtriq_flowspec_{name}{labels}$", text, re.MULTILINE)[1])
        for name in ("active_rules", "rules_deployed_total")
    )


@pytest.mark.parametrize(
    "version",
    [exabgp.VERSIONS[0], *(pytest.param(it, marks=pytest.mark.long) for it in exabgp.VERSIONS[1:])],
)
def test_both_metrics_through_an_attack_and_all_restarts(version, folder, exporter):
    if reason := exabgp.missing(version):
        pytest.skip(reason)
    adapter = Adapter(folder, {"allowed_destinations": ["203.0.113.0/24"]})
    client = adapter.client
    with (
        BGPListener("127.0.1.73") as router,
        exabgp.ExaBGP(version, folder, [router], process=adapter.command) as running,
    ):
        adapter.wait_until_established(running)
        serving = exporter("--adapter", f"edge={adapter.socket}", "--adapter.timeout-seconds", "10")
        assert figures(serving.scrape()) == (0, 0)

        (result,) = client.announce(incident="test:1", rules=[RULE])["results"]
        assert result["state"] == "announced"
        assert figures(serving.scrape()) == (1, 1)
        # The same again is the same claim, not another deployment.
        client.announce(incident="test:1", rules=[RULE])
        assert figures(serving.scrape()) == (1, 1)

        os.kill(adapter.pid(running), signal.SIGKILL)
        _, deployed = figures(serving.scrape())
        assert deployed == 1

        running.stop()
        running.start()
        _, deployed = figures(serving.scrape())
        assert deployed == 1
        adapter.wait_until_established(running)
        assert router.wait_for(lambda: len(router.table) == 1)

        assert serving.stop() == 0
        serving = exporter("--adapter", f"edge={adapter.socket}")
        _, deployed = figures(serving.scrape())
        assert deployed == 1

        client.withdraw(incident="test:1")
        assert figures(serving.scrape()) == (0, 1)
        assert 'bgp_session_up{peer="127.0.1.73",provider="edge"} 1.0' in serving.scrape()


@pytest.mark.debian
def test_a_rules_counters_from_the_router_to_the_list_of_rules(folder, exporter, tmp_path):
    """The router's BGP is our listener, its SNMP is net-snmp's agent."""
    if reason := exabgp.missing("5.0.15") or snmp_agent.missing():
        pytest.skip(reason)
    adapter = Adapter(folder, {"allowed_destinations": ["203.0.113.0/24"]})
    with (
        BGPListener("127.0.1.74") as router,
        exabgp.ExaBGP("5.0.15", folder, [router], process=adapter.command) as running,
        snmp_agent.SnmpAgent(tmp_path) as agent,
    ):
        adapter.wait_until_established(running)
        community, file = tmp_path / "community", tmp_path / "exporter.yaml"
        community.write_text(snmp_agent.COMMUNITY)
        access = {"snmp_v2c": {"community_file": str(community)}}
        edge = {"provider": "edge", "address": agent.address, "counters": "juniper", **access}
        adapters = [{"provider": "edge", "adapter_socket": str(adapter.socket)}]
        file.write_text(yaml.safe_dump({"adapters": adapters, "routers": [edge]}))
        serving = exporter("--config.file", str(file), "--router.timeout-seconds", "20")

        limited = {**RULE, "then": {"rate-limit": 64_000}}
        limited["match"] = {**RULE["match"], "destination-port": 443}
        results = adapter.client.announce(incident="test:1", rules=[RULE, limited])["results"]
        dropped, shared = (each["id"] for each in results)
        name = "203.0.113.45,*,proto=6,dstport="
        agent.set(
            (snmp_agent.index(f"{name}80"), 1_000_001, 64_000_064),
            (snmp_agent.index(f"{name}443"), 184, 172_233),
            (snmp_agent.index(f"64K_{name}443", snmp_agent.POLICER), 268, 402_000),
        )
        words = ["list", "--socket", str(adapter.socket), "--exporter", f"http://{serving.address}"]
        answer = CliRunner().invoke(main, words)
        assert answer.exit_code == 0, answer.output
        rows = {
            rule_id: re.findall(r"[\d,]+(?=  |$)", line)[-2:]
            for line in answer.output.splitlines()
            for rule_id in (dropped, shared)
            if rule_id in line
        }
        assert rows == {dropped: ["1,000,001", "64,000,064"], shared: ["452", "574,233"]}

        ours = "".join(line for line in serving.scrape().splitlines(True) if "flowtriq_" in line)
        checked = subprocess.run(
            [program("promtool"), "check", "metrics"], input=ours, capture_output=True, text=True
        )
        assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")

        # The router has not heard yet, or does not let go: then it is nobody's.
        adapter.client.withdraw(incident="test:1")
        unknown = f'{{provider="edge",reason="unknown",router="{agent.address}"}} 3.0'
        assert f"flowtriq_flowspec_router_rows_unassigned{unknown}" in serving.scrape()
