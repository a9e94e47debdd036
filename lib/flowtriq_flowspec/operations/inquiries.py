"""Answers to StackStorm's inquiries from a chat, through its API.

Source: StackStorm 3.9, st2api/controllers/v1/inquiries.py, and the environment of its Python
runner (ST2_ACTION_API_URL, ST2_ACTION_AUTH_TOKEN).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import requests

from ..config.pack import Approvals, PackConfig
from ..errors import Refused, Temporary
from ..messages import shown
from .result import Result

_SECONDS = 10
_MOST = 100
_LISTED = 5
_SHORT_ID = 6
_PREFIX = re.compile(r"[0-9a-fA-F.:]{2,}/[0-9]{1,3}")
_ANSWERS = {"approve": True, "refuse": False}


@dataclass(frozen=True)
class AnsweredResult(Result):
    """The inquiry that was answered, its question, and whether its rules are approved."""

    inquiry: str = ""
    question: str = ""
    approved: bool = False


def answer_question(config: PackConfig, answer: str, words: str, user: str) -> AnsweredResult:
    """Answer the open inquiry that ``words`` name. Raises Refused, Temporary."""
    if answer not in _ANSWERS:
        message = f"answer is {shown(answer)}; allowed are: approve, refuse"
        raise Refused(message, field="answer", value=shown(answer), limit="approve, refuse")
    _require_may_answer(config.approvals, user)
    stackstorm = _StackStorm.of_this_action()
    inquiry = _named(words.strip(), stackstorm.open_questions())
    stackstorm.respond(inquiry["id"], {"approved": _ANSWERS[answer]})
    return AnsweredResult([], inquiry["id"], _text(inquiry), _ANSWERS[answer])


def _require_may_answer(approvals: Approvals, user: str) -> None:
    """StackStorm sees only the chat's bot here, so the person is checked by the pack."""
    if user in approvals.users or not (approvals.users or approvals.roles):
        return
    names = ", ".join(approvals.users) or "nobody by name; roles answer with st2 inquiry respond"
    message = f"{shown(user) or 'nobody'} may not answer; approvals.users names: {names}"
    raise Refused(message, field="approvals.users", value=shown(user), limit=names)


@dataclass(frozen=True)
class _StackStorm:
    url: str
    token: str

    @classmethod
    def of_this_action(cls) -> _StackStorm:
        url = os.environ.get("ST2_ACTION_API_URL", "")
        if not url:
            message = "no StackStorm is here; for the embedded engine: flowspec inquiry respond"
            raise Refused(message, field="answer")
        return cls(url.rstrip("/"), os.environ.get("ST2_ACTION_AUTH_TOKEN", ""))

    def open_questions(self) -> list[dict[str, Any]]:
        """Those of this pack: whether rules are approved."""
        found: list[dict[str, Any]] = self._ask("GET", f"/inquiries?limit={_MOST}")
        return [each for each in found if _text(each)]

    def respond(self, inquiry: str, response: Mapping[str, Any]) -> None:
        self._ask("PUT", f"/inquiries/{inquiry}", {"id": inquiry, "response": response})

    def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        try:
            reply = requests.request(
                method,
                self.url + path,
                json=body,
                headers={"X-Auth-Token": self.token},
                timeout=_SECONDS,
            )
            answer = reply.json()
        except (requests.RequestException, ValueError) as problem:
            raise Temporary("StackStorm's API does not answer") from problem
        if not reply.ok:
            why = answer.get("faultstring") if isinstance(answer, Mapping) else None
            raise Refused(f"StackStorm refuses: {why or reply.status_code}", field="question")
        return answer


def _text(inquiry: Mapping[str, Any]) -> str:
    properties = inquiry.get("schema", {}).get("properties", {})
    return str(properties.get("approved", {}).get("description", ""))


def _named(words: str, questions: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    fitting = [each for each in questions if _names(words, each)]
    if len(fitting) == 1:
        return fitting[0]
    if not questions:
        raise Refused("no question is open", field="question", value=shown(words))
    lines = "; ".join(f"{_short(each)}: {_text(each)[:80]}" for each in questions[:_LISTED])
    which = f"{shown(words)} names {len(fitting)} of them" if words else "name one of them"
    message = (
        f"{which}, for example: flowspec approve {_short(questions[0])}; "
        f"{len(questions)} open: {lines}"
    )
    raise Refused(message, field="question", value=shown(words), limit="one")


def _short(inquiry: Mapping[str, Any]) -> str:
    return str(inquiry["id"])[-_SHORT_ID:]


def _names(words: str, inquiry: Mapping[str, Any]) -> bool:
    """A whole address or prefix of the question, or the end of the id."""
    if words in (inquiry["id"], _short(inquiry)):
        return True
    prefixes = {each.rstrip(".:") for each in _PREFIX.findall(_text(inquiry))}
    return not prefixes.isdisjoint({words, f"{words}/32", f"{words}/128"} - {""})
