from __future__ import annotations

from collections.abc import Iterator

import pytest
from flowtriq_exabgp_adapter.clock import Clock
from flowtriq_exabgp_adapter.store.recorder import Recorder
from flowtriq_exabgp_adapter.store.registry import Registry

from ..lab.bgp_listener import BGPListener
from ..lab.exabgp import VERSIONS
from ..lab.fake_exabgp import FakeExaBGP
from .exabgp_lab import Lab, holds, lab, wait_carries
from .speaking import speaking


def pytest_itemcollected(item: pytest.Item) -> None:
    chosen = item.callspec.params if hasattr(item, "callspec") else {}
    if item.get_closest_marker("one_exabgp") and chosen.get("exabgp_version") in VERSIONS[1:]:
        item.add_marker("long")


@pytest.fixture(params=["json", "text"])
def encoder(request) -> str:
    return request.param


@pytest.fixture(scope="module")
def shared(exabgp_version, tmp_path_factory) -> Iterator[Lab]:
    """One for all tests that can do with it: ExaBGP 4.2 takes a second to start."""
    with (
        BGPListener("127.0.0.12") as router,
        lab(exabgp_version, tmp_path_factory.mktemp("shared"), router, encoder="json") as started,
    ):
        yield started


@pytest.fixture
def ready(shared) -> Lab:
    """A session is established, the speaker knows what it carries, and the router has no rule."""
    shared.router.refuse(False)
    shared.router.resume()
    shared.speaker.clear_all()
    assert shared.speaker.wait_cleared(10)
    wait_carries(shared)
    assert holds(shared.router)
    return shared


@pytest.fixture
def alone(exabgp_version, tmp_path, listener) -> Iterator[Lab]:
    """The same, but new: flaps and rules in quarantine are remembered."""
    with lab(exabgp_version, tmp_path, listener, encoder="json") as started:
        wait_carries(started)
        yield started


@pytest.fixture
def exabgp() -> Iterator[FakeExaBGP]:
    with FakeExaBGP() as fake:
        yield fake


@pytest.fixture
def ack_timeout_seconds() -> float:
    """So long that no answer is late, however busy the machine; tests of late ones override it."""
    return 60.0


@pytest.fixture
def speaker_and_heard(exabgp, ack_timeout_seconds):
    with speaking(
        exabgp.stdin, exabgp.stdout, exabgp.close, ack_timeout_seconds=ack_timeout_seconds
    ) as pair:
        yield pair


@pytest.fixture
def hanging_recorder(tmp_path) -> Iterator[Recorder]:
    """A recorder that cannot store anything until the test is over. The test starts it."""
    registry = Registry(tmp_path / "hanging.sqlite3")
    recorder = Recorder(registry, Clock())
    with registry._lock:
        yield recorder
    recorder.stop(timeout_seconds=20)
    registry.close()


@pytest.fixture
def speaker(speaker_and_heard):
    return speaker_and_heard[0]


@pytest.fixture
def heard(speaker_and_heard):
    return speaker_and_heard[1]
