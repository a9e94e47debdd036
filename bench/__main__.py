"""``make bench``: how long a rule takes to the router, and how much memory that needs.

Three lanes, each to a BGP listener that stamps every UPDATE, take turns in the same run, so that
whatever else the machine does meets all of them alike.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from tests.lab import exabgp
from tests.lab.bgp_listener import BGPListener
from tests.lab.engine import START_SECONDS

from . import report, stack
from .figures import Latency, Results, resident_mebibytes
from .lanes import AdapterLane, EmbeddedLane, PipeLane

_WARM_UP = 10
_BULK_FROM = 2000  # behind the destinations of the rounds


@click.command(context_settings={"show_default": True})
@click.option("--rounds", type=click.IntRange(min=20, max=1000), default=200)
@click.option("--rules", type=click.IntRange(min=100, max=5000), default=1000, help="At once.")
@click.option("--exabgp", "version", type=click.Choice(exabgp.VERSIONS), default="5.0.15")
@click.option(
    "--json",
    "json_path",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("build/bench.json"),
    help="Where the figures go for a machine to read.",
)
def main(rounds: int, rules: int, version: str, json_path: Path) -> None:
    """Measure, and exit with 1 if a mark is missed."""
    if reason := exabgp.missing(version):
        raise click.ClickException(reason)
    results = measure(version, rounds, rules)
    report.show(results)
    report.save(results, json_path)
    sys.exit(0 if all(mark.kept for mark in results.marks) else 1)


def measure(version: str, rounds: int, rules: int) -> Results:
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="flowspec-bench-")))
        for name in ("pipe", "adapter", "embedded"):
            (folder / name).mkdir()
        bare = running.enter_context(BGPListener("127.0.1.71"))
        behind_adapter = running.enter_context(BGPListener("127.0.1.72"))
        _, _, pipes = running.enter_context(exabgp.running(version, folder / "pipe", [bare]))
        if not bare.wait_established(START_SECONDS):
            raise TimeoutError("no session with the ExaBGP that is fed through its pipe")
        adapter, adapter_pid = running.enter_context(
            stack.adapter(version, folder / "adapter", behind_adapter)
        )
        url, engine_pid = running.enter_context(stack.embedded(folder / "embedded", adapter.socket))
        lanes = [
            PipeLane(bare, pipes),
            AdapterLane(behind_adapter, adapter.client),
            EmbeddedLane(behind_adapter, url),
        ]
        pids = {"adapter": adapter_pid, "embedded": engine_pid}
        times: dict[str, list[int]] = {lane.name: [] for lane in lanes}
        progress = track(
            range(rounds + _WARM_UP), "rounds", console=Console(stderr=True), transient=True
        )
        for number in progress:
            for lane in lanes:
                taken = lane.time([number])
                if number >= _WARM_UP:
                    times[lane.name].append(taken)
        bulk = {}
        memory = {}
        for lane in lanes:
            bulk[lane.name] = lane.time(range(_BULK_FROM, _BULK_FROM + rules)) / 1e9
            if lane.name in pids:
                memory[lane.name] = resident_mebibytes(pids[lane.name])
    return Results(
        exabgp_version=version,
        rounds=rounds,
        latencies={name: Latency.of(each) for name, each in times.items()},
        bulk_rules=rules,
        bulk_seconds=bulk,
        memory=memory,
    )


main()
