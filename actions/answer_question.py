"""Action answer_question: approve or refuse from a chat."""

from __future__ import annotations

from flowspec_action import Answer, FlowspecAction


class AnswerQuestion(FlowspecAction):
    def run(self, answer: str, question: str = "", user: str = "") -> Answer:
        from flowtriq_flowspec.operations.answer_question import answer_question

        return self.answer(lambda config: answer_question(config, answer, question, user))
