"""What alerts said is kept, and given out once more where nobody did what it asked for."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flowtriq_exabgp_adapter.control import unfinished_attacks
from flowtriq_exabgp_adapter.store import attacks_seen as store

from .serving import NOON, Serving, serving

RULE = {
    "match": {"destination": "203.0.113.7/32", "protocol": "udp"},
    "then": {"discard": True},
    "vector": "udp_flood",
}
PATH = "/v1/attacks-seen"


@pytest.fixture
def adapter(tmp_path: Path) -> Iterator[Serving]:
    with serving(tmp_path) as running:
        yield running


def attack(status: str = "started", seen_at: float = NOON, **more: Any) -> dict[str, Any]:
    return {
        "source": "fastnetmon",
        "status": status,
        "vector": "udp_flood",
        "family": "udp_flood",
        "severity": "high",
        "targets": [{"prefix": "203.0.113.7/32", "incident": "f:7"}],
        "observed": {"source_ports": [53]},
        "summary": "",
        "seen_at": seen_at,
        **more,
    }


def tell(adapter: Serving, *attacks: dict[str, Any], **more: Any) -> None:
    answer = adapter.ask("POST", PATH, {"attacks": attacks, **more})
    assert answer.status_code == 200, answer.get_json()


def tell_one_for_each_host(adapter: Serving, hosts: int) -> None:
    targets = [
        {"prefix": f"203.0.113.{number}/32", "incident": f"f:{number}"} for number in range(hosts)
    ]
    tell(adapter, *(attack(targets=[target]) for target in targets))


def settle(adapter: Serving, seen_at: float = NOON, incident: str = "f:7") -> None:
    body = {"incidents": [incident], "seen_at": seen_at}
    assert adapter.ask("POST", f"{PATH}/settled", body).status_code == 200


def overdue(adapter: Serving) -> list[dict[str, Any]]:
    return adapter.ask("POST", f"{PATH}/overdue", {}).get_json()["attacks"]


def later(adapter: Serving, seconds: float = unfinished_attacks.GRACE_SECONDS) -> None:
    adapter.clock.seconds += seconds


def announce(adapter: Serving, **more: Any) -> None:
    adapter.announce(RULE, incident="f:7", automation=True, seen_at=NOON, **more)


def test_an_alert_that_nobody_settled_is_given_out_after_the_grace_whole(adapter: Serving) -> None:
    tell(adapter, attack())
    later(adapter, 19)
    assert overdue(adapter) == []
    later(adapter, 1)
    assert overdue(adapter) == [attack()]
    (event,) = [each for each in adapter.history() if each["event"] == "attack_made_up_for"]
    assert event["incident"] == "f:7"
    assert adapter.status()["events_total"]["attack_made_up_for"] == 1


def test_it_is_given_out_to_one_sensor_and_less_and_less_often(adapter: Serving) -> None:
    tell(adapter, attack())
    given_at = []
    for _ in range(200):
        later(adapter, 10)
        if overdue(adapter):
            assert overdue(adapter) == []
            given_at.append(adapter.clock.seconds - NOON)
    assert given_at == [20, 60, 140, 300]


def test_what_is_settled_is_not_given_out_until_the_next_alert(adapter: Serving) -> None:
    tell(adapter, attack())
    announce(adapter)
    settle(adapter)
    later(adapter, 100)
    assert overdue(adapter) == []
    tell(adapter, attack("updated", NOON + 100))
    settle(adapter, NOON)  # a late one, of the first
    later(adapter, 100)
    assert [each["seen_at"] for each in overdue(adapter)] == [NOON + 100]


def test_a_half_announced_attack_is_given_out(adapter: Serving) -> None:
    tell(adapter, attack())
    announce(adapter)
    later(adapter)
    assert overdue(adapter) == [attack()]


def test_the_targets_of_one_alert_come_back_together(adapter: Serving) -> None:
    targets = [{"prefix": f"203.0.113.{n}/32", "incident": f"f:{n}"} for n in range(1, 5)]
    tell(adapter, attack(targets=targets))
    later(adapter)
    assert overdue(adapter) == [attack(targets=targets)]


def test_what_a_person_withdrew_does_not_come_back(adapter: Serving) -> None:
    announce(adapter)
    tell(adapter, attack())
    adapter.withdraw(incident="f:7")
    later(adapter)
    assert overdue(adapter) == []


@pytest.mark.parametrize("at", ["before", "after"])
def test_nothing_comes_back_after_the_kill_switch(adapter: Serving, at: str) -> None:
    tell(adapter, attack())
    if at == "after":
        announce(adapter)
    adapter.ask("POST", "/v1/kill-switch", {"engaged": True})
    adapter.ask("POST", "/v1/kill-switch", {"engaged": False})
    later(adapter)
    assert overdue(adapter) == []


def test_nothing_comes_back_after_everything_was_withdrawn(adapter: Serving) -> None:
    tell(adapter, attack())
    adapter.withdraw(all=True)
    later(adapter)
    assert overdue(adapter) == []


def test_what_was_refused_is_not_tried_again(adapter: Serving) -> None:
    tell(adapter, attack())
    foreign = {**RULE, "match": {"destination": "192.0.2.1/32"}}
    adapter.announce(foreign, incident="f:7")
    later(adapter)
    assert overdue(adapter) == []


@pytest.mark.parametrize("event", ["approval_asked", "approval_refused", "approval_timed_out"])
def test_what_people_were_asked_about_is_not_given_out(adapter: Serving, event: str) -> None:
    tell(adapter, attack())
    about = [{"incident": "f:7", "id": "0123456789ab"}]
    adapter.ask("POST", "/v1/notes", {"event": event, "about": about})
    later(adapter)
    assert overdue(adapter) == []


def test_what_expired_by_its_longest_life_is_over(adapter: Serving) -> None:
    tell(adapter, attack())
    announce(adapter, expires_in_seconds=60)
    later(adapter, 61)
    adapter.gate.expire()
    assert overdue(adapter) == []


def test_a_renewal_that_was_lost_is_made_up_for_though_the_old_claim_expired(
    adapter: Serving,
) -> None:
    announce(adapter, expires_in_seconds=60)
    later(adapter, 55)
    tell(adapter, attack("updated", NOON + 55))
    later(adapter, 20)
    adapter.gate.expire()
    assert [each["status"] for each in overdue(adapter)] == ["updated"]


def test_a_lost_end_is_given_out_while_its_claims_live(adapter: Serving) -> None:
    tell(adapter, attack())
    announce(adapter)
    settle(adapter)
    later(adapter, 100)
    tell(adapter, attack("ended", NOON + 100, vector="unknown", observed={}))
    later(adapter)
    assert overdue(adapter) == [attack("ended", NOON + 100)]


def test_an_end_that_left_no_claim_or_was_scheduled_is_settled(adapter: Serving) -> None:
    tell(adapter, attack("ended"))
    later(adapter)
    assert overdue(adapter) == []
    announce(adapter)
    tell(adapter, attack("ended", NOON + 30))
    adapter.withdraw(incidents=["f:7"], after_seconds=300, seen_at=NOON + 30)
    later(adapter)
    assert overdue(adapter) == []


def test_rules_that_a_person_extended_after_the_end_stay(adapter: Serving) -> None:
    announce(adapter)
    tell(adapter, attack("ended", NOON + 30))
    adapter.announce(RULE, incident="f:7", expires_in_seconds=3600)
    later(adapter)
    assert overdue(adapter) == []


def test_an_older_alert_changes_nothing_unless_the_clock_was_set(adapter: Serving) -> None:
    tell(adapter, attack("ended", NOON))
    tell(adapter, attack("started", NOON - 1))
    (known,) = adapter.ask("GET", f"{PATH}?incident=f:7").get_json()["attacks"]
    assert known["status"] == "ended"
    tell(adapter, attack("started", NOON - 4000))
    (known,) = adapter.ask("GET", f"{PATH}?incident=f:7").get_json()["attacks"]
    assert known["status"] == "started"


def test_a_queue_that_moves_loses_nothing_and_what_was_overtaken_is_lost(
    adapter: Serving,
) -> None:
    def named(number: int) -> dict[str, Any]:
        target = {"prefix": "203.0.113.7/32", "incident": f"f:{number}"}
        return attack(targets=[target], seen_at=adapter.clock.seconds)

    tell(adapter, *(named(number) for number in range(10)))
    for number in range(1, 10):
        later(adapter, 10)
        settle(adapter, adapter.clock.seconds, f"f:{number}")
        assert overdue(adapter) == []
    tell(adapter, named(10))
    settle(adapter, adapter.clock.seconds, "f:10")
    for number in range(11, 13):
        later(adapter, 15)
        tell(adapter, named(number))
        settle(adapter, adapter.clock.seconds, f"f:{number}")
    assert [each["targets"][0]["incident"] for each in overdue(adapter)] == ["f:0"]


def test_a_slow_engine_is_given_little_a_second_time(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One notification on many targets, of which the engine settles one in 25 s: none is lost."""
    monkeypatch.setattr(unfinished_attacks, "_MOST_AT_ONCE", 2)
    tell_one_for_each_host(adapter, 10)
    given = 0
    for second in range(0, 250, 5):
        later(adapter, 5)
        given += sum(len(each["targets"]) for each in overdue(adapter))
        if second % 25 == 20:
            settle(adapter, incident=f"f:{second // 25}")
    assert given == 2  # at 20 s nothing was known


