"""What one scrape says, for adapters in every condition."""

from __future__ import annotations

import math
import re
import time
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotYet
from pathlib import Path

import pytest
from flowtriq_flowspec.senders import SENDERS
from flowtriq_flowspec_exporter.adapters import Adapters
from flowtriq_flowspec_exporter.collectors import attacks
from flowtriq_flowspec_exporter.config import AdapterConfig
from flowtriq_flowspec_exporter.scrape import Sources

from .conftest import ACTIONS, ADDRESS_FAMILIES, counts, status
from .scraping import only_up_and_response, samples_of, scrape, text_of

METRICS_MD = Path(__file__).parents[2] / "docs" / "operator" / "metrics.md"
NAMED = ("flowtriq_flowspec_active_rules", "flowtriq_flowspec_rules_deployed_total")
EVERY_LABEL_SET = {(family, action) for family in ADDRESS_FAMILIES for action in ACTIONS}


def label_sets(samples: dict, metric: str, provider: str) -> set[tuple[str, str]]:
    return {
        (family, action)
        for name, action, family, owner in (key for key in samples if key[0] == metric)
        if owner == provider
    }


@pytest.mark.parametrize("metric", NAMED)
def test_before_the_first_attack_both_metrics_are_there_and_zero(folder, stand_in, metric):
    stand_in()
    samples = scrape(folder, "a.sock")
    assert label_sets(samples, metric, "a") == EVERY_LABEL_SET
    assert {value for key, value in samples.items() if key[0] == metric} == {0}


def test_figures_are_the_adapters(folder, stand_in):
    stand_in(
        answer=status(
            rules={"announced": 3, "pending": 1, "withdrawing": 2},
            active=counts(discard=2, rate_limit=1),
            deployed_total=counts(discard=40, rate_limit=2),
        )
    )
    samples = scrape(folder, "a.sock")
    assert samples[(NAMED[0], "discard", "ipv4", "a")] == 2
    assert samples[(NAMED[0], "rate-limit", "ipv4", "a")] == 1
    assert samples[(NAMED[0], "discard", "ipv6", "a")] == 0
    assert samples[(NAMED[1], "discard", "ipv4", "a")] == 40
    assert samples[(NAMED[1], "rate-limit", "ipv4", "a")] == 2
    assert samples[("flowtriq_flowspec_rules", "a", "announced")] == 3
    assert samples[("flowtriq_flowspec_rules", "a", "pending")] == 1
    assert samples[("flowtriq_flowspec_rules", "a", "withdrawing")] == 2


def test_refusals_and_dry_runs_are_counted(folder, stand_in):
    stand_in(
        answer=status(
            events_total={
                **{"refused": 3, "dry_run": 5, "alert_refused": 7, "alert_noted": 9},
                **{"alert_without_data": 11, "test_alert": 13},
                **{"alerts_left_out": 17, "attack_made_up_for": 19},
            },
            unknown_words=[{"word": 'QUIC "storm"', "count": 23}],
        )
    )
    samples = scrape(folder, "a.sock")
    not_said = ("unknown", "a", "unknown")  # by an adapter of 0.1.0
    assert samples[("flowtriq_flowspec_rules_refused_total", *not_said)] == 3
    assert samples[("flowtriq_flowspec_rules_dry_run_total", "a")] == 5
    not_said = ("a", "unknown", "unknown")
    assert samples[("flowtriq_flowspec_alerts_refused_total", *not_said)] == 7
    assert samples[("flowtriq_flowspec_alerts_noted_total", "a")] == 9
    assert samples[("flowtriq_flowspec_alerts_without_data_total", "a")] == 11
    assert samples[("flowtriq_flowspec_test_alerts_total", "a")] == 13
    assert samples[("flowtriq_flowspec_notifications_cut_total", "a")] == 17
    assert samples[("flowtriq_flowspec_attacks_made_up_for_total", "a")] == 19
    assert samples[("flowtriq_flowspec_unknown_words_total", "a", 'QUIC "storm"')] == 23


