"""All of the lab: networks, programs, servers, clients, and what watches the victim."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from pathlib import Path

from . import attacks, network, services
from .network import Network, NotPossible
from .router import Router
from .stack import Stack
from .watcher import Watcher

_PACKAGES = {
    **{"ip": "iproute2", "nft": "nftables", "nsenter": "util-linux", "snmpd": "snmpd"},
    **{"prometheus": "prometheus", "prometheus-alertmanager": "prometheus-alertmanager"},
}
"""{program: its Debian package}"""


def missing() -> str | None:
    """Why this machine cannot have the lab, if it cannot."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    packages = [package for name, package in _PACKAGES.items() if not shutil.which(name, path=path)]
    if packages:
        return f"it needs Debian's {', '.join(packages)}: apt-get install {' '.join(packages)}"
    return network.missing()


class Lab:
    """Use as a context manager; nothing of it is left behind it. Raises NotPossible."""

    def __init__(self, folder: Path) -> None:
        if reason := missing():
            raise NotPossible(reason)
        self._folder = folder
        self.network = Network()

    def __enter__(self) -> Lab:
        with ExitStack() as running:
            running.enter_context(self.network)
            self.stack = running.enter_context(Stack(self.network, self._folder))
            running.enter_context(services.servers(self.network))
            self.watcher = running.enter_context(
                Watcher(self.network.victim, network.TO_ROUTER, attacks.ALL)
            )
            self.clients = services.clients(self.network, running)
            self._running = running.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._running.close()

    @property
    def router(self) -> Router:
        return self.stack.router
