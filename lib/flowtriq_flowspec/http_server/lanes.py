"""How many requests are worked on at a time, and in which order."""

from __future__ import annotations

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator

_QUEUED_SECONDS = 10.0


class Lane:
    """Works on ``places`` requests at a time; ``others`` more may queue for a place, and as many
    may have left theirs to wait for something. A caller gets three quarters of each. Requests of
    one lane never wait for those of another.

    Few places, because Python runs one thread at a time: who comes late must not share the
    processor with hundreds.
    """

    def __init__(self, places: int, others: int) -> None:
        self._lock = threading.Lock()
        self._places, self._queued, self._waiting = _Share(places), _Share(others), _Share(others)
        self._queue: list[_Queued] = []

    def enter(self, caller: str) -> Place | None:
        """A place, perhaps after a while; None if there is none."""
        with self._lock:
            if self._places.take(caller):
                return Place(self, caller)
            if not self._queued.take(caller):
                return None
            mine = _Queued(caller)
            self._queue.append(mine)
        mine.called.wait(_QUEUED_SECONDS)
        with self._lock:
            self._queued.give_back(caller)
            if not mine.called.is_set():
                self._queue.remove(mine)
                return None
        return Place(self, caller)

    def leave(self, caller: str) -> None:
        with self._lock:
            self._places.give_back(caller)
            self._call_next()

    def begin_to_wait(self, caller: str) -> bool:
        with self._lock:
            if not self._waiting.take(caller):
                return False
            self._places.give_back(caller)
            self._call_next()
            return True

    def end_to_wait(self, caller: str) -> None:
        with self._lock:
            self._waiting.give_back(caller)
            if self._places.take(caller):
                return
            mine = _Queued(caller)
            self._queue.append(mine)
        mine.called.wait()

    def _call_next(self) -> None:
        for each in self._queue:
            if self._places.take(each.caller):
                self._queue.remove(each)
                each.called.set()
                return


class Place:
    """A request's place in its lane, to be given back with ``leave``."""

    def __init__(self, lane: Lane, caller: str) -> None:
        self._lane, self._caller = lane, caller

    def leave(self) -> None:
        self._lane.leave(self._caller)

    @contextlib.contextmanager
    def waiting(self) -> Iterator[bool]:
        """While the request waits for something, another has its place. Yields whether it may
        wait: not where too many do."""
        may = self._lane.begin_to_wait(self._caller)
        try:
            yield may
        finally:
            if may:
                self._lane.end_to_wait(self._caller)


class _Queued:
    def __init__(self, caller: str) -> None:
        self.caller = caller
        self.called = threading.Event()


class _Share:
    """``total`` of something, of which a caller gets three quarters."""

    def __init__(self, total: int) -> None:
        self._total, self._per_caller = total, max(1, total * 3 // 4)
        self._taken: Counter[str] = Counter()

    def take(self, caller: str) -> bool:
        if sum(self._taken.values()) >= self._total or self._taken[caller] >= self._per_caller:
            return False
        self._taken[caller] += 1
        return True

    def give_back(self, caller: str) -> None:
        self._taken[caller] -= 1
        if not self._taken[caller]:
            del self._taken[caller]
