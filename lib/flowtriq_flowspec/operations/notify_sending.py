"""Sends what waits in the outbox: a thread for each service, so that one that hangs stops no other
and nothing else; so many messages a minute; again while a service is down, for a while."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..adapter_answers import Note
from ..adapter_client import AdapterClient
from ..config.notify import MessageService, NotifyConfig
from ..config.pack import PackConfig, ProviderConfig
from ..events import Event
from ..limited_log import LimitedLog
from .attack_outcome import plain
from .notify_apprise import send
from .notify_outbox import Outbox, Waiting
from .notify_texts import Message, summary_of
from .providers import PACK, ask_each

_STATE = f"{PACK}.sender"
_MINUTE_SECONDS = 60.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 5.0, 300.0
_SENT_REMEMBERED = 1000
_DOUBT = "(You may have this already: the sender was ended while it sent it.)"


@dataclass
class _Service:
    """What is known of one service. ``sent_at``: of the last minute's messages, in seconds since
    the epoch: the limit holds across a restart."""

    sent_at: list[float] = field(default_factory=list)
    sending: list[str] = field(default_factory=list)
    failures: int = 0
    pause_until: float = 0.0
    thread: threading.Thread | None = None

    def free(self, limit: int, now: float) -> int:
        self.sent_at = [each for each in self.sent_at if 0 <= now - each < _MINUTE_SECONDS]
        return limit - len(self.sent_at)

    def busy(self, now: float) -> bool:
        return now < self.pause_until or (self.thread is not None and self.thread.is_alive())


class Sender:
    """``step`` is called again and again; it never waits for a service."""

    def __init__(
        self,
        service: Any,
        log: logging.Logger,
        *,
        send: Callable[[MessageService, Message], str | None] = send,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._datastore, self._outbox = service, Outbox(service)
        self._log, self._quiet = log, LimitedLog(log, most=5)
        self._send, self._now = send, now
        self._lock = threading.Lock()
        self._services: dict[str, _Service] = {}
        self._sent: list[str] = []
        self._doubtful: set[str] = set()
        self._read = False

    def step(self, config: PackConfig) -> None:
        """Raises what the datastore raises."""
        with self._lock:
            self._read_state()
            now, notify = self._now(), config.notify
            waiting = self._worth_sending(config, now)
            for service in notify.services:
                state = self._services.setdefault(service.name, _Service())
                due = [each for each in waiting if each.for_service(service.name)]
                free = state.free(notify.messages_per_minute, now)
                if due and free > 0 and not state.busy(now):
                    self._start(notify, service, state, _batch(due, free))

    def _worth_sending(self, config: PackConfig, now: float) -> list[Waiting]:
        names = {service.name for service in config.notify.services}
        kept = []
        for each in self._outbox.read():
            left = names if each.left is None else names.intersection(each.left)
            if not left or each.message.id in self._sent:
                self._outbox.remove(each)
            elif now - each.at > config.notify.give_up_after_seconds:
                self._outbox.remove(each)
                self._give_up(config, each.message, sorted(left))
            else:
                kept.append(each)
        return kept

    def _start(
        self,
        notify: NotifyConfig,
        service: MessageService,
        state: _Service,
        batch: Sequence[tuple[Message, list[Waiting]]],
    ) -> None:
        names = [each.name for each in notify.services]
        state.thread = threading.Thread(
            target=self._deliver, args=(names, service, state, batch), daemon=True
        )
        state.thread.start()

    def _deliver(
        self,
        names: Sequence[str],
        service: MessageService,
        state: _Service,
        batch: Sequence[tuple[Message, list[Waiting]]],
    ) -> None:
        try:
            for message, covered in batch:
                with self._lock:
                    state.sending = [each.message.id for each in covered]
                    self._write_state()
                    if self._doubtful.intersection(state.sending):
                        message = replace(message, body=f"{message.body}\n{_DOUBT}")
                why = self._send(service, message)
                with self._lock:
                    state.sending = []
                    if why is not None:
                        self._failed(service, state, why)
                        return
                    self._took(names, service, state, covered)
        except Exception:
            # The datastore's; what waits is still there, and the next step begins anew.
            self._log.exception("messages to %s could not be sent", service.name)
            state.pause_until = self._now() + _FIRST_PAUSE_SECONDS

    def _took(
        self,
        names: Sequence[str],
        service: MessageService,
        state: _Service,
        covered: Sequence[Waiting],
    ) -> None:
        if state.failures:
            self._log.info("%s takes messages again", service.name)
        state.failures = 0
        state.sent_at.append(self._now())
        done = []
        for each in covered:
            kept = self._outbox.find(each.message)  # another service may have taken it meanwhile
            if kept is None:
                continue
            kept.left = [it for it in kept.left or names if it != service.name]
            if kept.left:
                self._outbox.write(kept)
            else:
                done.append(kept)
        self._sent = [*self._sent, *(each.message.id for each in done)][-_SENT_REMEMBERED:]
        self._write_state()
        for each in done:
            self._outbox.remove(each)

    def _failed(self, service: MessageService, state: _Service, why: str) -> None:
        pause = min(_FIRST_PAUSE_SECONDS * 2**state.failures, _LONGEST_PAUSE_SECONDS)
        state.failures += 1
        state.pause_until = self._now() + pause
        self._quiet.warning(
            service.name, "%s did not take a message: %s; again in %d s", service.name, why, pause
        )
        self._write_state()

    def _give_up(self, config: PackConfig, message: Message, left: Sequence[str]) -> None:
        what = f"not sent to {', '.join(left)}: {message.title}"
        self._log.error("a message was given up: %s", what)
        about: list[Note] = [{"incident": plain(message.id), "message": plain(what, 1000)}]

        def note(_provider: ProviderConfig, client: AdapterClient) -> None:
            client.note(event=Event.MESSAGE_NOT_SENT, about=about, caller=PACK)

        ask_each(config.providers, note, hurry=True)

    def _read_state(self) -> None:
        if self._read:
            return
        text = self._datastore.get_value(_STATE, local=False)
        kept = json.loads(text) if text else {"sent": [], "services": {}}
        self._sent = kept["sent"]
        for name, each in kept["services"].items():
            self._services[name] = _Service(each["sent_at"])
            self._doubtful.update(each["sending"])
        self._read = True

    def _write_state(self) -> None:
        services = {
            name: {"sent_at": each.sent_at, "sending": each.sending}
            for name, each in self._services.items()
        }
        state = json.dumps({"sent": self._sent, "services": services})
        self._datastore.set_value(_STATE, state, local=False)


def _batch(due: Sequence[Waiting], free: int) -> list[tuple[Message, list[Waiting]]]:
    """The messages to send, each with what it tells; a summary where there are too many."""
    if len(due) <= free:
        return [(each.message, [each]) for each in due]
    ranked = sorted(due, key=lambda each: each.message.rank)
    alone, rest = ranked[: free - 1], ranked[free - 1 :]
    summary = summary_of([each.message for each in rest], f"summary:{rest[0].message.id}")
    return [*((each.message, [each]) for each in alone), (summary, rest)]
