"""The demo's router: a second ExaBGP, passive, on loopback, that writes down what it hears.

It decodes each UPDATE by itself, so what the demo prints is the router's view and not ours.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

# `cat` appends what ExaBGP prints, one JSON object a line, to a file that this module reads.
CONFIGURATION = """
process heard {{
  run /bin/sh -c "cat >> {heard}";
  encoder json;
}}
neighbor {speaker} {{
  router-id {address};
  local-address {address};
  local-as 65001;
  peer-as 65001;
  passive true;
  family {{ ipv4 flow; ipv6 flow; }}
  api {{ processes [ heard ]; neighbor-changes; receive {{ parsed; update; }} }}
}}
"""


class Router:
    """A BGP peer listening on ``address``:``port`` for ``speaker``; use as a context manager.

    ``rules`` maps each FlowSpec rule it holds, in its own words, to the action it was sent with.
    """

    def __init__(self, folder: Path, address: str, port: int, speaker: str) -> None:
        self.rules: dict[str, str] = {}
        self.changed = threading.Condition()
        self._heard = folder / "router-heard.jsonl"
        self._configuration = folder / "router.conf"
        self._log = folder / "router.log"
        self._address, self._port, self._speaker = address, port, speaker
        self._stopping = threading.Event()

    def __enter__(self) -> Router:
        self._heard.touch()
        self._configuration.write_text(
            CONFIGURATION.format(heard=self._heard, speaker=self._speaker, address=self._address)
        )
        environment = {
            **os.environ,
            "exabgp_tcp_bind": self._address,
            "exabgp_tcp_port": str(self._port),
            "exabgp_api_cli": "false",
            "exabgp_log_destination": "stderr",
            "exabgp_daemon_user": "root" if os.geteuid() == 0 else os.environ.get("USER", "nobody"),
        }
        exabgp = Path(sys.executable).with_name("exabgp")
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [exabgp, self._configuration], env=environment, stdout=log, stderr=log
            )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        self._stopping.set()
        self._reader.join(timeout=10)

    def _read(self) -> None:
        with self._heard.open("rb") as heard:
            while not self._stopping.is_set():
                line = heard.readline()
                if line.endswith(b"\n"):
                    self._apply(json.loads(line, strict=False))
                else:
                    heard.seek(-len(line), os.SEEK_CUR)  # a line still being written
                    self._stopping.wait(0.05)

    def _apply(self, event: dict) -> None:
        if event["type"] != "update":
            return
        update = event["neighbor"]["message"].get("update", {})
        communities = update.get("attribute", {}).get("extended-community", [])
        action = ", ".join(community["string"] for community in communities)
        with self.changed:
            for by_next_hop in update.get("announce", {}).values():
                for rules in by_next_hop.values():
                    self.rules.update({rule["string"]: action for rule in rules})
            for rules in update.get("withdraw", {}).values():
                for rule in rules:
                    self.rules.pop(rule["string"], None)
            self.changed.notify_all()

    def wait_until_it_holds(self, expected: dict[str, str], seconds: float) -> bool:
        """True as soon as the router holds exactly ``expected``; False after ``seconds``."""
        with self.changed:
            return self.changed.wait_for(lambda: self.rules == expected, timeout=seconds)
