"""Adds to rules what the exporter reads from the routers: packets and bytes they matched, and the
verdict on that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ..adapter_answers import RuleDict
from ..adapter_http import cause
from ..errors import Temporary

if TYPE_CHECKING:
    from prometheus_client.samples import Sample

_TIMEOUT_SECONDS = 10.0  # the exporter asks its routers, which takes as long as the slowest
_PACKETS = "flowtriq_flowspec_rule_packets_total"
_BYTES = "flowtriq_flowspec_rule_bytes_total"
_ROUTER_UP = "flowtriq_flowspec_router_up"
_VERDICT = "flowtriq_flowspec_rule_verdict"
_ASKED = [("name[]", name) for name in (_PACKETS, _BYTES, _ROUTER_UP, _VERDICT)]
_UNKNOWN = "the traffic that the rules matched is not known"


class ExporterUnreadable(Temporary):
    """The exporter gave no usable answer."""


def add_matched(
    rules: Iterable[RuleDict], exporter_url: str, provider: str | None = None
) -> list[str]:
    """Put ``packets`` and ``bytes`` into each of the adapter's ``rules`` that a router counts: all
    that matched, summed over the exporter's routers, or over those of ``provider``.

    ``exporter_url`` is ``http://host:port``. Returns notes for people: why something is missing.
    """
    try:
        samples = [
            sample
            for sample in _samples(exporter_url)
            if provider is None or sample.labels.get("provider") == provider
        ]
    except ExporterUnreadable as problem:
        return [f"{_UNKNOWN}: {problem}"]
    by_id = {rule["id"]: rule for rule in rules}
    routers: dict[str, float] = {}
    for sample in samples:
        rule = by_id.get(sample.labels.get("rule", ""))
        if sample.name == _ROUTER_UP:
            routers[sample.labels["router"]] = sample.value
        elif rule is not None and sample.name == _PACKETS:
            rule["packets"] = rule.get("packets", 0) + int(sample.value)
        elif rule is not None and sample.name == _BYTES:
            rule["bytes"] = rule.get("bytes", 0) + int(sample.value)
        elif rule is not None and sample.name == _VERDICT:
            rule["verdict"] = sample.labels.get("verdict", "")
    if not routers:
        whose = f" of provider {provider}" if provider is not None else ""
        return [f"{_UNKNOWN}: {exporter_url} reads no router{whose}"]
    return [
        f"the traffic that the rules matched at {router} is left out:"
        " the router does not answer the exporter"
        for router, up in sorted(routers.items())
        if not up
    ]


def _samples(exporter_url: str) -> Iterator[Sample]:
    """What ``/metrics`` has. Raises ExporterUnreadable."""
    # Commands and actions that ask no exporter need not wait for these, nor have the first.
    import requests
    from prometheus_client.parser import text_string_to_metric_families

    with requests.Session() as session:
        session.trust_env = False  # a proxy has no business between us and the exporter
        try:
            url = f"{exporter_url.rstrip('/')}/metrics"
            answer = session.get(url, params=_ASKED, timeout=_TIMEOUT_SECONDS)
            answer.raise_for_status()
            for family in text_string_to_metric_families(answer.text):
                yield from family.samples
        except (requests.RequestException, ValueError, LookupError) as problem:
            raise ExporterUnreadable(
                f"the exporter at {exporter_url} gives no metrics: {cause(problem)}"
            ) from problem
