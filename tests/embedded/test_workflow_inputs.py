"""What a workflow's own inputs are when its action was not given them."""

from __future__ import annotations

import pytest

from .conftest import Stack
from .packs import FILES, write_pack


@pytest.mark.parametrize(("default", "seen"), [("", "None"), (", default: other", "other")])
def test_the_action_s_parameters_decide_not_the_workflow_s_defaults(
    stack: Stack, default: str, seen: str
) -> None:
    """As in StackStorm, which hands over null for a parameter that was not given."""
    metadata, workflow = "actions/flow.yaml", "actions/workflows/flow.yaml"
    changed = {
        metadata: FILES[metadata] + f"  word: {{type: string{default}}}\n",
        workflow: FILES[workflow]
        .replace("[attack]", "[attack, {word: never}]")
        .replace("ctx().attack.name }}-second", "ctx().word }}-second"),
    }
    write_pack(stack.folder, changed)
    stack.up_and_ready()
    assert stack.post(name="one") == "202"
    assert stack.marks.all_until(f"{seen}-second")[-1] == f"{seen}-second"
    assert stack.stop() == 0
