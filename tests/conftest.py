"""The lab, for every test: real ExaBGPs and routers on loopback (tests/lab)."""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .lab import distribution, engine, quiet
from .lab import exabgp as lab
from .lab.bgp_listener import BGPListener
from .lab.forked import Forked
from .lab.router import Router

HERE = Path(__file__).resolve().parent
IN_STACKSTORM = importlib.util.find_spec("st2common") is not None
if IN_STACKSTORM:
    # st2-run-pack-tests has the pack and its library alone. The embedded engine comes along to be
    # held to StackStorm, the adapter to be asked; what needs an installed program is for `make
    # test`.
    sys.path += [str(HERE.parent / "embedded"), str(HERE.parent / "adapter")]
    _compared = {"test_conformance.py", "test_criteria.py"}
    collect_ignore = [
        *("adapter", "bench", "cli", "console", "docs", "exporter", "interop", "monitoring"),
        *("packets", "reliability"),
        *("test_demo.py", "test_generated.py", "test_imports.py", "lib/test_events.py"),
        *(
            f"embedded/{it.name}"
            for it in sorted(HERE.glob("embedded/test_*.py"))
            if it.name not in _compared
        ),
    ]

with contextlib.suppress(ImportError):  # StackStorm's environment may be without it
    from hypothesis import HealthCheck, settings

    # Beside other tests a slow machine says nothing about a test.
    settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("tests")


def pytest_report_header() -> str | None:
    if not IN_STACKSTORM:
        return None
    return f"in StackStorm's environment, left to make test: {', '.join(collect_ignore)}"


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What is printed of a test, and what --last-failed reads, is the name it has alone."""
    if hasattr(report, "node"):  # not in the worker, which knows it by the longer name
        report.nodeid = distribution.plain_name(report.nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    return distribution.number_of_workers()


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """What is collected stays to the end: the garbage collector need not look at it again and
    again, a tenth of the whole work."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(
    items: list[pytest.Item], config: pytest.Config
) -> Iterator[None]:
    distribution.leave_out_long(items, config)
    distribution.mark(items, HERE)
    yield
    if hasattr(config, "workerinput"):
        # After pytest's own order, which puts all that run with one version of ExaBGP together.
        distribution.arrange(items, HERE)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:
    distribution.heed_worker(node.config, getattr(node, "workeroutput", {}))


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if line := distribution.said_of_long(config):
        terminalreporter.write_line(line)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    with quiet.company(item.config, quiet=item.get_closest_marker("quiet") is not None):
        yield


@pytest.fixture(scope="session", autouse=True)
def programs_imported_once() -> Iterator[None]:
    if not hasattr(os, "pidfd_open"):
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        forked = Forked()
        patch.setattr(lab.ExaBGP, "starter", staticmethod(forked.start))
        patch.setattr(engine.Up, "starter", staticmethod(forked.start))
        yield
        forked.end()


@pytest.fixture(scope="session", params=lab.VERSIONS, ids=lambda version: f"exabgp-{version}")
def exabgp_version(request: pytest.FixtureRequest) -> str:
    """Each supported version of ExaBGP in turn; skipped with the reason where it can't be had."""
    if reason := lab.missing(request.param):
        pytest.skip(reason)
    return request.param


@pytest.fixture
def listener() -> Iterator[BGPListener]:
    """A raw BGP listener on 127.0.0.10 and a free port."""
    with BGPListener() as router:
        yield router


@pytest.fixture
def router(tmp_path: Path) -> Iterator[Router]:
    """A passive ExaBGP that decodes what it receives."""
    with Router(tmp_path) as running:
        yield running


@pytest.fixture
def start_exabgp(tmp_path: Path, exabgp_version: str) -> Iterator[Callable[..., lab.ExaBGP]]:
    """``start_exabgp([listener], process=[…])``: an ExaBGP of the version under test."""
    with contextlib.ExitStack() as stack:
        folders = iter(range(1000))

        def start(neighbors, *, version: str = exabgp_version, **options) -> lab.ExaBGP:
            folder = tmp_path / f"speaker-{next(folders)}"
            folder.mkdir()
            exabgp = stack.enter_context(lab.ExaBGP(version, folder, neighbors, **options))
            # Printed only when the test fails; on the way out, so that all of it is there.
            stack.callback(lambda: print(exabgp.log.read_text()))
            return exabgp

        yield start
