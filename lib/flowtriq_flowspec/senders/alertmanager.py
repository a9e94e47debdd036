"""Prometheus Alertmanager: its webhook, version "4", and the items of its API v2.

Source: https://prometheus.io/docs/alerting/latest/configuration/#webhook_config. One notification
groups many alerts and may mix firing and resolved, so each alert's own status counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..attack import ENDED, STARTED, UPDATED, Observed
from ..errors import InvalidAlert
from ..events import RefusalCode
from ..flowspec.prefixes import Network
from ..playbook.vectors import attack_named, named
from ..published_schemas import resolved
from ..refusal_wording import shown
from ..validation import require_valid
from .common import (
    Alert,
    Parsed,
    incident_id,
    note,
    parsed,
    refusal,
    severity,
)
from .similar_alerts import SimilarAlerts, annotations_of, summary
from .values import address, observed, rate, says_nothing, started_at
from .vector_words import vectors_of
from .without_data import is_heartbeat, is_test, why_unmeasured

_STATUS = {"firing": STARTED, "resolved": ENDED}
# API v2 names states, not statuses; it lists only alerts that have not ended.
_STATE = {"active": UPDATED}
# As a rule these name the machine that measured. They are targets only where the configuration
# lists them, and even then the alert's name does not say by what that machine is attacked.
_OF_WHO_MEASURED = ("instance", "host")
_LONGEST_LABEL = 4096
_NO_VALUE = ("", "[no value]", "<no value>")
# A label holds one value as a rule, so its setting is called in the singular.
_OBSERVED = {
    "source_ports": "source_port",
    "destination_ports": "destination_port",
    "sources": "source",
    "packet_lengths": "packet_length",
    "protocols": "protocol",
}
_RATES = ("bps", "pps")


def parse(body: Mapping[str, Any], settings: Mapping[str, Any]) -> Parsed:
    """Attacks of one webhook notification.

    ``settings`` are those of senders.alertmanager. Raises InvalidAlert when the notification as
    a whole is not version "4"; an alert that cannot be read is in ``Parsed.refused``.
    """
    require_valid(body, "alertmanager", InvalidAlert)
    return parse_notification("alertmanager", body, settings)


def parse_notification(sender: str, body: Mapping[str, Any], settings: Mapping[str, Any]) -> Parsed:
    """Attacks of a webhook notification in the Alertmanager's form, which Grafana shares."""
    reader = _Reader(sender, settings)
    if is_test(body):
        return Parsed(noted=tuple(reader.test(alert) for alert in body["alerts"]))
    for index, alert in enumerate(body["alerts"]):
        reader.read(alert, "alert", f"alerts.{index}")
    notes: list[str] = []
    found = reader.parsed(rate(body.get("truncatedAlerts"), "truncatedAlerts", notes) or 0)
    told = (note("notification", notes),) if notes else ()
    return replace(found, noted=(*found.noted, *told))


def parse_api(items: Any, settings: Mapping[str, Any]) -> Parsed:
    """Attacks of the answer to ``GET /api/v2/alerts?active=true``: those that go on, as updates.

    Silenced and inhibited alerts (state ``suppressed``) and ``unprocessed`` ones are left out:
    the Alertmanager would not notify of them either.
    """
    require_valid(items, "alertmanager", InvalidAlert, definition="api_alerts")
    reader = _Reader("alertmanager", settings)
    for index, item in enumerate(items):
        reader.read(item, "api_alert", str(index))
    return reader.parsed()


