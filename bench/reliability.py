"""The kill switch with many rules, beside ExaBGP alone: ``python -m bench.reliability``.

Exits with 1 if everything is not off the wire in at most 1.2 times what ExaBGP alone needs.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import click
from flowtriq_flowspec import exabgp_command
from flowtriq_flowspec.rule import parse_rule
from rich.console import Console
from rich.table import Table

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import VERSIONS, ExaBGP, running

MARK = 1.2
PATIENCE_SECONDS = 120.0


def rules(count: int) -> list[dict]:
    return [
        {
            "match": {
                "destination": f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}/32",
                "protocol": "udp",
            },
            "then": {"discard": True},
        }
        for i in range(count)
    ]


def limits(count: int) -> dict:
    settings = ("max_rules", "max_rules_ipv4", "max_rules_per_incident")
    return {
        "allowed_destinations": ["10.0.0.0/8"],
        "max_announcements_per_minute": count,
        "operator_reserve_percent": 0,
        **dict.fromkeys(settings, count),
    }


def until(router: BGPListener, count: int) -> float:
    """Wait until the router holds so many rules; the moment, in monotonic seconds."""
    if not router.wait_for(lambda: len(router.table) == count, PATIENCE_SECONDS):
        raise TimeoutError(f"the router holds {len(router.table)} rules, not {count}")
    return time.monotonic()


def exabgp_alone(version: str, folder: Path, count: int) -> float:
    """Seconds from ``clear adj-rib out`` to the last withdrawal at the router."""
    folder.mkdir()
    with (
        BGPListener() as router,
        running(version, folder, [router]) as (_exabgp, _server, pipes),
    ):
        router.wait_established()
        for each in rules(count):
            pipes.stdout.write(exabgp_command.announce(parse_rule(each)).encode() + b"\n")
        until(router, count)
        began = time.monotonic()
        pipes.stdout.write(b"clear adj-rib out\n")
        return until(router, 0) - began


def kill_switch(version: str, folder: Path, count: int) -> float:
    """Seconds from the request to the last withdrawal at the router."""
    folder.mkdir()
    adapter = Adapter(folder, limits(count))
    with (
        BGPListener() as router,
        ExaBGP(version, folder, [router], process=adapter.command) as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        adapter.client.announce(incident="bench", rules=rules(count), wait_seconds=30)
        until(router, count)
        began = time.monotonic()
        adapter.client.kill_switch(True)
        until(router, 0)
        return (router.updates[-1].at_ns / 1e9) - began


@click.command()
@click.option("--rules", "count", type=click.IntRange(100, 100_000), default=10_000)
@click.option("--exabgp", "version", type=click.Choice(VERSIONS), default=VERSIONS[0])
def main(count: int, version: str) -> None:
    """Measure, and exit with 1 if the mark is missed."""
    with tempfile.TemporaryDirectory() as folder:
        alone = exabgp_alone(version, Path(folder) / "a", count)
        switched = kill_switch(version, Path(folder) / "k", count)
    ratio = switched / alone
    table = Table(title=f"{count} rules off the wire, ExaBGP {version}")
    for heading in ("ExaBGP alone, s", "kill switch, s", "times", "at most"):
        table.add_column(heading, justify="right")
    table.add_row(f"{alone:.2f}", f"{switched:.2f}", f"{ratio:.2f}", f"{MARK}")
    Console().print(table)
    sys.exit(0 if ratio <= MARK else 1)


if __name__ == "__main__":
    main()
