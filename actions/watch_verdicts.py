"""Action watch_verdicts: what the routers' counters say about the rules, told in the history."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class WatchVerdicts(FlowspecAction):
    def run(self) -> Answer:
        from flowtriq_flowspec.operations.watch_verdicts import watch_verdicts

        return self.answer(watch_verdicts)