def test_what_nobody_settles_is_given_out_part_by_part(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unfinished_attacks, "_MOST_AT_ONCE", 2)
    tell_one_for_each_host(adapter, 4)
    given_at = []
    for _ in range(11):
        later(adapter, 5)
        if overdue(adapter):
            given_at.append(adapter.clock.seconds - NOON)
    assert given_at == [20, 40]


def test_a_long_queue_has_more_time(adapter: Serving) -> None:
    tell_one_for_each_host(adapter, 250)
    later(adapter)
    assert overdue(adapter) == []
    later(adapter, 3)
    assert sum(len(each["targets"]) for each in overdue(adapter)) == 250


def test_it_is_on_the_disk_before_the_answer(adapter: Serving) -> None:
    tell(adapter, attack())
    with contextlib.closing(sqlite3.connect(adapter.database)) as database:
        rows = database.execute("SELECT incident, settled FROM attacks_seen").fetchall()
    assert rows == [("f:7", 0)]


def test_what_is_going_on_is_listed_by_sender(adapter: Serving) -> None:
    tell(adapter, attack(), listed=True)
    tell(adapter, attack("updated", NOON + 5))
    (known,) = adapter.ask("GET", f"{PATH}?source=fastnetmon").get_json()["attacks"]
    of_it = {"listed": True, "settled": False}
    assert known == {**attack("updated", NOON + 5), "began_at": NOON, **of_it}
    tell(adapter, attack("ended", NOON + 9))
    assert adapter.ask("GET", f"{PATH}?source=fastnetmon").get_json()["attacks"] == []
    assert adapter.ask("GET", PATH).status_code == 400


