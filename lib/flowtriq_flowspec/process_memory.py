"""The memory of a process that lives long and has many threads."""

from __future__ import annotations

import contextlib
import ctypes

_ARENA_MAX, _MMAP_THRESHOLD = -8, -3  # malloc.h
_MMAP_OCTETS = 128 * 1024


def keep_small() -> None:
    """Give large pieces back when they are free. glibc would keep the megabytes of each thread in
    an arena of its own. To be called before the threads start."""
    with contextlib.suppress(OSError, AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, _MMAP_OCTETS)
