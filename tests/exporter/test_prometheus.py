"""A real Prometheus scrapes the exporter."""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.ports import free_port

from .conftest import counts, status
from .programs import program

pytestmark = pytest.mark.debian
ACTIVE = 'flowtriq_flowspec_active_rules{address_family="ipv4",action="discard"}'
DEPLOYED = 'flowtriq_flowspec_rules_deployed_total{address_family="ipv4",action="discard"}'
UP = "flowtriq_flowspec_adapter_up"
TIMES = {
    **dict.fromkeys(("rules_refused", "alerts_refused", "attacks", "attacks_unmitigated"), ()),
    **dict.fromkeys(("quarantined", "approvals_waiting", "alerts_waiting"), 0),
    **{"claims_ended": {}, "probe": None, "buckets_seconds": [0.1, 1]},
    "seconds_to_announce": [{"sender": "flowtriq", "counts": [5, 5, 0], "sum": 3}],
}


def test_promtool_finds_nothing_to_improve(folder, stand_in, exporter):
    promtool = program("promtool")
    stand_in()
    text = exporter("--adapter", f"edge={folder}/a.sock").scrape()
    ours = "".join(line for line in text.splitlines(True) if "flowtriq_" in line)
    checked = subprocess.run(
        [promtool, "check", "metrics"], input=ours, capture_output=True, text=True
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


class Prometheus:
    def __init__(self, folder: Path, target: str, *flags: str, settings: str = "") -> None:
        """``settings``: of the job, in YAML within braces."""
        self.address = f"127.0.0.1:{free_port()}"
        configuration = folder / "prometheus.yml"
        configuration.write_text(
            "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
            "scrape_configs:\n"
            f"  - {{job_name: test, static_configs: [{{targets: ['{target}']}}], {settings}}}\n"
        )
        self.log = (folder / "prometheus.log").open("w")
        self.process = subprocess.Popen(
            [
                program("prometheus"),
                f"--config.file={configuration}",
                f"--storage.tsdb.path={folder}/data",
                f"--web.listen-address={self.address}",
                *flags,
            ],
            stdout=self.log,
            stderr=self.log,
        )

    def query(self, expression: str) -> list[float] | None:
        """The values; [] when there is no such series now; None while Prometheus starts."""
        query = urllib.parse.urlencode({"query": expression})
        url = f"http://{self.address}/api/v1/query?{query}"
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            with urllib.request.urlopen(url, timeout=10) as answer:
                result = json.load(answer)["data"]["result"]
            return [float(row["value"][1]) for row in result]
        return None

    def wait_until(self, expression: str, expected: list[float]) -> None:
        """Prometheus pushes nothing to a client, so ask until it knows."""
        give_up_at = time.monotonic() + 20
        values = self.query(expression)
        while values != expected:
            assert time.monotonic() < give_up_at, f"{expression} is still {values}"
            assert self.process.poll() is None, Path(self.log.name).read_text()
            time.sleep(0.05)
            values = self.query(expression)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=20)
        self.log.close()


@pytest.fixture
def prometheus(folder) -> Iterator:
    started: list[Prometheus] = []

    def start(target: str, *flags: str, settings: str = "") -> Prometheus:
        started.append(Prometheus(folder, target, *flags, settings=settings))
        return started[-1]

    yield start
    for each in started:
        each.stop()


def test_prometheus_sees_zero_then_an_attack_then_unknown_then_the_counter_again(
    folder, stand_in, exporter, prometheus
):
    adapter = stand_in()
    impatient = ("--adapter.timeout-seconds", "0.1")
    server = prometheus(exporter("--adapter", f"edge={folder}/a.sock", *impatient).address)
    server.wait_until(ACTIVE, [0.0])
    server.wait_until(DEPLOYED, [0.0])
    assert server.query("count(flowtriq_flowspec_active_rules)") == [14]

    adapter.answer = status(active=counts(discard=3), deployed_total=counts(discard=3))
    server.wait_until(ACTIVE, [3.0])
    server.wait_until(DEPLOYED, [3.0])
    # The counter was there with 0, so its first increments count.
    (increase,) = server.query(f"increase({DEPLOYED.replace('}', '}[1m]', 1)})")
    assert increase >= 3

    adapter.close()
    server.wait_until(UP, [0.0])
    assert server.query(ACTIVE) == []
    assert server.query(DEPLOYED) == []

    stand_in(answer=status(deployed_total=counts(discard=3)))
    server.wait_until(UP, [1.0])
    assert server.query(ACTIVE) == [0]
    assert server.query(DEPLOYED) == [3]
    assert server.query(f"resets({DEPLOYED.replace('}', '}[1m]', 1)})") == [0]


def test_a_prometheus_that_asks_for_native_histograms_gets_all_in_text(
    folder, stand_in, exporter, prometheus
):
    """It asks for protobuf before text (docs/adr/0045)."""
    stand_in(answer=status(tallies=TIMES))
    exposed = exporter("--adapter", f"edge={folder}/a.sock")
    native = "--enable-feature=native-histograms"
    server = prometheus(exposed.address, native)
    p90 = "histogram_quantile(0.9, flowtriq_flowspec_time_to_announce_seconds_bucket{{{}}})"
    # Half of 10 within 0.1 s, the others within 1 s.
    server.wait_until(p90.format('sender="flowtriq"'), [0.1 + 0.9 * 0.8])
    samples = [line for line in exposed.scrape().splitlines() if not line.startswith("#")]
    ours = 'count({job="test",__name__!~"up|scrape_.*"})'
    assert server.query(ours) == [len(samples)]


def test_prometheus_3_makes_a_native_histogram_beside_the_classic_one(
    folder, stand_in, exporter, prometheus
):
    """With the settings of docs/operator/metrics.md."""
    version = subprocess.run([program("prometheus"), "--version"], capture_output=True, text=True)
    if " version 2." in version.stdout + version.stderr:
        pytest.skip("native histograms are made by Prometheus 3, and this is an older one")
    stand_in(answer=status(tallies=TIMES))
    exposed = exporter("--adapter", f"edge={folder}/a.sock")
    settings = "convert_classic_histograms_to_nhcb: true, always_scrape_classic_histograms: true"
    server = prometheus(exposed.address, "--enable-feature=native-histograms", settings=settings)
    name, flowtriq = "flowtriq_flowspec_time_to_announce_seconds", '{sender="flowtriq"}'
    server.wait_until(f"histogram_count({name}{flowtriq})", [10])
    assert server.query(f"histogram_sum({name}{flowtriq})") == [3]
    # Half of 10 within 0.1 s, the others within 1 s.
    for native_or_classic in (name, f"{name}_bucket"):
        p90 = server.query(f"histogram_quantile(0.9, {native_or_classic}{flowtriq})")
        assert p90 == [pytest.approx(0.1 + 0.9 * 0.8)]
