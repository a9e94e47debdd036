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
        # A notification of more than 10,000 alerts is taken in part; the API gives all of them.
        least = setting.alerts if api else None
        yield Figure(f"{what}: rules at the router", held, "rules", least=least)
        yield Figure(f"{what}: the last after", seconds, "s")
        yield Figure(f"{what}: memory of the engine", mebibytes, "MiB")
