"""One scrape of the exporter, without a server."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from flowtriq_flowspec.limits.verdicts import Thresholds
from flowtriq_flowspec_exporter.adapters import Adapters
from flowtriq_flowspec_exporter.config import AdapterConfig
from flowtriq_flowspec_exporter.per_rule import PerRule
from flowtriq_flowspec_exporter.scrape import Scrape, Sources
from flowtriq_flowspec_exporter.verdicts import Judge
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


def scrape_of(sources: Sources, judge: Judge | None = None) -> Scrape:
    return Scrape(sources, PerRule(judge or Judge(Thresholds())))


def text_of(sources: Sources) -> str:
    _, parts = scrape_of(sources).metrics("", [])
    return b"".join(parts).decode()


def samples_of(text: str) -> Iterable[Sample]:
    for metric in text_string_to_metric_families(text):
        yield from metric.samples


def scrape(folder: Path, *names: str, timeout_seconds: float = 1.0) -> dict:
    """{(metric, label value, …): value}; labels in the order of their names."""
    adapters = [AdapterConfig(name.partition(".")[0], str(folder / name)) for name in names]
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for sample in samples_of(text_of(Sources(Adapters(adapters, timeout_seconds))))
        if sample.name.startswith("flowtriq_")
    }


def only_up_and_response(samples: dict, provider: str) -> bool:
    mine = {key[0] for key in samples if provider in key}
    return mine == {
        "flowtriq_flowspec_adapter_up",
        "flowtriq_flowspec_adapter_response_seconds",
    }
