"""The console in a real browser: it is live, every button works, and axe finds nothing to mend.

Chromium and its driver are Debian's; axe-core is npm's, in .lab (see the Makefile).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from ..lab.exabgp import ROOT
from ..lab.waiting import eventually
from .place import PASSWORDS, Place

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")
AXE = ROOT / ".lab/axe/node_modules/axe-core/axe.min.js"
PAGES = ("/", "/attacks", "/plan", "/explain", "/providers", "/history", "/stop", "/resume")
WIDTHS = (1400, 800, 390)
THEMES = ("light", "dark")

pytestmark = [
    pytest.mark.debian,
    pytest.mark.skipif(
        not (CHROMIUM.exists() and DRIVER.exists()), reason="Debian's chromium is not installed"
    ),
]


class Window:
    """A browser's window at a console."""

    def __init__(self, driver: webdriver.Chrome, address: str) -> None:
        self.driver = driver
        self.address = address

    def open(self, path: str) -> None:
        self.driver.get(self.address + path)

    def sign_in(self, user: str) -> None:
        self.open("/sign-in")
        self.find('[name="user"]').send_keys(user)
        self.find('[name="password"]').send_keys(PASSWORDS[user])
        self.press("Sign in")

    def find(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def press(self, text: str) -> None:
        self.driver.find_element(By.XPATH, f"//button[normalize-space()='{text}']").click()

    @property
    def text(self) -> str:
        found: str = self.driver.execute_script("return document.body.innerText")
        return found

    def shows(self, text: str, timeout_seconds: float = 10.0) -> bool:
        return eventually(lambda: text in self.text, timeout_seconds)

    def look(self, theme: str, width: int) -> None:
        features = [{"name": "prefers-color-scheme", "value": theme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    # Chromium's own sandbox cannot be used by root; the pages are ours.
    for each in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(each)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(str(DRIVER)))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.fixture
def window(chromium: webdriver.Chrome, console: Place) -> Window:
    window = Window(chromium, console.address)
    chromium.delete_all_cookies()
    window.open("/sign-in")
    chromium.delete_all_cookies()
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
    window.find("td.undo button").click()
    assert window.shows(": withdrawn")
    assert console.holds(3)
    window.open("/")
    for box in window.driver.find_elements(By.CSS_SELECTOR, "td.choose input")[:2]:
        box.click()
    window.press("Withdraw chosen rules")
    assert console.holds(1)
    window.open("/")
    window.find('td[data-head="Match"] a').click()
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
@pytest.mark.parametrize("theme", THEMES)
def test_nothing_stands_in_the_way_of_anybody(window: Window, console: Place, theme: str) -> None:
    """axe-core: contrast, names for screen readers, order of headings; at three widths."""
    console.announce(1, 2)
    (rule, _) = console.adapter.client.rules()
    found = []
    for page in (*PAGES, f"/rules/edge/{rule['id']}"):
        window.open(page)
        for width in WIDTHS:
            window.look(theme, width)
            window.driver.execute_script(AXE.read_text(encoding="utf-8"))
            result = window.driver.execute_async_script(
                "axe.run(document).then(arguments[arguments.length - 1])"
            )
            found += [
                f"{page} at {width}: {each['id']}: {node['html'][:120]}"
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
