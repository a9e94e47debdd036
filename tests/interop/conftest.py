from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import FlowRule, parse_rule

from tests.lab import exabgp
from tests.lab.adapter import Adapter

from . import peers, views
from .cases import rules

FAMILIES = ("ipv4", "ipv6")
GUARDRAILS = {
    "allowed_destinations": ["203.0.113.0/24", "2001:db8::/64"],
    "allowed_actions": ["discard", "rate-limit", "mark", "sample", "terminal", "community"],
    "allowed_redirects": ["65001:100", "4200000000:100", "192.0.2.1", "2001:db8:ffff::1"],
    "minimum_rate_limit_bps": 8,
    "max_rules_per_incident": 1000,
    "max_values_per_component": 100,
    "max_tcam_entries_per_rule": 100_000,
}


@dataclass(frozen=True)
class Seen:
    """What a daemon held after all rules were announced, and after all were withdrawn."""

    peer: type[peers.Peer]
    held: dict[str, views.Table]
    left: dict[str, views.Table]


def able(peer: type[peers.Peer], address_family: str) -> list[FlowRule]:
    return [
        parse_rule(rule) for case, rule in rules(address_family) if peer.name not in case.unable
    ]


def wait_for(peer: peers.Peer, sizes: dict[str, int]) -> dict[str, views.Table]:
    """The tables once they have these sizes, or as they are after 15 s."""
    give_up_at = time.monotonic() + 15
    while True:
        tables = {family: peer.table(family) for family in FAMILIES}
        done = {family: len(table) for family, table in tables.items()} == sizes
        if done or time.monotonic() > give_up_at:
            return tables
        time.sleep(0.1)  # none of them tells when its table changes


def through_the_pipe(
    version: str, folder: Path, peer: peers.Peer, every: list[FlowRule]
) -> Iterator[None]:
    """Announces them all, and withdraws them when it is resumed."""
    with exabgp.running(version, folder, [peer], local_address=peers.SPEAKER) as (_, _, pipes):
        # Some 100 answers of a few octets fit in the pipe, so nobody has to read them.
        for commands in (
            [exabgp_command.announce(rule) for rule in every],
            [exabgp_command.withdraw(rule.match) for rule in every],
        ):
            pipes.stdout.write("".join(f"{command}\n" for command in commands).encode())
            yield


def through_the_adapter(
    version: str, folder: Path, peer: peers.Peer, every: list[FlowRule]
) -> Iterator[None]:
    """The same, by two requests to a real adapter whose guardrails let all of it pass."""
    adapter = Adapter(folder, GUARDRAILS)
    with exabgp.ExaBGP(
        version, folder, [peer], process=adapter.command, local_address=peers.SPEAKER
    ) as running:
        adapter.wait_until_established(running)
        rules = [rule.to_dict() for rule in every]
        results = adapter.client.announce(incident="interop", rules=rules)["results"]
        assert [result for result in results if result["state"] != "announced"] == []
        yield
        results = adapter.client.withdraw(incident="interop", wait_seconds=30)["results"]
        assert [result for result in results if result["state"] != "withdrawn"] == []
        yield


WAYS = {"pipe": through_the_pipe, "adapter": through_the_adapter}


@pytest.fixture(
    scope="package",
    params=[
        (version, peer, way) for version in exabgp.VERSIONS for peer in peers.ALL for way in WAYS
    ],
    ids=lambda param: f"exabgp-{param[0]}-{param[1].name}-{param[2]}",
)
def seen(request) -> Iterator[Seen]:
    version, kind, way = request.param
    if reason := kind.missing() or exabgp.missing(version):
        pytest.skip(reason)
    rules_of = {family: able(kind, family) for family in FAMILIES}
    every = [rule for family in FAMILIES for rule in rules_of[family]]
    # pytest's own folders have paths that are too long for a Unix socket.
    with tempfile.TemporaryDirectory(prefix="ffi") as name, kind(Path(name)) as peer:
        steps = WAYS[way](version, Path(name), peer, every)
        with contextlib.closing(steps):
            next(steps)
            held = wait_for(peer, {family: len(rules_of[family]) for family in FAMILIES})
            next(steps)
            left = wait_for(peer, dict.fromkeys(FAMILIES, 0))
    yield Seen(kind, held, left)
