"""Where a run of a workflow stands. The engine keeps it as JSON; after a restart the run goes on.

Databases of version 0.1.0 hold the same keys and more (of items and joins), which nothing reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypedDict

RUNNING, SUCCEEDED, FAILED = "running", "succeeded", "failed"
TIMEOUT = "timeout"  # of an inquiry; its workflow sees a failed task


class Run(TypedDict):
    """One run of a task; a task to which several ways lead may run several times."""

    task: str
    status: str
    contexts: list[int]
    """What the run sees: indexes into ``State.contexts``, in the order of publishing."""
    ended_here: bool
    """Whether the workflow ended here: the output sees what this run sees."""
    tries: int
    """How often the task was tried again."""
    delay: int
    """Seconds before the try begins."""
    retry_count: int
    retry_delay: int


class Staged(TypedDict):
    """A run that begins next."""

    task: str
    contexts: list[int]
    on_failure: bool
    """Whether the run begins although the workflow has failed: it cleans up."""
    again: str | None
    """The key of the run that is tried again."""


class State(TypedDict):
    status: str
    contexts: list[dict[str, Any]]
    """What was published: first the inputs and vars, then one mapping for each transition taken."""
    runs: dict[str, Run]
    """In the order in which they began. The second run of a task has the key ``task#2``."""
    staged: list[Staged]
    last: str | None
    """The key of the run that ended last."""
    errors: list[str]
    output: dict[str, Any] | None


def new_state() -> State:
    return {
        "status": RUNNING,
        "contexts": [],
        "runs": {},
        "staged": [],
        "last": None,
        "errors": [],
        "output": None,
    }


def add_run(state: State, task: str, contexts: Sequence[int]) -> str:
    """Add a run of ``task`` that runs. Returns its key."""
    count = sum(run["task"] == task for run in state["runs"].values())
    key = f"{task}#{count + 1}" if count else task
    state["runs"][key] = {
        "task": task,
        "status": RUNNING,
        "contexts": list(contexts),
        "ended_here": False,
        "tries": 0,
        "delay": 0,
        "retry_count": 0,
        "retry_delay": 0,
    }
    return key
