"""The parser that ExaBGP itself runs on an API command, asked from outside; either version.

with ExaBGPParser("4.2.25") as parser:
    parser.routes("announce flow route { … }")  # [Route("ipv4", nlri, attributes)]

ExaBGP is given one line, as the adapter would write it, in a process of its own: both versions have
one package name, and keep settings in globals.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import NamedTuple

_COMMUNITIES, _EXTENDED_COMMUNITIES = 8, 16  # path attributes, with four and eight octets each


class Route(NamedTuple):
    """What ExaBGP made of a command; ``nlri`` without its length, communities sorted."""

    address_family: str
    nlri: bytes
    communities: tuple[bytes, ...]
    extended_communities: tuple[bytes, ...]
    next_hop: str


class ExaBGPParser:
    """One running parser; use as a context manager."""

    def __init__(self, version: str) -> None:
        from tests.lab import exabgp as lab

        self._popen = subprocess.Popen(
            [sys.executable, __file__],
            env={"PYTHONPATH": str(lab.EXABGP_4)} if version.startswith("4") else {},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def __enter__(self) -> ExaBGPParser:
        return self

    def __exit__(self, *_: object) -> None:
        self._popen.stdin.close()
        self._popen.stdout.close()
        self._popen.wait(timeout=10)

    def routes(self, command: str) -> list[Route]:
        """The routes of one command; none where ExaBGP would answer with an error."""
        self._popen.stdin.write(command + "\n")
        self._popen.stdin.flush()
        return [
            Route(
                each["family"],
                _without_length(bytes.fromhex(each["nlri"]), flow=" flow " in command),
                _chunks(bytes.fromhex(each["communities"]), 4),
                _chunks(bytes.fromhex(each["extended_communities"]), 8),
                each["next_hop"],
            )
            for each in json.loads(self._popen.stdout.readline())
        ]


def _chunks(octets: bytes, size: int) -> tuple[bytes, ...]:
    return tuple(sorted(octets[at : at + size] for at in range(0, len(octets), size)))


def _without_length(octets: bytes, *, flow: bool) -> bytes:
    """RFC 8955 section 4.1: one octet of length below 240, else two that begin with 0xf."""
    if not flow:
        return octets
    size = 1 if octets[0] < 0xF0 else 2
    length = octets[0] if size == 1 else int.from_bytes(octets[:2], "big") & 0x0FFF
    assert length == len(octets) - size
    return octets[size:]


def _answer_each_line() -> None:
    answers, sys.stdout = sys.stdout, sys.stderr
    api = _api()
    for line in sys.stdin:
        found = []
        try:
            read = api.api_flow if " flow " in line else api.api_route
            for change in read(line.rstrip("\n")):
                found.append(
                    {
                        "family": str(change.nlri.afi),
                        "nlri": change.nlri.pack_nlri().hex(),
                        "communities": _value(change.attributes.get(_COMMUNITIES)).hex(),
                        "extended_communities": _value(
                            change.attributes.get(_EXTENDED_COMMUNITIES)
                        ).hex(),
                        "next_hop": str(change.nlri.nexthop),
                    }
                )
        except (ValueError, IndexError):
            pass  # where ExaBGP answers with an error
        answers.write(json.dumps(found) + "\n")
        answers.flush()


def _api():
    """ExaBGP's reader of API commands, with no more of ExaBGP around it than it needs."""
    try:
        from exabgp.logger import log
    except ImportError:  # 4.2
        from exabgp.configuration.setup import environment

        environment.setup("")
    else:
        log.silence()
    from exabgp.reactor.api import API

    return API(None)


def _value(attribute) -> bytes:
    """A path attribute's octets without flags, type and length (RFC 4271 section 4.3)."""
    if attribute is None:
        return b""
    octets = attribute.pack(None)
    return octets[4:] if octets[0] & 0x10 else octets[3:]


if __name__ == "__main__":
    sys.path.pop(0)  # this folder
    _answer_each_line()
