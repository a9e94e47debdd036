"""Alerts of one notification that say the same of different targets. Thousands of them as a rule
differ in target, start and incident only: what the rest says is read once."""

from __future__ import annotations

from collections.abc import Mapping
from operator import itemgetter
from typing import Any

from ..errors import InvalidAlert
from .common import Alert, incident_id
from .values import address, started_at
from .without_data import DECIDING_ANNOTATIONS, DECIDING_LABELS, may_be_absent

_RATES = ("bps", "pps")
_REQUIRED = itemgetter("status", "labels", "fingerprint", "startsAt")
_TEXT = {str}
_LONGEST_FINGERPRINT = 128  # alertmanager.schema.json


class SimilarAlerts:
    """``names``: which labels are looked at for what. What it does not find alike is None, and to
    be read in full."""

    def __init__(self, sender: str, names: Mapping[str, tuple[str, ...]]) -> None:
        self._sender = sender
        self._targets = names["target"]
        others = {name for key, some in names.items() if key != "target" for name in some}
        self._deciding = others | set(DECIDING_LABELS)
        self._deciding_of: dict[tuple[str, ...], tuple[str, ...]] = {}
        rates = [name for key in _RATES for name in names[key]]
        self._beside = (*rates, *DECIDING_ANNOTATIONS)
        self._read: dict[Any, Alert] = {}

    def remember(self, alert: Mapping[str, Any], label: str, read: Alert) -> None:
        """``read`` is all of ``alert``, whose target was in ``label``; nothing of it is noted."""
        key = self._key(alert, alert["status"], alert["labels"])
        if key is not None and key[1] == label:
            self._read[key] = read

    def of(self, alert: Any) -> Alert | None:
        """``alert`` may have any form."""
        try:
            status, labels, fingerprint, start = _REQUIRED(alert)
        except (KeyError, TypeError):
            return None
        if labels.__class__ is not dict or fingerprint.__class__ is not str:
            return None
        key = self._key(alert, status, labels)
        read = self._read.get(key)
        if key is None or read is None or len(fingerprint) > _LONGEST_FINGERPRINT:
            return None
        notes: list[str] = []
        try:
            prefix = address(labels[key[1]], "")
            incident = incident_id(self._sender, fingerprint, "")
        except InvalidAlert:
            return None
        start = started_at(start, "", notes)
        return None if notes else read.like(prefix, incident, start, summary(alert))

    def _key(
        self, alert: Mapping[str, Any], status: object, labels: Mapping[str, Any]
    ) -> tuple[Any, ...] | None:
        if set(map(type, labels.values())) != _TEXT or may_be_absent(alert.get("generatorURL")):
            return None  # as is one without labels
        names = tuple(labels)
        deciding = self._deciding_of.get(names)
        if deciding is None:
            deciding = self._deciding_of[names] = tuple(filter(self._deciding.__contains__, names))
        label = next(filter(labels.get, self._targets), "")
        told = status if status.__class__ is str else repr(status)
        for place in ("annotations", "values"):
            texts = alert.get(place)
            if texts and isinstance(texts, dict):
                told += repr([texts.get(name) for name in self._beside])
        return (told, label, deciding, *map(labels.get, deciding))


def annotations_of(alert: Mapping[str, Any]) -> Mapping[str, Any]:
    annotations = alert.get("annotations")
    return annotations if isinstance(annotations, dict) else {}


def summary(alert: Mapping[str, Any]) -> str:
    notes = annotations_of(alert)
    return str(
        notes.get("summary") or notes.get("description") or alert["labels"].get("alertname", "")
    )
