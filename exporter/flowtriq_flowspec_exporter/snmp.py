"""Reads 64-bit counters from one SNMP agent: GETBULK with v3 or v2c, bounded in time and in rows.

gufo-snmp does it where it can be had (from Python 3.10 on), else pysnmp, at ten times the cost.
"""

from __future__ import annotations

from collections.abc import Iterable

from .config import Credentials
from .snmp_answer import TooMany, Unanswered, Walk

try:
    from .snmp_gufo import read as _read
except ImportError:
    from .snmp_pysnmp import read as _read

__all__ = ["TooMany", "Unanswered", "Walk", "read"]


def read(
    host: str,
    port: int,
    credentials: Credentials,
    subtrees: Iterable[str],
    timeout_seconds: float,
) -> Walk:
    """Every counter below ``subtrees``. ``host`` is an address, since a name's server may hang
    longer than anybody waits.

    Raises Unanswered, also when the answer is not complete after ``timeout_seconds``: half a table
    would look like the whole.
    """
    return _read(host, port, credentials, subtrees, timeout_seconds)
