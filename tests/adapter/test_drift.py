"""The audit: a rule that ExaBGP lost is announced again, one that nobody claims is withdrawn."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.adapter import meddler
from tests.lab.adapter import Adapter
from tests.lab.exabgp import ExaBGP

NETWORK = {"allowed_destinations": ["203.0.113.0/24"]}
CLAIMED = {"match": {"destination": "203.0.113.1/32"}, "then": {"discard": True}}
FOREIGN = {"match": {"destination": "203.0.113.9/32"}, "then": {"discard": True}}


def test_a_lost_rule_is_announced_again_and_a_leaked_one_withdrawn(
    tmp_path: Path, listener, exabgp_version
) -> None:
    adapter = Adapter(tmp_path, NETWORK, audit_seconds=10)
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    exabgp = ExaBGP(exabgp_version, tmp_path, [listener], process=adapter.command)
    text = exabgp.configuration.read_text().replace(
        "processes [ flowtriq-adapter ]", "processes [ flowtriq-adapter, meddler ]"
    )
    run = f"{sys.executable} {meddler.PATH} {pipe}"
    exabgp.configuration.write_text(f"process meddler {{ run {run}; encoder text; }}\n{text}")
    with exabgp:
        adapter.wait_until_established(exabgp)
        adapter.client.announce(incident="a:1", rules=[CLAIMED])
        assert listener.wait_for(lambda: len(listener.table) == 1)
        claimed, foreign = parse_rule(CLAIMED), parse_rule(FOREIGN)
        assert adapter.client.adj_rib_out(claimed.id) == [listener.address]
        with pipe.open("w") as commands:
            commands.write(exabgp_command.withdraw(claimed.match) + "\n")
            commands.write(exabgp_command.announce(foreign) + "\n")
        meddled = {("ipv4 flow", foreign.match.nlri)}
        assert listener.wait_for(lambda: set(listener.table) == meddled)
        assert adapter.client.adj_rib_out(claimed.id) == []
        assert adapter.client.adj_rib_out(foreign.id) == [listener.address]

        right = {("ipv4 flow", claimed.match.nlri)}
        assert listener.wait_for(lambda: set(listener.table) == right, timeout=30)
