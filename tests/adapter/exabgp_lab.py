"""A real ExaBGP with the speaker as its process, and what its tests ask of it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from flowtriq_exabgp_adapter.exabgp.speaker import Speaker

from ..lab.bgp_listener import BGPListener
from ..lab.exabgp import ExaBGP, Pipes, PipeServer, running
from ..lab.waiting import eventually
from .speaking import Heard, speaking

RATE_LIMIT = {"rate-limit": 8_000_000}
DISCARDED = bytes.fromhex("8006 0000 00000000")
"""RFC 8955 section 7.1: traffic-rate-bytes, AS 0, float 0.0."""
LIMITED = bytes.fromhex("8006 0000 49742400")
"""The same, float 1,000,000.0: bytes per second for 8,000,000 bits per second."""


class Lab(NamedTuple):
    router: BGPListener
    exabgp: ExaBGP
    pipes: Pipes
    server: PipeServer
    speaker: Speaker
    heard: Heard


@contextlib.contextmanager
def lab(
    version: str, folder: Path, *routers: BGPListener, listener: Any = None, **options
) -> Iterator[Lab]:
    with contextlib.ExitStack() as stack:
        exabgp, server, pipes = stack.enter_context(running(version, folder, routers, **options))
        stack.callback(lambda: print(exabgp.log.read_text()))  # shown when a test fails
        speaker, heard = stack.enter_context(
            speaking(pipes.stdin, pipes.stdout, pipes.hang_up, listener=listener)
        )
        yield Lab(routers[0], exabgp, pipes, server, speaker, heard)


def wait_carries(started: Lab) -> None:
    assert started.router.wait_established()
    assert eventually(lambda: started.speaker.carries("ipv4 flow"))


def route(one) -> tuple[str, bytes]:
    return f"{one.match.address_family} flow", one.match.nlri


def want(speaker, *rules) -> None:
    speaker.want_many((each.match, each.then) for each in rules)


def withdraw(speaker, *rules) -> None:
    speaker.want_many((each.match, None) for each in rules)


def wait_settled(speaker, *rules, timeout=20) -> bool:
    return speaker.wait_settled([each.id for each in rules], timeout)


def holds(router, *rules) -> bool:
    """Whether the router has exactly these rules, in time."""
    return router.wait_for(lambda: set(router.table) == {route(each) for each in rules})


def extended_communities(router) -> dict[tuple[str, bytes], tuple[bytes, ...]]:
    return {key: attributes.extended_communities for key, attributes in router.table.items()}
