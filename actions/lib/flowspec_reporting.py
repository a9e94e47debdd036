"""Answers for people: an attack in words, rules with their time left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_network
from typing import Any

from flowtriq_flowspec.adapter_client import AdapterClient
from flowtriq_flowspec.config.pack import ProviderConfig
from flowtriq_flowspec.errors import Refused
from flowtriq_flowspec.flowspec.prefixes import Network
from flowtriq_flowspec.operations.rule_counters import add_matched

_HEADS = {
    "unmitigated": "NOT MITIGATED",
    "partly": "ONLY PARTLY MITIGATED",
    "mitigated": "MITIGATED",
    "dry_run": "DRY RUN, nothing announced",
}
_SHOWN = 10  # targets, problems and the like that are spelled out


def report(
    attack: Mapping[str, Any],
    outcome: str,
    problems: Sequence[Mapping[str, Any]],
    pending: Sequence[Mapping[str, Any]],
    notes: Sequence[str],
) -> str:
    """What is attacked, and line by line why it is not mitigated."""
    targets = [f"{target['prefix']} ({target['incident']})" for target in attack["targets"]]
    head = f"{_HEADS.get(outcome, outcome)}: {attack['vector']} on {', '.join(_first(targets))}"
    lines = [f"{head}; severity {attack['severity']}. {attack['summary']}".rstrip()]
    lines += _first([_said(item) for item in problems])
    lines += _first(
        [f"{row['provider']}: pending: {row['description']}: {row.get('why')}" for row in pending]
    )
    lines += _first([f"note: {note}" for note in notes])
    return "\n- ".join(lines)


def _said(item: Mapping[str, Any]) -> str:
    where = [str(item[key]) for key in ("provider", "target", "description") if item.get(key)]
    return ": ".join([*where, str(item["message"])])


def _first(items: Sequence[str]) -> list[str]:
    more = len(items) - _SHOWN
    return [*items[:_SHOWN], *([f"and {more} more"] if more > 0 else [])]


def rule_row(provider: str, rule: Mapping[str, Any]) -> dict[str, Any]:
    """An adapter's rule as the commands show it, with ``provider`` and, in words, ``time_left`` and
    where it is known ``matched``."""
    matched = [f"{rule[unit]:,} {unit}" for unit in ("packets", "bytes") if unit in rule]
    return {
        **rule,
        "provider": provider,
        "time_left": duration(rule.get("seconds_left")),
        **({"matched": ", ".join(matched)} if matched else {}),
    }


def matched_rules(
    provider: ProviderConfig, client: AdapterClient
) -> tuple[list[dict[str, Any]], list[str]]:
    """An adapter's rules, with what they matched where an exporter is configured; and notes."""
    rules = client.rules()
    if provider.exporter_url is None:
        return rules, []
    return rules, add_matched(rules, provider.exporter_url, provider.name)


def duration(seconds: float | None) -> str:
    """1h 05m, 4m 09s or 8s; a dash for what has no end."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}h {minutes:02}m"
    return f"{minutes}m {rest:02}s" if minutes else f"{rest}s"


def network_of(target: str) -> Network:
    """What a person gave as ``target``. Raises Refused."""
    try:
        return ip_network(target)
    except ValueError as error:
        message = f"target is {target!r}, not an address or prefix: {error}"
        raise Refused(message, field="target", value=target) from error


def touches(rule: Mapping[str, Any], target: Network) -> bool:
    """Whether a rule's destination covers ``target`` or lies within it."""
    destination = ip_network(rule["match"]["destination"])
    return destination.version == target.version and destination.overlaps(target)
