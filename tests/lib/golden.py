"""The cases of tests/golden: a rule in JSON, and what it must become, worked out from the RFCs.

name                      the file's stem
source                    where the RFC says so
rule, canonical           as given, and in its canonical form
nlri_hex                  the NLRI without its length
exabgp                    the command that announces it
extended_communities_hex  what the UPDATE carries, in any order
communities_hex           the same for communities; next_hop_hex where the action sets one
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.yaml_file import load_yaml

FOLDER = Path(__file__).resolve().parents[1] / "golden"


@dataclass(frozen=True)
class Golden:
    name: str
    source: str
    rule: dict[str, Any]
    canonical: dict[str, Any]
    nlri: bytes
    exabgp: str
    extended_communities: tuple[bytes, ...]
    communities: tuple[bytes, ...]
    next_hop: bytes


def _read(path: Path) -> Golden:
    case = load_yaml(path)
    assert case["name"] == path.stem
    return Golden(
        case["name"],
        case["source"],
        case["rule"],
        case["canonical"],
        bytes.fromhex(case["nlri_hex"]),
        case["exabgp"],
        tuple(sorted(map(bytes.fromhex, case["extended_communities_hex"]))),
        tuple(sorted(map(bytes.fromhex, case.get("communities_hex", ())))),
        bytes.fromhex(case.get("next_hop_hex", "")),
    )


CASES = [_read(path) for path in sorted(FOLDER.glob("*.yaml"))]
