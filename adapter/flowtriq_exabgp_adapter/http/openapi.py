"""The OpenAPI document: openapi.yaml, the library's schemas, and the vocabulary."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from flowtriq_flowspec.events import Event, ExabgpProblem, PeerState, RefusalCode, RuleState, Word
from flowtriq_flowspec.published_schemas import schema

_VOCABULARY: dict[str, type[Word]] = {
    "eventName": Event,
    "ruleState": RuleState,
    "peerState": PeerState,
    "exabgpProblem": ExabgpProblem,
    "errorCode": RefusalCode,
}


@lru_cache(maxsize=1)
def openapi() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    text = (Path(__file__).parent / "openapi.yaml").read_text(encoding="utf-8")
    document: dict[str, Any] = yaml.safe_load(text)
    schemas: dict[str, Any] = document["components"]["schemas"]
    for name in ("adapter_requests", "flow"):
        definitions = json.dumps(schema(name)["definitions"])
        definitions = definitions.replace("#/definitions/", "#/components/schemas/")
        schemas.update(json.loads(definitions))
    schemas.update({name: _enumeration(words) for name, words in _VOCABULARY.items()})
    return document


def _enumeration(words: type[Word]) -> dict[str, Any]:
    return {
        "type": "string",
        "enum": [str(word) for word in words],
        "description": "\n".join(f"- `{word}`: {word.sentence}" for word in words),
    }
