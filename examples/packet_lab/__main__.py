"""`make lab`: attacks with real packets, stopped by a router that the real ExaBGP talks to.

Needs root. Proves the attacks one and all, closes the loop through Prometheus and Alertmanager, and
then stays until Ctrl-C, with a SYN flood of 20 seconds every minute.
"""

from __future__ import annotations

import signal
import sys
import tempfile
import threading
from pathlib import Path

from rich.console import Console
from rich.table import Table

from . import attacks
from .attacks import Flood
from .lab import Lab, missing
from .network import NotPossible
from .proof import NotProven, Stop, close_the_loop, prove
from .stack import Ended

_FLOOD_SECONDS, _EVERY_SECONDS = 20.0, 60.0

console = Console(highlight=False)


def step(text: str) -> None:
    console.print(f"\n[bold]{text}[/bold]")


def tell(text: str) -> None:
    console.print(f"  {text}", markup=False, soft_wrap=True)


def show(stops: list[Stop]) -> None:
    tell(
        "from the alert to the rule in the router and to the last packet at the victim; what passes"
    )
    table = Table("attack", "rules", "to router", "last packet", "bytes/s")
    for stop in stops:
        stopped = "-" if stop.stopped_seconds is None else f"{stop.stopped_seconds:.2f} s"
        table.add_row(
            stop.attack.name,
            str(stop.rules),
            f"{stop.installed_seconds:.2f} s",
            stopped,
            f"{stop.bytes_per_second:,.0f}",
        )
    console.print(table)


def stay(lab: Lab, stopping: threading.Event) -> None:
    """Until ``stopping`` is set. Raises Ended when a program of the lab ends before."""
    step("The lab stays up until Ctrl-C, with a SYN flood of 20 s every minute")
    stack = lab.stack
    stack.start_page()
    tell(f"page          http://{stack.page}, user lab, password {stack.password}")
    tell(f"Prometheus    http://{stack.prometheus}")
    tell(f"Alertmanager  http://{stack.alertmanager}")
    tell(f"exporter      http://{stack.exporter}/metrics")
    tell(f"rules         {Path(sys.executable).with_name('flowspec')} list --socket {stack.socket}")
    tell(f"nftables      nsenter --net={lab.network.router.path} nft list ruleset")
    told: set[str] = set()
    while not stopping.is_set():
        with Flood(attacks.SYN_FLOOD, lab.network.outside):
            _watch(lab, stopping, _FLOOD_SECONDS, told)
        _watch(lab, stopping, _EVERY_SECONDS - _FLOOD_SECONDS, told)


def _watch(lab: Lab, stopping: threading.Event, seconds: float, told: set[str]) -> None:
    """Says what the router refuses, of rules that somebody announces by hand; each once."""
    for _ in range(int(seconds)):
        if stopping.wait(1.0):
            return
        lab.stack.require_running()
        for rule, reason in lab.router.refused.items():
            if rule not in told:
                told.add(rule)
                tell(f"the router refuses the rule {rule}: {reason}")


def main() -> int:
    if reason := missing():
        console.print(f"make lab cannot run here: {reason}. `make demo` needs none of this.")
        return 1
    stopping = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        if stopping.is_set():
            return  # it is ending already
        stopping.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        with tempfile.TemporaryDirectory(prefix="flowspec-lab-") as folder:
            step("Three network namespaces, a router, and what you would run")
            with Lab(Path(folder)) as lab:
                step("Five attacks at once, with their alerts")
                show(prove(lab, attacks.ALL, tell))
                step("The loop by real servers")
                lab.stack.start_servers()
                close_the_loop(lab, tell)
                stay(lab, stopping)
    except (NotPossible, NotProven, Ended, OSError) as problem:
        console.print(f"\n[bold red]failed:[/bold red] {problem}")
        return 1
    except KeyboardInterrupt:
        pass
    console.print("\nThe lab is gone: no namespace, no program and no file of it is left.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
