"""Action note_refused_alerts: a sender's refused alerts, into every history."""

from __future__ import annotations

from typing import Any

from flowspec_action import Answer, FlowspecAction


class NoteRefusedAlerts(FlowspecAction):
    def run(self, source: str, refused: list[dict[str, Any]]) -> Answer:
        from flowtriq_flowspec.operations.report import note_refused_alerts

        return self.answer(lambda config: note_refused_alerts(config, source, refused))
