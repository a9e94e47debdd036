"""docs/operator/install.md, command by command, on a machine of its own with the real systemd.

What is not from the page is what it leaves to the operator: a credential for a sender. The
addresses of the example are the machine's, so deploy/ is used as it stands.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import machine as lab
from tests.lab.bgp_listener import BGPListener
from tests.lab.exabgp import ROOT
from tests.lab.machine import Machine

from .pages import commands

PAGE = ROOT / "docs/operator/install.md"
SYN_FLOOD = (ROOT / "examples/demo/alertmanager-syn-flood.json").read_text(encoding="utf-8")
SOCKET = "/var/run/flowtriq/exabgp.sock"
UNITS = ("flowtriq-exabgp", "flowtriq-flowspec", "flowtriq-flowspec-exporter")


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    if reason := lab.missing():
        pytest.skip(reason)
    for name in ("machine", "srv"):
        (tmp_path / name).mkdir()
    repository_of_this_tree(tmp_path / "srv/repository")
    with Machine(
        tmp_path / "machine", addresses=["10.0.0.1", "10.0.0.2"], srv=tmp_path / "srv"
    ) as running:
        yield running


def repository_of_this_tree(folder: Path) -> None:
    """With what is not committed yet, so that what is tested is what is here."""
    git = ["git", "--git-dir", str(folder), "--work-tree", str(ROOT)]
    git += ["-c", "user.name=test", "-c", "user.email=test"]
    for arguments in (
        ["git", "init", "--quiet", "--bare", str(folder)],
        [*git, "add", "--all"],
        [*git, "commit", "--quiet", "--message", "this tree"],
    ):
        subprocess.run(arguments, check=True, cwd=ROOT)


def test_the_page_from_top_to_bottom(machine: Machine) -> None:
    users, files, adapter, status, pack, engine, exporter, upgrade = commands(PAGE)
    machine.run(users, {"REPOSITORY": "/srv/repository"}, here=True)
    assert "No broken requirements" in machine.run("/opt/flowtriq/bin/pip check")
    machine.run(files)
    with machine.network():
        router = BGPListener("10.0.0.1", port=179)
    with router:
        machine.run(adapter)
        assert router.wait_established(), journal(machine)
        assert "established" in machine.run(status)

        machine.run(pack)
        give_a_credential(machine)
        machine.run(engine)
        assert "flowtriq_flowspec_adapter_up" in machine.run(exporter)

        post(machine, SYN_FLOOD)
        assert router.wait_for(lambda: len(router.table) == 1), journal(machine)
        (rule,) = json.loads(machine.run("/opt/flowtriq/bin/flowspec list --json"))
        assert rule["state"] == "announced"
        assert 'flowtriq_flowspec_adapter_up{provider="edge"} 1.0' in machine.run(exporter)
        for unit in UNITS:
            assert shown(machine, unit, "NRestarts") == "0", journal(machine)
            user = "exabgp" if unit == "flowtriq-exabgp" else "flowtriq"
            assert machine.run(f"ps -o user= -p {shown(machine, unit, 'MainPID')}").strip() == user

        sessions = router.sessions
        machine.run(upgrade, here=True)
        assert router.wait_for(lambda: router.sessions > sessions and len(router.table) == 1)
        wait_until_the_units_are_up(machine)


def shown(machine: Machine, unit: str, what: str) -> str:
    return machine.run(f"systemctl show --property {what} --value {unit}").strip()


def give_a_credential(machine: Machine) -> None:
    file = "/etc/flowtriq/flowtriq_flowspec.yaml"
    machine.run(f"sed -i 's/  alertmanager: {{}}/  alertmanager: {{token: change-me-now}}/' {file}")


def post(machine: Machine, alert: str) -> None:
    """Until the webhook is there."""
    machine.run(
        "curl --silent --show-error --fail --retry 20 --retry-delay 1 --retry-connrefused"
        " --header 'Authorization: Bearer change-me-now' --data \"$ALERT\""
        " http://127.0.0.1:8099/alertmanager",
        {"ALERT": alert},
    )


def wait_until_the_units_are_up(machine: Machine) -> None:
    give_up_at = time.monotonic() + 20
    while machine.run(f"systemctl is-active {' '.join(UNITS)} || true").split() != ["active"] * 3:
        assert time.monotonic() < give_up_at, journal(machine)
        time.sleep(0.1)


def journal(machine: Machine) -> str:
    return machine.run("journalctl --no-pager --unit 'flowtriq-*'")