class _Reader:
    """Reads alerts one by one; one that cannot be read costs no other."""

    def __init__(self, sender: str, settings: Mapping[str, Any]) -> None:
        self._sender = sender
        self._names = _label_names(settings)
        self._alike = SimilarAlerts(sender, self._names)
        self._good: list[Alert] = []
        self._refused: list[Mapping[str, Any]] = []
        self._unmeasured: list[Mapping[str, Any]] = []
        self._heartbeats: list[str] = []

    def read(self, alert: Any, definition: str, where: str) -> None:
        alike = self._alike.of(alert)
        if alike is not None:
            self._good.append(alike)
            return
        try:
            require_valid(alert, "alertmanager", InvalidAlert, definition=definition, within=where)
            status = _status(alert["status"])
            if status is not None:
                self._measured({**alert, "labels": _texts(alert["labels"])}, status, where)
        except InvalidAlert as error:
            self._refused.append(refusal(error, _name_of(alert, where)))

    def _measured(self, alert: Mapping[str, Any], status: str, where: str) -> None:
        labels = alert["labels"]
        if is_heartbeat(labels):
            self._heartbeats.append(labels["alertname"])
            return
        why = why_unmeasured(
            labels, annotations_of(alert), alert.get("generatorURL"), ended=status == ENDED
        )
        if why is None:
            self._good.append(self._alert(alert, status, where))
        else:
            self._unmeasured.append(_item(alert["fingerprint"], *why))

    def _alert(self, alert: Mapping[str, Any], status: str, where: str) -> Alert:
        labels: Mapping[str, str] = alert["labels"]
        notes: list[str] = []
        _require_vector(self._given(labels, "vector"), self._names["vector"], labels, where)
        targets = self._given(labels, "target")
        label, prefix = _target(self._sender, targets, self._names["target"], labels, where, notes)
        labels_read = self._read_labels(alert, label, where, notes)
        read = Alert(
            source=self._sender,
            status=status,
            vectors=labels_read.vectors,
            prefix=prefix,
            incident=incident_id(self._sender, alert["fingerprint"], f"{where}.fingerprint"),
            severity=labels_read.severity,
            observed=labels_read.observed,
            started_at=started_at(alert["startsAt"], f"{where}.startsAt", notes),
            summary=summary(alert),
            notes=tuple(notes),
            unknown_words=labels_read.unknown_words,
        )
        if not notes and label not in _OF_WHO_MEASURED:
            self._alike.remember(alert, label, read)
        return read

    def _read_labels(
        self, alert: Mapping[str, Any], label: str, where: str, notes: list[str]
    ) -> _LabelsRead:
        labels: Mapping[str, str] = alert["labels"]

        def measured(key: str) -> list[tuple[Any, str]]:
            given = self._given(labels, _OBSERVED.get(key, key))
            found: list[tuple[Any, str]] = [
                (text, f"{where}.labels.{name}") for name, text in given
            ]
            return found + _rates(alert, self._names[key], where) if key in _RATES else found

        vectors = self._given(labels, "vector")
        words: list[str] = []
        return _LabelsRead(
            _vectors(vectors, label, self._names["vector"], labels, where, notes, words),
            severity(next((text for _, text in self._given(labels, "severity")), "")),
            observed(measured, notes),
            tuple(words),
        )

    def _given(self, labels: Mapping[str, str], key: str) -> list[tuple[str, str]]:
        """(label, text) of each label there is for ``key``."""
        return [(name, labels[name]) for name in self._names[key] if labels.get(name)]

    def test(self, alert: Any) -> Mapping[str, Any]:
        """An alert of a notification that is a test as a whole."""
        text = "a test, by the notification's groupKey: nothing is announced or withdrawn for it"
        return _item(_name_of(alert, "test"), RefusalCode.TEST, text)

    def parsed(self, truncated: int = 0) -> Parsed:
        ignored = None
        if self._heartbeats:
            names = ", ".join(dict.fromkeys(self._heartbeats))
            ignored = f"{names} always fires: it shows that alerts arrive, and changes nothing"
        found = parsed(self._good, self._refused, truncated_alerts=truncated, ignored=ignored)
        return replace(found, noted=(*found.noted, *self._unmeasured))


def _status(status: Any) -> str | None:
    """Of the webhook its word, of the API v2 the state: an object."""
    return _STATE.get(status["state"]) if isinstance(status, Mapping) else _STATUS[status]


def _item(name: object, code: RefusalCode, text: str) -> dict[str, Any]:
    return {"alert": shown(name), "code": code, "message": text}


def _texts(labels: Mapping[str, Any]) -> dict[str, str]:
    """The labels that say something. One of another kind than text costs itself; a number is
    meant as its text. Grafana writes "[no value]" where a template finds nothing, Prometheus
    "<no value>"."""
    texts: Mapping[str, str] = labels
    if not all(value.__class__ is str for value in labels.values()):
        texts = {
            name: value if isinstance(value, str) else str(value)
            for name, value in labels.items()
            if isinstance(value, (str, int, float)) and not isinstance(value, bool)
        }
    return {
        name: text
        for name, text in texts.items()
        if len(text) <= _LONGEST_LABEL and text.strip() not in _NO_VALUE
    }


