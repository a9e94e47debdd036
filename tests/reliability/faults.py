"""The faults of the chaos: one function each, and how often a round may have it."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.errors import AdapterUnreachable

from tests.lab.flapping import flapping
from tests.lab.raw_http import HEAD, connect
from tests.lab.waiting import wait_until

from .chaos import FAMILY, NEVER_TAKEN, Round, route, rule

ANY = 99
SUSPECT_SECONDS = 2.0
"""A rule that came so soon before a router's first flap may be its cause."""

# The processes


def kill_adapter(this: Round) -> None:
    this.adapter_runs()
    this.moment(0.1)  # amid what the calls before set off
    this.adapter_dies()
    this.adapter.kill(this.exabgp)


def kill_exabgp(this: Round) -> None:
    this.adapter_runs()
    this.moment(0.1)
    this.adapter_dies()
    this.adapter.kill_exabgp(this.exabgp)
    this.moment(1)
    this.exabgp_starts.append(time.monotonic())
    this.exabgp.start()


def adapter_hangs(this: Round) -> None:
    _hang(this.adapter_runs())


def exabgp_hangs(this: Round) -> None:
    _hang(this.exabgp.popen.pid)


def _hang(pid: int) -> None:
    """Stopped for a moment: there is no event to wait for, the moment is the fault."""
    os.kill(pid, signal.SIGSTOP)
    time.sleep(0.2)
    with contextlib.suppress(ProcessLookupError):  # an earlier fault may have ended it just now
        os.kill(pid, signal.SIGCONT)


# The machine


def disk_is_full(this: Round) -> None:
    """For a moment no file of the adapter takes an octet; Python ignores SIGXFSZ."""
    this.status()  # it has started
    pid = this.adapter_runs()
    room = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, room[1]))
    _refuses(this, "did not take the change")
    this.moment(1)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, room)


def clock_is_set(this: Round) -> None:
    """While the adapter runs; its successor, if it is killed, finds it so."""
    written = this.clock.with_suffix(".new")
    written.write_text(str(this.random.choice([-86_400, -600, 600, 86_400])))
    written.replace(this.clock)  # never read half written


def slow_clients(this: Round) -> None:
    """A hundred local users who never finish their requests; until the end of the round."""
    this.status()
    begin = HEAD % b"/v1/rules" + b"Content-Length: 9\r\n\r\n{"
    for _ in range(100):
        with contextlib.suppress(OSError):  # the adapter may have closed the oldest, or ended
            this.slow_ones.append(connect(this.adapter.socket))
            this.slow_ones[-1].sendall(begin)


def log_is_blocked(this: Round) -> None:
    """From now on nobody reads what the adapter and its successors log."""
    this.log.block()


# The registry's file


def database_deleted(this: Round) -> None:
    faults = this.status()["registry"]["faults"]
    _delete(this)
    this.announce()
    this.withdraw()
    _registry_is(this, "in_place", faults + 1)


def database_replaced(this: Round) -> None:
    """By an older one; then the operator moves that away."""
    faults = this.status()["registry"]["faults"]
    kept = _copy(this)
    this.announce()
    kept.replace(this.adapter.database)
    _registry_is(this, "replaced", faults + 1)
    _refuses(this, "was replaced while the adapter used it")
    this.withdraw()
    this.adapter.database.rename(this.folder / "moved-away")
    _registry_is(this, "in_place", faults + 2)


def database_missing_at_a_start(this: Round) -> None:
    """What was claimed is not known any more: nothing of it may stay."""
    _while_the_adapter_is_down(this, lambda: _delete(this))
    this.claims.clear()


def database_older_at_a_start(this: Round) -> None:
    this.status()
    kept, claims = _copy(this), dict(this.claims)
    for call in (this.announce, this.withdraw, this.announce):
        call()

    def put_back() -> None:
        _delete(this)
        kept.rename(this.adapter.database)

    _while_the_adapter_is_down(this, put_back)
    this.claims = claims


