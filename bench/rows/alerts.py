"""Thousands of alerts of one Alertmanager at once, by each way (bench/many_alerts.py)."""

from __future__ import annotations

from collections.abc import Iterator

from tests.pack import alertmanager

from ..figures import Figure
from ..many_alerts import WAYS, measured
from ..setting import Setting, folder

_PATIENCE_SECONDS = 600.0


def measure(setting: Setting) -> Iterator[Figure]:
    if alertmanager.missing():
        return
    for name, (webhook, api) in WAYS.items():
        with folder() as path:
            held, seconds, mebibytes = measured(
                setting.exabgp_version,
                path,
                setting.alerts,
                _PATIENCE_SECONDS,
                webhook=webhook,
                api=api,
            )
        what = f"{setting.alerts:,} alerts at once through {name}"
        yield Figure(f"{what}: rules at the router", held, "rules", least=setting.alerts)
        yield Figure(f"{what}: the last after", seconds, "s")
        yield Figure(f"{what}: memory of the engine", mebibytes, "MiB")
