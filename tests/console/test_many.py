"""Thousands of rules in the browser, and a hundred open pages: neither keeps anybody waiting."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from ..lab.waiting import eventually, wait_until
from . import place
from .place import Browser, Place
from .window import CHROMIUM, DRIVER, Window, chromium

_SHOWN = "return performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def announce(stack: Place, count: int) -> None:
    """So many rules, each at the router."""
    client = stack.adapter.client
    for begin in range(1, count, 1000):
        rules = [
            {
                "match": {
                    "destination": f"203.0.113.{port % 256}/32",
                    "protocol": ["udp"],
                    "source-port": [port],
                },
                "then": {"discard": True},
                "vector": "dns_amplification",
                "incident": f"many:{port // 50}",
            }
            for port in range(begin, begin + 1000)
        ]
        answer = client.announce(rules=rules, wait_seconds=30)
        assert not [each for each in answer["results"] if "error" in each]
    wait_until(lambda: len(stack.router.table) == count)


@pytest.mark.debian
@pytest.mark.skipif(
    not (CHROMIUM.exists() and DRIVER.exists()), reason="Debian's chromium is not installed"
)
@pytest.mark.parametrize("count", [2000, pytest.param(10_000, marks=pytest.mark.long)])
def test_thousands_are_shown_at_once(console: Place, count: int) -> None:
    """Within a second on loopback; three are allowed, for a machine that does other things too."""
    announce(console, count)
    with chromium() as driver:
        window = Window(driver, console.address)
        window.sign_in("rita")
        pages = count // 50
        assert window.shows(f"{count} of {count} rules, page 1 of {pages}", 30)
        for path in ("/", "/?q=203.0.113.7&sort=target", f"/?sort=left&page={pages}", "/?q=udp"):
            taken = []
            for _ in range(3):
                window.open(path)
                taken.append(driver.execute_script(_SHOWN) / 1000)
            rows = len(driver.find_elements("css selector", "table.rules tbody tr"))
            print(f"{path}: shown after {min(taken):.2f} s at best, {rows} rows")
            assert min(taken) < 3.0
            assert 0 < rows <= 50


class CountingDoor:
    """A Unix socket before the adapter's, which counts the requests that come."""

    def __init__(self, path: Path, behind: str) -> None:
        self.path, self.requests, self._behind = path, 0, behind
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(128)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                accepted, _ = self._listener.accept()
                threading.Thread(target=self._pass_on, args=(accepted,), daemon=True).start()

    def _pass_on(self, accepted: socket.socket) -> None:
        with accepted, socket.socket(socket.AF_UNIX) as behind:
            behind.connect(self._behind)
            asking = threading.Thread(target=_pump, args=(accepted, behind, self._count))
            asking.start()
            _pump(behind, accepted, lambda _octets: None)
            asking.join()

    def _count(self, octets: bytes) -> None:
        self.requests += octets.count(b" HTTP/1.1\r\n")


def _pump(source: socket.socket, sink: socket.socket, see: Callable[[bytes], None]) -> None:
    with contextlib.suppress(OSError):
        while octets := source.recv(65536):
            see(octets)
            sink.sendall(octets)
        sink.shutdown(socket.SHUT_WR)


class Stream:
    """An open page's event stream."""

    def __init__(self, browser: Browser, address: str) -> None:
        parts = urlsplit(address)
        cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())
        self._socket = socket.create_connection((parts.hostname, parts.port), 30)
        request = f"GET /live HTTP/1.1\r\nHost: {parts.netloc}\r\nCookie: {cookies}\r\n\r\n"
        self._socket.sendall(request.encode())
        self._lines = self._socket.makefile("r", encoding="utf-8")

    def numbers(self) -> Iterator[str]:
        for line in self._lines:
            if line.startswith("data: "):
                yield line[6:].strip()

    def close(self) -> None:
        self._socket.close()


def test_a_hundred_open_pages_cost_the_adapter_no_more_than_one(
    console: Place, tmp_path: Path
) -> None:
    door = CountingDoor(console.folder / "door.sock", str(console.adapter.socket))
    with contextlib.ExitStack() as ends:
        ends.callback(door.close)
        address = ends.enter_context(place.console(tmp_path, {"edge": str(door.path)}))
        beside = Place(tmp_path, console.adapter, console.router, address, ends, {})
        browser = beside.browser("rita")
        streams = [Stream(browser, address)]
        ends.callback(lambda: [each.close() for each in streams])
        news = [each.numbers() for each in streams]
        next(news[0])
        of_one = _requests(door)
        streams += [Stream(browser, address) for _ in range(99)]
        news = [each.numbers() for each in streams]
        for each in news[1:]:
            next(each)
        of_a_hundred = _requests(door)
        print(f"in 3 s: {of_one} requests with one open page, {of_a_hundred} with a hundred")
        assert of_one >= 3
        assert of_a_hundred <= of_one + 3
        last = Stream(browser, address)
        ends.callback(last.close)
        now = int(next(last.numbers()))
        began = time.monotonic()
        console.announce(1, incident="live:1")
        for each in news:
            next(number for number in each if int(number) > now)
        taken = time.monotonic() - began
        print(f"all hundred pages were told {taken:.2f} s after the order")
        assert taken < 3.0
        assert eventually(lambda: "live:1" in browser.get("/?q=live:1&rows=1").text, 3)


def _requests(door: CountingDoor) -> int:
    """How many come in three seconds."""
    before = door.requests
    time.sleep(3.0)  # what is measured is this time
    return door.requests - before
