"""The commands of `flowspec` in this process: each as a process of its own takes seconds of a small
machine to start, and what they do is the same."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from click.testing import Result


def flowspec(*words: object, said: str = "", columns: int = 80) -> Result:
    """``exit_code`` and ``output``; ``said``: what is typed; ``columns``: the terminal's."""
    # StackStorm's environment, where this module is imported and not used, has no click.
    from click.testing import CliRunner
    from flowtriq_flowspec_cli.main import main

    environment = {"COLUMNS": str(columns)}
    return CliRunner().invoke(main, [str(word) for word in words], input=said, env=environment)


def read(*words: object) -> Any:
    """What a command prints as JSON."""
    done = flowspec(*words)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)
