"""A window of Debian's Chromium at a console."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from ..lab.waiting import eventually
from .place import PASSWORDS

CHROMIUM, DRIVER = Path("/usr/bin/chromium"), Path("/usr/bin/chromedriver")


@contextlib.contextmanager
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
        self.click(By.XPATH, f"//button[normalize-space()='{text}']")

    def click(self, how: str, what: str) -> None:
        """Again where the live table was replaced just then."""

        def clicked() -> bool:
            with contextlib.suppress(StaleElementReferenceException, NoSuchElementException):
                self.driver.find_element(how, what).click()
                return True
            return False

        assert eventually(clicked), what

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