def _name_of(alert: object, where: str) -> object:
    """Its fingerprint, or its place where it has none."""
    return (alert.get("fingerprint") if isinstance(alert, Mapping) else None) or where


def _label_names(settings: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Which labels are looked at for what; the first that is there counts."""
    given = settings.get("labels") or {}
    rules = resolved("config", "labels")["properties"]
    return {key: tuple(given.get(key) or rule["default"]) for key, rule in rules.items()}


@dataclass(frozen=True)
class _LabelsRead:
    """What labels and rates say, where all of it could be read."""

    vectors: tuple[str, ...]
    severity: str
    observed: Observed
    unknown_words: tuple[str, ...]


def _rates(alert: Mapping[str, Any], names: Sequence[str], where: str) -> list[tuple[Any, str]]:
    """A rate outside the labels. In a label it makes a new alert of each evaluation, so it is as a
    rule an annotation; Grafana has the values of a rule's queries beside them, by the query's
    name."""
    found: list[tuple[Any, str]] = []
    for place, texts in (("annotations", annotations_of(alert)), ("values", alert.get("values"))):
        if isinstance(texts, dict) and texts:
            found += [(texts[name], f"{where}.{place}.{name}") for name in names if name in texts]
    return found


def _require_vector(
    given: Sequence[tuple[str, str]], known: Sequence[str], labels: Mapping[str, str], where: str
) -> None:
    """Raises InvalidAlert for an alert of another kind, which names no vector at all."""
    alert_name = labels.get("alertname", "")
    if not _says_vector(given) and attack_named(alert_name) is None:
        why = f"the alert's name {shown(alert_name)!r} names no attack by a known vector"
        raise _no_vector(known, labels, where, why)


def _vectors(
    given: Sequence[tuple[str, str]],
    target_label: str,
    known: Sequence[str],
    labels: Mapping[str, str],
    where: str,
    notes: list[str],
    unknown_words: list[str],
) -> tuple[str, ...]:
    candidates = [(text, f"{where}.labels.{name}") for name, text in given]
    # An alert's name is free text; only one that names a vector for certain may make a rule.
    alert_name = labels.get("alertname", "")
    if attack_named(alert_name) is not None and target_label not in _OF_WHO_MEASURED:
        candidates.append((alert_name, f"{where}.labels.alertname"))
    elif not _says_vector(given):
        why = f"the alert's name does not count beside a target from the label {target_label}"
        raise _no_vector(known, labels, where, why)
    return vectors_of(candidates, notes, unknown_words)


def _says_vector(given: Sequence[tuple[str, str]]) -> bool:
    """Whether a label names a vector, be it one that nobody knows. "unknown" is a vector too."""
    return any(named(text) or not says_nothing(text) for _, text in given)


def _no_vector(
    known: Sequence[str], labels: Mapping[str, str], where: str, why: str
) -> InvalidAlert:
    field = f"{where}.labels.{known[0]}"
    message = (
        f"{field} is missing: add a label {known[0]} with the attack vector (looked for:"
        f" {', '.join(known)}), since {why}"
    )
    return InvalidAlert(message, field=field, value=shown(labels.get("alertname", "")))


def _target(
    sender: str,
    given: Sequence[tuple[str, str]],
    known: Sequence[str],
    labels: Mapping[str, str],
    where: str,
    notes: list[str],
) -> tuple[str, Network]:
    """(label, target) of the first label whose text is an address or a prefix."""
    problem = None
    for name, text in given:
        try:
            found = name, address(text, f"{where}.labels.{name}")
        except InvalidAlert as error:
            problem = problem or error
        else:
            notes += [f"{problem}; the label {name} is used"] if problem else []
            return found
    if problem:
        raise problem
    field = f"{where}.labels.{known[0]}"
    message = (
        f"{field} is missing: add a label {known[0]} with the attacked address (looked for:"
        f" {', '.join(known)})"
    )
    unused = [name for name in _OF_WHO_MEASURED if labels.get(name) and name not in known]
    if unused:
        message += (
            f"; the label {unused[0]} is as a rule the machine that measured, and is no target"
            f" unless senders.{sender}.labels.target lists it"
        )
    raise InvalidAlert(message, field=field)
