"""Alerts of one notification that say the same of different targets. Thousands of them as a rule
differ in target, start and incident only: what the rest says is read once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import InvalidAlert
from .common import Alert, incident_id
from .values import address, started_at
from .without_data import DECIDING_ANNOTATIONS, DECIDING_LABELS, may_be_absent

_RATES = ("bps", "pps")


class Alike:
    """``names``: which labels are looked at for what. What it does not find alike is None, and to
    be read in full."""

    def __init__(self, sender: str, names: Mapping[str, tuple[str, ...]]) -> None:
        self._sender = sender
        self._targets = names["target"]
        others = {name for key, some in names.items() if key != "target" for name in some}
        self._deciding = tuple(others | set(DECIDING_LABELS))
        rates = [name for key in _RATES for name in names[key]]
        self._beside = (*rates, *DECIDING_ANNOTATIONS)
        self._read: dict[Any, Alert] = {}

    def remember(self, alert: Mapping[str, Any], label: str, read: Alert) -> None:
        """``read`` is all of ``alert``, whose target was in ``label``; nothing of it is noted."""
        key = self._key(alert, read.status)
        if key is not None and key[1] == label:
            self._read[key] = read

    def of(self, alert: Mapping[str, Any], status: str) -> Alert | None:
        """``alert`` has the form of its schema."""
        key = self._key(alert, status)
        read = self._read.get(key)
        if key is None or read is None:
            return None
        notes: list[str] = []
        try:
            prefix = address(alert["labels"][key[1]], "")
            incident = incident_id(self._sender, alert["fingerprint"], "")
        except InvalidAlert:
            return None
        start = started_at(alert["startsAt"], "", notes)
        return None if notes else read.like(prefix, incident, start, summary(alert))

    def _key(self, alert: Mapping[str, Any], status: str) -> tuple[Any, ...] | None:
        labels = alert["labels"]
        for value in labels.values():
            if value.__class__ is not str:
                return None
        if may_be_absent(alert.get("generatorURL")):
            return None
        label = next(filter(labels.get, self._targets), "")
        told = ""
        for place in ("annotations", "values"):
            texts = alert.get(place)
            if texts and isinstance(texts, dict):
                told += repr([texts.get(name) for name in self._beside])
        return (status, label, *map(labels.get, self._deciding), told)


def annotations_of(alert: Mapping[str, Any]) -> Mapping[str, Any]:
    annotations = alert.get("annotations")
    return annotations if isinstance(annotations, dict) else {}


def summary(alert: Mapping[str, Any]) -> str:
    notes = annotations_of(alert)
    return str(
        notes.get("summary") or notes.get("description") or alert["labels"].get("alertname", "")
    )
