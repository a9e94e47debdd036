"""Questions for approval: which are open, read for all pages together, and a person's answer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.errors import FlowspecError, Refused
from flowtriq_flowspec.inquiries_client import InquiriesClient, OpenQuestion
from flowtriq_flowspec.operations.answer_question import (
    AnsweredResult,
    is_approval,
    require_may_answer,
)

_EVERY_SECONDS = 2.0


class OpenQuestions:
    """Asks the engine at most every two seconds. One reader's thread calls ``read``."""

    def __init__(self, client: InquiriesClient | None) -> None:
        self._client = client
        self._found: Sequence[OpenQuestion] = ()
        self._problems: list[str] = []
        self._asked_at: dict[str, float | None] = {}
        self._read_at = float("-inf")

    def forget(self) -> None:
        """Ask again at the next ``read``."""
        self._read_at = float("-inf")

    def read(self) -> tuple[Sequence[OpenQuestion], list[str]]:
        """The open questions, and in a sentence why they could not be read."""
        if self._client is not None and time.monotonic() - self._read_at > _EVERY_SECONDS:
            self._read_at = time.monotonic()
            try:
                self._found, self._problems = self._open(self._client), []
            except FlowspecError as problem:
                self._problems = [f"Questions for approval cannot be read: {problem}."]
        return self._found, self._problems

    def _open(self, client: InquiriesClient) -> Sequence[OpenQuestion]:
        found = client.open_questions()
        known = self._asked_at
        self._asked_at = {
            each.id: each.asked_at or known.get(each.id) or client.asked_at(each.id)
            for each in found
        }
        return [replace(each, asked_at=self._asked_at[each.id]) for each in found]


def answer(
    pack: PackConfig, client: InquiriesClient | None, question: str, given: str, user: str
) -> AnsweredResult:
    """Raises Refused, also where somebody was faster, and Temporary."""
    if client is None:
        raise Refused("the console does not know where answers go: set questions in its file")
    approved = is_approval(given)
    require_may_answer(pack.approvals, user)
    client.answer(question, approved, user)
    return AnsweredResult([], question, approved=approved)
