"""Work that is done from time to time."""

from __future__ import annotations

import threading

from flowtriq_exabgp_adapter.control.periodic import Periodic


def test_work_that_fails_is_done_again() -> None:
    calls, enough, end = [], threading.Event(), threading.Event()

    def fail() -> None:
        calls.append(threading.current_thread().name)
        if len(calls) == 3:
            enough.set()
            end.wait()  # the thread never ends; it waits here
        raise OSError("the disk is gone")

    Periodic("audit", fail, 0.0, first_after_seconds=0.0).start()
    assert enough.wait(20)
    assert calls == ["audit"] * 3
