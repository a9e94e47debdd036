"""What people look at. No page changes anything."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Callable
from urllib.parse import urlencode

from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.pack import ProviderConfig
from flowtriq_flowspec.errors import FlowspecError, Refused
from flowtriq_flowspec.flowspec.rule import parse_rule
from flowtriq_flowspec.flowspec.typed_rule import typed_rule
from flowtriq_flowspec.operations.guardrail_changes import protected
from flowtriq_flowspec.operations.history import HistoryFilter, show_history
from flowtriq_flowspec.operations.providers import ask_each
from flowtriq_flowspec.operations.queries import show_rule
from flowtriq_flowspec.operations.show_plan import described_attack, show_plan
from flowtriq_flowspec.operations.withdraw import CONFIRMATION
from flowtriq_flowspec.playbook.vectors import catalogue
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from . import view
from .attention import attention
from .config import ConsoleConfig
from .reader import Reader, Row
from .security import COOKIE, Endpoint, Gate, to_sign_in
from .sessions import Visitor
from .templates import page
from .users import ADMIN, OPERATE

_LONGEST_RULE = 4000
_EVENTS_OF_RULE = 200
_HISTORY = 500
_CSV = 5000
_CSV_COLUMNS = (
    "at",
    "provider",
    "event",
    "incident",
    "rule_id",
    "ordered_by",
    "caller",
    "reason",
    "what",
)
ENGAGE = "stop-all-rules"
"""What a person types to engage the kill switch."""


class Pages:
    def __init__(self, config: ConsoleConfig, reader: Reader, gate: Gate) -> None:
        self._config = config
        self._reader = reader
        self._gate = gate

    def routes(self) -> dict[str, Endpoint]:
        return {
            "/": self._page(self._rules),
            "/rules/{provider}/{rule_id}": self._page(self._rule),
            "/questions": self._page(self._questions),
            "/attacks": self._page(self._attacks),
            "/plan": self._page(self._plan),
            "/explain": self._page(self._explain),
            "/providers": self._page(self._providers),
            "/guardrails": self._page(self._guardrails),
            "/history": self._page(self._history),
            "/history.csv": self._history_csv,
            "/stop": self._page(self._stop),
            "/resume": self._page(self._resume),
        }

    def _page(self, made: Callable[[Request], tuple[str, Mapping[str, Any]]]) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            visitor = self._gate.visitor(request)
            if visitor is None:
                return to_sign_in(request)
            try:
                name, context = await run_in_threadpool(made, request)
            except FlowspecError as problem:
                return self.message(request, visitor, "This cannot be shown", [str(problem)], 404)
            return self.render(request, visitor, name, context)

        return endpoint

    def render(
        self,
        request: Request,
        visitor: Visitor,
        name: str,
        context: Mapping[str, Any],
        status: int = 200,
    ) -> Response:
        """A page for ``visitor``, with what every page has."""
        key = "" if visitor.form_key else self._gate.sessions.begin(visitor.user)
        found = self._gate.sessions.find(key)
        common = {
            "user": visitor.user,
            "role": visitor.role,
            "form_key": found.form_key if found else visitor.form_key,
            "may_operate": visitor.may(OPERATE),
            "may_admin": visitor.may(ADMIN),
            "by_proxy": self._config.proxy is not None,
            "attention": attention(self._reader.snapshot()),
            "path": request.url.path,
            "now": view.now(),
        }
        answer = page(name, {**common, **context}, status)
        if key:  # the proxy signed this person in: the forms need a session of ours all the same
            answer.set_cookie(
                COOKIE, key, secure=self._config.secure_cookie, httponly=True, samesite="strict"
            )
        return answer

    def message(
        self, request: Request, visitor: Visitor, title: str, lines: list[str], status: int = 200
    ) -> Response:
        return self.render(
            request, visitor, "message.html", {"title": title, "lines": lines}, status
        )

    # The pages

    def _rules(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        asked = request.query_params
        query, sort = asked.get("q", "")[:200], asked.get("sort", "since")
        shown = view.rules_page(self._reader.snapshot(), query, sort, _number(asked.get("page")))
        links = {
            name: "/?" + urlencode({"q": query, "sort": sort, "page": shown.number + step})
            for name, step in (("before", -1), ("after", 1))
        }
        context = {"page": shown, "sorts": view.SORTS, "links": links}
        # The live table: the same page, without what is around the rows.
        return ("rows.html" if asked.get("rows") else "rules.html"), context

    def _rule(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        provider, rule_id = request.path_params["provider"], request.path_params["rule_id"]
        found = show_rule(self._config.pack, rule_id, provider)
        if not found.rules:
            raise Refused("; ".join(str(each) for each in found.problems))
        rule = dict(found.rules[0])
        known = [
            row
            for row in self._reader.snapshot().rows
            if (row.provider, row.rule["id"]) == (provider, rule_id)
        ]
        row = known[0] if known else Row(provider, rule)  # type: ignore[arg-type]
        wanted = HistoryFilter(rule=rule_id)
        events = show_history(self._config.pack, _EVENTS_OF_RULE, provider, wanted).events
        own = [view.event_row(event) for event in events]
        return "rule.html", {"rule": rule, "row": view.in_words(row), "events": own}

    def _questions(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        client = self._config.questions
        context = {
            "questions": [view.question_row(each) for each in self._reader.snapshot().questions],
            "answers": client is not None,
        }
        part = request.query_params.get("rows")
        return ("question_rows.html" if part else "questions.html"), context

    def _attacks(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        query = request.query_params.get("q", "")[:200]
        return "attacks.html", {
            "attacks": view.attacks(self._reader.snapshot(), query),
            "query": query,
        }

    def _plan(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        asked = request.query_params
        context: dict[str, Any] = {"vectors": sorted(catalogue()), "asked": asked, "plan": None}
        if asked.get("target"):
            ports = {
                name: [_port(each) for each in asked.get(name, "").replace(",", " ").split()]
                for name in ("destination_ports", "source_ports")
            }
            try:
                attack = described_attack(None, asked.get("vector"), asked["target"].strip(), ports)
                context["plan"] = show_plan(self._config.pack, attack, None)
            except FlowspecError as problem:
                context["wrong"] = str(problem)
        return "plan.html", context

    def _explain(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        asked = request.query_params
        context: dict[str, Any] = {"asked": asked, "answers": []}
        if asked.get("rule"):
            try:
                said, seconds = typed_rule(asked["rule"][:_LONGEST_RULE])
                rule = parse_rule(said).to_dict()
                context["typed"] = json.dumps(rule)
                context["minutes"] = -(-seconds // 60) if seconds else ""
                context["providers"] = [each.name for each in self._config.pack.providers]
                ask = _Explain(rule)
                replies = ask_each(self._config.pack.providers, ask)
                context["answers"] = [(each.name, answer) for each, answer in replies.answers]
                context["problems"] = [str(each) for each in replies.problems]
            except FlowspecError as problem:
                context["wrong"] = str(problem)
        return "explain.html", context

    def _providers(self, _request: Request) -> tuple[str, Mapping[str, Any]]:
        snapshot = self._reader.snapshot()
        bars = {name: view.bars(status) for name, status in snapshot.statuses.items()}
        found = {"statuses": snapshot.statuses, "bars": bars, "problems": snapshot.problems}
        return "providers.html", found

    def _guardrails(self, _request: Request) -> tuple[str, Mapping[str, Any]]:
        found = protected(self._config.pack, None)
        return "guardrails.html", {
            "protected": found.protected_prefixes,
            "problems": [str(each) for each in found.problems],
            "providers": [each.name for each in self._config.pack.providers],
        }

    def _history(self, request: Request) -> tuple[str, Mapping[str, Any]]:
        query = request.query_params.get("q", "")[:200]
        found = show_history(self._config.pack, _CSV if query else _HISTORY, None)
        events = [view.event_row(each) for each in view.fitting(found.events, query)[:_HISTORY]]
        csv_link = "/history.csv?" + urlencode({"q": query})
        shown = {"events": events, "query": query, "csv_link": csv_link, "searched": _CSV}
        return "history.html", shown

    async def _history_csv(self, request: Request) -> Response:
        if self._gate.visitor(request) is None:
            return to_sign_in(request)
        found = await run_in_threadpool(show_history, self._config.pack, _CSV, None)
        query = request.query_params.get("q", "")[:200]
        rows = [view.event_row(each) for each in view.fitting(found.events, query)]
        headers = {"Content-Disposition": 'attachment; filename="flowspec-history.csv"'}
        text = as_csv(rows).encode("utf-8", "replace")
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    def _stop(self, _request: Request) -> tuple[str, Mapping[str, Any]]:
        snapshot = self._reader.snapshot()
        engaged = [name for name, it in snapshot.statuses.items() if it["kill_switch"]]
        words = {"withdraw_word": CONFIRMATION, "engage_word": ENGAGE}
        return "stop.html", {"engaged": engaged, "rules": len(snapshot.rows), **words}

    def _resume(self, _request: Request) -> tuple[str, Mapping[str, Any]]:
        return "resume.html", {"claims": self._reader.snapshot().resumable}


class _Explain:
    """The question to each adapter: what would this rule do."""

    def __init__(self, rule: Mapping[str, Any]) -> None:
        self._rule = rule

    def __call__(self, _provider: ProviderConfig, client: AdapterClient) -> Mapping[str, Any]:
        (answer,) = client.explain([self._rule])
        return answer


def as_csv(rows: list[dict[str, Any]]) -> str:
    """RFC 4180. A text that a spreadsheet would take for a formula begins with an apostrophe."""
    text = io.StringIO()
    # Each cell in quotes: some spreadsheets would begin another one at a semicolon.
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(_CSV_COLUMNS)
    for row in rows:
        writer.writerow([_harmless(str(row.get(key) or "")) for key in _CSV_COLUMNS])
    return text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n") else cell


def _port(text: str) -> object:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else text


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else 1