def test_each_scrape_asks_again(folder, stand_in):
    adapter = stand_in()
    assert scrape(folder, "a.sock")[(NAMED[0], "discard", "ipv4", "a")] == 0
    adapter.answer = status(active=counts(discard=1))
    assert scrape(folder, "a.sock")[(NAMED[0], "discard", "ipv4", "a")] == 1


def test_about_the_adapter(folder, stand_in):
    stand_in(answer=status(seconds_without_answer=2.5))
    samples = scrape(folder, "a.sock")
    assert samples[("flowtriq_flowspec_adapter_up", "a")] == 1
    assert samples[("flowtriq_flowspec_adapter_info", "5.0.15", "a", "0.1.0")] == 1
    assert samples[("flowtriq_flowspec_exabgp_unanswered_seconds", "a")] == 2.5
    # 2026-01-01T00:00:00Z is 20,454 days after 1970-01-01.
    started = samples[("flowtriq_flowspec_adapter_start_time_seconds", "a")]
    assert started == 20_454 * 86_400
    assert 0 < samples[("flowtriq_flowspec_adapter_response_seconds", "a")] < 1


def test_sessions(folder, stand_in):
    down_since = "2026-01-01T00:01:00.5+00:00"
    peers = [
        {"address": "10.0.0.1", "state": "established", "since": None, "families": ["ipv4 flow"]},
        {"address": "10.0.0.2", "state": "down", "since": down_since, "families": []},
        {"address": "10.0.0.3", "state": "unknown", "since": None, "families": None},
    ]
    stand_in(answer=status(peers=peers))
    samples = scrape(folder, "a.sock")
    session = "flowtriq_flowspec_bgp_session"
    assert {key[1:]: value for key, value in samples.items() if key[0] == f"{session}_up"} == {
        ("10.0.0.1", "a"): 1,
        ("10.0.0.2", "a"): 0,
    }
    families = {key[1:]: value for key, value in samples.items() if key[0] == f"{session}_family"}
    assert families == {
        ("ipv4", "10.0.0.1", "a"): 1,
        ("ipv6", "10.0.0.1", "a"): 0,
        ("ipv4", "10.0.0.2", "a"): 0,
        ("ipv6", "10.0.0.2", "a"): 0,
    }
    changed = f"{session}_changed_timestamp_seconds"
    assert {key[1:]: value for key, value in samples.items() if key[0] == changed} == {
        ("10.0.0.2", "a"): 20_454 * 86_400 + 60.5
    }


def test_budgets(folder, stand_in):
    budget = {"max_rules": 1000, "rules": 12, "max_rules_ipv6": 500, "rules_ipv6": 2}
    budget["tcam_entries"] = 31
    stand_in(answer=status(budget=budget))
    samples = scrape(folder, "a.sock")
    limit, used = "flowtriq_flowspec_budget_rules", "flowtriq_flowspec_budget_rules_used"
    assert {key: value for key, value in samples.items() if key[0] in (limit, used)} == {
        (limit, "max_rules", "a"): 1000,
        (limit, "max_rules_ipv6", "a"): 500,
        (used, "max_rules", "a"): 12,
        (used, "max_rules_ipv6", "a"): 2,
    }


def test_status_shows_the_cost_of_the_rules_and_each_routers_share(folder, stand_in):
    limits = [
        {"address": "10.0.0.1", "profile": "cisco-xr", "max_rules": 3000, "max_tcam_entries": 4000},
        {"address": "10.0.0.2", "profile": "juniper", "max_rules": 2000, "max_tcam_entries": None},
    ]
    stand_in(answer=status(budget={"tcam_entries": 31}, peer_limits=limits))
    samples = scrape(folder, "a.sock")
    rules, entries = (
        "flowtriq_flowspec_peer_rules_limit",
        "flowtriq_flowspec_peer_tcam_entries_limit",
    )
    assert samples["flowtriq_flowspec_tcam_entries", "a"] == 31
    assert {key: value for key, value in samples.items() if key[0] in (rules, entries)} == {
        (rules, "10.0.0.1", "a"): 3000,
        (rules, "10.0.0.2", "a"): 2000,
        (entries, "10.0.0.1", "a"): 4000,
    }


