"""Grafana alerting's webhook: the Alertmanager's form under version "1", with more fields.

Source: https://grafana.com/docs/grafana/latest/alerting/, "Webhook notifier".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidAlert
from ..validation import require_valid
from .alertmanager import parse_notification
from .common import Parsed


def parse(body: Mapping[str, Any], settings: Mapping[str, Any]) -> Parsed:
    """As alertmanager.parse; ``settings`` are those of senders.grafana."""
    require_valid(body, "alertmanager", InvalidAlert, definition="grafana")
    return parse_notification("grafana", body, settings)
