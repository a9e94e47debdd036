"""A restart of ExaBGP, beside one that reads its rules from a static configuration."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median

from flowtriq_flowspec.flowspec import exabgp_command
from flowtriq_flowspec.flowspec.rule import parse_rule

from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import ExaBGP

from ..figures import Figure
from ..many_rules import on_the_wire, rules, until
from ..setting import Setting, folder

_TIMES = 1.1
_STATIC = """
neighbor {router.address} {{
  router-id 127.0.0.1; local-address 127.0.0.1; local-as 65001; peer-as {router.asn};
  connect {router.port};
  family {{ ipv4 flow; ipv6 flow; }}
  flow {{
{routes}
  }}
}}
"""


def measure(setting: Setting) -> Iterator[Figure]:
    static, restarted = [], []
    for _ in range(setting.runs):
        static.append(_static(setting))
        restarted.append(_restarted(setting))
    least, mine = median(static), median(restarted)
    what = f"restart of ExaBGP with {setting.many:,} rules, to the last UPDATE"
    beside = f"a static configuration: {least:.2f} s (with the adapter: {mine:.2f} s)"
    yield Figure(what, mine / least, "times", beside, most=_TIMES)


def _static(setting: Setting) -> float:
    routes = []
    for number, each in enumerate(rules(setting.many)):
        command = exabgp_command.announce(parse_rule(each))
        routes.append(command.replace("announce flow route {", f"route r{number} {{", 1))
    with folder() as path, BGPListener() as router:
        text = _STATIC.format(router=router, routes="\n".join(routes))
        exabgp = ExaBGP(setting.exabgp_version, path, [], process=[], configuration=text)
        began = time.monotonic()
        with exabgp:
            return until(router, setting.many) - began


def _restarted(setting: Setting) -> float:
    with (
        folder() as path,
        on_the_wire(setting.exabgp_version, path / "a", setting.many) as (_, router, exabgp),
    ):
        exabgp.kill()
        until(router, 0)
        began = time.monotonic()
        exabgp.start()
        return until(router, setting.many) - began
