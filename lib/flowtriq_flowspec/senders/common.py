"""What all senders share: the alert in its common form, and how alerts become attacks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from ..attack import (
    MAX_LIST,
    Attack,
    Observed,
    Target,
)
from ..errors import InvalidAlert
from ..events import RefusalCode
from ..flowspec.prefixes import Network
from ..playbook.vectors import UNKNOWN, catalogue
from ..refusal_wording import shown
from .json_body import GIVEN_TWICE
from .vector_words import MOST_UNKNOWN

_SEVERITIES = {
    "low": "low",
    "info": "low",
    "informational": "low",
    "notice": "low",
    "minor": "low",
    "medium": "medium",
    "middle": "medium",
    "moderate": "medium",
    "warning": "medium",
    "warn": "medium",
    "high": "high",
    "major": "high",
    "error": "high",
    "critical": "critical",
    "crit": "critical",
    "page": "critical",
    "emergency": "critical",
    "disaster": "critical",
}


_PRINTABLE = "".join(map(chr, range(0x21, 0x7F)))
_LONGEST_ID, _SHORT, _DIGEST = 256, 128, 16


@dataclass(frozen=True)
class Parsed:
    """The attacks of one notification, and what was not understood.

    ``refused`` holds one mapping per alert that could not be read: ``code message field value
    limit`` of the refusal and ``alert``, the sender's own name for it. ``truncated_alerts``
    counts the alerts that the sender left out; ``ignored`` says in words why a notification that
    is valid has no attack (a test, for example). ``bare``: the notification only says that the
    attacks go on; an earlier one has the details. ``noted`` holds one mapping (``alert code
    message``) per alert that was taken, but not whole, or left aside.
    """

    attacks: tuple[Attack, ...] = ()
    refused: tuple[Mapping[str, Any], ...] = ()
    noted: tuple[Mapping[str, Any], ...] = ()
    truncated_alerts: int = 0
    ignored: str | None = None
    bare: bool = False


def refusal(error: InvalidAlert, alert: object) -> dict[str, Any]:
    """One item of ``Parsed.refused``."""
    return {**error.as_dict(), "alert": shown(alert)}


def severity(word: object) -> str:
    """low, medium, high, critical; unknown where the sender says something else or nothing."""
    return _SEVERITIES.get(str(word).strip().lower(), "unknown")


def incident_id(sender: str, own_id: object, field_name: str) -> str:
    """``<sender>:<its own id>`` in printable ASCII, of at most 256 characters. Spaces and other
    characters are written as in a URL (RFC 3986 section 2.1); a longer one ends with its digest.
    Raises InvalidAlert where there is no id."""
    if isinstance(own_id, str) and own_id.isalnum() and own_id.isascii() and len(own_id) < _SHORT:
        return f"{sender}:{own_id}"  # as nearly all are
    if isinstance(own_id, float) and own_id.is_integer():
        own_id = int(own_id)  # to JSON, 991.0 is the integer 991
    name = "" if own_id is None or isinstance(own_id, (bool, dict, list)) else str(own_id).strip()
    if name in ("", GIVEN_TWICE):
        message = f"{field_name} is {shown(own_id)!r}, and no id: a text or a number is needed"
        raise InvalidAlert(message, field=field_name, value=shown(own_id))
    text = f"{sender}:{name}"
    if not text.isascii() or not text.isprintable() or " " in text:
        text = quote(text, safe=_PRINTABLE, errors="surrogatepass")
    if len(text) > _LONGEST_ID:
        digest = sha256(text.encode()).hexdigest()[:_DIGEST]
        text = f"{text[: _LONGEST_ID - _DIGEST - 1]}~{digest}"
    return text


def one_line(text: object) -> str:
    """A sender's text as one line of at most 256 characters without control characters."""
    words = "".join(c if c.isprintable() else " " for c in str(text or "")).split()
    line = " ".join(words)
    return line if len(line) <= 256 else line[:255] + "…"


def items_of(value: object) -> list[object]:
    """A list as it is; a text split at commas; nothing as an empty list."""
    if value is None or value == "":
        return []
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return [value]


@dataclass(frozen=True)
class Alert:
    """One victim's alert, ready to be grouped. ``prefix`` and ``incident`` make the target;
    ``notes`` say what of it was not used; ``whole_group`` and ``unknown_words`` as in Attack."""

    source: str
    status: str
    vectors: tuple[str, ...]
    prefix: Network
    incident: str
    severity: str = "unknown"
    observed: Observed = field(default_factory=Observed)
    rules: tuple[Mapping[str, Any], ...] = ()
    started_at: str | None = None
    summary: str = ""
    notes: tuple[str, ...] = ()
    whole_group: bool = False
    unknown_words: tuple[str, ...] = ()

    def like(self, prefix: Network, incident: str, started_at: str | None, summary: str) -> Alert:
        """The same of another target. Nothing is checked again: there may be thousands."""
        said = vars(self).copy()
        said["prefix"], said["incident"] = prefix, incident
        said["started_at"], said["summary"] = started_at, summary
        other = object.__new__(Alert)
        object.__setattr__(other, "__dict__", said)
        return other


