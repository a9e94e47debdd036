"""What is derived from data is current, and what StackStorm 3.9 accepts."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from generate import generated  # noqa: E402

# The keys and types of st2common/util/schema/action_params.json at v3.9.0 that are used here; it
# has additionalProperties false, so any other key is an error at registration.
STACKSTORM_KEYS = {
    *("type", "description", "default", "required", "secret", "enum", "anyOf", "pattern"),
    *("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"),
    *("properties", "additionalProperties", "items"),
}
STACKSTORM_TYPES = {"array", "boolean", "integer", "null", "number", "object", "string"}


def test_what_is_generated_is_current() -> None:
    texts = generated()
    stale = [path for path in texts if path.read_text(encoding="utf-8") != texts[path]]
    assert not stale, "run: python tools/generate.py"


def schemas(rules: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield rules
    for item in rules.get("properties", {}).values():
        yield from schemas(item)
    for key in ("items", "additionalProperties"):
        if isinstance(rules.get(key), Mapping):
            yield from schemas(rules[key])


def test_the_config_schema_is_in_stackstorms_dialect() -> None:
    text = (ROOT / "config.schema.yaml").read_text(encoding="utf-8")
    for rules in yaml.safe_load(text).values():
        for item in schemas(rules):
            assert set(item) <= STACKSTORM_KEYS
            assert item.get("type", "string") in STACKSTORM_TYPES
            assert isinstance(item.get("required", False), bool)


def test_every_setting_is_described() -> None:
    text = (ROOT / "config.schema.yaml").read_text(encoding="utf-8")
    for rules in yaml.safe_load(text).values():
        for item in schemas(rules):
            for name, setting in item.get("properties", {}).items():
                assert setting.get("description"), name


def test_every_secret_is_marked() -> None:
    text = (ROOT / "config.schema.yaml").read_text(encoding="utf-8")
    secrets = {"token", "password", "hmac_secret", "adapter_token", "api_token", "url"}
    for rules in yaml.safe_load(text).values():
        for item in schemas(rules):
            for name, setting in item.get("properties", {}).items():
                assert setting.get("secret", False) == (name in secrets), name
