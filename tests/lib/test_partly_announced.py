"""A rule that some routers lack is no whole mitigation."""

from __future__ import annotations

import pytest
from flowtriq_flowspec.events import Outcome, RuleState
from flowtriq_flowspec.operations.announce import AnnounceResult, RuleLists, RuleRow


def lists(*states: RuleState) -> RuleLists:
    found = RuleLists()
    for state in states:
        found.add(RuleRow("edge", "a:1", "0" * 12, "a rule", state))
    return found


@pytest.mark.parametrize(
    ("states", "outcome"),
    [
        ([RuleState.ANNOUNCED], Outcome.MITIGATED),
        ([RuleState.PARTLY_ANNOUNCED], Outcome.PARTLY),
        ([RuleState.ANNOUNCED, RuleState.PARTLY_ANNOUNCED], Outcome.PARTLY),
        ([RuleState.PARTLY_ANNOUNCED, RuleState.PENDING], Outcome.PARTLY),
        ([RuleState.PENDING], Outcome.UNMITIGATED),
    ],
)
def test_the_outcome(states: list[RuleState], outcome: Outcome) -> None:
    assert lists(*states).outcome([]) == outcome


def test_it_is_tried_again() -> None:
    """The action fails while a router lacks a rule, so the workflow's retry announces it again."""
    row = RuleRow("edge", "a:1", "0" * 12, "a rule", RuleState.PARTLY_ANNOUNCED)
    assert not AnnounceResult([], Outcome.PARTLY, partly_announced=[row]).succeeded
