"""docs/operator/guardrails.md names every setting with the schema's default, and none besides."""

from __future__ import annotations

import json
import re
from pathlib import Path

import flowtriq_flowspec
import pytest
from flowtriq_flowspec.limits.capabilities import PROFILES

DOCUMENT = Path(__file__).parents[2] / "docs" / "operator" / "guardrails.md"
SCHEMA = json.loads(
    Path(flowtriq_flowspec.__file__)
    .with_name("schemas")
    .joinpath("guardrails.schema.json")
    .read_text()
)
SETTINGS = SCHEMA["properties"]
PEER = SCHEMA["definitions"]["peer"]["properties"]


def rows(peers=False):
    """{first cell without backquotes: the other cells}: of the section on peers, or of the rest."""
    before, _, rest = DOCUMENT.read_text().partition("\n## Peers\n")
    section, _, after = rest.partition("\n## ")
    text = section if peers else before + after
    found = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]
    return {cells[0].strip("`"): cells[1:] for cells in found}


@pytest.mark.parametrize("name", sorted(set(SETTINGS) - {"peers"}))
def test_every_setting_has_a_row_with_default_and_unit(name):
    default, unit, reason = rows()[name]
    if "default" in SETTINGS[name]:
        value = SETTINGS[name]["default"]
        shown = f"`[{', '.join(value)}]`" if isinstance(value, list) else str(value)
        assert default.partition(" (")[0] == shown
    else:
        assert default.startswith("none")
    assert unit
    assert len(reason) > 20, "a reason is a sentence"


def test_every_setting_of_a_peer_has_a_row():
    assert set(PEER) <= set(rows(peers=True))
    assert "`peers` (default `[]`)" in DOCUMENT.read_text()


def test_every_profile_is_described_and_none_besides():
    peers = rows(peers=True)
    assert set(peers) - set(PEER) == set(PROFILES) == set(PEER["profile"]["enum"])
    for name, profile in PROFILES.items():
        text = peers[name][0]
        if profile.max_rules is not None:
            assert f"{profile.max_rules:,} rules" in text
        if profile.max_tcam_entries is not None:
            assert f"{profile.max_tcam_entries:,} TCAM entries" in text
        assert bool(profile.limits or profile.max_rules) == bool(re.search(r"\d", text)), name


def test_no_setting_is_invented():
    assert set(rows()) == set(SETTINGS) - {"peers"}


def test_the_example_is_valid():
    import yaml
    from flowtriq_flowspec.limits.guardrails import Guardrails

    example = re.search(r"```yaml\n(.*?)```", DOCUMENT.read_text(), re.S)[1]
    Guardrails.from_dict(yaml.safe_load(example)["guardrails"])
