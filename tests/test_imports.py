"""Every module of the product can be imported by the Python that runs this."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import pytest

_SNMP = "snmp_gufo" if sys.version_info < (3, 10) else "snmp_pysnmp"
NOT_HERE = f"flowtriq_flowspec_exporter.{_SNMP}"
"""The other one reads counters on this Python."""
PACKAGES = (
    "flowtriq_flowspec",
    "flowtriq_exabgp_adapter",
    "flowtriq_flowspec_exporter",
    "flowtriq_flowspec_embedded",
    "flowtriq_flowspec_cli",
    "flowtriq_flowspec_console",
)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_module_can_be_imported(name: str) -> None:
    package = importlib.import_module(name)
    for module in pkgutil.walk_packages(package.__path__, f"{name}."):
        # Stand-ins for StackStorm's own modules are imported by StackStorm's names.
        if "st2_standins" not in module.name and module.name != NOT_HERE:
            importlib.import_module(module.name)
