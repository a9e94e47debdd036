"""Action reconcile: a provider that was away hears what it missed."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction, answered
from flowspec_orders import view
from flowspec_reconciling import Reconciliation, agree, alone, known, summary


class Reconcile(FlowspecAction):
    @answered
    def run(self) -> Answer:
        providers = self.providers()
        with alone() as nobody_else:
            if len(providers) < 2 or not nobody_else:
                return summary([], [])
            views, problems = self.ask_each(providers, lambda _each, client: view(client))
            if len(views) < 2 or agree([each for _provider, each in views]):
                return summary([], problems)
            there = [provider for provider, _view in views]
            found, unknown = self.ask_each(there, known)
            reconciliation = Reconciliation([each for _provider, each in found])
            answers, failed = self.ask_each(there, reconciliation.at_one)
            rows = [row for _provider, each in answers for row in each]
            if rows:
                self.logger.info("reconciled: %s", rows)
            return summary(rows, [*problems, *unknown, *failed])
