"""The process that ``forked`` keeps: it has imported the adapter and a program, which is ExaBGP or
the embedded engine, and forks.

``imported.py SOCKET CODE PROGRAM``: CODE leaves the program's ``main``; a process of ExaBGP that
would run PROGRAM, which is the adapter's, is a fork as well. Each fork is the process that it would
be if it had been started: what it has inherited beyond that is put away here.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import gc
import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NoReturn

if __name__ == "__main__":
    del sys.path[0]  # this folder, which holds an exabgp.py of its own

from flowtriq_exabgp_adapter import build, clock, config  # noqa: F401  # main imports them late
from flowtriq_exabgp_adapter.main import main as adapter_main

_FILES = 256
"""More than a process has open when it forks."""


def become(
    main: Callable[[], object], arguments: Sequence[str], environment: Mapping[str, str]
) -> NoReturn:
    """What follows in a process that has just been forked; files 0 to 2 are its own already."""
    os.closerange(3, _FILES)
    signal.set_wakeup_fd(-1, warn_on_full_buffer=False)
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # as Python does at its start
        signal.signal(number, signal.SIG_IGN)
    gc.enable()  # subprocess disables it before it forks
    logging.getLogger().handlers.clear()
    atexit._clear()
    os.environ.clear()
    os.environ.update(environment)
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, errors="backslashreplace", closefd=False)  # noqa: SIM115
    sys.argv = list(arguments)
    os._exit(_run(main))


def _run(main: Callable[[], object]) -> int:
    """That of Python where ``main`` is all of the program."""
    try:
        main()
        status: Any = 0
    except SystemExit as end:
        status = end.code
    except BaseException:
        traceback.print_exc()
        status = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    return status if isinstance(status, int) else 1 if status else 0


class _Popen(subprocess.Popen):
    """Python calls what is to happen before the program runs when its pipes are in their place."""

    adapter: ClassVar[str]

    def __init__(self, command: Any, *, env: Any = None, preexec_fn: Any = None, **options: Any):
        if command[0] == self.adapter:
            preexec_fn = functools.partial(_adapter, preexec_fn, command, env or dict(os.environ))
        super().__init__(command, env=env, preexec_fn=preexec_fn, **options)


def _adapter(
    first: Callable[[], object], command: Sequence[str], environment: Mapping[str, str]
) -> None:
    first()
    become(adapter_main, command, environment)


def _program(main: Callable[[], object], order: Mapping[str, Any], log: int) -> None:
    for old, new in ((os.open(os.devnull, os.O_RDONLY), 0), (log, 1), (log, 2)):
        os.dup2(old, new)
    os.chdir(order["folder"])
    become(main, order["command"], order["environment"])


_statuses: dict[int, int] = {}


def _reap(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            _statuses[ended[0]] = os.waitstatus_to_exitcode(ended[1])


def _status_of(pid: int) -> int:
    """Of one that has ended."""
    _reap()
    return _statuses.pop(pid)


def serve(orders: socket.socket, code: str, adapter: str) -> None:
    """Until the other side closes the socket; answers each order with the process's number, and
    each number of one that has ended with its status."""
    names: dict[str, Any] = {}
    exec(code, names)
    _Popen.adapter = adapter
    subprocess.Popen = _Popen
    signal.signal(signal.SIGCHLD, _reap)
    while True:
        data, files, _, _ = socket.recv_fds(orders, 1 << 20, 1)
        if not data:
            break
        order = json.loads(data)
        if isinstance(order, int):
            orders.send(str(_status_of(order)).encode())
            continue
        child = os.fork()
        if not child:
            _program(names["main"], order, files[0])
        os.close(files[0])
        orders.send(str(child).encode())


if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), *sys.argv[2:])
