"""Days of attacks coming and going, in minutes: ``python -m bench.soak --hours 48``.

Real: the adapter's process with its HTTP, database and threads, ExaBGP, and a router that checks
every octet. Simulated: the adapter's clock, which runs ``--speed`` times as fast (fast_adapter.py),
and the attacks. The audit trail is kept for one day: the first day fills it, and from the second
one memory and database must stay as they are. Exits with 1 if they grow, or if router, registry
and model differ.
"""

from __future__ import annotations

import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import click
from flowtriq_flowspec.flowspec.rule import parse_rule
from rich.console import Console
from rich.table import Table

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener, Route
from tests.lab.exabgp import VERSIONS, ExaBGP

from .attacks import Attacks
from .figures import resident_mebibytes

MOST_GROWTH = 1.05
GRACE_SECONDS = 2.0
"""Real ones, that a rule may outlive its life."""
HISTORY_DAYS = 1


@dataclass(frozen=True)
class Sample:
    """At the start, and at the end of each hour. ``beyond`` rules stood at the router longer than
    ``GRACE_SECONDS`` after their life; ``missing`` ones had to be there for as long."""

    hour: float
    mebibytes: float
    database_mebibytes: float
    events: int
    oldest_event_hours: float
    rules: int
    beyond: int
    missing: int


