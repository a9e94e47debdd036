"""``python -m bench.many_alerts``: thousands of alerts of one Alertmanager at once, to the router.

Through the webhook alone, through the sensor that asks the Alertmanager's API alone, and through
both, as they run. The alerts are of one vector, each of a target of its own; a real Alertmanager
sends them, in one group. It answers the question which of them come through, and when.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flowtriq_flowspec.times import rfc3339
from rich.console import Console
from rich.table import Table

from tests.lab import exabgp
from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.engine import Engine
from tests.lab.exabgp import ExaBGP
from tests.lab.ports import free_port
from tests.pack import alertmanager

from .figures import resident_mebibytes
from .many_rules import limits

TOKEN = "bench"
SETTLED_SECONDS = 45.0  # the API is asked every 30 s
GATHERED = "5s"  # so that all of them are in the first notification
WAYS = {
    "the webhook alone": (True, False),
    "the API alone": (False, True),
    "the webhook and the API": (True, True),
}


@click.command(context_settings={"show_default": True})
@click.option("--alerts", "count", type=click.IntRange(1, 100_000), default=20_000)
@click.option("--exabgp", "version", type=click.Choice(exabgp.VERSIONS), default="5.0.15")
@click.option("--way", "ways", type=click.Choice(list(WAYS)), multiple=True, default=list(WAYS))
@click.option("--patience", type=float, default=600.0, help="Seconds to wait for a rule, at most.")
def main(count: int, version: str, ways: tuple[str, ...], patience: float) -> None:
    """Measure; nothing is judged."""
    if reason := exabgp.missing(version) or alertmanager.missing():
        raise click.ClickException(reason)
    table = Table(title=f"{count} alerts of one Alertmanager at once, ExaBGP {version}")
    for heading in ("through", "rules at the router", "the last after, s", "engine, MiB"):
        table.add_column(heading, justify="right")
    for name in ways:
        webhook, api = WAYS[name]
        with tempfile.TemporaryDirectory(prefix="flowspec-bench-") as folder:
            held, seconds, mebibytes = measured(
                version, Path(folder), count, patience, webhook=webhook, api=api
            )
        table.add_row(name, f"{held}", f"{seconds:.1f}", f"{mebibytes:.0f}")
    Console().print(table)


def measured(
    version: str, folder: Path, count: int, patience: float, *, webhook: bool, api: bool
) -> tuple[int, float, float]:
    """(rules, seconds from the alerts to the last of them or 0, MiB of the engine)"""
    with parts(version, folder, count, webhook=webhook, api=api) as (router, manager, engine):
        began_at = time.monotonic()
        for start in range(0, count, 1000):
            manager.fire(*(alert(number) for number in range(start, min(start + 1000, count))))
        held = settled(router, count, patience)
        last_at = max((update.at_ns for update in router.updates if update.announced), default=0)
        seconds = last_at / 1e9 - began_at if last_at else 0.0
        return held, seconds, resident_mebibytes(engine.process.pid)


def alert(number: int) -> dict[str, Any]:
    target = f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"
    # An older alert would not wait for the others.
    starts, ends = (rfc3339(time.time() + seconds) for seconds in (0, 3600))
    labels = {"alertname": "SynFlood", "target": target, "severity": "critical"}
    return {
        "labels": {**labels, "attack_vector": "syn_flood", "destination_port": "80"},
        "annotations": {"summary": f"SYN flood on {target} port 80"},
        "startsAt": starts,
        "endsAt": ends,
        "generatorURL": "http://prometheus.example:9090/graph?g0.expr=rate(syn_packets[1m])",
    }


def settled(router: BGPListener, count: int, patience: float) -> int:
    """How many rules the router holds: all of them, or when none has come for a while."""
    give_up_at, held, since = time.monotonic() + patience, 0, time.monotonic()
    while held < count and time.monotonic() < give_up_at:
        if router.wait_for(lambda known=held: len(router.table) > known, SETTLED_SECONDS):
            held, since = len(router.table), time.monotonic()
        elif held and time.monotonic() - since >= SETTLED_SECONDS:
            break
    return held


@contextmanager
def parts(
    version: str, folder: Path, count: int, *, webhook: bool, api: bool
) -> Iterator[tuple[BGPListener, alertmanager.Alertmanager, Engine]]:
    """A router, an Alertmanager and the embedded engine; the Alertmanager posts to the engine's
    webhook, or to nobody, and the engine asks the Alertmanager's API, or not."""
    for name in ("adapter", "alertmanager", "engine"):
        (folder / name).mkdir()
    adapter = Adapter(folder / "adapter", limits(count))
    port = free_port()
    api_url = {"api_url": f"http://127.0.0.1:{port}"} if api else {}
    config = {
        "providers": [{"name": "bench", "adapter_socket": str(adapter.socket)}],
        "senders": {"alertmanager": {"token": TOKEN, **api_url}},
        "carpet": {"threshold": 0},  # each target has a rule of its own to be counted
    }
    engine = Engine(folder / "engine", config)
    posts_to = f"{engine.url}/alertmanager" if webhook else "http://127.0.0.1:9/nobody"
    with (
        BGPListener() as router,
        ExaBGP(version, folder / "adapter", [router], process=adapter.command) as exabgp_running,
        alertmanager.Alertmanager(
            folder / "alertmanager", posts_to, TOKEN, port=port, waits=(GATHERED, "5m")
        ) as manager,
    ):
        adapter.wait_until_established(exabgp_running)
        engine.start()
        try:
            yield router, manager, engine
        finally:
            engine.kill()  # what it still has to do is of no interest


if __name__ == "__main__":
    main()