def database_shared(this: Round) -> None:
    """A second adapter is started on it."""
    this.status()
    settings = yaml.safe_load((this.folder / "adapter.yaml").read_text())
    settings["socket"]["path"] = str(this.folder / "second.sock")
    second = this.folder / "second.yaml"
    second.write_text(yaml.safe_dump(settings))
    command = [this.adapter.command[0], "--config", str(second)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "is in use by another process of the adapter" in done.stderr


def _delete(this: Round) -> None:
    for end in ("", "-wal", "-shm"):
        this.adapter.database.with_name(f"adapter.sqlite3{end}").unlink(missing_ok=True)


def _copy(this: Round) -> Path:
    kept = this.folder / "kept"
    source, target = sqlite3.connect(this.adapter.database), sqlite3.connect(kept)
    with contextlib.closing(source), contextlib.closing(target):
        source.backup(target)
    return kept


def _while_the_adapter_is_down(this: Round, change: Callable[[], None]) -> None:
    """ExaBGP keeps the routes, and starts the adapter again after the change."""
    this.status()
    pid = this.adapter_runs()
    this.adapter_dies()
    os.kill(pid, signal.SIGSTOP)
    change()
    this.adapter.kill(this.exabgp)


def _registry_is(this: Round, place: str, faults: int) -> None:
    expected = {"place": place, "faults": faults}
    wait_until(lambda: this.status()["registry"] == expected, lambda: str(this.status()))


def _refuses(this: Round, why: str) -> None:
    with (
        AdapterClient(str(this.adapter.socket), timeout_seconds=5) as client,
        pytest.raises(AdapterUnreachable, match=why),
    ):
        client.announce(incident="a:1", rules=[rule(NEVER_TAKEN)], wait_seconds=0)


# The router that is always a neighbour


def drop_session(this: Round) -> None:
    this.router.drop()


def session_is_away(this: Round) -> None:
    """What is said meanwhile waits in ExaBGP until it is back."""
    this.status()
    with this.deafness(this.router):
        this.router.drop()
        for call in (this.announce, this.announce, this.withdraw, this.announce):
            call()


def router_stops_reading(this: Round) -> None:
    this.status()  # not while nobody answers: it would be for long
    with this.deafness(this.router):
        this.announce()
        this.withdraw()


def router_turns_against_a_rule(this: Round) -> None:
    claimed = {host for _, host in this.claims}
    # One that it has not: what it has already, it may keep.
    this.poison = this.random.choice([each for each in range(1, 21) if each not in claimed])
    poisoned = route(this.poison)
    this.router.poison = lambda each: each == poisoned
    this.announce(this.poison)


# The other router: each of these lasts until the next, or the end of the round


def other_router_flaps(this: Round) -> None:
    this.misbehaviour.close()
    time.sleep(SUSPECT_SECONDS)
    this.misbehaviour.enter_context(flapping(this.other, this.random.choice([0.1, 0.5])))
    if this.other in this.neighbors:
        sessions = this.other.sessions
        this.other.wait_for(lambda: this.other.sessions > sessions + 1)


def other_router_is_deaf(this: Round) -> None:
    this.misbehaviour.close()
    this.misbehaviour.enter_context(this.deafness(this.other))


def other_router_is_away(this: Round) -> None:
    this.misbehaviour.close()
    this.other.refuse()
    this.misbehaviour.callback(this.other.refuse, False)


# ExaBGP's configuration, read again at SIGUSR1


def neighbour_comes_or_goes(this: Round) -> str:
    added = this.other not in this.neighbors
    this.neighbors = [this.router, this.other] if added else [this.router]
    _reload(this)
    return "neighbour_added" if added else "neighbour_removed"


def neighbour_changed(this: Round) -> None:
    """Its local address, which is another neighbour for ExaBGP, or its address families. 4.2 ends
    the adapter when a family is taken away (tests/adapter/test_neighbors.py)."""
    if this.random.random() < 0.5 or this.exabgp.version.startswith("4"):
        this.local_address = "127.0.0.2" if this.local_address == "127.0.0.1" else "127.0.0.1"
    elif FAMILY in this.other.families:
        this.other.families = ("ipv6 flow",)
    else:
        this.other.families = (FAMILY, "ipv6 flow")
    _reload(this)


def _reload(this: Round) -> None:
    this.status()  # ExaBGP has started: before, the signal would end it
    try:
        this.exabgp.reload(this.neighbors, local_address=this.local_address)
    except AssertionError:  # it ignores the signal while the other router, deaf, lets it connect
        this.misbehaviour.close()
        this.exabgp.reload(this.neighbors, local_address=this.local_address)


FAULTS: tuple[dict[Callable[[Round], str | None], int], ...] = (
    {
        kill_adapter: 2,  # ExaBGP ends when its process dies more than four times within a minute
        kill_exabgp: ANY,
        adapter_hangs: ANY,
        exabgp_hangs: ANY,
    },
    {disk_is_full: ANY, clock_is_set: ANY, slow_clients: ANY, log_is_blocked: 1},
    {
        database_deleted: ANY,
        database_replaced: ANY,
        database_missing_at_a_start: 1,
        database_older_at_a_start: 1,
        database_shared: 1,
    },
    {
        drop_session: ANY,
        session_is_away: ANY,
        router_stops_reading: ANY,
        router_turns_against_a_rule: 1,
    },
    {other_router_flaps: ANY, other_router_is_deaf: ANY, other_router_is_away: ANY},
    {neighbour_comes_or_goes: ANY, neighbour_changed: ANY},
)
"""By what they befall: each of these is as likely as another, and so is each fault of it."""
