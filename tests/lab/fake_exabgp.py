"""Stands in for ExaBGP at the other end of a speaker's pipe: does at will what the real one does
seldom.

Answers as both versions do: in order, one ``done`` or ``error`` for each command.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections import deque
from collections.abc import Callable

from flowtriq_exabgp_adapter.exabgp.speaker import Speaker

SUMMARY = "Peer            AS        up/down state       |     #sent     #recvd"
_QUESTION = "show adj-rib out extensive"
_QUESTION_OF_ONE = re.compile(r"show adj-rib out (\S+) extensive$")
_FLOW = re.compile(r"(announce|withdraw) flow route \{ match \{ (.*?) \}(?: then \{ (.*?) \})? \}$")


class FakeExaBGP:
    """Use as a context manager; give ``stdin`` and ``stdout`` to the speaker.

    ``most_held`` the most answers that were ever held back at a time

    ``commands``  every line received       ``rib``  {match text: then text}
    ``refuses``   predicate on a command: answered with ``error`` and not obeyed
    ``forgets``   predicate on a command: obeyed, but never answered
    ``neighbors`` the lines of ``show neighbor extensive``
    ``settings``  the lines of ``show neighbor configuration``
    ``routes``    the lines of ``show adj-rib out extensive``; ``rib`` is not in them
    """

    def __init__(self) -> None:
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self._commands_end = os.fdopen(ours_in, "rb")
        self._answers_end = os.fdopen(ours_out, "wb", 0)
        self.stdin = os.fdopen(theirs_in, "rb", 0)
        self.stdout = os.fdopen(theirs_out, "wb", 0)
        self.commands: list[str] = []
        self.rib: dict[str, str] = {}
        self.refuses: Callable[[str], object] = lambda _command: False
        self.forgets: Callable[[str], object] = lambda _command: False
        self.neighbors: list[str] = []
        self.settings: list[str] = []
        self.routes: list[str] = []
        self.done, self.error = "done", "error"
        self._changed = threading.Condition()
        self._holding = self._breaking = False
        self._held: deque[list[str]] = deque()
        self.most_held = 0
        self._reading = threading.Event()
        self._reading.set()
        self._thread = threading.Thread(target=self._run, name="fake-exabgp", daemon=True)

    def __enter__(self) -> FakeExaBGP:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
        self.stdout.close()
        self._thread.join(timeout=5)
        self._commands_end.close()
        self.stdin.close()

    def close(self) -> None:
        """End, as ExaBGP does: the process reads end of file."""
        self._reading.set()
        with contextlib.suppress(OSError):
            self._answers_end.close()

    def break_pipe(self) -> None:
        """End in the other direction, at the next command: the process cannot write any more."""
        self._breaking = True

    def wait_broken(self) -> bool:
        """Whether that command came in time."""
        self._thread.join(timeout=20)
        return not self._thread.is_alive()

    def receive_all(self, speaker: Speaker) -> None:
        """Returns when every command is here that the speaker has to send now. It must have room
        for a question: less than a window of commands is open, and none is overdue."""
        for _ in range(2):  # a question goes before the commands that are waiting with it
            asked = self.commands.count(_QUESTION)
            speaker.adj_rib_out(timeout_seconds=0)
            assert self.wait_for(lambda asked=asked: self.commands.count(_QUESTION) > asked)

    def wait_for(self, predicate: Callable[[], object], timeout: float = 20.0) -> bool:
        """Whether ``predicate`` became true in time; it is looked at after each command."""
        with self._changed:
            return bool(self._changed.wait_for(predicate, timeout))

    def flows(self) -> list[str]:
        """The commands that announce or withdraw, the resent ones included."""
        return [command for command in self.commands if _FLOW.search(command)]

    def say(self, *lines: str) -> None:
        """Lines out of turn, like events."""
        with self._changed:
            self._answers_end.write("".join(f"{line}\n" for line in lines).encode())

    def hold_answers(self) -> None:
        """Obey, and keep the answers back until ``release_answers``."""
        with self._changed:
            self._holding = True

    def release_answers(self, count: int | None = None) -> None:
        """Give the held answers: the first ``count`` of them, or all and no longer hold."""
        with self._changed:
            for _ in range(len(self._held) if count is None else count):
                self.say(*self._held.popleft())
            self._holding = count is not None

    def pause(self) -> None:
        """Read no more."""
        self._reading.clear()

    def _run(self) -> None:
        for line in self._commands_end:
            self._reading.wait()
            if self._breaking:
                self._commands_end.close()
                return
            command = line.decode("ascii").rstrip("\n")
            with self._changed:
                self.commands.append(command)
                answer = self._answer(command)
                if self.forgets(command):
                    answer = []
                if self._holding:
                    self._held.append(answer)
                    self.most_held = max(self.most_held, len(self._held))
                else:
                    with contextlib.suppress(OSError, ValueError):
                        self.say(*answer)
                self._changed.notify_all()

    def _answer(self, command: str) -> list[str]:
        if self.refuses(command):
            return [self.error]
        if command == "show neighbor configuration":
            return [*self.settings, self.done]
        if command in ("version", "; version"):
            return ["exabgp 5.0.15", self.done]
        if command == "show neighbor summary":
            return [SUMMARY, self.done]
        if command == "show neighbor extensive":
            return [*self.neighbors, self.done]
        if command == _QUESTION:
            return [*self.routes, self.done]
        if one := _QUESTION_OF_ONE.match(command):
            return [*(each for each in self.routes if f"neighbor {one[1]} " in each), self.done]
        if command == "clear adj-rib out":
            self.rib.clear()
            return [self.done]
        if flow := _FLOW.search(command):
            if flow[1] == "announce":
                self.rib[flow[2]] = flow[3]
            else:
                self.rib.pop(flow[2], None)
            return [self.done]
        return [self.error]
