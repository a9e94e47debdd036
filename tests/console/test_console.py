"""The console from outside: a browser without JavaScript, a real adapter, what the router holds."""

from __future__ import annotations

import html
import json
import re

import httpx
import pytest
import yaml

from ..lab.waiting import eventually
from .place import PAGES, PASSWORDS, PROGRAM, Place, flow
from .running import run

ADDRESSES = (*PAGES, "/history.csv")
ORDERS = (
    "/withdraw",
    "/announce",
    "/extend",
    "/test-rule",
    "/withdraw-all",
    "/kill-switch/engage",
    "/kill-switch/release",
    "/resume",
    "/questions/answer",
    "/guardrails/reload",
    "/guardrails/protect",
    "/guardrails/unprotect",
)
EVIL = "<script>alert(1)</script>\"'><img src=x>"


def rule_id(place: Place, host: int) -> str:
    """As the page's form names it."""
    (found,) = [
        rule["id"]
        for rule in place.adapter.client.rules()
        if rule["match"]["destination"] == f"203.0.113.{host}/32"
    ]
    return f"edge/{found}"


class TestSigningIn:
    @pytest.mark.parametrize("page", [*ADDRESSES, "/rules/edge/0123456789ab", "/live"])
    def test_nobody_sees_anything_before(self, console: Place, page: str) -> None:
        answer = httpx.get(f"{console.address}{page}", trust_env=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")

    @pytest.mark.parametrize("order", [*ORDERS, "/sign-out"])
    def test_nobody_changes_anything_before(self, console: Place, order: str) -> None:
        answer = httpx.post(f"{console.address}{order}", data={"form_key": ""}, trust_env=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")

    @pytest.mark.parametrize("order", ORDERS)
    def test_no_get_changes_anything(self, console: Place, order: str) -> None:
        expected = 200 if order in ADDRESSES else 405
        assert console.browser("ada").get(order).status_code == expected

    def test_the_cookie_is_for_this_site_and_no_script(self, console: Place) -> None:
        browser = console.browser()
        sent = {"user": "rita", "password": PASSWORDS["rita"]}
        answer = browser.http.post("/sign-in", data=sent, follow_redirects=False)
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert "Path=/" in cookie

    def test_signing_out_ends_the_session_at_the_console(self, console: Place) -> None:
        browser = console.browser()
        browser.sign_in("rita")
        kept = dict(browser.http.cookies)
        browser.send("/sign-out")
        answer = httpx.get(console.address, cookies=kept, trust_env=False)
        assert answer.status_code == 303

    def test_a_role_counts_at_once(self, console: Place) -> None:
        config = str(console.folder / "console.yaml")
        put = (PROGRAM, "user", "put", "temp", "--password-stdin", "--config", config)
        run(*put, "--role", "admin", stdin="twelve letters")
        PASSWORDS["temp"] = "twelve letters"
        browser = console.browser("temp")
        assert "temp (admin)" in browser.get("/").text
        run(*put, "--role", "read", stdin="twelve letters")
        assert "temp (read)" in browser.get("/").text
        run(PROGRAM, "user", "remove", "temp", "--config", config)
        assert "Sign in" in browser.get("/").text

    def test_a_short_password_is_refused_with_the_limit(self, console: Place) -> None:
        config = str(console.folder / "console.yaml")
        put = (PROGRAM, "user", "put", "x", "--role", "read", "--password-stdin")
        done = run(*put, "--config", config, stdin="short", status=1)
        assert done.stderr == "Error: the password has 5 characters; it must have 12 to 1024\n"


class TestHarm:
    @pytest.mark.parametrize("page", ADDRESSES)
    def test_no_page_loads_anything_from_elsewhere(self, console: Place, page: str) -> None:
        answer = console.browser("ada").get(page)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert not re.findall(r'(?:src|href|action)="(?!/|#)[^"]*"', answer.text)
        assert not re.findall(r"<script(?! src)|<style|style=|onclick", answer.text)

    def test_a_form_of_another_site_changes_nothing(self, console: Place) -> None:
        console.announce(1)
        browser = console.browser("ada")
        chosen = {"rule": rule_id(console, 1)}
        assert browser.http.post("/withdraw", data=chosen).status_code == 403
        wrong = {**chosen, "form_key": "0" * 43}
        assert browser.http.post("/withdraw", data=wrong).status_code == 403
        right = {**chosen, "form_key": browser.form_key()}
        for header in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert browser.http.post("/withdraw", data=right, headers=header).status_code == 403
        assert len(console.adapter.client.rules()) == 1

    def test_another_name_for_this_address_is_refused(self, console: Place) -> None:
        answer = httpx.get(console.address, headers={"Host": "evil.example"}, trust_env=False)
        assert answer.status_code == 400

    def test_what_a_sender_wrote_is_text(self, console: Place) -> None:
        (result,) = console.announce(1, incident=EVIL, reason=EVIL)
        browser = console.browser("ada")
        for page in ("/", "/attacks", "/history", f"/rules/edge/{result['id']}", f"/?q={EVIL}"):
            text = browser.get(page, params=None).text
            assert "<script>alert" not in text
            assert "<img" not in text

    def test_no_cell_is_a_formula(self, console: Place) -> None:
        console.announce(1, incident="=cmd|' /C calc'!A0", reason="+1+1")
        lines = console.browser("rita").get("/history.csv").text.splitlines()
        assert any(""","'=cmd|' /C calc'!A0",""" in line for line in lines)
        assert any(""","'+1+1",""" in line for line in lines)

    @pytest.mark.parametrize(
        "page", ["/rules/edge/nothing", "/rules/nobody/0123456789ab", "/nothing"]
    )
    def test_what_is_not_there_is_a_sentence(self, console: Place, page: str) -> None:
        answer = console.browser("rita").get(page)
        assert answer.status_code == 404
        assert "Traceback" not in answer.text

    @pytest.mark.parametrize(
        "query",
        [
            "page=-1",
            "page=99999999999",
            "page=x",
            "sort=x",
            "q=" + "x" * 5000,
            "q=203.0.113.0/99",
            "q=%00%ff",
        ],
    )
    def test_no_query_breaks_the_table(self, console: Place, query: str) -> None:
        assert console.browser("rita").get(f"/?{query}").status_code == 200

    def test_a_large_body_is_refused(self, console: Place) -> None:
        answer = console.browser("ada").http.post("/withdraw", data={"reason": "x" * 70_000})
        assert answer.status_code == 413


class TestOrders:
    def test_one_rule(self, console: Place) -> None:
        console.announce(1, 2)
        assert console.holds(2)
        answer = console.browser("olaf").send(
            "/withdraw", rule=rule_id(console, 1), reason="a mistake"
        )
        assert ": withdrawn" in answer.text
        assert console.holds(1)
        (event, *_) = console.adapter.client.history(events=["released"])
        assert (event["reason"], event["caller"]) == (
            "a mistake",
            "flowtriq_flowspec at one provider (olaf) (user root)",
        )

    def test_chosen_rules(self, console: Place) -> None:
        console.announce(1, 2, 3)
        assert console.holds(3)
        console.browser("olaf").send("/withdraw", rule=[rule_id(console, 1), rule_id(console, 3)])
        assert console.holds(1)

    def test_extending(self, console: Place) -> None:
        console.announce(1, expires_in_seconds=600)
        console.browser("olaf").send("/extend", rule=rule_id(console, 1), minutes="120")
        (rule,) = console.adapter.client.rules()
        assert 7100 < rule["seconds_left"] <= 7200

    @pytest.mark.parametrize("minutes", ["", "0", "-1", "1.5", "999999", "soon"])
    def test_wrong_minutes_are_a_sentence(self, console: Place, minutes: str) -> None:
        console.announce(1)
        answer = console.browser("olaf").send("/extend", rule=rule_id(console, 1), minutes=minutes)
        assert "it is a whole number from 1 to 10080" in answer.text

    def test_the_test_rule(self, console: Place) -> None:
        answer = console.browser("olaf").send("/test-rule", provider="edge")
        assert "edge: announced: yes" in answer.text
        assert "no," not in answer.text
        assert console.router.updates[-1].withdrawn
        assert console.holds(0)

    def test_all_rules_go_after_the_word(self, console: Place) -> None:
        console.announce(1, 2)
        assert console.holds(2)
        answer = console.browser("olaf").send("/withdraw-all", confirm="yes")
        assert "type the word withdraw-all" in answer.text
        assert len(console.router.table) == 2
        console.browser("olaf").send("/withdraw-all", confirm="withdraw-all")
        assert console.holds(0)

    def test_the_kill_switch_after_the_word_and_only_an_admin_releases_it(
        self, console: Place
    ) -> None:
        console.announce(1)
        assert console.holds(1)
        olaf = console.browser("olaf")
        assert "type the word stop-all-rules" in olaf.send("/kill-switch/engage").text
        olaf.send("/kill-switch/engage", confirm="stop-all-rules")
        assert console.holds(0)
        assert "the kill switch is engaged. No rule is announced." in olaf.get("/").text
        assert olaf.send("/kill-switch/release").status_code == 403
        assert console.adapter.client.status()["kill_switch"] is True
        console.browser("ada").send("/kill-switch/release")
        assert console.adapter.client.status()["kill_switch"] is False

    def test_what_was_withdrawn_is_resumed(self, console: Place) -> None:
        console.announce(9, incident="flowtriq:99")
        console.browser("olaf").send("/withdraw", rule=rule_id(console, 9))
        assert console.holds(0)
        assert "flowtriq:99" in console.browser("olaf").get("/resume").text
        console.browser("olaf").send("/resume", incident="flowtriq:99")
        assert console.holds(1)

    @pytest.mark.parametrize("order", ORDERS)
    def test_who_may_only_look_changes_nothing(self, console: Place, order: str) -> None:
        console.announce(1)
        rita = console.browser("rita")
        page = rita.get("/").text
        assert "Withdraw</button>" not in page
        fields = {"rule": rule_id(console, 1), "minutes": "5", "confirm": "withdraw-all"}
        answer = rita.send(order, **fields)
        assert answer.status_code == 403
        assert "rita has the role read" in answer.text
        assert console.holds(1)


class TestLooking:
    def test_the_table_says_what_the_router_has(self, console: Place) -> None:
        console.announce(1, 2)
        browser = console.browser("rita")
        assert eventually(lambda: browser.get("/").text.count(">announced<") == 2)
        page = browser.get("/").text
        for text in (
            "to 203.0.113.1/32 tcp",
            "rate-limit 10 Mbit/s",
            "syn flood",
            "flowtriq:7",
            "127.0.0.30",
        ):
            assert text in page

    @pytest.mark.parametrize(
        ("query", "count"),
        [
            ("203.0.113.2", 1),
            ("203.0.113.0/30", 3),
            ("dns", 2),
            ("udp discard", 0),
            ("FLOWTRIQ", 4),
            ("198.51.100.1", 0),
        ],
    )
    def test_searching(self, console: Place, query: str, count: int) -> None:
        console.announce(1, 2, 3, 4)
        browser = console.browser("rita")
        assert eventually(lambda: "4 rules" in browser.get("/").text)
        searched = {"q": query}
        assert eventually(lambda: f"{count} of 4 rules" in browser.get("/", params=searched).text)

    def test_a_rules_page_has_claims_routers_and_history(self, console: Place) -> None:
        (result,) = console.announce(1, reason="because of that")
        page = console.browser("rita").get(f"/rules/edge/{result['id']}").text
        for text in (
            "flowtriq:7",
            "because of that",
            "127.0.0.30",
            "claimed",
            '"destination"',
        ):
            assert text in page

    def test_a_plan_announces_nothing(self, console: Place) -> None:
        asked = {"vector": "syn_flood", "target": "203.0.113.9", "destination_ports": "80"}
        page = console.browser("rita").get("/plan", params=asked).text
        assert "203.0.113.9/32" in page
        assert console.adapter.client.rules() == []

    def test_a_wrong_target_is_a_sentence(self, console: Place) -> None:
        page = (
            console.browser("rita").get("/plan", params={"vector": "syn_flood", "target": "x"}).text
        )
        assert "target" in page
        assert "Traceback" not in page

    def test_explaining(self, console: Place) -> None:
        page = console.browser("rita").get("/explain", params={"rule": json.dumps(flow(1))}).text
        assert "203.0.113.1" in page
        assert "the rule is not JSON" in console.browser("rita").get("/explain?rule={x").text
        page = console.browser("rita").get("/explain?rule=203.0.113.7 udp then discrad").text
        assert "did you mean discard" in page

    def test_from_a_plan_to_a_rule(self, console: Place) -> None:
        olaf = console.browser("olaf")
        asked = {"vector": "syn_flood", "target": "203.0.113.9", "destination_ports": "80"}
        link = re.search(r'href="(/explain\?[^"]+)"', olaf.get("/plan", params=asked).text)
        assert link
        page = olaf.get(html.unescape(link[1])).text
        typed = re.search(r'name="rule" value="([^"]+)"', page)
        assert typed
        assert console.adapter.client.rules() == [], "looking announces nothing"
        fields = {"rule": html.unescape(typed[1]), "minutes": "5", "incident": "manual:9"}
        assert "edge: to 203.0.113.9/32" in olaf.send("/announce", **fields, reason="night").text
        assert console.holds(1)
        (rule,) = console.adapter.client.rules()
        (claim,) = rule["claims"]
        assert (claim["incident"], claim["reason"]) == ("manual:9", "night")
        assert 0 < rule["seconds_left"] <= 300
        (newest,) = console.adapter.client.history(1, ["claimed"])
        assert "(olaf)" in newest["caller"]

    @pytest.mark.parametrize(
        ("fields", "status", "sentence"),
        [
            ({"rule": "203.0.113.7 udp then drop", "dry_run": "yes"}, 200, "dry_run"),
            ({"rule": "198.51.100.7 udp then drop"}, 200, "allowed_destinations"),
            ({"rule": "203.0.113.7 udp"}, 400, "then"),
            ({"rule": "203.0.113.7 <script> then drop"}, 400, "&lt;script&gt;"),
            ({"rule": "[" * 3000}, 400, "the rule is not JSON"),
            ({"rule": '{"match": 1}'}, 400, "a rule has match and then"),
            ({"rule": "203.0.113.7 udp then drop", "minutes": "soon"}, 400, "from 1 to 10080"),
            ({"rule": "203.0.113.7 udp then drop", "provider": "nowhere"}, 400, "nowhere"),
            ({"rule": "203.0.113.7 udp then drop", "operator": "yes"}, 400, "the role admin"),
            ({"rule": "203.0.113.7 udp then drop", "incident": "a b\x00"}, 200, "incident"),
            ({"rule": "203.0.113.7 udp then drop for 9000d"}, 200, "maximum_life_seconds"),
        ],
    )
    def test_what_is_not_announced(
        self, console: Place, fields: dict[str, str], status: int, sentence: str
    ) -> None:
        answer = console.browser("olaf").send("/announce", **fields)
        assert (answer.status_code, "<script>" in answer.text) == (status, False)
        assert sentence in answer.text, answer.text
        assert console.adapter.client.rules() == []

    def test_a_session_that_is_down_comes_first(self, console: Place) -> None:
        console.announce(1)
        console.router.refuse()
        try:
            browser = console.browser("rita")
            assert eventually(lambda: "no session to router 127.0.0.30" in browser.get("/").text)
        finally:
            console.router.refuse(False)
            assert console.router.wait_established()


class TestGuardrails:
    def test_a_prefix_is_protected_and_given_free_again(self, console: Place) -> None:
        console.announce(7, 8)
        assert console.holds(2)
        ada, olaf = console.browser("ada"), console.browser("olaf")
        fields = {"prefix": "203.0.113.7", "reason": "the <b>resolver", "duration": "2h"}
        assert olaf.send("/guardrails/protect", **fields).status_code == 403
        done = ada.send("/guardrails/protect", **fields).text
        assert "203.0.113.7/32 is protected until" in done
        assert "to 203.0.113.7/32" in done, "the rule that it forbids is named"
        assert console.holds(1)
        page = olaf.get("/guardrails").text
        assert "203.0.113.7/32" in page
        assert "the &lt;b&gt;resolver" in page
        assert "Only a user with the role admin" in page
        assert '"/guardrails/unprotect"' in ada.get("/guardrails").text
        gone = ada.send("/guardrails/unprotect", prefix="203.0.113.7/32", provider="edge").text
        assert "203.0.113.7/32 is not protected now." in gone
        assert "203.0.113.7/32" not in ada.get("/guardrails").text

    @pytest.mark.parametrize(
        ("order", "fields", "sentence"),
        [
            ("protect", {"prefix": "203.0.113.7", "reason": " "}, "a reason is needed"),
            ("protect", {"prefix": "here", "reason": "x"}, "here"),
            ("protect", {"prefix": "203.0.113.7", "reason": "x", "duration": "soon"}, "soon"),
            ("protect", {"prefix": "203.0.113.7", "reason": "x", "provider": "no"}, "no"),
            ("unprotect", {"prefix": "192.0.2.1", "provider": "edge"}, "192.0.2.1"),
            ("unprotect", {"prefix": "../status", "provider": "edge"}, "status"),
        ],
    )
    def test_what_is_wrong_is_a_sentence(
        self, console: Place, order: str, fields: dict[str, str], sentence: str
    ) -> None:
        answer = console.browser("ada").send(f"/guardrails/{order}", **fields)
        said = answer.text.partition('role="status"')[2].partition("</div>")[0]
        assert sentence in said, answer.text
        assert "Traceback" not in said
        assert [it for it in console.adapter.client.protected_prefixes() if "added_by" in it] == []

    def test_the_file_is_read_again(self, console: Place) -> None:
        console.announce(7)
        assert console.holds(1)
        file = console.folder / "adapter.yaml"
        before = file.read_text(encoding="utf-8")
        settings = yaml.safe_load(before)
        try:
            settings["guardrails"]["max_rules"] = "many"
            file.write_text(yaml.safe_dump(settings), encoding="utf-8")
            done = console.browser("ada").send("/guardrails/reload").text
            assert "max_rules" in done
            assert console.holds(1), "the old settings stay"
            settings["guardrails"]["max_rules"] = 19000
            settings["guardrails"]["protected_prefixes"] = ["203.0.113.7/32"]
            file.write_text(yaml.safe_dump(settings), encoding="utf-8")
            done = console.browser("ada").send("/guardrails/reload", reason="night").text
            assert "guardrails.max_rules: 20000, now 19000" in done
            assert "to 203.0.113.7/32" in done
            assert console.holds(0)
            assert "of 19,000 (0 %)" in console.browser("rita").get("/providers").text
        finally:
            file.write_text(before, encoding="utf-8")
            console.browser("ada").send("/guardrails/reload")
