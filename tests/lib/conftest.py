from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.lab import exabgp

from .exabgp_parser import ExaBGPParser


@pytest.fixture(scope="session", params=exabgp.VERSIONS, ids=lambda version: f"exabgp-{version}")
def exabgp_parser(request: pytest.FixtureRequest) -> Iterator[ExaBGPParser]:
    """The parser of each supported version of ExaBGP in turn."""
    if reason := exabgp.missing(request.param):
        pytest.skip(reason)
    with ExaBGPParser(request.param) as parser:
        yield parser
