"""Action note_heartbeat: the engine's sign of life, at every adapter."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class NoteHeartbeat(FlowspecAction):
    def run(self) -> Answer:
        from flowtriq_flowspec.operations.heartbeat import note_heartbeat

        return self.answer(note_heartbeat)