def test_a_silent_adapter_is_unknown_not_zero_and_costs_the_others_nothing(folder, stand_in):
    stand_in("there.sock", status(active=counts(discard=5)))
    samples = scrape(folder, "there.sock", "gone.sock", timeout_seconds=0.5)
    assert samples[("flowtriq_flowspec_adapter_up", "gone")] == 0
    assert only_up_and_response(samples, "gone")
    assert samples[("flowtriq_flowspec_adapter_up", "there")] == 1
    assert samples[(NAMED[0], "discard", "ipv4", "there")] == 5


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"not JSON",
        b"[]",
        b"null",
        {},
        {**status(), "active": None},
        {**status(), "active": [{"action": "discard"}]},
        {**status(), "started_at": "yesterday"},
        {**status(), "rules": [1, 2]},
        {**status(), "peers": [None]},
        {**status(), "budget": {"max_rules": 1000}},
    ],
)
def test_an_answer_that_is_no_status_is_unknown_too(folder, stand_in, answer):
    stand_in(answer=answer)
    samples = scrape(folder, "a.sock", timeout_seconds=0.2)
    assert samples[("flowtriq_flowspec_adapter_up", "a")] == 0
    assert only_up_and_response(samples, "a")


@pytest.mark.quiet
def test_a_hung_adapter_costs_its_time_out_and_not_the_scrape(folder, stand_in):
    stand_in("hung.sock").hang()
    stand_in("fine.sock")
    began = time.monotonic()
    samples = scrape(folder, "hung.sock", "fine.sock", timeout_seconds=0.3)
    assert time.monotonic() - began < 3
    assert samples[("flowtriq_flowspec_adapter_up", "hung")] == 0
    assert samples[("flowtriq_flowspec_adapter_up", "fine")] == 1


def test_a_restart_of_the_adapter_is_no_gap(folder, stand_in):
    adapter = stand_in()
    adapters = Adapters([AdapterConfig("a", str(folder / "a.sock"))], timeout_seconds=10)
    (reading,) = adapters.read()
    assert reading.status
    adapter.close()
    with ThreadPoolExecutor(1) as prometheus:
        scraped = prometheus.submit(adapters.read)
        with pytest.raises(NotYet):
            scraped.result(timeout=0.3)
        stand_in()
        (reading,) = scraped.result(timeout=10)
    assert reading.status


def test_rules_that_the_adapter_has_not_changed_are_not_sent_again(folder, stand_in):
    adapter = stand_in()
    adapters = Adapters([AdapterConfig("a", str(folder / "a.sock"))], timeout_seconds=10)

    def states() -> list[str]:
        (reading,) = adapters.read()
        return [row.state for row in reading.rules.rows.values()]

    adapter.rules, adapter.tag = [{**live_rule(1), "state": "pending"}], 'W/"1"'
    assert (states(), states(), adapter.unchanged) == (["pending"], ["pending"], 1)
    adapter.rules, adapter.tag = [live_rule(1)], 'W/"2"'
    assert (states(), adapter.unchanged) == (["announced"], 1)
    adapter.rules, adapter.tag = [], None  # an older adapter took its place
    assert (states(), states(), adapter.unchanged) == ([], [], 1)


@pytest.mark.quiet
def test_an_adapter_that_stays_away_is_waited_for_once(folder):
    adapters = Adapters([AdapterConfig("a", str(folder / "a.sock"))], timeout_seconds=0.5)
    (first,) = adapters.read()
    (second,) = adapters.read()
    assert first.seconds > 0.3
    assert second.seconds < 0.3


