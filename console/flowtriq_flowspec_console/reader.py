"""One reader for all pages: it asks the adapters, and pages are made from what it read last.

Every half second, while somebody looks, it asks each adapter for its status, which costs little.
Rules and history are read when the status says that something happened, and every ten seconds; so a
hundred open pages cost an adapter no more than one.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowtriq_flowspec.adapter_answers import EventDict, ResumableDict, RuleDict
from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.pack import PackConfig, ProviderConfig
from flowtriq_flowspec.errors import FlowspecError
from flowtriq_flowspec.inquiries_client import OpenQuestion
from flowtriq_flowspec.operations.providers import ask_each
from flowtriq_flowspec.operations.rule_counters import add_matched

from .questions import OpenQuestions

log = logging.getLogger(__name__)

_EVERY_SECONDS = 0.5
_IN_FULL_EVERY_SECONDS = 10.0
_COUNTERS_EVERY_SECONDS = 15.0
_LOOKED_AT_SECONDS = 30.0
"""So long after the last page was shown, the adapters are asked less often."""
_IDLE_SECONDS = 5.0
_EVENTS = 200
_POINTS = 120
"""Of a rule's curve: half an hour."""


@dataclass(frozen=True)
class Row:
    """One rule at one provider, as the adapter gave it. ``curve``: moments (seconds since the
    epoch) with the bytes that it had matched until then."""

    provider: str
    rule: RuleDict
    curve: Sequence[tuple[float, int]] = ()


@dataclass(frozen=True)
class Snapshot:
    """What was read last. ``statuses`` and ``events`` by provider; ``problems`` says in sentences
    what could not be read; ``number`` grows with each change."""

    number: int = 0
    read_at: float = 0.0
    rows: Sequence[Row] = ()
    statuses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    events: Sequence[Mapping[str, Any]] = ()
    resumable: Sequence[Mapping[str, Any]] = ()
    questions: Sequence[OpenQuestion] = ()
    problems: Sequence[str] = ()


@dataclass
class _Known:
    """Of one provider: what it last answered, and the status' sign of change then."""

    sign: Any = None
    rules: list[RuleDict] = field(default_factory=list)
    events: list[EventDict] = field(default_factory=list)
    resumable: list[ResumableDict] = field(default_factory=list)
    read_at: float = float("-inf")


