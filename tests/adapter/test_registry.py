"""The registry: what it keeps, and what happens when the disk takes nothing."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from flowtriq_exabgp_adapter.store.claims import Actor
from flowtriq_exabgp_adapter.store.database import NotStored
from flowtriq_exabgp_adapter.store.registry import Registry
from flowtriq_flowspec.events import Event
from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.lab.waiting import eventually

from .serving import NOON, Serving, serving

DAY = 86400.0
RULE = {"match": {"destination": "203.0.113.1/32"}, "then": {"discard": True}}
OTHER = {"match": {"destination": "203.0.113.2/32"}, "then": {"discard": True}}
WHO = Actor("test", "why")


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    opened = Registry(tmp_path / "adapter.sqlite3")
    yield opened
    opened.close()


def claim(registry: Registry, rule: dict, incident: str = "a:1", now: float = NOON) -> str:
    found = parse_rule(rule)
    with registry.transaction():
        registry.claim(
            found, incident, Event.CLAIMED, vector="", now=now, life_seconds=60, actor=WHO
        )
    return found.id


def acknowledge(registry: Registry, rule_id: str, rule: dict | None, now: float = NOON) -> None:
    with registry.transaction():
        registry.acknowledged([(rule_id, parse_rule(rule).then if rule else None)], now)


def outside(path: Path, statement: str) -> None:
    """As somebody with the sqlite3 command would."""
    database = sqlite3.connect(path)
    try:
        with database:
            database.execute(statement)
    finally:
        database.close()


# -- the history


def test_nobody_changes_an_event(tmp_path: Path, registry: Registry) -> None:
    claim(registry, RULE)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        outside(tmp_path / "adapter.sqlite3", "UPDATE unapplied SET changes = '{}'")
    assert len(registry.history(10)) == 1  # in its table by now
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        outside(tmp_path / "adapter.sqlite3", "UPDATE history SET caller = 'somebody else'")
    assert [event["caller"] for event in registry.history(10)] == ["test"]


def test_nobody_removes_what_happened_within_a_day(tmp_path: Path, registry: Registry) -> None:
    for hours in (0, 1, 30, 40):
        claim(registry, RULE, now=NOON + hours * 3600)
    assert len(registry.history(10)) == 4  # in its table by now
    outside(tmp_path / "adapter.sqlite3", "DELETE FROM history")
    kept = [event["at"] for event in registry.history(10)]
    assert kept == [NOON + 40 * 3600, NOON + 30 * 3600]


def test_old_events_are_pruned_by_age(registry: Registry) -> None:
    for days in (0, 1, 89, 90):
        claim(registry, RULE, now=NOON + days * DAY)
    registry.prune_history(NOON + 1.5 * DAY)
    kept = [(event["at"] - NOON) / DAY for event in registry.history(10)]
    assert kept == [90, 89]


def test_pruning_reads_only_what_it_removes(tmp_path: Path, registry: Registry) -> None:
    # The history may be millions of events long, and the database takes one writer at a time.
    claim(registry, RULE)
    database = sqlite3.connect(tmp_path / "adapter.sqlite3")
    plan = database.execute("EXPLAIN QUERY PLAN DELETE FROM history WHERE at < 5").fetchall()
    database.close()
    assert "USING" in plan[0][3]
    assert "INDEX" in plan[0][3]


# -- counting


def test_a_checkpoint_moves_what_was_written_into_the_database_itself(
    adapter: Serving, tmp_path: Path
) -> None:
    adapter.announce({"match": {"destination": "203.0.113.9/32"}, "then": {"discard": True}})
    adapter.registry.checkpoint()
    alone = tmp_path / "alone.sqlite3"
    alone.write_bytes(adapter.database.read_bytes())  # without its log
    with contextlib.closing(sqlite3.connect(alone)) as database:
        found = database.execute("SELECT destination FROM rules").fetchall()
    assert found == [("203.0.113.9/32",)]


def test_the_log_is_long_from_the_start_and_keeps_what_is_in_it(
    tmp_path: Path, registry: Registry
) -> None:
    claim(registry, RULE)
    registry.checkpoint()
    log = tmp_path / "adapter.sqlite3-wal"
    assert log.stat().st_size >= 8 * 1024 * 1024
    claim(registry, OTHER)
    assert log.stat().st_size < 9 * 1024 * 1024  # it went into the room that was there
    after_power_loss = tmp_path / "after" / "adapter.sqlite3"
    after_power_loss.parent.mkdir()
    for suffix in ("", "-wal"):
        octets = (tmp_path / f"adapter.sqlite3{suffix}").read_bytes()
        after_power_loss.with_name(f"adapter.sqlite3{suffix}").write_bytes(octets)
    reopened = Registry(after_power_loss)
    assert [rule.match["destination"] for rule in reopened.rules()] == [
        "203.0.113.1/32",
        "203.0.113.2/32",
    ]
    assert reopened.lost is None
    reopened.close()


def test_the_log_stays_short_where_the_disk_has_little_room(
    tmp_path: Path, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    little = SimpleNamespace(f_bavail=100_000, f_frsize=4096)
    monkeypatch.setattr("flowtriq_flowspec.sqlite_file.os.fstatvfs", lambda _file: little)
    claim(registry, RULE)
    registry.checkpoint()
    assert (tmp_path / "adapter.sqlite3-wal").stat().st_size < 1024 * 1024


def test_the_counter_survives_a_restart_and_counts_no_renewal(tmp_path: Path) -> None:
    path = tmp_path / "adapter.sqlite3"
    first = Registry(path)
    rule_id = claim(first, RULE)
    acknowledge(first, rule_id, RULE)
    acknowledge(first, rule_id, RULE)  # announced again, after ExaBGP's restart
    claim(first, RULE, incident="b:1")
    first.close()
    second = Registry(path)
    assert second.deployed() == {("ipv4", "discard"): 1}
    acknowledge(second, rule_id, RULE)
    assert second.deployed() == {("ipv4", "discard"): 1}
    with second.transaction():
        second.end_claims(second.all_claims(), NOON, WHO, Event.RELEASED)
    acknowledge(second, rule_id, None)
    assert second.rules() == []
    claim(second, RULE)
    acknowledge(second, rule_id, RULE)
    assert second.deployed() == {("ipv4", "discard"): 2}
    second.close()


def test_a_late_acknowledgement_does_not_delete_a_rule_that_was_claimed_again(
    registry: Registry,
) -> None:
    rule_id = claim(registry, RULE)
    acknowledge(registry, rule_id, RULE)
    with registry.transaction():
        registry.end_claims(registry.all_claims(), NOON, WHO, Event.RELEASED)
    claim(registry, RULE)
    acknowledge(registry, rule_id, None)  # of the withdrawal before
    assert [rule.id for rule in registry.rules()] == [rule_id]
    acknowledge(registry, rule_id, RULE)
    assert registry.deployed() == {("ipv4", "discard"): 2}


def test_a_transaction_is_all_or_nothing(registry: Registry) -> None:
    rule = parse_rule(RULE)
    with pytest.raises(RuntimeError), registry.transaction():
        registry.claim(rule, "a:1", Event.CLAIMED, vector="", now=NOON, life_seconds=9, actor=WHO)
        raise RuntimeError
    assert registry.rules() == []
    assert registry.history(10) == []


def test_others_see_a_change_when_it_is_on_the_disk(registry: Registry) -> None:
    seen: list[int] = []

    def look() -> None:
        reading = threading.Thread(target=lambda: seen.append(len(registry.rules())))
        reading.start()
        reading.join()

    with registry.transaction():
        registry.claim(
            *(parse_rule(RULE), "a:1", Event.CLAIMED),
            **{"vector": "", "now": NOON, "life_seconds": 9, "actor": WHO},
        )
        look()
        assert len(registry.rules()) == 1, "its own thread sees it"
    look()
    assert seen == [0, 1]


def test_the_audit_notices_a_database_that_is_not_what_is_in_memory(registry: Registry) -> None:
    claim(registry, RULE)
    assert registry.agrees_with_the_database()
    registry._db.execute("DELETE FROM claims")
    assert not registry.agrees_with_the_database()


def test_the_journal_mode_and_a_commit_that_waits_for_the_disk(
    tmp_path: Path, registry: Registry
) -> None:
    database = sqlite3.connect(tmp_path / "adapter.sqlite3")
    assert database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    database.close()
    # FULL: a commit is on the disk, not in the kernel's memory, before it is answered.
    assert registry._db.execute("PRAGMA synchronous").fetchone()[0] == 2


def test_a_missing_folder_is_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(NotStored, match=r"nowhere/adapter\.sqlite3"):
        Registry(tmp_path / "nowhere" / "adapter.sqlite3")


def test_a_withdrawal_that_is_recorded_late_does_not_delete_a_rule_announced_since(
    adapter: Serving,
) -> None:
    """If it were deleted, nobody would withdraw it when its claim ends."""
    (rule,) = adapter.announce(RULE)
    adapter.let_the_recorder_catch_up()
    with adapter.registry._lock:  # the recorder waits
        adapter.withdraw(id=rule["id"])
        adapter.announce(RULE)
        adapter.exabgp.hold_answers()
        adapter.withdraw(id=rule["id"], wait_seconds=0)
    # It writes down the second announcement behind the first withdrawal.
    assert eventually(lambda: [each["event"] for each in adapter.history()].count("announced") == 2)
    assert [each.id for each in adapter.registry.rules()] == [rule["id"]]
    adapter.exabgp.release_answers()
    assert eventually(lambda: not adapter.registry.rules())
    assert adapter.exabgp.rib == {}


# -- a disk that takes nothing


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


def read_only(registry: Registry) -> None:
    registry._db.execute("PRAGMA query_only = ON")


def full(registry: Registry) -> None:
    pages = registry._db.execute("PRAGMA page_count").fetchone()[0]
    registry._db.execute(f"PRAGMA max_page_count = {pages}")


@pytest.mark.parametrize("trouble", ["read-only", "full"])
def test_a_rule_that_cannot_be_stored_is_not_announced(adapter: Serving, trouble: str) -> None:
    (kept,) = adapter.announce(RULE)
    adapter.let_the_recorder_catch_up()
    said = list(adapter.exabgp.flows())
    {"read-only": read_only, "full": full}[trouble](adapter.registry)
    rules = [
        {"match": {"destination": f"203.0.113.{host}/32"}, "then": {"discard": True}}
        for host in range(2, 100)
    ]
    answer = adapter.ask("POST", "/v1/rules", {"incident": "b:1", "rules": rules})
    assert answer.status_code == 503
    assert answer.get_json()["error"]["code"] == "temporary"
    assert adapter.exabgp.flows() == said
    assert [rule["id"] for rule in adapter.rules()] == [kept["id"]]


def test_a_claim_expires_on_time_even_if_that_cannot_be_stored(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    lives, ends = adapter.announce(RULE), adapter.announce(OTHER, expires_in_seconds=60)
    adapter.announce({**OTHER, "then": {"rate-limit": 8_000_000}}, incident="b:1")
    adapter.let_the_recorder_catch_up()
    read_only(adapter.registry)
    adapter.clock.seconds += 61
    assert adapter.gate.expire() == 1, "then it is tried again"
    assert adapter.speaker.wait_settled([lives[0]["id"], ends[0]["id"]], 5)
    # The stricter claim has ended; what the other incident wants is left.
    assert adapter.exabgp.rib == {
        "destination 203.0.113.1/32;": "discard;",
        "destination 203.0.113.2/32;": "rate-limit 1000000;",
    }
    # What ended does not come back when the other goes.
    adapter.ask("POST", "/v1/withdrawals", {"incident": "b:1"})
    assert adapter.exabgp.wait_for(lambda: len(adapter.exabgp.rib) == 1)
    wanted: list[object] = []
    monkeypatch.setattr(adapter.speaker, "want_many", wanted.extend)
    adapter.gate.expire()
    assert wanted == [], "it is withdrawn already"


def test_claims_end_on_time_without_the_registry(adapter: Serving) -> None:
    (rule,) = adapter.announce(RULE, expires_in_seconds=60)
    adapter.let_the_recorder_catch_up()
    adapter.registry.close()
    adapter.clock.seconds += 61
    assert adapter.gate.expire() == 1, "then it is tried again"
    assert adapter.speaker.wait_settled([rule["id"]], 5)
    assert adapter.exabgp.rib == {}


def test_a_withdrawal_does_not_need_the_disk(adapter: Serving) -> None:
    (gone,), (kept,) = adapter.announce(RULE), adapter.announce(OTHER)
    adapter.announce({**RULE, "then": {"rate-limit": 8_000_000}}, incident="b:1")
    adapter.let_the_recorder_catch_up()
    read_only(adapter.registry)
    answer = adapter.ask("POST", "/v1/withdrawals", {"id": gone["id"]})
    assert answer.status_code == 503
    assert "withdrawn, but a restart announces them again" in answer.get_json()["error"]["message"]
    assert adapter.speaker.wait_settled([gone["id"], kept["id"]], 5)
    assert adapter.exabgp.rib == {"destination 203.0.113.2/32;": "discard;"}


def test_the_end_of_an_incident_is_remembered_over_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as before:
        before.ask("POST", "/v1/withdrawals", {"incident": "a:1", "seen_at": NOON + 1})
    with serving(tmp_path) as after:
        assert after.announce(RULE, seen_at=NOON)[0]["state"] == "refused"


def test_an_end_that_cannot_be_stored_withdraws_all_the_same(adapter: Serving) -> None:
    (gone,) = adapter.announce(RULE)
    adapter.let_the_recorder_catch_up()
    read_only(adapter.registry)
    adapter.ask("POST", "/v1/withdrawals", {"incident": "a:1", "seen_at": NOON})
    assert adapter.speaker.wait_settled([gone["id"]], 5)
    assert adapter.exabgp.rib == {}


def test_a_claim_that_the_kill_switch_could_not_end_is_not_announced_again(
    adapter: Serving,
) -> None:
    """Two incidents claim one rule. The end of the first leaves the other's claim, if the registry
    still has it."""
    (rule,) = adapter.announce(RULE, expires_in_seconds=60)
    adapter.announce(RULE, incident="b:1")
    adapter.let_the_recorder_catch_up()
    read_only(adapter.registry)
    answer = adapter.ask("POST", "/v1/kill-switch", {"engaged": True}).get_json()
    assert (answer["withdrawn"], answer["recorded"]) == (True, False)
    adapter.clock.seconds += 61
    adapter.gate.expire()
    adapter.registry._db.execute("PRAGMA query_only = OFF")
    adapter.gate.expire()
    assert adapter.speaker.wait_settled([rule["id"]], 5)
    assert sum("announce" in command for command in adapter.exabgp.flows()) == 1
    assert adapter.exabgp.rib == {}


def test_the_kill_switch_leaves_no_rule_in_the_registry(adapter: Serving) -> None:
    """Also where the acknowledgements are recorded before the claims are ended."""
    adapter.announce(RULE, OTHER)
    adapter.let_the_recorder_catch_up()
    assert adapter.ask("POST", "/v1/kill-switch", {"engaged": True}).get_json()["recorded"]
    assert adapter.registry.rules() == []
    events = [event["event"] for event in adapter.history()]
    assert events.count("withdrawn") == 2


# -- counts: kept, and not counted again


def test_counts_are_those_of_what_lives_also_after_a_start(
    tmp_path: Path, registry: Registry
) -> None:
    discarded, slowed = claim(registry, RULE), {**RULE, "then": {"rate-limit": 8_000_000}}
    claim(registry, slowed, incident="b:1")
    other = claim(registry, OTHER)
    assert registry.living()["ipv4"][0] == 2
    with registry.transaction():
        registry.end_claims(registry.claims_of_incidents(["a:1"]), NOON, WHO, Event.RELEASED)
    assert [(rule.id, rule.then) for rule in registry.rules()] == [
        (discarded, parse_rule(slowed).then),
        (other, None),
    ]
    assert registry.living()["ipv4"][0] == 1
    claim(registry, OTHER)
    assert registry.living()["ipv4"][0] == 2
    registry.close()
    after = Registry(tmp_path / "adapter.sqlite3")
    assert after.rules() == registry.rules()
    assert after.living() == registry.living()
    assert after.announcements_last_minute(NOON) == registry.announcements_last_minute(NOON)
    with after.transaction():
        after.end_all_claims(NOON, WHO, Event.RELEASED)
    assert [rule.then for rule in after.rules()] == [None, None]
    assert after.living() == {}
    events = [(event["event"], event["rule_id"]) for event in after.history(2)]
    assert events == [("released", other), ("released", discarded)]
    after.close()
