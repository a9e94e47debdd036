"""The power fails while the registry is written: what was answered is there, nothing is half there.

Before and after each call the database and its write-ahead log are read. What a power loss leaves
of the call is made from the two: of every 512 octets of what the call wrote, the disk has the old
ones, the new ones, or any. What the call did not touch is as it was (SQLite's "powersafe
overwrite"), and the database itself is written only when the log is on the disk (SQLite's
checkpoints, made to come often here). The index of the log, -shm, is lost. Simulated is the disk;
SQLite, the registry and the gate are the real ones.

A round is made from its seed: FLOWSPEC_POWER_ROUNDS sets how many, FLOWSPEC_POWER_SEED the first.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flowtriq_exabgp_adapter.control.admission import Terms
from flowtriq_exabgp_adapter.control.claim_lookup import ClaimsOfIncidents
from flowtriq_exabgp_adapter.control.gate import Gate, WithdrawalTerms
from flowtriq_exabgp_adapter.control.kill_switch import KillSwitch
from flowtriq_exabgp_adapter.exabgp.observed import Observed
from flowtriq_exabgp_adapter.store.claims import Actor
from flowtriq_exabgp_adapter.store.registry import Registry
from flowtriq_exabgp_adapter.store.unapplied import Unapplied
from flowtriq_flowspec.errors import NotFound
from flowtriq_flowspec.flowspec.rule import FlowRule, Match
from flowtriq_flowspec.flowspec.then import Then
from flowtriq_flowspec.limits.guardrails import Guardrails

ROUNDS = int(os.environ.get("FLOWSPEC_POWER_ROUNDS", "2"))
FIRST_SEED = int(os.environ.get("FLOWSPEC_POWER_SEED", "1"))
STEPS = 40
SECTOR_OCTETS = 512
LOG_HEADER_OCTETS = 32  # https://www.sqlite.org/fileformat.html, section 4.1
NOON = 1_767_268_800.0
WHO = Actor("test")
ACTIONS: tuple[dict[str, Any], ...] = ({"discard": True}, {"rate-limit": 8_000_000})


class Clock:
    seconds = NOON
    boot = None  # the lights went out: another run of the machine

    def now(self) -> float:
        return self.seconds


class Speaker:
    """Takes note of what is wanted; as with an ExaBGP that answers nothing."""

    def __init__(self) -> None:
        self.wanted: dict[str, Then | None] = {}

    def want(self, match: Match, then: Then | None) -> None:
        self.wanted[match.id] = then

    def want_many(self, rules: Iterable[tuple[Match, Then | None]]) -> None:
        for match, then in rules:
            self.want(match, then)

    def keep_in_quarantine(self, rules: Iterable[tuple[FlowRule, str, str | None]]) -> None:
        assert list(rules) == []  # no router, no resets

    def wait_settled(self, _rule_ids: Iterable[str], _timeout_seconds: float) -> bool:
        return False

    def observe(self, rule_ids: Sequence[str]) -> list[Observed]:
        return [Observed(None)] * len(rule_ids)

    def is_gone(self, _rule_id: str) -> bool:
        return False

    def peers(self) -> list[Any]:
        return []


@dataclass(frozen=True)
class Disk:
    """The octets of the database and of its log."""

    database: bytes
    log: bytes

    @classmethod
    def of(cls, path: Path) -> Disk:
        log = path.with_name(f"{path.name}-wal")
        return cls(path.read_bytes(), log.read_bytes() if log.exists() else b"")

    def write(self, path: Path) -> None:
        path.write_bytes(self.database)
        path.with_name(f"{path.name}-wal").write_bytes(self.log)


Content = dict[str, list[tuple[Any, ...]]]


class Adapter:
    """Registry and gate on ``path``."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.registry, self.speaker = Registry(path), Speaker()
        limits = Guardrails.from_dict(
            {"allowed_destinations": ["203.0.113.0/24"], "minimum_life_seconds": 1}
        )
        kill_switch = KillSwitch(path.with_name("kill-switch"))
        self.gate = Gate(self.registry, self.speaker, limits, clock, kill_switch)  # type: ignore[arg-type]


