"""Questions that change nothing: rules, status, history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..adapter_answers import ResumableDict, RuleDict
from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..errors import Refused
from ..events import RefusalCode
from ..flowspec.prefixes import Network, overlap, parse_prefix
from .chat_words import require_rule_id, whole_number
from .providers import all_or_one, ask_each
from .result import Result
from .rule_counters import add_matched

RULES_PER_PAGE = 12
"""With the table's frame, the next page and some problems: 20 lines of a chat."""


@dataclass(frozen=True)
class RulesResult(Result):
    """``rules``: the adapters' rules in JSON form, each with ``provider`` and, in words,
    ``time_left`` and where it is known ``matched``."""

    rules: Sequence[Mapping[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class ListResult(RulesResult):
    """``page`` of ``pages``, where one page was asked for; otherwise ``rules`` has all."""

    notes: list[str] = field(default_factory=list)
    page: int | None = None
    pages: int | None = None


def list_rules(
    config: PackConfig, provider: str | None, target: str | None, page: str | None = None
) -> ListResult:
    """The active rules, or those that touch ``target``, with what they matched where an exporter is
    configured. ``page``: one page of them for a chat, from 1. Raises Refused for a target that is
    no address or prefix, and for a page that is no number."""
    network = network_of(target) if target else None
    replies = ask_each(all_or_one(config, provider), _with_counters)
    rows = [
        _row(each.name, rule)
        for each, (rules, _notes) in replies.answers
        for rule in rules
        if network is None or touches(rule, network)
    ]
    notes = [f"{each.name}: {note}" for each, (_, notes) in replies.answers for note in notes]
    if page is None:
        return ListResult(replies.problems, rows, notes)
    pages = max(1, -(-len(rows) // RULES_PER_PAGE))
    number = whole_number("page", page, 1, pages, "page=1")
    shown = rows[(number - 1) * RULES_PER_PAGE : number * RULES_PER_PAGE]
    return ListResult(replies.problems, shown, notes, number, pages)


def _with_counters(
    provider: ProviderConfig, client: AdapterClient
) -> tuple[list[RuleDict], list[str]]:
    rules = client.rules()
    notes = [RefusalCode.KILL_SWITCH.sentence] if client.status()["kill_switch"] else []
    if provider.exporter_url is not None:
        notes += add_matched(rules, provider.exporter_url, provider.name)
    return rules, notes


def show_rule(config: PackConfig, rule_id: str, provider: str | None) -> RulesResult:
    """One rule as each adapter knows it. It is no problem that some do not know it."""
    require_rule_id(rule_id)
    replies = ask_each(all_or_one(config, provider), lambda _provider, client: client.rule(rule_id))
    rows = [_row(each.name, rule) for each, rule in replies.answers]
    problems = [it for it in replies.problems if it.code != RefusalCode.NOT_FOUND or not rows]
    return RulesResult(problems, rows)


@dataclass(frozen=True)
class StatusResult(Result):
    """``providers``: the adapters' status in JSON form, each with ``provider`` and ``dry_run``."""

    providers: Sequence[Mapping[str, Any]] = field(default_factory=list)


def show_status(config: PackConfig, provider: str | None) -> StatusResult:
    replies = ask_each(all_or_one(config, provider), lambda _provider, client: client.status())
    rows = [
        {"provider": each.name, "dry_run": each.dry_run, **status}
        for each, status in replies.answers
    ]
    return StatusResult(replies.problems, rows)


def _row(provider: str, rule: RuleDict) -> dict[str, Any]:
    form: dict[str, Any] = dict(rule)
    matched = [f"{form[unit]:,} {unit}" for unit in ("packets", "bytes") if unit in form]
    matched += [form["verdict"]] if "verdict" in form else []
    return {
        **form,
        "provider": provider,
        "time_left": duration(rule.get("seconds_left")),
        **({"matched": ", ".join(matched)} if matched else {}),
    }


def duration(seconds: float | None) -> str:
    """1h 05m, 4m 09s or 8s; a dash for what has no end."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


def network_of(target: str) -> Network:
    """The network that a person gave as ``target``. Raises Refused."""
    return parse_prefix(target, "target", Refused)


def touches(rule: RuleDict | ResumableDict, target: Network) -> bool:
    """Whether a rule's destination covers ``target`` or lies within it."""
    return overlap(network_of(rule["match"]["destination"]), target)
