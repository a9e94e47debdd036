"""Write what is derived from data: config.schema.yaml, the compiled schemas, Grafana's dashboards,
the index of docs/adr and, in docs/user, the tables of configuration.md, pack.md, vectors.md and
vocabulary.md.

    python tools/generate.py           writes them
    python tools/generate.py --check   changes nothing; exit code 1 if one is not current
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from adr_index import FOLDER, adr_index_md
from compiled_schemas import compiled_schemas
from flowtriq_flowspec.events import (
    Answer,
    Event,
    ExabgpProblem,
    Outcome,
    PeerState,
    RefusalCode,
    RuleState,
    Trigger,
    Verdict,
    Word,
)
from flowtriq_flowspec.playbook.vectors import Vector, catalogue, sender_words
from flowtriq_flowspec.published_schemas import resolved
from man_page import shell_files
from pack_tables import pack_md, triggers_md

try:
    from grafana_dashboards import dashboards
except ImportError:  # the Grafana Foundation SDK needs Python 3.11

    def dashboards() -> dict[Path, str]:
        return {}


ROOT = Path(__file__).resolve().parent.parent
BEGIN, END = "<!-- generated: begin -->\n", "<!-- generated: end -->\n"
# What StackStorm 3.9 accepts in a config schema (its util/schema/action_params.json) is JSON
# Schema Draft-04 with `required: true` in the property itself, without $ref to other documents.
STACKSTORM_KEYS = (
    *("type", "description", "default", "secret", "enum", "pattern", "minimum", "maximum"),
    *("minLength", "maxLength", "minItems", "maxItems"),
)


def generated() -> dict[Path, str]:
    """Every derived file with the text it should have."""
    return {
        **compiled_schemas(),
        **shell_files(),
        ROOT / "config.schema.yaml": config_schema_yaml(),
        ROOT / "docs/user/vectors.md": _between(ROOT / "docs/user/vectors.md", vectors_md()),
        ROOT / "docs/user/triggers.md": _between(ROOT / "docs/user/triggers.md", triggers_md()),
        ROOT / "docs/user/vocabulary.md": _between(
            ROOT / "docs/user/vocabulary.md", vocabulary_md()
        ),
        ROOT / "docs/user/configuration.md": _between(
            ROOT / "docs/user/configuration.md", configuration_md()
        ),
        ROOT / "docs/user/pack.md": _between(ROOT / "docs/user/pack.md", pack_md()),
        FOLDER / "README.md": adr_index_md(),
        **dashboards(),
    }


def config_schema_yaml() -> str:
    """The pack's configuration in StackStorm's dialect."""
    dialect = _dialect(resolved("config"))["properties"]
    head = (
        "# What StackStorm checks the pack's configuration against. Generated from\n"
        "# lib/flowtriq_flowspec/schemas/config.schema.json by tools/generate.py; edit that one.\n"
        "---\n"
    )
    text: str = yaml.safe_dump(dialect, sort_keys=False, width=100, allow_unicode=True)
    return head + text


def _dialect(rules: Mapping[str, Any], required: bool = False) -> dict[str, Any]:
    result = {key: rules[key] for key in STACKSTORM_KEYS if key in rules}
    if isinstance(rules.get("type"), list):
        del result["type"]  # StackStorm takes one type, and a text where there is none
        result["anyOf"] = [{"type": each} for each in rules["type"]]
    if required:
        result["required"] = True
    needed = rules.get("required", ())
    if "properties" in rules:
        result["properties"] = {
            name: _dialect(item, name in needed) for name, item in rules["properties"].items()
        }
    more = rules.get("additionalProperties")
    if more is not None:
        result["additionalProperties"] = _dialect(more) if isinstance(more, Mapping) else more
    if "items" in rules:
        result["items"] = _dialect(rules["items"])
    return result


def vectors_md() -> str:
    """One table for each family."""
    families: dict[str, list[Vector]] = {}
    for vector in catalogue().values():
        families.setdefault(vector.family, []).append(vector)
    parts = []
    for family, members in families.items():
        parts.append(f"## `{family}`\n")
        parts.append("| vector | match besides the destination | action | what it may hurt |")
        parts.append("|---|---|---|---|")
        parts += [_vector_row(vector) for vector in members]
        parts.append("")
    parts.append("## Other senders' names\n")
    parts.append("Compared without case, `_`, `-` and spaces.\n")
    parts.append("| vector | also called | facts |")
    parts.append("|---|---|---|")
    for vector in catalogue().values():
        names = ", ".join(f"`{alias}`" for alias in vector.aliases)
        parts.append(f"| `{vector.name}` | {names} | {vector.facts} |")
    parts.append("")
    parts.append("## The words of some detectors\n")
    for detector in sender_words().values():
        parts.append(f"### {detector.title}\n")
        parts.append(f"Source: {detector.source}\n")
        parts.append("| vector | words |")
        parts.append("|---|---|")
        for name, words in detector.words.items():
            parts.append(f"| `{name}` | {', '.join(f'`{word}`' for word in words)} |")
        parts.append("")
    return "\n".join(parts) + "\n"


def _vector_row(vector: Vector) -> str:
    if vector.refuse:
        return f"| `{vector.name}`<br>{vector.title} | no rule | none | {vector.refuse} |"
    if vector.components:
        both = " and ".join(f"`{name}`" for name in vector.components)
        return f"| `{vector.name}`<br>{vector.title} | rules of {both} | theirs | {vector.caveat} |"
    match = [_match(vector.match) or "what was observed"]
    if vector.without_ports:
        match.append(f"without a known port: {_match(vector.without_ports)}")
    if vector.ipv6_without_ports:
        match.append(f"the same on IPv6: {_match(vector.ipv6_without_ports)}")
    if vector.requires:
        match.append(f"needs one of: {', '.join(vector.requires)}")
    if vector.ipv6 is None:
        match.append("IPv4 only")
    elif vector.ipv6:
        match.append(f"IPv6: {_match(vector.ipv6)}")
    if vector.fragments:
        match.append("and a second rule that limits UDP fragments")
    action = {"default": "the provider's `default_action`"}.get(vector.action, f"`{vector.action}`")
    limits = {"narrowed": "; `discard` only with a known port or source", "never": "; never `drop`"}
    action += limits.get(vector.discard, "")
    name = f"`{vector.name}`<br>{vector.title}"
    return f"| {name} | {'<br>'.join(match)} | {action} | {vector.caveat} |"


def _match(match: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {_value(value)}" for key, value in match.items())


def _value(value: Any) -> str:
    if isinstance(value, list):
        return " or ".join(_value(item) for item in value)
    if isinstance(value, Mapping):
        words = {"all": "all of", "any": "any of", "not": "none of"}
        return " and ".join(f"{words[key]} {' '.join(names)}" for key, names in value.items())
    return f"`{value}`"


def vocabulary_md() -> str:
    """One table for each enumeration of events.py; guardrails have one of their own."""
    guardrails = [code for code in RefusalCode if code.is_guardrail]
    others = [code for code in RefusalCode if not code.is_guardrail]
    tables: list[tuple[str, str, Iterable[Word]]] = [
        ("Events", "event", Event),
        ("States of a rule", "state", RuleState),
        ("States of a rule at one router", "state", PeerState),
        ("Outcomes of workflows and actions", "outcome", Outcome),
        ("Answers to a question for approval", "answer", Answer),
        ("Triggers of events", "trigger", Trigger),
        ("Verdicts on a rule, from the routers' counters", "verdict", Verdict),
        ("Settings of ExaBGP that take something from the adapter", "problem", ExabgpProblem),
        ("Codes of refusals and problems", "code", others),
        ("Codes of guardrails", "code", guardrails),
    ]
    lines = []
    for title, head, words in tables:
        lines += [f"## {title}", "", f"| {head} | meaning |", "|---|---|"]
        lines += [f"| `{word.value}` | {word.sentence} |" for word in words]
        lines.append("")
    return "\n".join(lines) + "\n"


def configuration_md() -> str:
    """One table for each object of the configuration."""
    parts = []
    for title, text, rows in _tables("", resolved("config")):
        parts += [f"### {title}\n", f"{text}\n"] if title else []
        parts += ["| setting | description | type | default |", "|---|---|---|---|", *rows, ""]
    return "\n".join(parts) + "\n"


def _tables(path: str, rules: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """(title, text, rows) of an object and of the objects within it."""
    rows, inner = [], []
    seen_vectors = path not in ("", "vectors.<name>")
    for name, item in rules["properties"].items():
        kind, default = _kind(item), item.get("default", "")
        if isinstance(default, bool):
            default = "true" if default else "false"
        needed = name in rules.get("required", ())
        shown = "required" if needed else f"`{default}`" if default not in ("", [], {}) else ""
        rows.append(f"| `{name}` | {item.get('description', '')} | {kind} | {shown} |")
        below = f"{path}.{name}" if path else name
        if item["type"] == "array" and "properties" in item["items"]:
            inner.append((f"{below}[]", item, item["items"]))
        elif "properties" in item:
            inner.append((below, item, item))
        elif name == "vectors" and not seen_vectors:
            inner.append((f"{below}.<name>", item, item["additionalProperties"]))
    title = f"`{path}`" if path else ""
    yield title, "", rows
    for below, item, rules_below in inner:
        first, *others = _tables(below, rules_below)
        yield first[0], item.get("description", ""), first[2]
        yield from others


def _kind(item: Mapping[str, Any]) -> str:
    if "enum" in item:
        return " or ".join(f"`{value}`" for value in item["enum"])
    names = {"array": "list", "object": "object", "integer": "whole number", "string": "text"}
    rate = isinstance(item["type"], list)
    kind = "rate such as `10M`" if rate else names.get(item["type"], item["type"])
    if "minimum" in item:
        kind += f", {item['minimum']} to {item['maximum']}"
    return f"{kind}, secret" if item.get("secret") else kind


def _between(path: Path, text: str) -> str:
    before, _, rest = path.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{text}{END}{after}"


def main(arguments: list[str]) -> int:
    stale = 0
    for path, text in generated().items():
        current = path.read_text(encoding="utf-8") if path.exists() else ""
        if current == text:
            continue
        stale = 1
        if "--check" not in arguments:
            path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT), "is not current" if "--check" in arguments else "written")
    return stale if "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
