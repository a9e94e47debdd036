"""What monitoring/ and docs/operator/metrics.md say, against what the exporter really serves."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from flowtriq_flowspec.published_schemas import resolved
from flowtriq_flowspec_embedded import metrics as engine_metrics
from flowtriq_flowspec_embedded.store import Store
from flowtriq_flowspec_exporter import collectors, main, per_rule, running
from prometheus_client.metrics_core import Metric

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "monitoring"
METRICS_MD = (ROOT / "docs/operator/metrics.md").read_text()
DASHBOARDS = {path.name: json.loads(path.read_text()) for path in MONITORING.glob("grafana-*.json")}
TYPES = {"info": "gauge"}  # as Prometheus knows it


def exported() -> Iterator[Metric]:
    for collect in (*collectors.ALL, collectors.webhooks.collect):
        yield from collect([])
    for family in per_rule.FAMILIES:
        yield Metric(family.name, family.text, family.kind)
    yield from running.reload_metrics(True, 0)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "engine.sqlite3")
        yield from engine_metrics.EngineMetrics(store, []).collect()
        store.close()


def served() -> dict[str, str]:
    """{metric as Prometheus stores it: its type}"""
    suffix = {"counter": "_total", "info": "_info"}
    return {
        metric.name + suffix.get(metric.type, ""): TYPES.get(metric.type, metric.type)
        for metric in exported()
    }


def alerts() -> list[dict]:
    rules = yaml.safe_load((MONITORING / "flowspec.rules.yml").read_text())
    return [rule for group in rules["groups"] for rule in group["rules"] if "alert" in rule]


def recorded() -> dict[str, str]:
    """{name: expression} of the recording rules."""
    rules = yaml.safe_load((MONITORING / "flowspec.rules.yml").read_text())
    found = [rule for group in rules["groups"] for rule in group["rules"] if "record" in rule]
    return {rule["record"]: rule["expr"] for rule in found}


def dashboard_expressions() -> Iterator[str]:
    for board in DASHBOARDS.values():
        for panel in board["panels"]:
            for target in panel.get("targets", ()):  # a row has none
                yield target["expr"]
        for annotation in board["annotations"]["list"]:
            yield annotation["expr"]


def names_in(text: str) -> set[str]:
    return set(re.findall(r"\bflowtriq_flowspec_\w+", text))


def promtool(*arguments: object) -> None:
    if not shutil.which("promtool"):
        pytest.skip("promtool is not installed (Debian package prometheus)")
    done = subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, cwd=MONITORING
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_documentation_lists_every_metric_with_its_type():
    rows = re.findall(r"^\| `(flowtriq_flowspec_\w+)` \| (\w+) \|", METRICS_MD, re.MULTILINE)
    assert dict(rows) == served()


def test_the_documentation_lists_every_option_with_its_default():
    for option in main.main.params:
        assert f"`{option.opts[0]}" in METRICS_MD, option.opts
        if isinstance(option.default, (str, float)):
            default = f"{option.default:g}" if isinstance(option.default, float) else option.default
            assert re.search(rf"^\| `{option.opts[0]}` \| {default} \|", METRICS_MD, re.MULTILINE)


def test_the_documentation_lists_every_setting_of_a_router_with_its_default():
    text = (ROOT / "docs/operator/routers.md").read_text()
    settings = resolved("exporter")["properties"]["routers"]["items"]["properties"]
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*)$", text, re.MULTILINE))
    assert set(rows) == set(settings)
    for name, setting in settings.items():
        for inner in setting.get("properties", ()):
            assert f"`{inner}`" in rows[name]
        default = setting.get("default", [])
        for value in [default] if isinstance(default, str) else default:
            assert f"`{value}`" in rows[name].partition(" | ")[0]


def test_the_documentation_says_what_to_do_for_every_alert():
    runbook = (ROOT / "docs/operator/runbook.md").read_text()
    rows = re.findall(r'^\| <a id="(\w+)"></a>`(Flowspec\w+)` \|', runbook, re.MULTILINE)
    names = [alert["alert"] for alert in alerts()]
    assert rows == [(name.lower(), name) for name in names]
    pages = set()
    for alert in alerts():
        page, _, anchor = alert["annotations"]["runbook_url"].partition("#")
        assert anchor == alert["alert"].lower()
        pages.add(page)
    (page,) = pages  # each lets one label of Prometheus name another
    assert re.fullmatch(
        r'\{\{ or \$externalLabels\.flowspec_runbook "https://\S+/docs/operator/runbook\.md" \}\}',
        page,
    )


def test_every_sample_in_a_docstring_is_of_a_real_metric():
    sampled = set()
    for module in (
        collectors.adapter,
        collectors.rules,
        collectors.attacks,
        collectors.sessions,
        collectors.budgets,
        collectors.counters,
        collectors.webhooks,
        per_rule,
        running.reload_metrics,
        engine_metrics,
    ):
        found = re.findall(r"^ *(flowtriq_\w+)[{ ]", module.__doc__, re.MULTILINE)
        sampled |= {name.removesuffix("_bucket") for name in found}
    assert sampled == set(served())


def test_alerts_and_dashboard_use_only_real_metrics():
    used = set().union(*map(names_in, [alert["expr"] for alert in alerts()]))
    used |= set().union(*map(names_in, dashboard_expressions()))
    jobs = {"flowtriq_flowspec", "flowtriq_flowspec_engine"}
    histograms = [name for name, kind in served().items() if kind == "histogram"]
    parts = {f"{name}_{part}" for name in histograms for part in ("bucket", "sum", "count")}
    assert used - jobs <= set(served()) | parts


def test_every_alert_is_seen_firing_in_its_tests():
    tests = yaml.safe_load((MONITORING / "flowspec.rules.test.yml").read_text())
    fired = {
        case["alertname"]
        for test in tests["tests"]
        for case in test["alert_rule_test"]
        if case.get("exp_alerts")
    }
    assert fired == {alert["alert"] for alert in alerts()}


def test_no_alert_looks_like_an_attack():
    assert all("vector" not in alert["labels"] for alert in alerts())


@pytest.mark.parametrize("name", DASHBOARDS)
def test_dashboard_panels_fit_side_by_side(name):
    taken = set()
    for panel in DASHBOARDS[name]["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


@pytest.mark.debian
def test_scrape_configuration_is_valid():
    promtool("check", "config", "prometheus.yml")


@pytest.mark.debian
def test_alerts_do_what_their_tests_say():
    promtool("test", "rules", "flowspec.rules.test.yml")


@pytest.mark.debian
def test_dashboard_expressions_are_valid(tmp_path):
    """promtool parses expressions in rule files only, so each becomes a recording rule."""
    variables = {
        "$provider": ".*",
        "$vector": ".*",
        "$target": ".*",
        "$__range": "1h",
        "$__rate_interval": "1m",
    }
    rules = []
    for number, expression in enumerate(dashboard_expressions()):
        for variable, value in variables.items():
            expression = expression.replace(variable, value)
        rules.append({"record": f"panel_{number}", "expr": expression})
    file = tmp_path / "dashboard.rules.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))
    promtool("check", "rules", file)