@dataclass(frozen=True)
class Soak:
    """What came out; ``left`` are destinations at the end: at the router, in the registry, and by
    the model."""

    samples: list[Sample]
    done: Mapping[str, int]
    left: tuple[set[str], set[str], set[str]]
    latest_seconds: float  # by how much the attacks themselves were behind, real

    @property
    def drift(self) -> int:
        router, registry, model = self.left
        return len(router ^ model) + len(registry ^ model)

    @property
    def beyond(self) -> int:
        return sum(sample.beyond + sample.missing for sample in self.samples)

    def growth(self) -> tuple[float, float]:
        """Of memory and database: the last quarter over the second, of the time from when the audit
        trail is as old as it may get."""
        full = [each for each in self.samples if each.hour > 24 * HISTORY_DAYS] or self.samples
        quarter = max(1, len(full) // 4)
        second, last = full[quarter : 2 * quarter], full[-quarter:]

        def over(of: str) -> float:
            after, before = (statistics.mean(getattr(s, of) for s in q) for q in (last, second))
            return after / before

        return over("mebibytes"), over("database_mebibytes")

    @property
    def oldest_event_hours(self) -> float:
        return max(sample.oldest_event_hours for sample in self.samples)


def soak(
    version: str, folder: Path, *, hours: float, speed: float, per_hour: float, seed: int
) -> Soak:
    boot, utc = time.clock_gettime(time.CLOCK_BOOTTIME), time.time()

    def now() -> float:
        return utc + (time.clock_gettime(time.CLOCK_BOOTTIME) - boot) * speed

    adapter = Adapter(
        folder,
        {"allowed_destinations": ["10.0.0.0/8"], "maximum_life_seconds": 604800},
        history_days=HISTORY_DAYS,
        audit_seconds=3600,
        max_requests_per_minute=100_000,
    )
    program = [sys.executable, str(Path(__file__).with_name("fast_adapter.py"))]
    clock = [str(value) for value in (speed, boot, utc)]
    command = [*program, *clock, *adapter.command[1:]]
    with BGPListener() as router, ExaBGP(version, folder, [router], process=command) as exabgp:
        adapter.wait_until_established(exabgp)
        attacks = Attacks(adapter.client, now, hours, per_hour, seed)
        attacks.stand()
        seen = _Watch(adapter, router, attacks, adapter.pid(exabgp))
        seen.look(now(), GRACE_SECONDS * speed)
        latest = 0.0
        following: float | None = attacks.begin
        next_hour = attacks.begin + 3600
        while following is not None:
            moment = min(following, next_hour)
            time.sleep(max(0.0, (moment - now()) / speed))
            if following <= next_hour:
                latest = max(latest, (now() - following) / speed)
                following = attacks.run_due()
            else:
                seen.look(now(), GRACE_SECONDS * speed)
                next_hour += 3600
        # Until the last one is over: only what stands is left.
        time.sleep(max(0.0, (max(_passing(attacks)) - now()) / speed))
        model = attacks.living(now())
        router.wait_for(lambda: seen.held() == model, GRACE_SECONDS)
        router.wait_quiet(1.0)
        registry = {each["match"]["destination"] for each in adapter.client.rules()}
        return Soak(seen.samples, attacks.done, (seen.held(), registry, model), latest)


def _passing(attacks: Attacks) -> list[float]:
    return [end for (incident, _), end in attacks.ends.items() if incident != "standing"]


class _Watch:
    """Looks at memory, database and routes."""

    def __init__(self, adapter: Adapter, router: BGPListener, attacks: Attacks, pid: int) -> None:
        self._adapter, self._router, self._attacks, self._pid = adapter, router, attacks, pid
        self._destinations: dict[Route, str] = {}
        self._before: set[str] = set()
        self.samples: list[Sample] = []

    def held(self) -> set[str]:
        """Destinations at the router."""
        for _, destination in self._attacks.ends:
            rule = parse_rule({"match": {"destination": destination}, "then": {"discard": True}})
            self._destinations.setdefault(("ipv4 flow", rule.match.nlri), destination)
        return {self._destinations[route] for route in list(self._router.table)}

    def look(self, now: float, grace: float) -> None:
        held = self.held()
        ends: dict[str, float] = {}
        for (_, destination), end in self._attacks.ends.items():
            ends[destination] = max(end, ends.get(destination, 0.0))
        beyond = {each for each in held if ends[each] < now - grace}
        living = {each for each, end in ends.items() if end > now + grace}
        missing = (living & self._before) - held
        self._before = living
        events, oldest = self._audit_trail()
        size = sum(path.stat().st_size for path in self._files())
        self.samples.append(
            Sample(
                hour=(now - self._attacks.begin) / 3600,
                mebibytes=resident_mebibytes(self._pid),
                database_mebibytes=size / 2**20,
                events=events,
                oldest_event_hours=(now - oldest) / 3600,
                rules=len(held),
                beyond=len(beyond),
                missing=len(missing),
            )
        )
        self._router.updates.clear()  # or this process would grow

    def _files(self) -> list[Path]:
        return list(self._adapter.database.parent.glob(f"{self._adapter.database.name}*"))

    def _audit_trail(self) -> tuple[int, float]:
        with closing(sqlite3.connect(self._adapter.database)) as database:
            count, oldest = database.execute("SELECT count(*), min(at) FROM history").fetchone()
        return count, oldest or self._attacks.begin


@click.command(context_settings={"show_default": True})
@click.option("--hours", type=click.FloatRange(1, 1000), default=48, help="Simulated.")
@click.option("--speed", type=click.FloatRange(1, 2000), default=480)
@click.option("--per-hour", type=click.FloatRange(1, 1000), default=30, help="Attacks.")
@click.option("--exabgp", "version", type=click.Choice(VERSIONS), default=VERSIONS[0])
@click.option("--seed", type=int, default=1)
def main(hours: float, speed: float, per_hour: float, version: str, seed: int) -> None:
    """Simulate, and exit with 1 if something grows or drifts."""
    with tempfile.TemporaryDirectory() as folder:
        found = soak(version, Path(folder), hours=hours, speed=speed, per_hour=per_hour, seed=seed)
    show(found, f"{hours:g} simulated hours, {speed:g} times as fast, ExaBGP {version}")
    pruned = found.oldest_event_hours <= 24 * HISTORY_DAYS + 2  # pruned once an hour
    flat = pruned and max(found.growth()) <= MOST_GROWTH
    kept = flat and not found.drift and not found.beyond
    sys.exit(0 if kept else 1)


def show(found: Soak, title: str) -> None:
    table = Table(title=title)
    headings = ("hour", "memory, MiB", "database, MiB", "audit trail", "oldest, h", "rules")
    for heading in (*headings, "beyond life", "missing"):
        table.add_column(heading, justify="right")
    for each in found.samples:
        table.add_row(
            f"{each.hour:.0f}",
            f"{each.mebibytes:.1f}",
            f"{each.database_mebibytes:.2f}",
            f"{each.events}",
            f"{each.oldest_event_hours:.1f}",
            *(f"{count}" for count in (each.rules, each.beyond, each.missing)),
        )
    console = Console()
    console.print(table)
    console.print(", ".join(f"{what}: {count}" for what, count in found.done.items()))
    memory, database = found.growth()
    console.print(
        f"after a day, last quarter over second: memory {memory:.3f}, database {database:.3f}"
        f" (at most {MOST_GROWTH}); oldest event {found.oldest_event_hours:.1f} h; the attacks were"
        f" at most {found.latest_seconds:.2f} s (real) late"
    )
    router, registry, model = (len(each) for each in found.left)
    console.print(
        f"at the end: router {router}, registry {registry}, model {model} rules; drift"
        f" {found.drift}; beyond their life or missing: {found.beyond}"
    )


if __name__ == "__main__":
    main()
