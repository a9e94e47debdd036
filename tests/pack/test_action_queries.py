"""list, show, status and history."""

from __future__ import annotations

import pytest

from ..lab.metrics_page import MetricsPage, matched, router, verdict
from .acting import CONFIG, CORE, EDGE, HOST, INCIDENT, run
from .adapters import Adapter


def test_list_shows_each_rule_with_its_time_left(announced: dict[str, Adapter]) -> None:
    succeeded, result = run("list")
    assert succeeded
    assert [it["provider"] for it in result["rules"]] == ["edge", "core"]
    assert result["rules"][0]["time_left"] == "5h 00m"


def test_list_shows_what_each_rule_matched_at_its_provider(announced: dict[str, Adapter]) -> None:
    (rule_id,) = announced[EDGE].claims
    text = "".join(
        router(1, provider=it) + matched(rule_id, "dropped", packets, 1000 * packets, provider=it)
        for it, packets in (("edge", 1234), ("core", 5))
    )
    text += verdict(rule_id, "working")
    with MetricsPage(text) as page:
        providers = [{**each, "exporter_url": page.url} for each in CONFIG["providers"]]
        succeeded, result = run("list", {"providers": providers})
        _, plain = run("list")
    assert succeeded
    assert result["notes"] == []
    assert [(it["packets"], it["bytes"]) for it in result["rules"]] == [
        (1234, 1_234_000),
        (5, 5000),
    ]
    assert result["rules"][0]["matched"] == "1,234 packets, 1,234,000 bytes, working"
    assert [it.get("verdict") for it in result["rules"]] == ["working", None]
    assert not any({"matched", "packets", "bytes"} & set(it) for it in plain["rules"])


def test_list_without_the_exporter_is_no_failure(announced: dict[str, Adapter]) -> None:
    with MetricsPage("") as page:
        edge, core = CONFIG["providers"]
        succeeded, result = run("list", {"providers": [{**edge, "exporter_url": page.url}, core]})
    assert succeeded
    assert len(result["rules"]) == 2
    (note,) = result["notes"]
    assert (
        note
        == f"edge: the traffic that the rules matched is not known: {page.url} reads no router of "
        + ("provider edge")
    )


def test_list_refuses_what_is_no_target_though_there_are_no_rules(
    adapters: dict[str, Adapter],
) -> None:
    succeeded, result = run("list", target="nonsense")
    assert not succeeded
    assert result["problems"][0]["field"] == "target"


@pytest.mark.parametrize(
    ("target", "count"),
    [(HOST, 2), ("203.0.113.0/24", 2), ("203.0.113.46", 0), ("2001:db8::1", 0)],
)
def test_list_for_a_target(announced: dict[str, Adapter], target: str, count: int) -> None:
    assert len(run("list", target=target)[1]["rules"]) == count


def test_list_shows_what_it_can_and_fails_for_the_rest(announced: dict[str, Adapter]) -> None:
    announced[EDGE].answers_left = 0
    succeeded, result = run("list")
    assert not succeeded
    assert [it["provider"] for it in result["rules"]] == ["core"]
    assert [it["provider"] for it in result["problems"]] == ["edge"]


def test_list_of_an_unknown_provider_names_the_known(announced: dict[str, Adapter]) -> None:
    succeeded, result = run("list", provider="egde")
    assert not succeeded
    assert "edge, core" in result["problems"][0]["message"]


def test_status_says_how_each_adapter_is(announced: dict[str, Adapter]) -> None:
    announced[CORE].answers_left = 0
    succeeded, result = run("status")
    assert not succeeded
    assert [it["provider"] for it in result["providers"]] == ["edge"]
    assert result["providers"][0]["rules"]["announced"] == 1
    assert [it["provider"] for it in result["problems"]] == ["core"]


def test_show_tells_which_incidents_want_the_rule(announced: dict[str, Adapter]) -> None:
    (rule_id,) = announced[EDGE].known
    succeeded, result = run("show", id=rule_id)
    assert succeeded
    assert [it["provider"] for it in result["rules"]] == ["edge", "core"]
    assert result["rules"][0]["claims"][0]["incident"] == INCIDENT


def test_show_of_a_rule_that_one_adapter_has_is_no_failure(announced: dict[str, Adapter]) -> None:
    (rule_id,) = announced[EDGE].known
    announced[EDGE].end(rule_id)
    succeeded, result = run("show", id=rule_id)
    assert succeeded
    assert [it["provider"] for it in result["rules"]] == ["core"]


def test_show_of_a_rule_that_none_has_is_said(adapters: dict[str, Adapter]) -> None:
    succeeded, result = run("show", id="0123456789ab")
    assert not succeeded
    assert {it["code"] for it in result["problems"]} == {"not_found"}


def test_history_is_newest_first_over_all_adapters(adapters: dict[str, Adapter]) -> None:
    for adapter, now in ((EDGE, 10), (CORE, 20), (EDGE, 30)):
        adapters[adapter].now = now
        adapters[adapter].happened("announced")
    succeeded, result = run("history", limit=2)
    assert succeeded
    assert [(it["provider"], it["at"][-3:-1]) for it in result["events"]] == [
        ("edge", "30"),
        ("core", "20"),
    ]


def test_plan_shows_the_difference_and_sends_nothing(announced: dict[str, Adapter]) -> None:
    announced[CORE].end(*announced[CORE].claims)
    succeeded, result = run("plan", vector="SYN flood", target=HOST, destination_ports=[80])
    assert succeeded
    assert [(it["provider"], it["change"]) for it in result["would_announce"]] == [
        ("edge", "same"),
        ("core", "new"),
    ]
    assert {name for name, _given in announced[EDGE].calls} == {"rules", "explain", "status"}
