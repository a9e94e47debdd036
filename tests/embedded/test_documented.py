"""docs/developer/embedded-engine.md and docs/user/cli.md hold what the code holds."""

from __future__ import annotations

import re
from pathlib import Path

import click
from flowtriq_flowspec_cli.main import main
from flowtriq_flowspec_embedded.orquesta import expressions, spec
from flowtriq_flowspec_embedded.pack.criteria import OPERATORS
from flowtriq_flowspec_embedded.pack.grammar import schema

DOCS = Path(__file__).resolve().parents[2] / "docs"
ENGINE = (DOCS / "developer" / "embedded-engine.md").read_text(encoding="utf-8")
CLI = (DOCS / "user" / "cli.md").read_text(encoding="utf-8")


def words(pattern: str) -> set[str]:
    found = re.search(pattern + r"\s*`([^`]+)`", ENGINE)
    assert found, pattern
    return set(found[1].split())


def test_the_subset_is_documented() -> None:
    route = schema("route")["properties"]
    operators = route["criteria"]["additionalProperties"]["properties"]["type"]["enum"]
    workflow = schema("workflow")["properties"]
    (task,) = workflow["tasks"]["patternProperties"].values()
    transition = task["properties"]["next"]["items"]
    assert words("Operators:") == set(OPERATORS) == set(operators)
    assert words("Keys:") == set(route)
    assert words("Runners:") == set(schema("action")["properties"]["runner_type"]["enum"])
    assert words(r"\| workflow \|") == set(workflow)
    assert words(r"\| task \|") == set(task["properties"])
    assert words(r"\| retry \|") == set(task["properties"]["retry"]["properties"])
    assert words(r"\| transition \|") == set(transition["properties"])
    assert words("to tasks or to") == set(spec.ENGINE_COMMANDS)


def test_the_functions_are_documented() -> None:
    everywhere = words("Functions: everywhere")
    assert everywhere == expressions.CONTEXT
    assert everywhere | words(r"`retry.when`\) also") == expressions.OUTCOME


def test_every_command_is_documented_and_no_other() -> None:
    listed = re.findall(r"^\| `flowspec ([a-z-]+)`", CLI, re.MULTILINE)
    assert sorted(listed) == main.list_commands(click.Context(main))
