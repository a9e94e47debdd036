"""Reads the answer to ``show neighbor configuration``: the settings of each neighbour.

Both versions print the configuration's own language (other lines left out):

    neighbor 192.0.2.1 {
      adj-rib-out true;
      capability {
        graceful-restart 120;            # or: disable
      }
      api {                              # one per process
        processes [ flowtriq-adapter ];
        neighbor-changes;
      }
    }
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

SHOW_SETTINGS = "show neighbor configuration"

_NEIGHBOR = re.compile(r"neighbor (\S+) \{")
_RESTART = re.compile(r"\s+graceful-restart (\d+);")
_AS = re.compile(r"\s+(local|peer)-as (\d+);")
_PROCESS = re.compile(r"\s+processes \[ (\S+) \];")


@dataclass(frozen=True)
class NeighborSettings:
    """``processes``: those that may announce to the neighbour; ``reports_sessions``: one of them is
    told when the session comes up or ends; ``restart_seconds``: for so long the neighbour is asked
    to keep the routes of an ExaBGP that is gone (RFC 4724), 0 where graceful restart is off;
    ``has_adj_rib_out``: ExaBGP keeps the routes, and sends them again when the session is back."""

    processes: tuple[str, ...] = ()
    reports_sessions: bool = False
    restart_seconds: int = 0
    has_adj_rib_out: bool = True
    local_as: int | None = None
    peer_as: int | None = None


def read_settings(lines: Iterable[str]) -> dict[str, NeighborSettings]:
    """The settings by the neighbour's address. The answer has the passwords of the sessions too:
    never log it."""
    settings: dict[str, NeighborSettings] = {}
    address = ""
    for line in lines:
        if neighbor := _NEIGHBOR.match(line):
            address = neighbor[1]
            settings[address] = NeighborSettings()
        elif not address:
            continue
        elif restart := _RESTART.match(line):
            settings[address] = replace(settings[address], restart_seconds=int(restart[1]))
        elif number := _AS.match(line):
            own = number[1] == "local"
            settings[address] = (
                replace(settings[address], local_as=int(number[2]))
                if own
                else replace(settings[address], peer_as=int(number[2]))
            )
        elif process := _PROCESS.match(line):
            processes = (*settings[address].processes, process[1])
            settings[address] = replace(settings[address], processes=processes)
        elif line.strip() == "neighbor-changes;":
            settings[address] = replace(settings[address], reports_sessions=True)
        elif line.strip() == "adj-rib-out false;":
            settings[address] = replace(settings[address], has_adj_rib_out=False)
    return settings