def test_a_provider_may_have_any_name(folder, stand_in):
    stand_in()
    name = 'ExaBGP - "Edge"\\Routers\nMünchen'
    sources = Sources(Adapters([AdapterConfig(name, str(folder / "a.sock"))], 1.0))
    samples = list(samples_of(text_of(sources)))
    (up,) = (each for each in samples if each.name == "flowtriq_flowspec_adapter_up")
    assert (up.labels, up.value) == ({"provider": name}, 1)


def test_the_exporters_own_process_is_there(folder, stand_in):
    stand_in()
    text = text_of(Sources(Adapters([AdapterConfig("a", str(folder / "a.sock"))], 1.0)))
    memory = next(
        each.value for each in samples_of(text) if each.name == "process_resident_memory_bytes"
    )
    assert memory and not math.isnan(memory)


def test_how_long_the_engine_has_been_silent(folder, stand_in):
    adapter = stand_in(answer=status(seconds_without_heartbeat=301.5))
    silent = ("flowtriq_flowspec_engine_silent_seconds", "a")
    assert scrape(folder, "a.sock")[silent] == 301.5
    del adapter.answer["seconds_without_heartbeat"]  # an adapter of 0.1.0
    samples = scrape(folder, "a.sock")
    assert samples[("flowtriq_flowspec_adapter_up", "a")] == 1
    assert silent not in samples


@pytest.mark.parametrize("engaged", [False, True])
def test_the_kill_switch(folder, stand_in, engaged):
    stand_in(answer=status(kill_switch=engaged))
    samples = scrape(folder, "a.sock")
    assert samples[("flowtriq_flowspec_kill_switch_engaged", "a")] == engaged


@pytest.mark.parametrize(
    ("registry", "in_place", "faults"),
    [
        ({}, 1, 0),  # an adapter of 0.1.0
        ({"registry": {"place": "in_place", "faults": 2}}, 1, 2),
        ({"registry": {"place": "replaced", "faults": 1}}, 0, 1),
        ({"registry": {"place": "deleted", "faults": 1}}, 0, 1),
    ],
)
def test_the_registry(folder, stand_in, registry, in_place, faults):
    stand_in(answer=status(**registry))
    samples = scrape(folder, "a.sock")
    assert samples[("flowtriq_flowspec_registry_in_place", "a")] == in_place
    assert samples[("flowtriq_flowspec_registry_faults_total", "a")] == faults


def test_the_senders_are_the_librarys():
    assert {*attacks.SENDERS, "custom"} == set(SENDERS)


def tallies(number: int, at: str) -> dict:
    """Everything that an adapter counts, ``number`` times."""
    return {
        "rules_refused": [{"reason": "max_rules", "automation": True, "count": number}],
        "alerts_refused": [{"sender": "flowtriq", "reason": "invalid_alert", "count": number}],
        "claims_ended": {"expired": number},
        "attacks": [{"sender": "a", "vector": "b", "outcome": "mitigated", "count": number}],
        "attacks_unmitigated": [{"sender": "a", "vector": "b", "count": number}],
        "quarantined": number,
        "approvals_waiting": number,
        "alerts_waiting": number,
        "probe": {"ok": number % 2 == 0, "seconds": number / 2, "at": at},
        "buckets_seconds": [0.1, 1],
        "seconds_to_announce": [{"sender": "flowtriq", "counts": [number, 0, 0], "sum": number}],
    }