def test_the_table_is_bounded_and_forgets(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST", 10)
    targets = [{"prefix": "203.0.113.7/32", "incident": f"f:{n}"} for n in range(30)]
    tell(adapter, attack(targets=targets))
    assert len(adapter.ask("GET", f"{PATH}?source=fastnetmon").get_json()["attacks"]) == 10
    later(adapter, adapter.limits.maximum_life_seconds + 1)
    tell(adapter, attack(seen_at=adapter.clock.seconds, source="other"))
    assert adapter.ask("GET", f"{PATH}?source=fastnetmon").get_json()["attacks"] == []


def test_only_the_automation_may_tell(tmp_path: Path) -> None:
    roles = {"*": "operate", "nobody": "automation"}
    socket = {"path": str(tmp_path / "adapter.sock"), "roles": roles}
    with serving(tmp_path, socket=socket) as adapter:
        for path, body in (
            (PATH, {"attacks": [attack()]}),
            (f"{PATH}/settled", {"incidents": ["f:7"], "seen_at": NOON}),
            (f"{PATH}/overdue", {}),
        ):
            answer = adapter.ask("POST", path, body)
            assert (answer.status_code, answer.get_json()["error"]["limit"]) == (403, "automation")


def test_words_that_name_no_vector_are_counted_once_an_incident_and_bounded(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOST_WORDS", 2)
    for seen_at in (NOON, NOON + 1):
        tell(adapter, attack(seen_at=seen_at, unknown_words=["QUIC storm"]))
    for number, word in enumerate(["b", "c", "d", "b"]):
        targets = [{"prefix": "203.0.113.8/32", "incident": f"g:{number}"}]
        tell(adapter, attack(targets=targets, unknown_words=[word]))
    assert adapter.status()["unknown_words"] == [
        {"word": "QUIC storm", "count": 1},
        {"word": "b", "count": 2},
        {"word": "other words", "count": 2},
    ]
    noted = [each for each in adapter.history() if each["event"] == "vector_unknown"]
    assert (noted[-1]["incident"], noted[-1]["detail"]) == ("f:7", {"word": "QUIC storm"})
    assert adapter.status()["events_total"]["vector_unknown"] == 5


def reported(adapter: Serving) -> dict[str, object]:
    """What the only claim of the only rule says of the rate."""
    ((claim,),) = (rule["claims"] for rule in adapter.rules())
    return {key: value for key, value in claim.items() if key.startswith("reported")}


def test_a_claim_shows_the_highest_rate_that_was_reported(adapter: Serving) -> None:
    announce(adapter)
    assert reported(adapter) == {}
    for seconds, observed in enumerate(({"pps": 900}, {"bps": 2e9}, {"bps": 1e6, "pps": 7})):
        tell(adapter, attack(seen_at=NOON + seconds, observed=observed))
    expected = {"reported_bps": 2e9, "reported_pps": 900, "reported_together": False}
    assert reported(adapter) == expected
    adapter.restart({})
    assert reported(adapter) == expected
    tell(adapter, attack("ended", NOON + 5, observed={}))
    assert reported(adapter) == expected  # until the rule goes
    tell(adapter, attack(seen_at=NOON + 6, observed={"bps": 5000}))  # it begins anew
    assert reported(adapter) == {"reported_bps": 5000, "reported_together": False}


def test_the_rate_of_several_incidents_is_theirs_together(adapter: Serving) -> None:
    announce(adapter)
    targets = [{"prefix": f"203.0.113.{host}/32", "incident": f"f:{host}"} for host in (7, 8)]
    tell(adapter, attack(targets=targets, observed={"bps": 1e6}))
    assert reported(adapter) == {"reported_bps": 1e6, "reported_together": True}


def test_a_rate_is_forgotten_with_its_attack(
    adapter: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    announce(adapter)
    tell(adapter, attack(observed={"bps": 1e6}))
    monkeypatch.setattr(store, "MOST", 1)
    other = [{"prefix": "203.0.113.9/32", "incident": "f:9"}]
    settle(adapter)
    tell(adapter, attack(targets=other, seen_at=NOON + 1))
    assert reported(adapter) == {}


@pytest.mark.parametrize("observed", [None, [], {"bps": "1G"}, {"bps": -1}, {"bps": True}])
def test_a_rate_that_is_none_costs_the_rate_alone(adapter: Serving, observed: object) -> None:
    announce(adapter)
    tell(adapter, attack(observed=observed))
    assert reported(adapter) == {}
