"""What people change. Every order is a POST of one of our own forms; a GET changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from flowtriq_flowspec.errors import FlowspecError, Refused
from flowtriq_flowspec.flowspec.typed_rule import typed_rule
from flowtriq_flowspec.operations import guardrail_changes
from flowtriq_flowspec.operations.announce import OrderOfPerson, announce_rule
from flowtriq_flowspec.operations.extend import extend
from flowtriq_flowspec.operations.kill_switch import kill_switch
from flowtriq_flowspec.operations.probe import probe
from flowtriq_flowspec.operations.result import Result
from flowtriq_flowspec.operations.resume import CONFIRMATION as RESUME
from flowtriq_flowspec.operations.resume import resume
from flowtriq_flowspec.operations.withdraw import CONFIRMATION, withdraw, withdraw_all
from flowtriq_flowspec.refusal_wording import shown
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from . import questions
from .config import ConsoleConfig
from .pages import ENGAGE, Pages
from .reader import Reader
from .security import Endpoint, Gate
from .sessions import Visitor
from .users import ADMIN, OPERATE

_LONGEST_REASON = 200
_MOST_MINUTES = 7 * 24 * 60
_LONGEST_RULE = 4000
_PROBE_SECONDS = 10.0

Order = Callable[[Visitor, FormData], Sequence[str]]
"""Gives the order; returns what came of it, in sentences. Raises FlowspecError."""


class Orders:
    def __init__(self, config: ConsoleConfig, reader: Reader, gate: Gate, pages: Pages) -> None:
        self._pack = config.pack
        self._questions = config.questions
        self._reader = reader
        self._gate = gate
        self._pages = pages

    def routes(self) -> dict[str, Endpoint]:
        return {
            "/withdraw": self._order("Withdraw rules", OPERATE, self._withdraw),
            "/announce": self._order("Announce a rule", OPERATE, self._announce),
            "/extend": self._order("Extend a rule", OPERATE, self._extend),
            "/test-rule": self._order("Test rule", OPERATE, self._test),
            "/withdraw-all": self._order("Withdraw all rules", OPERATE, self._withdraw_all),
            "/kill-switch/engage": self._order("Kill switch", OPERATE, self._engage),
            "/kill-switch/release": self._order("Kill switch", ADMIN, self._release),
            "/questions/answer": self._order("Answer a question", OPERATE, self._answer),
            "/guardrails/reload": self._order("Reload the guardrails", ADMIN, self._reload),
            "/guardrails/protect": self._order("Protect a prefix", ADMIN, self._protect),
            "/guardrails/unprotect": self._order("Remove a protection", ADMIN, self._unprotect),
            "/resume": self._order("Resume rules", OPERATE, self._resume),
        }

    def _order(self, title: str, role: str, give: Order) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            visitor = self._gate.visitor(request)
            if visitor is None:
                return RedirectResponse("/sign-in", 303)
            form = await request.form()
            if not self._gate.is_own_form(request, form, visitor):
                lines = ["The form is too old, or another site's page sent it. Nothing was done."]
                return self._pages.message(request, visitor, title, lines, 403)
            if not visitor.may(role):
                lines = [f"This needs the role {role}; {visitor.user} has the role {visitor.role}."]
                return self._pages.message(request, visitor, title, lines, 403)
            try:
                lines, status = list(await run_in_threadpool(give, visitor, form)), 200
            except FlowspecError as problem:
                lines, status = [str(problem)], 400
            await run_in_threadpool(self._reader.read_now)
            return self._pages.message(request, visitor, title, lines, status)

        return endpoint

    def _withdraw(self, visitor: Visitor, form: FormData) -> Sequence[str]:
        chosen = [str(each).partition("/") for each in form.getlist("rule")]
        if not chosen:
            return ["No rule was chosen; nothing was withdrawn."]
        lines: list[str] = []
        for provider, _, rule_id in chosen:
            choice = {"id": rule_id}
            lines += _result_lines(
                withdraw(self._pack, choice, 0, _reason(form), provider, visitor.user),
                f"{provider}: rule {rule_id}",
            )
        return lines

    def _announce(self, visitor: Visitor, form: FormData) -> Sequence[str]:
        said, seconds = typed_rule(str(form.get("rule", ""))[:_LONGEST_RULE])
        if form.get("minutes"):
            seconds = _minutes(form) * 60
        if form.get("operator") and not visitor.may(ADMIN):
            raise Refused(f"the operators' share needs the role {ADMIN}; nothing was announced")
        order = OrderOfPerson(
            str(form.get("incident", "")).strip() or "manual",
            seconds,
            _reason(form),
            bool(form.get("dry_run")),
            bool(form.get("operator")),
            visitor.user,
        )
        provider = str(form.get("provider", "")) or None
        done = announce_rule(self._pack, said["match"], said["then"], order, provider)
        lines = [
            f"{row.provider}: {row.description}: {row.state}" + (f" ({row.why})" if row.why else "")
            for rows in done.lists.values()
            for row in rows
        ]
        return [*lines, *(str(each) for each in done.problems)]

    def _extend(self, visitor: Visitor, form: FormData) -> Sequence[str]:
        seconds = _minutes(form) * 60
        provider, _, rule_id = str(form.get("rule", "")).partition("/")
        choice = {"id": rule_id}
        done = extend(self._pack, seconds, choice, _reason(form), provider, visitor.user)
        return _result_lines(done, f"{provider}: rule {rule_id}")

    def _test(self, _visitor: Visitor, form: FormData) -> Sequence[str]:
        found = probe(self._pack, str(form.get("provider", "")) or None, _PROBE_SECONDS)
        steps = [
            f"{it.provider}: {it.step}: {'yes' if it.ok else 'no'}, {it.seconds:.2f} s"
            + (f": {it.why}" if it.why else "")
            for it in found.steps
        ]
        return [*steps, *(str(each) for each in found.problems)]

    def _answer(self, visitor: Visitor, form: FormData) -> Sequence[str]:
        question, said = str(form.get("question", "")), str(form.get("answer", ""))
        done = questions.answer(self._pack, self._questions, question, said, visitor.user)
        if done.approved:
            return ["Approved. The rules are announced now, unless the attack is over."]
        return ["Refused. The rules are not announced."]

    def _withdraw_all(self, visitor: Visitor, form: FormData) -> Sequence[str]:
        word = str(form.get("confirm", "")).strip()
        if word != CONFIRMATION:
            return [_not_confirmed(CONFIRMATION)]
        done = withdraw_all(self._pack, word, _reason(form), None, visitor.user)
        return [f"{len(done.results)} rules were withdrawn.", *done.notes, *map(str, done.problems)]

    def _engage(self, visitor: Visitor, form: FormData) -> Sequence[str]:
        if str(form.get("confirm", "")).strip() != ENGAGE:
            return [_not_confirmed(ENGAGE)]
        return self._switch("engage", visitor, form)

    def _release(self, visitor: Visitor, form: FormData) -> Sequence[str]:
        return self._switch("release", visitor, form)

    def _switch(self, state: str, visitor: Visitor, form: FormData) -> Sequence[str]:
        done = kill_switch(self._pack, state, _reason(form), None, visitor.user)
        lines = [
            f"{it['provider']}: the kill switch is {'engaged' if it['engaged'] else 'released'}."
            for it in done.providers
        ]
        return [*lines, *done.notes, *map(str, done.problems)]

    def _reload(self, visitor: Visitor, form: FormData) -> Sequence[str]:
        done = guardrail_changes.reload(self._pack, _reason(form), None, visitor.user)
        lines = []
        for answer in done.providers:
            changed = answer["in_words"] or ["nothing changed"]
            lines.append(f"{answer['provider']}: {answer['file']} was read again.")
            lines += [f"{answer['provider']}: {each}" for each in changed]
            lines += _forbidden(answer)
        return [*lines, *map(str, done.problems)]

    def _protect(self, visitor: Visitor, form: FormData) -> Sequence[str]:
        prefix, reason = str(form.get("prefix", "")).strip(), str(form.get("reason", "")).strip()
        if not reason:
            raise Refused("a reason is needed; nothing was protected", field="reason")
        end = guardrail_changes.end_of(str(form.get("duration", "")).strip(), None)
        provider = str(form.get("provider", "")) or None
        reason = reason[:_LONGEST_REASON]
        done = guardrail_changes.protect(self._pack, prefix, reason, end, provider, visitor.user)
        lines = []
        for answer in done.providers:
            until = f" until {answer['expires_at']}" if answer.get("expires_at") else ""
            lines += [f"{answer['provider']}: {answer['prefix']} is protected{until}."]
            lines += _forbidden(answer)
        return [*lines, *map(str, done.problems)]

    def _unprotect(self, visitor: Visitor, form: FormData) -> Sequence[str]:
        prefix, provider = str(form.get("prefix", "")).strip(), str(form.get("provider", ""))
        done = guardrail_changes.unprotect(
            self._pack, prefix, _reason(form), provider or None, visitor.user
        )
        lines = []
        for answer in done.providers:
            still = ", ".join(answer["still_protected_by"])
            also = f" It is still within {still}." if still else ""
            lines.append(f"{answer['provider']}: {answer['prefix']} is not protected now.{also}")
        return [*lines, *map(str, done.problems)]

    def _resume(self, visitor: Visitor, form: FormData) -> Sequence[str]:
        choices = {"incident": str(form.get("incident", "")) or None}
        # The page has shown the plan; the form is the confirmation.
        done = resume(self._pack, RESUME, choices, _reason(form), None, visitor.user)
        return [*_result_lines(done, "resumed"), *done.notes]


def _forbidden(answer: Mapping[str, Any]) -> list[str]:
    return [
        f"{answer['provider']}: {it['state']}: {it['description']} of {it['incident']}: {it['why']}"
        for it in answer["forbidden"]
    ]


def _minutes(form: FormData) -> int:
    given = str(form.get("minutes", ""))
    if given.isascii() and given.isdigit() and len(given) < 8 and 0 < int(given) <= _MOST_MINUTES:
        return int(given)
    message = f"minutes is {shown(given)}; it is a whole number from 1 to {_MOST_MINUTES}"
    raise Refused(message, field="minutes", value=shown(given), limit=_MOST_MINUTES)


def _result_lines(done: Result, what: str) -> list[str]:
    results: Sequence[Any] = getattr(done, "results", ())
    states = [
        f"{what}: {it['state']}" + (f" ({it['why']})" if it.get("why") else "") for it in results
    ]
    return [*states, *(str(each) for each in done.problems)]


def _not_confirmed(word: str) -> str:
    return f"Nothing was done. To do it, type the word {word} into the field."


def _reason(form: FormData) -> str:
    """For the history: who looks later wants to know that it was a person, at the console."""
    given = str(form.get("reason", "")).strip()[:_LONGEST_REASON]
    return given or "by hand, at the console"
