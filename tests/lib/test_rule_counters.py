"""What the exporter's metrics say about rules."""

from __future__ import annotations

import socket

import pytest
from flowtriq_flowspec.operations.rule_counters import add_matched

from ..lab.metrics_page import MetricsPage, matched, router

ONE, TWO = {"id": "e49ecdb0650b"}, {"id": "d6c1f528a2c9"}


def test_all_that_matched_is_summed_over_outcomes_and_routers() -> None:
    rules = [dict(ONE), dict(TWO)]
    text = (
        router(1)
        + router(1, address="10.0.0.2")
        + matched(ONE["id"], "passed", 184, 172_233)
        + matched(ONE["id"], "dropped", 268, 402_000)
        + matched(ONE["id"], "dropped", 1, 2**40, address="10.0.0.2")
        + matched("000000000000", "dropped", 7, 7)
    )
    with MetricsPage(text) as page:
        assert add_matched(rules, page.url) == []
    # What no router counts is not 0 but unknown.
    assert rules == [{**ONE, "packets": 453, "bytes": 574_233 + 2**40}, TWO]


def test_of_one_provider_only_its_routers_count() -> None:
    text = "".join(
        router(1, provider=it) + matched(ONE["id"], "dropped", count, count, provider=it)
        for it, count in (("edge", 5), ("core", 7))
    )
    with MetricsPage(text) as page:
        for provider, packets in (("edge", 5), ("core", 7), (None, 12)):
            rules = [dict(ONE)]
            assert add_matched(rules, f"{page.url}/", provider) == []
            assert rules[0]["packets"] == packets
        (note,) = add_matched([dict(ONE)], page.url, "site 3")
    assert "reads no router of provider site 3" in note


def test_a_router_that_is_silent_is_named() -> None:
    rules = [dict(ONE)]
    text = router(0) + router(1, address="10.0.0.2")
    with MetricsPage(text + matched(ONE["id"], "dropped", 1, 2, address="10.0.0.2")) as page:
        (note,) = add_matched(rules, page.url)
    assert "10.0.0.1" in note
    assert rules[0]["packets"] == 1


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("<html>", 200),
        ("flowtriq_flowspec_router_up{", 200),
        ("a{b=c} 1\n", 200),
        ("a nothing\n", 200),
        (router(1), 500),
        (router(1), 404),
    ],
)
def test_a_page_that_is_no_metrics_is_a_note(text: str, status: int) -> None:
    rules = [dict(ONE)]
    with MetricsPage(text, status) as page:
        (note,) = add_matched(rules, page.url)
        assert note.startswith(
            f"the traffic that the rules matched is not known: the exporter at {page.url}"
        )
    assert rules == [ONE]


def test_an_exporter_that_is_down_or_no_url_is_a_note() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (note,) = add_matched([], f"http://127.0.0.1:{port}")
    assert note.endswith("gives no metrics: Connection refused")
    for url in ("127.0.0.1:10179", "", "ftp://127.0.0.1", "http://", "http://a b"):
        (note,) = add_matched([], url)
        assert "gives no metrics" in note


def test_an_exporter_that_reads_no_router_says_so() -> None:
    with MetricsPage("") as page:
        (note,) = add_matched([], page.url)
    assert note.endswith(f"{page.url} reads no router")
