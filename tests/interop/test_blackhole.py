"""A blackhole, from the adapter to gobgpd: an ordinary route with RFC 7999's community."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.lab.adapter import Adapter
from tests.lab.exabgp import ExaBGP

from .peers import SPEAKER, GoBGP

pytestmark = pytest.mark.peer

GUARDRAILS = {
    "allowed_destinations": ["203.0.113.0/24", "2001:db8::/64"],
    "allowed_blackhole_next_hops": ["192.0.2.1", "100::1"],
}
HOSTS = {"203.0.113.45/32": "192.0.2.1", "2001:db8::53/128": "100::1"}
NEXT_HOP, COMMUNITIES, MP_REACH = 3, 8, 14  # RFC 4271, RFC 1997, RFC 4760


class GoBGPWithRoutes(GoBGP):
    families = ("ipv4 flow", "ipv6 flow", "ipv4 unicast", "ipv6 unicast")
    configuration = GoBGP.configuration + "".join(
        f"""  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "{family}-unicast"
"""
        for family in ("ipv4", "ipv6")
    )

    def routes(self) -> dict[str, tuple[str, list[int]]]:
        """{prefix: (next hop, communities)}"""
        found = {}
        for family in ("ipv4", "ipv6"):
            where = ("-u", self.address, "-p", self._api_port)
            text = self.ask(self.client, *where, "-j", "global", "rib", "-a", family)
            for prefix, (path,) in json.loads(text).items():
                found[prefix] = _attributes(path)
        return found

    def wait_for(self, wanted: dict[str, tuple[str, list[int]]]) -> bool:
        give_up_at = time.monotonic() + 15
        while self.routes() != wanted:
            if time.monotonic() > give_up_at:
                return False
            time.sleep(0.1)  # it does not tell when its table changes
        return True


def _attributes(path: dict[str, Any]) -> tuple[str, list[int]]:
    by_type = {each["type"]: each for each in path["attrs"]}
    next_hop = by_type.get(NEXT_HOP) or by_type[MP_REACH]
    return next_hop["nexthop"], by_type[COMMUNITIES]["communities"]


def test_gobgpd_holds_the_route_and_loses_it(tmp_path: Path, exabgp_version: str) -> None:
    if reason := GoBGPWithRoutes.missing():
        pytest.skip(reason)
    adapter = Adapter(tmp_path, GUARDRAILS)
    with (
        GoBGPWithRoutes(tmp_path) as peer,
        ExaBGP(
            exabgp_version, tmp_path, [peer], process=adapter.command, local_address=SPEAKER
        ) as exabgp,
    ):
        adapter.wait_until_established(exabgp)
        rules = [
            {"match": {"destination": host}, "then": {"blackhole": next_hop}}
            for host, next_hop in HOSTS.items()
        ]
        results = adapter.client.announce(incident="a:1", rules=rules)["results"]
        assert [each["state"] for each in results] == ["announced", "announced"]
        blackhole = 65535 << 16 | 666
        assert peer.wait_for({host: (hop, [blackhole]) for host, hop in HOSTS.items()})
        adapter.client.withdraw(incident="a:1")
        assert peer.wait_for({})
