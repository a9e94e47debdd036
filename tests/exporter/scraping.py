"""One scrape of the exporter's registry, without a server."""

from __future__ import annotations

from pathlib import Path

from flowtriq_flowspec_exporter.adapters import Adapters
from flowtriq_flowspec_exporter.config import AdapterConfig
from flowtriq_flowspec_exporter.scrape import registry
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families


def scrape(folder: Path, *names: str, timeout_seconds: float = 1.0) -> dict:
    """{(metric, label value, …): value}; labels in the order of their names."""
    adapters = [AdapterConfig(name.partition(".")[0], str(folder / name)) for name in names]
    text = generate_latest(registry(Adapters(adapters, timeout_seconds))).decode()
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for metric in text_string_to_metric_families(text)
        for sample in metric.samples
        if sample.name.startswith("flowtriq_")
    }


def only_up_and_response(samples: dict, provider: str) -> bool:
    mine = {key[0] for key in samples if provider in key}
    return mine == {
        "flowtriq_flowspec_adapter_up",
        "flowtriq_flowspec_adapter_response_seconds",
    }