class Round:
    def __init__(self, seed: int, folder: Path) -> None:
        self.random, self.folder = random.Random(seed), folder
        self.path, self.clock = folder / "adapter.sqlite3", Clock()
        self.adapter = Adapter(self.path, self.clock)
        # So that checkpoints come every few calls, and not after four megabytes.
        self.adapter.registry._db.execute("PRAGMA wal_autocheckpoint = 20")
        # What is taken for granted here: a commit waits for the disk (2 is FULL).
        assert self.adapter.registry._db.execute("PRAGMA synchronous").fetchone()[0] == 2
        self.lives: dict[tuple[str, str], float] = {}  # the model: (incident, destination): its end
        self.done: Counter[str] = Counter()

    def run(self) -> None:
        calls = [self.announce, self.announce, self.withdraw, self.expire, self.acknowledge]
        for _ in range(STEPS):
            disk, content, lives = Disk.of(self.path), contents(self.path), dict(self.lives)
            call = self.random.choice(calls)
            call()
            self.done[call.__name__] += 1
            after = Disk.of(self.path)
            self.check(after, [(contents(self.path), self.lives)], "answered")
            outcomes = [(content, lives), (contents(self.path), self.lives)]
            torn = self.torn_log(disk.log, after.log)
            self.check(Disk(disk.database, torn), outcomes, "log torn")
            if disk.database != after.database:
                torn = self.torn(disk.database, after.database)
                self.check(Disk(torn, after.log), outcomes[1:], "checkpoint torn")

    # Calls

    def announce(self) -> None:
        incident, life = f"a:{self.random.randint(1, 5)}", self.random.randint(1, 60)
        then = self.random.choice(ACTIONS)
        hosts = self.random.sample(range(1, 255), self.random.randint(1, 30))
        rules = [{"match": {"destination": f"203.0.113.{host}/32"}, "then": then} for host in hosts]
        results = self.adapter.gate.announce(
            rules, Terms(WHO, expires_in_seconds=life), incident=incident, wait_seconds=0
        )
        for host, result in zip(hosts, results):
            if result["state"] != "refused":
                self.lives[incident, f"203.0.113.{host}/32"] = self.clock.seconds + life

    def withdraw(self) -> None:
        incident = f"a:{self.random.randint(1, 5)}"
        with contextlib.suppress(NotFound):
            self.adapter.gate.withdraw(
                ClaimsOfIncidents([incident]), WithdrawalTerms(WHO, wait_seconds=0)
            )
        self.lives = {key: end for key, end in self.lives.items() if key[0] != incident}

    def expire(self) -> None:
        self.clock.seconds += self.random.randint(0, 20)
        self.adapter.gate.expire()
        self.lives = {key: end for key, end in self.lives.items() if end > self.clock.seconds}

    def acknowledge(self) -> None:
        answers = list(self.adapter.speaker.wanted.items())
        self.random.shuffle(answers)
        with self.adapter.registry.transaction():
            self.adapter.registry.acknowledged(answers[:40], self.clock.seconds)

    # What a power loss leaves

    def torn_log(self, before: bytes, after: bytes) -> bytes:
        """A log that begins anew gets its header first, and that is on the disk before anything
        else is written (https://sqlite.org/src/info/ff5be73dee)."""
        head, old = after[:LOG_HEADER_OCTETS], before[:LOG_HEADER_OCTETS]
        rest = before[LOG_HEADER_OCTETS:]
        if head != old and self.random.random() < 0.2:
            return self.torn(old, head).ljust(LOG_HEADER_OCTETS, b"\0") + rest
        return self.torn(head + rest, after)

    def torn(self, before: bytes, after: bytes) -> bytes:
        """A disk that was about to have ``after`` where it had ``before``."""
        length = self.random.randint(min(len(before), len(after)), max(len(before), len(after)))
        favour = [self.random.random() for _ in range(3)]
        found = bytearray()
        for at in range(0, length, SECTOR_OCTETS):
            end = min(at + SECTOR_OCTETS, length)
            new = after[at:end]
            old = before[at:end].ljust(len(new), b"\0")
            (which,) = self.random.choices(("old", "new", "any"), favour)
            if which == "any":
                noise = self.random.randbytes(len(new))
                found += bytes(n if n == o else x for o, n, x in zip(old, new, noise))
            else:
                found += old if which == "old" else new
        return bytes(found)

    def check(self, disk: Disk, outcomes: list[tuple[Content, Any]], what: str) -> None:
        """The registry opens on ``disk`` with one of the outcomes, and announces no more."""
        self.done[what] += 1
        path = self.folder / "after" / "adapter.sqlite3"
        path.parent.mkdir(exist_ok=True)
        with clean(path.parent):
            disk.write(path)
            later = Clock()
            later.seconds = self.clock.seconds + self.random.randint(0, 30)
            adapter = Adapter(path, later)
            try:
                assert adapter.registry.lost is None
                found = contents(path)
                (lives,) = [lives for content, lives in outcomes if content == found][:1] or [None]
                assert lives is not None, f"{what}: half of a call is there"
                claimed = {(each.incident, each.rule_id) for each in adapter.registry.all_claims()}
                assert len(claimed) == len(lives)
                adapter.gate.start()
                announced = {k for k, then in adapter.speaker.wanted.items() if then is not None}
                alive = {to for (_, to), end in lives.items() if end > later.seconds}
                rules = {rule.id: rule.match["destination"] for rule in adapter.registry.rules()}
                assert {rules[each] for each in announced} == alive
            finally:
                adapter.registry.close()


@contextlib.contextmanager
def clean(folder: Path) -> Iterator[None]:
    yield
    for path in folder.iterdir():
        path.unlink()


def contents(path: Path) -> Content:
    """Every row of every table, as a start finds them."""
    ours = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    with (
        contextlib.closing(sqlite3.connect(path)) as there,
        contextlib.closing(sqlite3.connect(":memory:")) as database,
    ):
        there.backup(database)
        Unapplied.read(database).apply(database)
        tables = [name for (name,) in database.execute(ours)]
        return {table: database.execute(f"SELECT * FROM {table}").fetchall() for table in tables}


@pytest.mark.parametrize("seed", range(FIRST_SEED, FIRST_SEED + ROUNDS))
def test_a_power_loss_loses_nothing_that_was_answered(seed: int, tmp_path: Path) -> None:
    this = Round(seed, tmp_path)
    try:
        this.run()
    finally:
        this.adapter.registry.close()
        print(f"seed {seed}: {dict(this.done)}")
