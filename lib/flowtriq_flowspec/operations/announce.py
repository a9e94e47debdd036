"""Announcing planned rules, and one answer about all of them."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, fields
from typing import Any

from ..adapter_answers import ResultDict
from ..adapter_client import AdapterClient
from ..config.pack import PackConfig, ProviderConfig
from ..errors import Refused, Temporary
from ..events import Outcome, RefusalCode, RuleState
from .attacks_seen import settle
from .plan import PlanEntry, RuleToAnnounce, handwritten, incidents_of, of_provider
from .providers import OrderGiver, all_or_one, ask_each, named, person
from .result import Problem, Result

_RULES_PER_CALL = 1000
"""Few calls for an attack on thousands of hosts, and the first rules on a router early."""

_LARGE_ORDER = 100
_WAIT_SECONDS_A_RULE = 0.01
"""For ExaBGP, in a large order, at most: the workflow announces what is pending once more, which
costs as much as the first time."""

_large_orders: defaultdict[str, threading.Semaphore] = defaultdict(lambda: threading.Semaphore(2))
"""By provider, two at a time: while ExaBGP sends the rules of one, the adapter reads the next. Ten
attacks on thousands of hosts at once would keep the adapter so busy that all of their calls time
out, and are repeated from the beginning; small orders pass by."""

_Terms = tuple[bool, int, "float | None"]
"""(dry_run, expires_in_seconds, seen_at): what all rules of one call have in common."""


@dataclass(frozen=True)
class RuleRow:
    """What became of one rule at one provider: ``state`` is a RuleState."""

    provider: str
    incident: str
    id: str
    description: str
    state: str
    why: str | None = None
    expires_at: str | None = None
    not_installed_by: list[str] | None = None


@dataclass(frozen=True)
class RuleLists:
    """Rules by what became of them."""

    announced: list[RuleRow] = field(default_factory=list)
    partly_announced: list[RuleRow] = field(default_factory=list)
    pending: list[RuleRow] = field(default_factory=list)
    would_announce: list[RuleRow] = field(default_factory=list)

    def add(self, row: RuleRow) -> None:
        # Whatever else an adapter says of a rule, no router has it: pending.
        lists: dict[str, list[RuleRow]] = {
            RuleState.ANNOUNCED: self.announced,
            RuleState.PARTLY_ANNOUNCED: self.partly_announced,
            RuleState.DRY_RUN: self.would_announce,
        }
        lists.get(row.state, self.pending).append(row)

    def any(self) -> bool:
        return any(vars(self).values())

    def outcome(self, problems: Sequence[Problem]) -> Outcome:
        """One word for what came of an attack's rules."""
        whole = not problems and not self.pending and not self.partly_announced
        if self.announced or self.partly_announced:
            return Outcome.MITIGATED if whole else Outcome.PARTLY
        return Outcome.DRY_RUN if whole and self.would_announce else Outcome.UNMITIGATED


@dataclass(frozen=True)
class AnnounceResult(Result):
    """A failed execution while something may still pass: an adapter that does not answer, a rule
    that a router does not have yet. A final refusal fails nothing; ``outcome`` tells."""

    outcome: Outcome = Outcome.UNMITIGATED
    announced: list[RuleRow] = field(default_factory=list)
    partly_announced: list[RuleRow] = field(default_factory=list)
    pending: list[RuleRow] = field(default_factory=list)
    would_announce: list[RuleRow] = field(default_factory=list)

    @property
    def lists(self) -> dict[str, list[RuleRow]]:
        """The rules by what became of them."""
        return {each.name: getattr(self, each.name) for each in fields(RuleLists)}

    @property
    def succeeded(self) -> bool:
        waits = self.pending or self.partly_announced
        return not waits and not any(problem.temporary for problem in self.problems)


@dataclass(frozen=True)
class OrderResult(AnnounceResult):
    """A failed execution also where an adapter refused the rule of a person: nobody else tells."""

    @property
    def succeeded(self) -> bool:
        return super().succeeded and not self.problems


