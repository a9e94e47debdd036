"""The base of this pack's actions: the one place that knows StackStorm's Action.

Importing the module of an action costs no more than that class does: an action imports what it
needs when it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

import flowtriq_flowspec as _refuses_an_old_python  # noqa: F401
from st2common.runners.base_action import Action

if TYPE_CHECKING:
    from flowtriq_flowspec.config.pack import PackConfig
    from flowtriq_flowspec.operations.result import Result

_LOGGED = 20
"""Problems of one execution: StackStorm stores the log with it."""

Answer = tuple[bool, dict[str, Any]]
"""Whether the execution succeeded, and its result as JSON."""


class FlowspecAction(Action):
    """Each action adds ``run`` with the parameters of its YAML."""

    def answer(self, operation: Callable[[PackConfig], Result]) -> Answer:
        """What ``operation`` answers for the pack's configuration. A refusal of the whole call is a
        failed execution that says why, not a stack trace."""
        from flowtriq_flowspec.config.pack import PackConfig
        from flowtriq_flowspec.errors import FlowspecError
        from flowtriq_flowspec.operations.result import Problem

        try:
            result = operation(PackConfig.from_dict(self.config))
        except FlowspecError as error:
            return False, {"problems": [Problem.of(error).to_json()]}
        for problem in result.problems[:_LOGGED]:
            self.logger.warning("%s", problem)
        if len(result.problems) > _LOGGED:
            self.logger.warning("and %d more problems", len(result.problems) - _LOGGED)
        return result.succeeded, result.to_json()
