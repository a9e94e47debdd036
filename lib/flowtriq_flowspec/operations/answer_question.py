"""Answers to StackStorm's inquiries from a chat, through its API.

Source: StackStorm 3.9, the environment of its Python runner (ST2_ACTION_API_URL,
ST2_ACTION_AUTH_TOKEN).
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..config.pack import Approvals, PackConfig
from ..errors import Refused
from ..inquiries_client import InquiriesClient, OpenQuestion
from ..refusal_wording import shown
from .result import Result

_LISTED = 5
_SHORT_ID = 6
_PREFIX = re.compile(r"[0-9a-fA-F.:]{2,}/[0-9]{1,3}")
APPROVE, REFUSE = "approve", "refuse"


@dataclass(frozen=True)
class AnsweredResult(Result):
    """The inquiry that was answered, its question, and whether its rules are approved."""

    inquiry: str = ""
    question: str = ""
    approved: bool = False


def answer_question(config: PackConfig, answer: str, words: str, user: str) -> AnsweredResult:
    """Answer the open inquiry that ``words`` name, from a chat. Raises Refused, Temporary."""
    approved = is_approval(answer)
    require_may_answer(config.approvals, user)
    stackstorm = _stackstorm_of_this_action()
    question = _named(words.strip(), stackstorm.open_questions())
    stackstorm.answer(question.id, approved)
    return AnsweredResult([], question.id, question.text, approved)


def is_approval(answer: str) -> bool:
    """Raises Refused for another word than the two."""
    if answer not in (APPROVE, REFUSE):
        message = f"answer is {shown(answer)}; allowed are: {APPROVE}, {REFUSE}"
        limit = f"{APPROVE}, {REFUSE}"
        raise Refused(message, field="answer", value=shown(answer), limit=limit)
    return answer == APPROVE


def require_may_answer(approvals: Approvals, user: str) -> None:
    """StackStorm sees only the chat's bot, or the console, so the pack checks the person. Raises
    Refused."""
    if user in approvals.users or not (approvals.users or approvals.roles):
        return
    names = ", ".join(approvals.users) or "nobody by name; roles answer with st2 inquiry respond"
    message = f"{shown(user) or 'nobody'} may not answer; approvals.users names: {names}"
    raise Refused(message, field="approvals.users", value=shown(user), limit=names)


def _stackstorm_of_this_action() -> InquiriesClient:
    url = os.environ.get("ST2_ACTION_API_URL", "")
    if not url:
        message = "there is no StackStorm here; without it: flowspec inquiry respond"
        raise Refused(message, field="answer")
    return InquiriesClient(url, {"X-Auth-Token": os.environ.get("ST2_ACTION_AUTH_TOKEN", "")})


def _named(words: str, questions: Sequence[OpenQuestion]) -> OpenQuestion:
    fitting = [each for each in questions if _names(words, each)]
    if len(fitting) == 1:
        return fitting[0]
    if not questions:
        raise Refused("no question is open", field="question", value=shown(words))
    lines = "; ".join(f"{_short(each)}: {each.text[:80]}" for each in questions[:_LISTED])
    which = f"{shown(words)} names {len(fitting)} of them" if words else "name one of them"
    message = (
        f"{which}, for example: flowspec approve {_short(questions[0])}; "
        f"{len(questions)} open: {lines}"
    )
    raise Refused(message, field="question", value=shown(words), limit="one")


def _short(question: OpenQuestion) -> str:
    return question.id[-_SHORT_ID:]


def _names(words: str, question: OpenQuestion) -> bool:
    """A whole address or prefix of the question, or the end of the id."""
    if words in (question.id, _short(question)):
        return True
    prefixes = {each.rstrip(".:") for each in _PREFIX.findall(question.text)}
    return not prefixes.isdisjoint({words, f"{words}/32", f"{words}/128"} - {""})
