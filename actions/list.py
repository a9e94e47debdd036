"""Action list: the active rules."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction, answered, succeeded_unless
from flowspec_reporting import matched_rules, network_of, rule_row, touches


class List(FlowspecAction):
    @answered
    def run(self, provider: str | None = None, target: str | None = None) -> Answer:
        wanted = network_of(target) if target else None
        answers, problems = self.ask_each(self.providers(provider), matched_rules)
        rules = [rule_row(each.name, rule) for each, (rules, _) in answers for rule in rules]
        notes = [f"{each.name}: {note}" for each, (_, notes) in answers for note in notes]
        if wanted:
            rules = [rule for rule in rules if touches(rule, wanted)]
        return succeeded_unless(problems, {"rules": rules, "notes": notes})
