"""One scrape: every adapter, router and webhook is read once, all at the same time, then each
collector turns that into its metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from prometheus_client import PlatformCollector, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric

from . import collectors
from .adapters import Adapters, Reading
from .per_rule import PerRule

if TYPE_CHECKING:
    from .routers import RouterReading, Routers
    from .webhooks import Webhooks

_OPENMETRICS = "openmetrics"
_END = b"# EOF\n"


@dataclass(frozen=True)
class Sources:
    """What is read at each scrape."""

    adapters: Adapters
    routers: Routers | None = None
    webhooks: Webhooks | None = None


class Scrape:
    """Reads when Prometheus asks: no figure is older than the scrape. ``of_itself`` are the metrics
    of the exporter's own state."""

    def __init__(
        self,
        sources: Sources,
        per_rule: PerRule,
        of_itself: Callable[[], Iterable[Metric]] = tuple,
    ) -> None:
        self.sources = sources
        self._per_rule = per_rule
        self._of_itself = of_itself
        self._process = (ProcessCollector(registry=None), PlatformCollector(registry=None))

    def metrics(self, accept: str, asked: Sequence[str]) -> tuple[str, list[bytes]]:
        """Content type and the parts of the text, in the format that ``accept`` asks for; of the
        metrics in ``asked``, or of all."""
        encode, kind = choose_encoder(accept)
        names = set(asked)
        readings, families = self._read()
        if names:
            families = [each for each in families if _is_asked(each, names)]
        text: bytes = encode(_Families(families))
        end = _END if text.endswith(_END) else b""
        rules = self._per_rule.lines(readings, _OPENMETRICS in kind, names)
        return kind, [text[: len(text) - len(end)], *rules, end]

    def _read(self) -> tuple[list[Reading], list[Metric]]:
        sources = self.sources
        with ThreadPoolExecutor(max_workers=2) as beside:
            routers = beside.submit(sources.routers.read) if sources.routers else None
            webhooks = beside.submit(sources.webhooks.read) if sources.webhooks else None
            readings = sources.adapters.read()
            if routers is not None:
                readings = [_with_routers(reading, routers.result()) for reading in readings]
            healthy = webhooks.result() if webhooks is not None else []
        families: list[Metric] = []
        for collect in collectors.ALL:
            families += collect(readings)
        families += collectors.webhooks.collect(healthy)
        families += self._of_itself()
        for process in self._process:
            families += process.collect()
        return readings, families


class _Families:
    """What prometheus_client encodes."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterator[Metric]:
        yield from self._families


def _is_asked(family: Metric, names: set[str]) -> bool:
    known = {family.name, *(sample.name for sample in family.samples)}
    return bool(known & names)


def _with_routers(reading: Reading, routers: Iterable[RouterReading]) -> Reading:
    rules = reading.rules.rows if reading.rules is not None else None
    mine = (each.assigned(rules) for each in routers if each.router.provider == reading.provider)
    return replace(reading, routers=tuple(mine))
