"""A router that needs no other package: a second, passive ExaBGP that says what it receives.

It decodes each UPDATE itself, so what a test reads here is not our own reading of the octets.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .exabgp import ExaBGP
from .ports import free_port

CONFIGURATION = """
process printer {{ run /bin/sh -c "cat > {pipe}"; encoder json; }}
neighbor {speaker} {{
  router-id {address};
  local-address {address};
  local-as {asn};
  peer-as {asn};
  passive true;
  family {{ {families} }}
  api {{ processes [ printer ]; neighbor-changes; receive {{ parsed; update; }} }}
}}
"""


class Router:
    """A passive ExaBGP at ``address``, ``port``; use as a context manager.

    ``updates`` holds, for each UPDATE, ExaBGP's ``neighbor.message.update`` as decoded JSON.
    """

    def __init__(
        self,
        folder: Path,
        *,
        address: str = "127.0.0.20",
        speaker: str = "127.0.0.1",
        families: tuple[str, ...] = ("ipv4 flow", "ipv6 flow"),
        asn: int = 65001,
    ) -> None:
        self.address, self.asn, self.families = address, asn, families
        self.port = free_port(address)
        self.updates: list[dict[str, Any]] = []
        self.established = False
        self._changed = threading.Condition()
        folder = folder / f"router-{address}"
        folder.mkdir()
        self._pipe = folder / "updates"
        os.mkfifo(self._pipe)
        self.exabgp = ExaBGP(
            "5.0.15",
            folder,
            [],
            process=[],
            environment={"exabgp_tcp_bind": address, "exabgp_tcp_port": str(self.port)},
            configuration=CONFIGURATION.format(
                pipe=self._pipe,
                speaker=speaker,
                address=address,
                asn=asn,
                families=" ".join(f"{family};" for family in families),
            ),
        )
        self._thread = threading.Thread(target=self._read, name="router", daemon=True)

    def __enter__(self) -> Router:
        self._thread.start()
        self.exabgp.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.exabgp.stop()
        self._thread.join(timeout=5)

    def wait_for(self, predicate: Callable[[], object], timeout: float = 20.0) -> bool:
        """Whether ``predicate`` became true in time; it is looked at after every event."""
        with self._changed:
            return bool(self._changed.wait_for(predicate, timeout))

    def _read(self) -> None:
        with self._pipe.open() as lines:
            for line in lines:
                if not line.startswith("{"):
                    continue  # "shutdown" is said in plain text
                event = json.loads(line, strict=False)
                neighbor = event.get("neighbor", {})
                with self._changed:
                    if event["type"] == "state":
                        self.established = neighbor["state"] == "up"
                    elif "update" in neighbor.get("message", {}):
                        self.updates.append(neighbor["message"]["update"])
                    self._changed.notify_all()
