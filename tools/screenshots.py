"""Makes the pictures of docs/user/console.md: a real console over a real adapter and a lab router.

Needs Debian's chromium and chromium-driver: `python tools/screenshots.py`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from selenium import webdriver  # noqa: E402

from tests.console.place import place  # noqa: E402
from tests.console.window import Window, chromium  # noqa: E402

FOLDER = ROOT / "docs/user"
PICTURES = (
    ("console-rules", "/", "light", 1200),
    ("console-rule-dark", "/rules/edge/{rule}", "dark", 1200),
    ("console-stop", "/stop", "light", 1200),
    ("console-telephone", "/", "dark", 390),
)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="fs") as folder, place(Path(folder)) as stack:
        stack.announce(7, 12, incident="flowtriq:4711")
        stack.announce(45, incident="alertmanager:9f2c")
        stack.holds(3)
        rule = stack.adapter.client.rules()[0]["id"]
        with chromium() as driver:
            take(Window(driver, stack.address), driver, rule)


def take(window: Window, driver: webdriver.Chrome, rule: str) -> None:
    window.sign_in("ada")
    for name, path, theme, width in PICTURES:
        window.look(theme, width)
        window.open(path.format(rule=rule))
        window.shows("203.0.113" if path != "/stop" else "Kill switch")
        driver.save_screenshot(str(FOLDER / f"{name}.png"))


if __name__ == "__main__":
    main()