def moved_status(number: int) -> dict:
    """A status in which everything depends on ``number``, 1 or 2."""
    at = f"2026-01-0{number}T00:00:00Z"
    family = ["ipv4 flow", "ipv6 flow"][:number]
    events = ("refused", "dry_run", "alert_refused", "alert_noted", "alert_without_data")
    more = ("test_alert", "alerts_left_out", "attack_made_up_for", "message_not_sent")
    return status(
        version=f"0.{number}.0",
        started_at=at,
        kill_switch=number == 2,
        registry={"place": "in_place" if number == 1 else "replaced", "faults": number},
        log_lines_dropped=number,
        seconds_without_answer=number,
        seconds_without_heartbeat=100.0 * number,
        rules={"announced": number},
        peers=[
            {
                "address": "10.0.0.1",
                "state": ["established", "down"][number - 1],
                "since": at,
                "families": family,
                "missing_rules": number,
                "rules": {"announced": number},
            }
        ],
        active=counts(discard=number),
        deployed_total=counts(discard=number),
        events_total=dict.fromkeys((*events, *more), number),
        budget={"max_rules": 10 * number, "rules": number, "tcam_entries": number},
        peer_limits=[{"address": "10.0.0.1", "max_rules": number, "max_tcam_entries": number}],
        unknown_words=[{"word": "storm", "count": number}],
        tallies=tallies(number, at),
    )


def live_rule(number: int) -> dict:
    return {
        "id": "0123456789ab",
        "state": "announced",
        "match": {"destination": "203.0.113.7/32"},
        "then": {"discard": True},
        "announced_at": f"2026-01-0{number}T00:00:00Z",
        "expires_at": f"2026-01-0{number}T01:00:00Z",
        "claims": [{"incident": f"flowtriq:{number}", "vector": "syn_flood"}],
    }


ELSEWHERE = {
    # Shown with routers, in test_routers.py, test_bad_routers.py and test_verdicts.py:
    *("flowtriq_flowspec_rule_verdict", "flowtriq_flowspec_rule_packets_total"),
    *("flowtriq_flowspec_rule_bytes_total", "flowtriq_flowspec_router_up"),
    *("flowtriq_flowspec_router_response_seconds", "flowtriq_flowspec_router_rows_unassigned"),
    "flowtriq_flowspec_router_values_unused",
    "flowtriq_flowspec_router_counters_went_back_total",
    # Of adapters that do not answer, of webhooks, of reloads, of ExaBGP's settings:
    *("flowtriq_flowspec_adapter_up", "flowtriq_flowspec_webhook_up"),
    "flowtriq_flowspec_exporter_config_last_reload_successful",
    "flowtriq_flowspec_exporter_config_last_reload_success_timestamp_seconds",
    "flowtriq_flowspec_exabgp_problems",
}


def test_every_metric_moves(folder, stand_in):
    adapter = stand_in()
    shown = []
    for number in (1, 2):
        adapter.answer, adapter.rules = moved_status(number), [live_rule(number)] * number
        adapter.rules += [{"id": "nonsense"}] * (number - 1)
        shown.append(scrape(folder, "a.sock"))
    before, after = shown
    stuck = {
        key[0].removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        for key in before.keys() | after.keys()
        if before.get(key) == after.get(key)
    }
    moved = {
        key[0].removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
        for key in before.keys() | after.keys()
        if before.get(key) != after.get(key)
    }
    documented = {
        name
        for name in re.findall(r"^\| `(flowtriq_\w+)`", METRICS_MD.read_text(), re.MULTILINE)
        if "_engine_" not in name
    }
    engine = {"flowtriq_flowspec_engine_up", "flowtriq_flowspec_engine_silent_seconds"}
    assert (documented | engine) - ELSEWHERE <= moved
    assert stuck - moved <= ELSEWHERE


def test_a_sender_without_rules_has_every_bucket_with_0(folder, stand_in):
    """An increase from nothing is none."""
    stand_in(answer=status(tallies=tallies(1, "2026-01-01T00:00:00Z")))
    name = "flowtriq_flowspec_time_to_announce_seconds_bucket"
    found = {
        key[1]: value
        for key, value in scrape(folder, "a.sock").items()
        if key[0] == name and key[-1] == "grafana"
    }
    assert found == {"0.1": 0, "1.0": 0, "+Inf": 0}