class Reader:
    """``start`` begins a thread that ends with ``stop``. Methods may be called from any thread."""

    def __init__(self, pack: PackConfig, questions: OpenQuestions) -> None:
        self._pack = pack
        self._questions = questions
        self._known = {each.name: _Known() for each in pack.providers}
        self._curves: dict[tuple[str, str], deque[tuple[float, int]]] = {}
        self._matched: dict[str, dict[str, tuple[int, int]]] = {}
        self._matched_notes: dict[str, list[str]] = {}
        self._counted_at = float("-inf")
        self._looked_at = float("-inf")
        self._snapshot = Snapshot()
        self._changed = threading.Condition()
        self._soon = threading.Event()
        self._stopped = False

    def start(self) -> None:
        threading.Thread(target=self._run, name="reader", daemon=True).start()

    def stop(self) -> None:
        self._stopped = True
        self._soon.set()

    def snapshot(self) -> Snapshot:
        """What was read last; somebody looks at it."""
        self._watch()
        if not self._snapshot.number:
            self.read_now()
        return self._snapshot

    def read_now(self) -> None:
        """Ask for everything, and return when it is there: after an order."""
        for known in self._known.values():
            known.read_at = float("-inf")
        self._questions.forget()
        with self._changed:
            seen = self._snapshot.read_at
            self._soon.set()
            self._changed.wait_for(lambda: self._snapshot.read_at > seen, timeout=5.0)

    @property
    def number(self) -> int:
        """Of the newest snapshot; somebody waits for the next."""
        self._watch()
        return self._snapshot.number

    def _watch(self) -> None:
        """The first to look after a while does not wait for the next slow round."""
        last, self._looked_at = self._looked_at, time.monotonic()
        if self._looked_at - last > _LOOKED_AT_SECONDS:
            self._soon.set()

    def _run(self) -> None:
        while not self._stopped:
            self._soon.clear()
            try:
                self._read()
            except Exception:  # a page that shows nothing new is better than none
                log.exception("the adapters could not be read")
            watched = time.monotonic() - self._looked_at < _LOOKED_AT_SECONDS
            self._soon.wait(_EVERY_SECONDS if watched else _IDLE_SECONDS)

    def _read(self) -> None:
        now = time.monotonic()
        replies = ask_each(self._pack.providers, self._ask)
        self._count(now)
        statuses = {each.name: status for each, status in replies.answers}
        problems = [str(each) for each in replies.problems]
        notes = [note for some in self._matched_notes.values() for note in some]
        questions, unread = self._questions.read()
        self._publish(statuses, [*problems, *notes, *unread], questions)

    def _ask(self, provider: ProviderConfig, client: AdapterClient) -> Mapping[str, Any]:
        known = self._known[provider.name]
        status = client.status()
        sign = status["events_total"], status["rules"], status["kill_switch"], status["peers"]
        now = time.monotonic()
        if sign != known.sign or now - known.read_at > _IN_FULL_EVERY_SECONDS:
            known.rules = client.rules()
            known.events = client.history(limit=_EVENTS)
            known.resumable = _resumable(client)
            known.sign, known.read_at = sign, now
        return status

    def _count(self, now: float) -> None:
        """Ask the exporters what the rules matched."""
        if now - self._counted_at < _COUNTERS_EVERY_SECONDS:
            return
        self._counted_at = now
        for provider in self._pack.providers:
            if provider.exporter_url is None:
                continue
            rules = [RuleDict(**rule) for rule in self._known[provider.name].rules]
            notes = add_matched(rules, provider.exporter_url, provider.name)
            self._matched_notes[provider.name] = [f"{provider.name}: {note}" for note in notes]
            counted = {each["id"]: each for each in rules if "bytes" in each or "packets" in each}
            self._matched[provider.name] = {
                key: (each.get("packets", 0), each.get("bytes", 0)) for key, each in counted.items()
            }
            self._add_points(provider.name)

    def _add_points(self, provider: str) -> None:
        matched = self._matched[provider]
        for key in [key for key in self._curves if key[0] == provider and key[1] not in matched]:
            del self._curves[key]  # the rule is gone
        for rule_id, (_packets, octets) in matched.items():
            curve = self._curves.setdefault((provider, rule_id), deque(maxlen=_POINTS))
            curve.append((time.time(), octets))

    def _publish(
        self,
        statuses: Mapping[str, Any],
        problems: Sequence[str],
        questions: Sequence[OpenQuestion],
    ) -> None:
        rows = [row for each in self._pack.providers for row in self._rows(each.name)]
        events = [
            {"provider": name, **event}
            for name, known in self._known.items()
            for event in known.events
        ]
        events.sort(key=lambda event: str(event["at"]), reverse=True)
        resumable = [
            {"provider": name, **claim}
            for name, known in self._known.items()
            for claim in known.resumable
        ]
        before = self._snapshot
        same = (rows, events, problems, questions, _lasting(statuses)) == (
            before.rows,
            before.events,
            before.problems,
            before.questions,
            _lasting(before.statuses),
        )
        number = before.number if same else before.number + 1
        with self._changed:
            self._snapshot = Snapshot(
                number, time.monotonic(), rows, statuses, events, resumable, questions, problems
            )
            self._changed.notify_all()

    def _rows(self, provider: str) -> list[Row]:
        matched = self._matched.get(provider, {})
        rows = []
        for rule in self._known[provider].rules:
            if counts := matched.get(rule["id"]):
                rule["packets"], rule["bytes"] = counts
            rows.append(Row(provider, rule, tuple(self._curves.get((provider, rule["id"]), ()))))
        return rows


def _resumable(client: AdapterClient) -> list[ResumableDict]:
    try:
        return client.resumable()
    except FlowspecError:
        return []  # an adapter of 0.1.0


def _lasting(statuses: Mapping[str, Mapping[str, Any]]) -> Any:
    """Of the statuses, what people are to see at once when it changes."""
    keys = ("kill_switch", "peers", "rules", "exabgp_problems", "registry")
    return {name: [status.get(key) for key in keys] for name, status in statuses.items()}
