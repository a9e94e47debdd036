"""Reads the lines that ExaBGP writes: acknowledgements, events of sessions, and text of ``show``.

Seen from ExaBGP 4.2.25 and 5.0.15 with both encoders. A command is answered by ``done`` or
``error`` on a line of its own, after the lines that a ``show`` prints. Events are JSON with
``encoder json``, sentences with ``encoder text`` (the default); they come in between.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Union


class Acknowledgement(NamedTuple):
    """The end of the answer to one command. ``ok`` means "in the RIB, or silently dropped"."""

    ok: bool


class SessionState(NamedTuple):
    """``state`` is ``connected``, ``up`` or ``down``."""

    peer: str
    state: str
    reason: str = ""


class Negotiated(NamedTuple):
    """The families that a session negotiated, as ExaBGP writes them: ``ipv4 flow``."""

    peer: str
    families: tuple[str, ...]


class Version(NamedTuple):
    """The answer to ``version``."""

    version: str


@dataclass(frozen=True)
class SummaryHeader:
    """The first line that ``show neighbor summary`` prints, even where there are no neighbours.

    No other command prints it, so it identifies its answer; nothing else in an answer does.
    """


class Text(NamedTuple):
    """A line of the answer to another ``show``."""

    line: str


@dataclass(frozen=True)
class Other:
    """An event that the adapter does not need."""


Event = Union[Acknowledgement, SessionState, Negotiated, Version, SummaryHeader, Text, Other]

_TEXT_STATE = re.compile(r"neighbor (\S+) (connected|up|down)(?: - (.*))?$")
_VERSION = re.compile(r"exabgp (\S+)$")
_SUMMARY_HEADER = re.compile(r"Peer\s+AS\s+up/down")
_PEER_IN_JSON = re.compile(r'"peer"\s*:\s*"([^"]+)"')
_STATE_IN_JSON = re.compile(r'"state"\s*:\s*"(connected|up|down)"')


def parse(line: str) -> Event:
    """One line from ExaBGP, without its end. Never raises: an unreadable line is Other."""
    text = line.strip()
    if text in ("done", "error"):
        return Acknowledgement(text == "done")
    if text.startswith("{"):
        return _parse_json(text)
    if state := _TEXT_STATE.match(text):
        return SessionState(state[1], state[2], state[3] or "")
    if version := _VERSION.match(text):
        return Version(version[1])
    if _SUMMARY_HEADER.match(text):
        return SummaryHeader()
    return Text(line) if text else Other()


def _parse_json(text: str) -> Event:
    try:
        # ExaBGP 4.2 puts raw control characters into the reason of a ``down``.
        return _event(json.loads(text, strict=False))
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    # ExaBGP 4.2 also leaves backslashes in the reason as they are. The news that a session is down
    # must not be lost by that.
    peer, state = _PEER_IN_JSON.search(text), _STATE_IN_JSON.search(text)
    return SessionState(peer[1], state[1]) if peer and state else Other()


def _event(message: Mapping[str, Any]) -> Event:
    if "answer" in message:  # ExaBGP 5.0, where answers in JSON are asked for
        answer = message["answer"]
        return Acknowledgement(answer == "done") if answer in ("done", "error") else Other()
    kind = message.get("type")
    if kind not in ("state", "negotiated"):
        return Other()
    neighbor = message["neighbor"]
    peer = str(neighbor["address"]["peer"])
    if kind == "state":
        return SessionState(peer, str(neighbor["state"]), str(neighbor.get("reason", "")))
    return Negotiated(peer, tuple(map(str, neighbor["negotiated"]["families"])))
