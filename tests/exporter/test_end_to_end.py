"""The two named metrics through the life of a rule, and through restarts of every part."""

from __future__ import annotations

import os
import re
import signal

import pytest

from tests.lab import exabgp
from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener

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


@pytest.mark.parametrize("version", exabgp.VERSIONS)
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
