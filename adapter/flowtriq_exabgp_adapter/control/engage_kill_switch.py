"""Engages the kill switch. The answer waits for nothing that may hang."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Callable

from flowtriq_flowspec.events import Event

from ..exabgp.speaker import Speaker
from ..store.claims import Actor
from ..store.database import NotStored
from ..store.registry import Registry
from .kill_switch import KillSwitch
from .rule_state import Result
from .wait_for_exabgp import Waiting

log = logging.getLogger(__name__)

_ANSWER_SECONDS, _HURRY_SECONDS = 0.7, 0.2
"""How long an answer waits for disk and ExaBGP; and for an ExaBGP that hangs already."""

_HANGS_SECONDS = 0.5
"""ExaBGP that has owed an answer for so long hangs."""

_CONFIRMING_SECONDS = 5.0
"""How long ExaBGP may need until the registry counts the rules as still announced."""

_RECORDING_SECONDS = 5.0
"""How long an answer waits for the registry once ExaBGP has confirmed."""

_LET_FINISH_SECONDS = 5.0
"""At most so long an announcement waits to be refused, also where ExaBGP hangs."""


@dataclass
class _Order:
    actor: Actor
    at: float
    again: bool
    """Another thread was making a change, and may have looked at the kill switch before."""
    recorded: bool = False
    done: threading.Event = field(default_factory=threading.Event)


class KillSwitchEngaging:
    """``change`` is the gate's lock. ``claims_ended`` is called when the claims have ended.

    Who orders has only memory and the speaker before the answer. A thread does the rest: disk,
    ExaBGP's confirmation and registry may each take their time.
    """

    def __init__(
        self,
        registry: Registry,
        speaker: Speaker,
        kill_switch: KillSwitch,
        change: threading.Lock,
        claims_ended: Callable[[], None],
    ) -> None:
        self._registry = registry
        self._speaker = speaker
        self._switch = kill_switch
        self._change = change
        self._claims_ended = claims_ended
        self._orders: SimpleQueue[_Order] = SimpleQueue()
        self._starting = threading.Lock()
        self._started = False

    def engage(self, actor: Actor, at: float, waiting: Waiting) -> Result:
        """Withdraw everything at once and block announcements until released. The answer says what
        is done so far."""
        self._switch.engage()
        hangs = self._speaker.seconds_without_answer() > _HANGS_SECONDS
        free = self._change.acquire(blocking=False)
        self._speaker.clear_all()
        if free:
            self._change.release()
        self._start()
        order = _Order(actor, at, again=not free)
        self._orders.put(order)
        with waiting as may_wait:
            durable = self._switch.wait_durable(_ANSWER_SECONDS)
            order.done.wait(_HURRY_SECONDS if hangs or not may_wait else _ANSWER_SECONDS)
            if may_wait and self._speaker.is_cleared():
                order.done.wait(_RECORDING_SECONDS)
        return {
            "engaged": True,
            "withdrawn": self._speaker.is_cleared(),
            "durable": durable,
            "recorded": order.recorded,
        }

    def let_finish(self, waiting: Waiting) -> None:
        """While ExaBGP withdraws everything, let those wait who would announce. They are refused
        anyway, and clients that ask again and again take the processor from ExaBGP."""
        if self._switch.engaged:
            with waiting as may_wait:
                if may_wait:
                    self._speaker.let_clear(_LET_FINISH_SECONDS)

    def _start(self) -> None:
        with self._starting:
            if not self._started:
                self._started = True
                threading.Thread(target=self._run, name="kill-switch", daemon=True).start()

    def _run(self) -> None:
        while True:
            orders = [self._orders.get()]
            while not self._orders.empty():
                orders.append(self._orders.get())
            try:
                self._finish(orders)
            except Exception:
                # Any exception: without this thread no kill switch would be kept.
                log.exception("the kill switch is engaged, but the change is not fully recorded")
            for order in orders:
                order.done.set()

    def _finish(self, orders: list[_Order]) -> None:
        self._switch.keep()
        if any(order.again for order in orders):
            with self._change:
                self._speaker.clear_all()
        # Not before ExaBGP is done: recording keeps the processor busy.
        withdrawn = self._speaker.wait_cleared(_CONFIRMING_SECONDS)
        with self._change:
            for order in orders:
                order.recorded = self._record(order, withdrawn)
        self._claims_ended()

    def _record(self, order: _Order, withdrawn: bool) -> bool:
        """End all claims, and delete the rules if they are ``withdrawn``. Whether the registry took
        the change."""
        try:
            with self._registry.transaction():
                self._registry.note(Event.KILL_SWITCH_ENGAGED, order.at, order.actor)
                if not self._switch.engaged:
                    return True  # released meanwhile, which ended the claims of then
                self._registry.end_all_claims(order.at, order.actor, Event.RELEASED)
                if withdrawn:
                    # The acknowledgements may have come while the rules were still claimed.
                    gone = [(rule.id, None) for rule in self._registry.rules()]
                    self._registry.acknowledged(gone, order.at)
        except NotStored as problem:
            log.critical("all rules are withdrawn, but the change is not recorded: %s", problem)
            return False
        return True
