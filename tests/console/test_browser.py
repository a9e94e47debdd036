"""The console in a real browser: it is live, every button works, and axe finds nothing to mend.

Chromium and its driver are Debian's; axe-core is npm's, in .lab (see the Makefile).
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from ..lab.exabgp import ROOT
from ..lab.waiting import eventually
from .place import PAGES, Place
from .window import CHROMIUM, DRIVER, Window, chromium

AXE = ROOT / ".lab/axe/node_modules/axe-core/axe.min.js"
ALL_LOOKS = tuple((theme, width) for theme in ("light", "dark") for width in (1400, 800, 390))
SOME_LOOKS = (("light", 1400), ("dark", 800), ("light", 390))
"""Each theme and each width."""

pytestmark = [
    pytest.mark.debian,
    pytest.mark.skipif(
        not (CHROMIUM.exists() and DRIVER.exists()), reason="Debian's chromium is not installed"
    ),
]


@pytest.fixture(scope="module")
def driver() -> Iterator[webdriver.Chrome]:
    with chromium() as running:
        yield running


@pytest.fixture
def window(driver: webdriver.Chrome, console: Place) -> Window:
    window = Window(driver, console.address)
    window.open("/sign-in")
    driver.delete_all_cookies()
    window.sign_in("ada")
    window.look("light", 1400)
    return window


def test_a_rule_comes_and_goes_without_a_reload(window: Window, console: Place) -> None:
    assert window.shows("No rule is active.")
    window.driver.execute_script("window.notReloaded = true")
    began = time.monotonic()
    console.announce(1, expires_in_seconds=900)
    assert window.shows("203.0.113.1/32")
    print(f"shown after {time.monotonic() - began:.2f} s")
    left = window.find("time[data-left]").text
    assert window.shows("announced")
    assert eventually(lambda: window.find("time[data-left]").text != left, 5)
    console.adapter.client.withdraw(all=True)
    assert window.shows("No rule is active.")
    assert window.driver.execute_script("return window.notReloaded") is True


def test_every_button(window: Window, console: Place) -> None:
    console.announce(1, 2, 3, 4)
    assert console.holds(4)
    assert window.shows("4 of 4 rules")
    window.click(By.CSS_SELECTOR, "td.undo button")
    assert window.shows(": withdrawn")
    assert console.holds(3)
    window.open("/")
    for number in (1, 2):
        window.click(By.CSS_SELECTOR, f"tr:nth-child({number}) td.choose input")
    window.press("Withdraw chosen rules")
    assert console.holds(1)
    window.open("/")
    window.click(By.CSS_SELECTOR, 'td[data-head="Match"] a')
    window.press("Extend")
    assert window.shows("Extend a rule")
    window.open("/providers")
    window.press("Test rule at edge")
    assert window.shows("edge: announced: yes", 30)
    window.open("/stop")
    window.find('[action="/withdraw-all"] [name="confirm"]').send_keys("withdraw-all")
    window.press("Withdraw all rules")
    assert console.holds(0)
    window.open("/resume")
    window.press("Announce all of them again")
    assert window.shows("Back to the rules")
    window.open("/stop")
    window.find('[action="/kill-switch/engage"] [name="confirm"]').send_keys("stop-all-rules")
    window.press("Engage the kill switch")
    assert console.holds(0)
    window.open("/stop")
    assert window.shows("The kill switch is engaged at edge")
    window.press("Release the kill switch")
    assert window.shows("the kill switch is released")
    window.press("Sign out")
    assert window.shows("Password")


@pytest.mark.skipif(not AXE.exists(), reason="axe-core is not in .lab: make test fetches it by npm")
@pytest.mark.parametrize(
    "looks",
    [
        pytest.param(SOME_LOOKS, id="some looks"),
        pytest.param(ALL_LOOKS, id="all looks", marks=pytest.mark.long),
    ],
)
def test_nothing_stands_in_the_way_of_anybody(
    window: Window, console: Place, looks: tuple[tuple[str, int], ...]
) -> None:
    """axe-core: contrast, names for screen readers, order of headings."""
    console.announce(1, 2)
    (rule, _) = console.adapter.client.rules()
    found = []
    for page in (*PAGES, f"/rules/edge/{rule['id']}"):
        window.open(page)
        for theme, width in looks:
            window.look(theme, width)
            window.driver.execute_script(AXE.read_text(encoding="utf-8"))
            result = window.driver.execute_async_script(
                "axe.run(document).then(arguments[arguments.length - 1])"
            )
            found += [
                f"{page}, {theme} at {width}: {each['id']}: {node['html'][:120]}"
                for each in result["violations"]
                for node in each["nodes"]
            ]
            wide = window.driver.execute_script("return document.documentElement.scrollWidth")
            found += [f"{page} at {width}: {wide} pixels wide"] if wide > width else []
    assert not found, "\n".join(found)


def test_no_browser_complains(window: Window, console: Place) -> None:
    console.announce(1)
    for page in PAGES:
        window.open(page)
    complaints = [each for each in window.driver.get_log("browser") if each["level"] == "SEVERE"]
    assert complaints == []
