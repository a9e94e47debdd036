"""The adapter's start; what memory everything may take (measured in other rows)."""

from __future__ import annotations

import compileall
import importlib.util
import time
from collections.abc import Iterator

from flowtriq_flowspec.errors import AdapterUnreachable

from tests.lab.adapter import Adapter
from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import ExaBGP

from ..figures import Figure, processor_seconds
from ..many_rules import limits
from ..setting import Setting, folder

MOST_MEBIBYTES = 80
_START_MILLISECONDS = 250


def measure(setting: Setting) -> Iterator[Figure]:
    """The least of three: whatever else the machine does makes it longer. Compiled, as pip installs
    it: a checkout that Python may not write to would be compiled at each start."""
    for package in ("flowtriq_exabgp_adapter", "flowtriq_flowspec"):
        found = importlib.util.find_spec(package)
        for folder_of_it in (found and found.submodule_search_locations) or ():
            compileall.compile_dir(folder_of_it, quiet=2)
    seconds = min(_start(setting) for _ in range(3))
    what = "start of the adapter to its first answer, CPU"
    yield Figure(what, seconds * 1000, "ms", most=_START_MILLISECONDS)


def _start(setting: Setting) -> float:
    with folder() as path, BGPListener() as router:
        adapter = Adapter(path, limits(10))
        with ExaBGP(setting.exabgp_version, path, [router], process=adapter.command) as exabgp:
            while True:
                try:
                    adapter.client.status()
                    return processor_seconds(adapter.pid(exabgp))
                except AdapterUnreachable:
                    time.sleep(0.01)