def parsed(
    alerts: Sequence[Alert], refused: Sequence[Mapping[str, Any]] = (), **more: Any
) -> Parsed:
    """What one notification says; ``more`` as in Parsed."""
    said = dict.fromkeys((alert.incident, alert.notes) for alert in alerts if alert.notes)
    noted = tuple(note(incident.partition(":")[2], notes) for incident, notes in said)
    return Parsed(attacks=grouped(alerts), refused=tuple(refused), noted=noted, **more)


def note(alert: object, notes: Sequence[str]) -> dict[str, Any]:
    """One item of ``Parsed.noted``. ``alert`` is the sender's own name for it."""
    return {"alert": shown(alert), "code": RefusalCode.NOTED, "message": "; ".join(notes)}


def grouped(alerts: Iterable[Alert]) -> tuple[Attack, ...]:
    """Attacks: alerts that differ only in target, rates, start and summary become one.

    A multi-vector alert becomes one attack per vector, all with its incident. Duplicates of an HA
    pair fall together.
    """
    groups: dict[Any, list[Alert]] = {}
    seen: dict[Any, list[list[Alert]]] = {}
    for alert in alerts:
        # Alerts that say the same share what was read of it; comparing that takes longer.
        shared = (id(alert.observed), id(alert.vectors), id(alert.rules))
        quick = (alert.source, alert.status, alert.severity, alert.whole_group, *shared)
        if quick not in seen:
            same = (replace(alert.observed, bps=None, pps=None), repr(alert.rules))
            keys = [(*quick[:4], vector, *same) for vector in alert.vectors]
            seen[quick] = [groups.setdefault(key, []) for key in keys]
        for group in seen[quick]:
            group.append(alert)
    attacks = []
    for (_source, _status, _severity, _whole, vector, *_same), members in groups.items():
        attacks.append(_attack(vector, _unique(members)))
    return tuple(attacks)


def _unique(alerts: Sequence[Alert]) -> list[Alert]:
    """Each target once, as the last of its alerts says."""
    by_incident = {alert.incident: alert for alert in alerts}
    if len(by_incident) == len(alerts):  # as a rule, and comparing prefixes takes longer
        return list(alerts)
    return list({(alert.prefix, alert.incident): alert for alert in alerts}.values())


def _attack(vector: str, members: Sequence[Alert]) -> Attack:
    first = members[0]
    starts = [alert.started_at for alert in members if alert.started_at]
    more = f" (and {len(members) - 1} more targets)" if len(members) > 1 else ""
    return Attack(
        source=first.source,
        status=first.status,
        vector=vector,
        family=catalogue()[vector].family,
        targets=tuple(Target(alert.prefix, alert.incident) for alert in members),
        severity=first.severity,
        observed=replace(
            first.observed,
            bps=_total(members, lambda alert: alert.observed.bps),
            pps=_total(members, lambda alert: alert.observed.pps),
        ),
        rules=first.rules,
        started_at=min(starts) if starts else None,
        summary=one_line(first.summary)[: 256 - len(more)] + more,
        notes=_notes(members),
        whole_group=first.whole_group,
        unknown_words=_unknown_words(members) if vector == UNKNOWN else (),
    )


def _unknown_words(members: Iterable[Alert]) -> tuple[str, ...]:
    words = dict.fromkeys(word for alert in members for word in alert.unknown_words)
    return tuple(words)[:MOST_UNKNOWN]


def _notes(members: Iterable[Alert]) -> tuple[str, ...]:
    each = dict.fromkeys(one_line(text) for alert in members for text in alert.notes)
    return tuple(each)[:MAX_LIST]


def _total(alerts: Sequence[Alert], rate_of: Callable[[Alert], int | None]) -> int | None:
    """Of all targets together. What one incident says of several targets is their total already; of
    one target that several alerts name, the highest counts."""
    if all(rate_of(alert) is None for alert in alerts):
        return None
    prefixes: dict[str, set[Network]] = {}
    for alert in alerts:
        prefixes.setdefault(alert.incident, set()).add(alert.prefix)
    known: dict[str | Network, int] = {}
    for alert in alerts:
        value = rate_of(alert)
        if value is not None:
            key = alert.incident if len(prefixes[alert.incident]) > 1 else alert.prefix
            known[key] = max(value, known.get(key, 0))
    return min(sum(known.values()), 10**15) if known else None
