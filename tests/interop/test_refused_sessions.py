"""A router that does not want the session: `flowspec status` says why in words. Real ExaBGP, and
real routers."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import commands, exabgp
from tests.lab.adapter import Adapter
from tests.lab.waiting import eventually

from . import peers

WRONG_AS = ("bad peer AS", "NOTIFICATION 2/2", "65001", "65002")


@pytest.fixture
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="fs"))  # a short path, for the socket
    yield made
    shutil.rmtree(made, ignore_errors=True)


def status_comes_to_say(adapter: Adapter, words: tuple[str, ...]) -> bool:
    """As a person reads it, in a wide terminal."""

    def said() -> str:
        return commands.flowspec("status", "--socket", adapter.socket, columns=300).output

    return eventually(lambda: all(word in said() for word in words), 40) or pytest.fail(said())


@pytest.mark.peer
@pytest.mark.parametrize("version", ["5.0.15", "4.2.25"])
@pytest.mark.parametrize("kind", [peers.GoBGP, peers.Bird], ids=lambda each: each.name)
def test_a_wrong_as_is_named(folder: Path, kind: type[peers.Peer], version: str) -> None:
    if why := kind.missing() or exabgp.missing(version):
        pytest.skip(why)
    adapter = Adapter(folder, {"allowed_destinations": ["203.0.113.0/24"]})
    router = kind(folder)
    router.asn = 65002  # and it takes its speaker to be of the same; ExaBGP here is of 65001
    with (
        router,
        exabgp.ExaBGP(
            version, folder, [router], process=adapter.command, local_address=peers.SPEAKER
        ),
    ):
        assert status_comes_to_say(adapter, WRONG_AS)


def test_nobody_listens(folder: Path) -> None:
    adapter = Adapter(folder, {"allowed_destinations": ["203.0.113.0/24"]})
    router = peers.GoBGP(folder)  # not started
    with exabgp.ExaBGP(
        "5.0.15", folder, [router], process=adapter.command, local_address=peers.SPEAKER
    ):
        assert status_comes_to_say(adapter, ("connection refused", "65001"))
