"""Action notify: messages to people."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class Notify(FlowspecAction):
    def run(
        self,
        message: str | None = None,
        title: str | None = None,
        events: list[dict[str, Any]] | None = None,
        test: bool = False,
    ) -> Answer:
        from flowtriq_flowspec.operations import notify

        if test:
            return self.answer(notify.test)
        return self.answer(
            lambda config: notify.notify(config, self.action_service, events or [], title, message)
        )
