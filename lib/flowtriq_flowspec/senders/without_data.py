"""Alerts in the Alertmanager's form behind which stands no measurement: a monitoring that has no
data, a test, a heartbeat. Such an alert starts nothing and ends nothing.

Sources. Grafana, pkg/services/ngalert: ``state/compat.go`` (a rule without data, or with an error,
fires under another alertname, beside the rule's own labels), ``models/alert_rule.go`` (the words of
``grafana_state_reason``, joined by ", "), and https://grafana.com/docs/grafana/latest/alerting/,
"No Data and Error states", "Stale alert instances". Its "Test" button: grafana/alerting,
``notify/receivers.go`` newTestAlert (``instance`` was "Alertmanager" before) and
``notify/test_receivers.go`` TestNotifier (the group key, where people changed the labels).
Prometheus: https://prometheus.io/docs/prometheus/latest/querying/functions/#absent. Heartbeats: the
alerts of kube-prometheus that always fire.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ..events import RefusalCode
from ..refusal_wording import shown

_NO_DATA_NAMES = ("DatasourceNoData", "DatasourceError")
_TEST_NAME, _TEST_INSTANCES = "TestAlert", ("Grafana", "Alertmanager")
_HEARTBEATS = ("Watchdog", "DeadMansSwitch", "DeadMansSnitch", "InfoInhibitor")
_STATE_REASON = "grafana_state_reason"
# Why a firing alert may say that it fires. Whatever else it gives as a reason, it may be an attack.
_FIRING_WITHOUT_DATA = {"NoData", "Error", "MissingSeries", "KeepLast"}
# Of a test: <receiver>-<fingerprint>-<seconds since 1970>; of any other notification {}:{…}.
_TEST_GROUP_KEY = re.compile(r"[^{]*-[0-9a-f]{16}-[0-9]{9,11}")
# Within brackets and aggregations too: sum by (job) (absent(x)).
_ABSENT = re.compile(
    r"(?:[\s(]|(?:sum|min|max|avg|count|group)(?:\s+(?:by|without))?\b(?:\s*\([^()]*\))?(?=\s*\())*"
    r"absent(_over_time)?\s*\("
)

DECIDING_LABELS, DECIDING_ANNOTATIONS = ("alertname", "instance"), (_STATE_REASON,)
"""What ``is_heartbeat`` and ``why_unmeasured`` look at, beside the generatorURL."""

_CHANGES_NOTHING = "nothing is announced or withdrawn for it"


def is_test(notification: Mapping[str, Any]) -> bool:
    """Whether a whole notification is what Grafana's "Test" sends, whatever its labels say."""
    key = notification.get("groupKey")
    return isinstance(key, str) and _TEST_GROUP_KEY.fullmatch(key) is not None


def why_unmeasured(
    labels: Mapping[str, str], annotations: Mapping[str, Any], generator_url: object, *, ended: bool
) -> tuple[RefusalCode, str] | None:
    """(code, sentence) of an alert that changes nothing; None for one that a measurement began or
    ended."""
    name = labels.get("alertname", "")
    if name in _NO_DATA_NAMES:
        rule = shown(labels.get("rulename", "without a name"))
        problem = "has no data" if name == _NO_DATA_NAMES[0] else "cannot be evaluated"
        return _no_data(f"alertname is {name}: the rule {rule} {problem}")
    if name == _TEST_NAME and labels.get("instance") in _TEST_INSTANCES:
        return RefusalCode.TEST, f"a test of {labels['instance']}: {_CHANGES_NOTHING}"
    reason = str(annotations.get(_STATE_REASON) or "")
    if ended and reason:
        return _end_without_data(f"{_STATE_REASON} is {shown(reason)!r}")
    if _FIRING_WITHOUT_DATA & {word.strip() for word in reason.split(",")}:
        return _no_data(f"{_STATE_REASON} is {shown(reason)!r}")
    expression = _expression(generator_url)
    if _ABSENT.match(expression):
        return _no_data(f"the rule's expression is {shown(expression)!r}, which fires without data")
    return None


def may_be_absent(generator_url: object) -> bool:
    """Whether the rule's expression may be one that fires without data."""
    return "absent" in str(generator_url)


def end_unseen(incident: str, why: str) -> dict[str, Any]:
    """One item of ``Parsed.noted``, of an alert that a list lost, and nobody measured the attack's
    end."""
    code, text = _end_without_data(why)
    return {"alert": incident.partition(":")[2], "code": code, "message": text}


def is_heartbeat(labels: Mapping[str, str]) -> bool:
    """Whether this alert always fires, to show that alerts arrive."""
    return labels.get("alertname") in _HEARTBEATS


def _no_data(why: str) -> tuple[RefusalCode, str]:
    return RefusalCode.NO_DATA, f"{why}; {_CHANGES_NOTHING}"


def _end_without_data(why: str) -> tuple[RefusalCode, str]:
    text = f"{why}: the alert ended without a measurement of the attack's end; its rules stay"
    return RefusalCode.END_WITHOUT_DATA, f"{text} until that end is reported or they expire"


def _expression(generator_url: object) -> str:
    """The rule's expression in Prometheus' generatorURL (``…/graph?g0.expr=…``)."""
    if not may_be_absent(generator_url):
        return ""  # it costs as much as all the rest of an alert
    try:
        found = parse_qs(urlsplit(str(generator_url)).query).get("g0.expr", [""])
    except ValueError:
        return ""
    return found[0]
