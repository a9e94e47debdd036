"""BGP daemons from Debian's packages as passive peers on loopback; none of them needs root."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from pathlib import Path

from tests.lab.ports import free_port

from . import views

SPEAKER = "127.0.1.61"


class Peer:
    """One daemon, listening for SPEAKER; use as a context manager."""

    name: str
    address: str
    asn = 65001
    families = ("ipv4 flow", "ipv6 flow")
    program: str
    client: str
    configuration: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder / self.name
        self.folder.mkdir()
        self.port = self.free_port()

    @classmethod
    def missing(cls) -> str | None:
        """Why this daemon can't be used here, or None."""
        for program in (cls.program, cls.client):
            if shutil.which(program) is None:
                return f"{program} is not installed (make test installs it where it can)"
        return None

    def free_port(self) -> int:
        return free_port(self.address)

    def __enter__(self) -> Peer:
        configuration = self.folder / "configuration"
        configuration.write_text(self.configuration.format(me=self, speaker=SPEAKER, asn=self.asn))
        self._log = (self.folder / "log").open("w")
        self._process = subprocess.Popen(
            [*map(str, self.command(configuration))], stdout=self._log, stderr=self._log
        )
        give_up_at = time.monotonic() + 20
        while not self._listens():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < give_up_at, f"{self.name} does not listen"
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)
        self._log.close()

    def _listens(self) -> bool:
        """Bound: a second bind fails. To connect would count as an attempt of the speaker."""
        try:
            socket.create_server((self.address, self.port)).close()
        except OSError:
            return True
        return False

    def command(self, configuration: Path) -> list[object]:
        raise NotImplementedError

    def table(self, address_family: str) -> views.Table:
        """The FlowSpec rules it holds now."""
        raise NotImplementedError

    def ask(self, *command: object) -> str:
        answer = subprocess.run(
            [*map(str, command)], capture_output=True, text=True, check=True, timeout=20
        )
        return answer.stdout


class GoBGP(Peer):
    name = "gobgpd"
    address = "127.0.1.62"
    program = "gobgpd"
    client = "gobgp"
    configuration = """
[global.config]
  as = {asn}
  router-id = "{me.address}"
  port = {me.port}
  local-address-list = ["{me.address}"]
[[neighbors]]
  [neighbors.config]
    neighbor-address = "{speaker}"
    peer-as = {asn}
  [neighbors.transport.config]
    passive-mode = true
    local-address = "{me.address}"
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv4-flowspec"
  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "ipv6-flowspec"
"""

    def command(self, configuration: Path) -> list[object]:
        self._api_port = self.free_port()
        api = f"--api-hosts={self.address}:{self._api_port}"
        return [self.program, "-t", "toml", "-f", configuration, api, "--pprof-disable"]

    def table(self, address_family: str) -> views.Table:
        where = ("-u", self.address, "-p", self._api_port)
        rib = ("global", "rib", "-a", f"{address_family}-flowspec")
        return views.gobgp(self.ask(self.client, *where, "-j", *rib))


class Bird(Peer):
    name = "bird"
    address = "127.0.1.63"
    program = "bird"
    client = "birdc"
    configuration = """
router id {me.address};
flow4 table rules_ipv4;
flow6 table rules_ipv6;
protocol device {{}}
protocol bgp speaker {{
  local {me.address} port {me.port} as {asn};
  neighbor {speaker} as {asn};
  passive yes;
  strict bind yes;
  multihop;
  error wait time 1, 2;
  error forget time 1;
  connect retry time 1;
  flow4 {{ table rules_ipv4; import all; export none; }};
  flow6 {{ table rules_ipv6; import all; export none; }};
}}
"""

    def command(self, configuration: Path) -> list[object]:
        control = self.folder / "control"
        return [self.program, "-f", "-c", configuration, "-s", control, "-P", self.folder / "pid"]

    def table(self, address_family: str) -> views.Table:
        control = ("-s", self.folder / "control")
        shown = self.ask(
            self.client, *control, "show", "route", "all", "table", f"rules_{address_family}"
        )
        return views.bird(shown)


class FRR(Peer):
    name = "frr"
    address = "127.0.1.64"
    program = "/usr/lib/frr/bgpd"
    client = "vtysh"
    configuration = """
hostname frr
log stdout
router bgp {asn}
 bgp router-id {me.address}
 no bgp default ipv4-unicast
 neighbor {speaker} remote-as {asn}
 neighbor {speaker} passive
 neighbor {speaker} update-source {me.address}
 address-family ipv4 flowspec
  neighbor {speaker} activate
 exit-address-family
 address-family ipv6 flowspec
  neighbor {speaker} activate
 exit-address-family
"""

    def command(self, configuration: Path) -> list[object]:
        return [
            *(self.program, "--no_zebra", "--no_kernel", "--skip_runas", "-f", configuration),
            *("--vty_socket", self.folder, "--vty_port", "0", "-i", self.folder / "pid"),
            *("--listenon", self.address, "--bgp_port", self.port),
        ]

    def table(self, address_family: str) -> views.Table:
        show = f"show bgp {address_family} flowspec detail"
        return views.frr(self.ask(self.client, "--vty_socket", self.folder, "-c", show))


ALL = (GoBGP, Bird, FRR)
