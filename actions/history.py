"""Action history: the newest events of all adapters."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class History(FlowspecAction):
    def run(
        self,
        limit: int = 20,
        provider: str | None = None,
        incident: str | None = None,
        rule: str | None = None,
        target: str | None = None,
        events: list[str] | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Answer:
        from flowtriq_flowspec.operations.history import HistoryFilter, show_history

        wanted = {"incident": incident, "rule": rule, "target": target}
        times = {"since": since, "until": until}
        return self.answer(
            lambda config: show_history(
                config, limit, provider, HistoryFilter.of(**wanted, **times, events=events or ())
            )
        )
