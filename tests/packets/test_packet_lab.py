"""Are the packets really dropped? ExaBGP, a router that forwards, a victim; see `make lab`."""

from __future__ import annotations

import os
import signal

import pytest

from examples.packet_lab import attacks, proof
from examples.packet_lab.lab import Lab
from examples.packet_lab.stack import Ended

pytestmark = [pytest.mark.debian, pytest.mark.quiet]


def test_attacks_stop_at_the_router_and_the_real_service_goes_on(packet_lab: Lab) -> None:
    short = [attacks.SYN_FLOOD, attacks.SYN_FLOOD_IPV6, attacks.DNS_AMPLIFICATION]
    stops = proof.prove(packet_lab, short, print)
    assert [stop.attack for stop in stops] == short
    dropped = [stop.stopped_seconds for stop in stops if stop.stopped_seconds is not None]
    assert len(dropped) == 2
    assert max(dropped) < proof.STOPPED_WITHIN_SECONDS


def test_the_loop_closed_by_prometheus_and_alertmanager(packet_lab: Lab) -> None:
    packet_lab.stack.start_servers()
    proof.close_the_loop(packet_lab, print)


def test_the_lab_notices_that_a_program_was_killed(packet_lab: Lab) -> None:
    """The last test: what must be gone at the end, though nobody ended ExaBGP, says conftest.py."""
    pid = packet_lab.stack.pid("flowspec")
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    with pytest.raises(Ended, match="flowspec ended with -9"):
        packet_lab.stack.require_running()