@dataclass(frozen=True)
class ProviderReply:
    """What one provider answered: rows of the rules it took, problems of the others. ``ended``:
    an adapter refused rules because their attack is over."""

    rows: list[RuleRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ended: bool = False


@dataclass(frozen=True)
class Announcement:
    """``planned``: what to announce; ``problems`` of the plan go on into the answer. ``operator``:
    a person asks, and may use the share of the budgets that is kept for operators."""

    planned: Sequence[PlanEntry]
    problems: Sequence[Problem] = ()
    reason: str | None = None
    dry_run: bool = False
    order_giver: OrderGiver = field(default_factory=OrderGiver)
    operator: bool = False

    def at_provider(self, provider: ProviderConfig, client: AdapterClient) -> ProviderReply:
        """When the adapter stops answering, the last problems name the incidents that it left
        without rules."""
        reply = ProviderReply()
        ended = False
        for terms, rules in self._by_terms(provider).items():
            for begin in range(0, len(rules), _RULES_PER_CALL):
                part = rules[begin : begin + _RULES_PER_CALL]
                line = _large_orders[provider.name]
                try:
                    with line if _large(part) else nullcontext():
                        results = self._announce(client, terms, part)
                except Temporary as error:
                    left = dict.fromkeys(entry.incident for entry, _rule in rules[begin:])
                    reply.problems.extend(
                        Problem.of(error, provider=provider.name, incident=each) for each in left
                    )
                    return ProviderReply(reply.rows, reply.problems, ended)
                for result in results:
                    ended |= _record(reply, *part[result["index"]], result)
        return ProviderReply(reply.rows, reply.problems, ended)

    def _by_terms(
        self, provider: ProviderConfig
    ) -> dict[_Terms, list[tuple[PlanEntry, RuleToAnnounce]]]:
        """One call of the adapter for each terms."""
        calls: dict[_Terms, list[tuple[PlanEntry, RuleToAnnounce]]] = {}
        for entry in of_provider(self.planned, provider):
            for rule in entry.rules:
                dry_run = self.dry_run or rule.dry_run
                terms = (dry_run, entry.expires_in_seconds, entry.seen_at)
                calls.setdefault(terms, []).append((entry, rule))
        return calls

    def _announce(
        self,
        client: AdapterClient,
        terms: _Terms,
        rules: Sequence[tuple[PlanEntry, RuleToAnnounce]],
    ) -> Sequence[ResultDict]:
        dry_run, expires_in_seconds, seen_at = terms
        try:
            return client.announce(
                rules=[
                    {
                        "match": rule.match,
                        "then": rule.then,
                        "vector": rule.vector,
                        "incident": entry.incident,
                    }
                    for entry, rule in rules
                ],
                expires_in_seconds=expires_in_seconds,
                wait_seconds=_WAIT_SECONDS_A_RULE * len(rules) if _large(rules) else None,
                seen_at=seen_at,
                reason=self.reason,
                caller=self.order_giver.caller,
                automation=self.order_giver.automation,
                operator=self.operator,
                dry_run=dry_run,
            )["results"]
        except Refused as error:
            refused: Any = error.as_dict()
            return [{"index": index, "error": refused} for index in range(len(rules))]

    def announce(self, providers: Sequence[ProviderConfig]) -> AnnounceResult:
        """Ask the providers, and make one answer of theirs."""
        replies = ask_each(providers, self.at_provider)
        return self.summary(replies.values, replies.problems)

    def summary(
        self, replies: Sequence[ProviderReply], problems: Sequence[Problem]
    ) -> AnnounceResult:
        """``outcome`` is ended where all that is not announced belongs to attacks that are over."""
        lists = RuleLists()
        every = [*self.problems, *problems]
        for reply in replies:
            every += reply.problems
            for row in reply.rows:
                lists.add(row)
        over = any(reply.ended for reply in replies) and not every and not lists.any()
        outcome = Outcome.ENDED if over else lists.outcome(every)
        return AnnounceResult(every, outcome, **vars(lists))


def _large(rules: Sequence[object]) -> bool:
    return len(rules) > _LARGE_ORDER


def _record(
    reply: ProviderReply, entry: PlanEntry, rule: RuleToAnnounce, result: ResultDict
) -> bool:
    """Add one result to the reply. Returns whether it was refused since the attack is over."""
    about = {
        "provider": entry.provider,
        "incident": entry.incident,
        "id": rule.id,
        "description": rule.description,
    }
    if "error" in result:
        error: Mapping[str, Any] = result["error"]
        if error["code"] == RefusalCode.ATTACK_ENDED:
            return True
        about.update({key: result["state"] for key in ("state",) if key in result})
        reply.problems.append(Problem.from_json({**about, **error}))
        return False
    reply.rows.append(
        RuleRow(
            **about,
            state=result["state"],
            why=result.get("why"),
            expires_at=result.get("expires_at"),
            not_installed_by=result.get("not_installed_by"),
        )
    )
    return False


def announce(
    config: PackConfig,
    planned: Sequence[PlanEntry],
    problems: Sequence[Problem],
    reason: str | None,
    dry_run: bool,
    *,
    settles: bool = True,
) -> AnnounceResult:
    """Announce what build_rules planned. ``settles``: nothing else is to be done for its alert."""
    providers = named(config, (entry.provider for entry in planned))
    result = Announcement(planned, problems, reason, dry_run).announce(providers)
    if planned and settles and not dry_run:
        silent = {each.about.get("provider") for each in result.problems if each.temporary}
        done = [each for each in config.providers if each.name not in silent]
        settle(done, incidents_of(planned), planned[0].seen_at)
    return result


@dataclass(frozen=True)
class OrderOfPerson:
    """On what terms a person announces a rule. ``operator``: use the share of the budgets that is
    kept for operators."""

    incident: str
    expires_in_seconds: int | None
    reason: str | None
    dry_run: bool
    operator: bool
    user: str


def announce_rule(
    config: PackConfig,
    match: Mapping[str, Any],
    then: Mapping[str, Any],
    order: OrderOfPerson,
    provider: str | None,
) -> OrderResult:
    """Announce a rule that a person wrote, at every provider that serves its destination."""
    providers = all_or_one(config, provider)
    planned, problems = handwritten(
        match, then, order.incident, order.expires_in_seconds, providers
    )
    serving = [each for each in providers if of_provider(planned, each)]
    giver = person(order.user, provider)
    announcement = Announcement(
        planned, problems, order.reason, order.dry_run, giver, order.operator
    )
    return OrderResult(**vars(announcement.announce(serving)))
