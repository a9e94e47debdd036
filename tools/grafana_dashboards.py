"""The Grafana dashboards of monitoring/, built from tools/grafana/*.yaml with Grafana's own types.

The types of the Grafana Foundation SDK are generated from Grafana's schemas. How a panel becomes
one of them is here, what it shows is in the data.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from grafana_foundation_sdk.builders import (
    bargauge,
    common,
    dashboard,
    prometheus,
    stat,
    statetimeline,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models.common import (
    BarGaugeDisplayMode,
    BigValueColorMode,
    BigValueGraphMode,
    GraphDrawStyle,
    LegendDisplayMode,
    LegendPlacement,
    StackingMode,
    VisibilityMode,
    VizOrientation,
)
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DashboardLinkType,
    DataSourceRef,
    DataTransformerConfig,
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
    VariableOption,
    VariableRefresh,
    VariableSort,
)
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

ROOT = Path(__file__).resolve().parent.parent
DATA = sorted((ROOT / "tools/grafana").glob("*.yaml"))
SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
# What the short words of the data stand for.
INFO = (
    "max by (provider, rule, match, action, vector, target, incident)"
    ' (M:rule_info{P,vector=~"($vector)(,.*)?",target=~"$target"})'
)
_WORDS = {"INFO": INFO, "M:": "flowtriq_flowspec_", "{P": '{provider=~"$provider"'}
ANNOTATION_TEXTS = ("step", "titleFormat", "textFormat")
"""What Grafana's Prometheus puts beside the fields of an annotation that the schema has."""

Panel = Mapping[str, Any]


def dashboards() -> dict[Path, str]:
    """{path: its JSON} of every dashboard."""
    found = {}
    for file in DATA:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        found[ROOT / data["file"]] = json.dumps(_dashboard(data), cls=JSONEncoder, indent=2) + "\n"
    return found


def expression(text: str) -> str:
    """A query of the data in full."""
    for short, long in _WORDS.items():
        text = text.replace(short, long)
    return " ".join(text.split())


def panels_of(document: Mapping[str, Any]) -> Iterator[Panel]:
    """Of a dashboard's JSON, without the rows between them."""
    return (panel for panel in document["panels"] if panel["type"] != "row")


def _dashboard(data: Mapping[str, Any]) -> dict[str, object]:
    board = (
        dashboard.Dashboard(data["title"])
        .uid(data["uid"])
        .tags(["flowspec", "ddos"])
        .time("now-6h", "now")
        .refresh("30s")
        .timezone("browser")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .variables(
            [dashboard.DatasourceVariable("datasource").label("Prometheus").type("prometheus")]
        )
        .link(_other_dashboards())
    )
    for name, query in data["variables"].items():
        board.with_variable(_variable(name, query))
    for each in data["annotations"]:
        board.annotation(
            dashboard.AnnotationQuery()
            .name(each["name"])
            .datasource(SOURCE)
            .enable(True)
            .icon_color(each["color"])
            .expr(expression(each["query"]))
        )
    for number, panel in enumerate(data["panels"], start=1):
        if "row" in panel:
            board.with_row(dashboard.Row(panel["row"]).id(number))
        else:
            board.with_panel(_PANELS[panel["type"]](panel).id(number))
    document: dict[str, Any] = json.loads(json.dumps(board.build(), cls=JSONEncoder))
    for written, each in zip(document["annotations"]["list"], data["annotations"]):
        written |= dict(zip(ANNOTATION_TEXTS, ("30s", each["title"], each["text"])))
    return document


def _other_dashboards() -> dashboard.DashboardLink:
    return (
        dashboard.DashboardLink("FlowSpec")
        .type(DashboardLinkType.DASHBOARDS)
        .tags(["flowspec"])
        .keep_time(True)
        .include_vars(True)
    )


def _variable(name: str, query: str) -> dashboard.QueryVariable:
    text = expression(query)
    return (
        dashboard.QueryVariable(name)
        .label(name.capitalize())
        .datasource(SOURCE)
        .query({"query": text, "refId": name})
        .refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(VariableSort.ALPHABETICAL_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(VariableOption(text="All", value="$__all"))
    )


def _common(builder: Any, panel: Panel) -> Any:
    """What all kinds of panels have."""
    builder.title(panel["title"]).datasource(SOURCE)
    builder.span(panel["width"]).height(panel.get("height", 8))
    if "text" in panel:
        builder.description(panel["text"])
    if "unit" in panel:
        builder.unit(panel["unit"])
    if "thresholds" in panel:
        steps = [Threshold(value, color) for color, value in panel["thresholds"].items()]
        builder.thresholds(dashboard.ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps))
    return builder


def _queries(builder: Any, panel: Panel, *, instant: bool = False) -> Any:
    given = panel.get("queries") or [{"query": panel["query"], "legend": panel.get("legend", "")}]
    for number, each in enumerate(given):
        query = prometheus.Dataquery().expr(expression(each["query"])).datasource(SOURCE)
        query.ref_id(chr(ord("A") + number)).legend_format(each.get("legend", ""))
        builder.with_target(query.instant() if instant else query.range())
    return builder


def _stat(panel: Panel) -> Any:
    builder = stat.Panel().no_value("unknown").graph_mode(BigValueGraphMode.NONE)
    if "thresholds" in panel:
        builder.color_mode(BigValueColorMode.BACKGROUND)
    builder.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    return _queries(_common(builder, panel), panel, instant=True)


def _bargauge(panel: Panel) -> Any:
    builder = bargauge.Panel().orientation(VizOrientation.HORIZONTAL).min(0)
    builder.display_mode(BarGaugeDisplayMode.BASIC)
    if panel.get("unit") == "percentunit":
        builder.max(1)
    builder.reduce_options(common.ReduceDataOptions().calcs(["lastNotNull"]).values(False))
    return _queries(_common(builder, panel), panel, instant=True)


def _timeseries(panel: Panel) -> Any:
    builder = timeseries.Panel().fill_opacity(10).min(0)
    legend = common.VizLegendOptions().display_mode(LegendDisplayMode.LIST).show_legend(True)
    builder.legend(legend.placement(LegendPlacement.BOTTOM))
    if panel.get("bars"):
        builder.draw_style(GraphDrawStyle.BARS).fill_opacity(60)
    if panel.get("stacked"):
        builder.stacking(common.StackingConfig().mode(StackingMode.NORMAL)).fill_opacity(40)
    return _queries(_common(builder, panel), panel)


def _state_timeline(panel: Panel) -> Any:
    colors = {1: "green", 0: "red"}
    builder = statetimeline.Panel().fill_opacity(70).show_value(VisibilityMode.AUTO)
    builder.mappings(
        [
            ValueMap(
                options={
                    str(value): ValueMappingResult(text=text, color=colors[value])
                    for text, value in panel["states"].items()
                }
            )
        ]
    )
    return _queries(_common(builder, panel), panel)


def _table(panel: Panel) -> Any:
    """One row for each set of labels; a column for each label of ``columns`` and each query."""
    builder = _common(table.Panel().show_header(True), panel)
    names, units = dict(panel["columns"]), {}
    for number, each in enumerate(panel["values"]):
        ref = chr(ord("A") + number)
        query = prometheus.Dataquery().expr(expression(each["query"])).datasource(SOURCE)
        builder.with_target(query.instant().format(PromQueryFormat.TABLE).ref_id(ref))
        names |= each.get("labels", {})
        # With one query alone Grafana calls its column "Value".
        column = f"Value #{ref}" if len(panel["values"]) > 1 else "Value"
        if each["name"]:
            names[column] = each["name"]
            units[each["name"]] = each.get("unit")
        else:
            names[column] = ""
    hidden = {"Time": True, "rule": "rule" not in panel["columns"]}
    hidden |= {column: True for column, name in names.items() if not name}
    shown = {column: name for column, name in names.items() if name}
    builder.with_transformation(DataTransformerConfig("merge", options={}))
    builder.with_transformation(
        DataTransformerConfig(
            "organize",
            options={
                "excludeByName": hidden,
                "indexByName": {column: place for place, column in enumerate(shown)},
                "renameByName": shown,
            },
        )
    )
    for name, unit in units.items():
        if unit:
            builder.override_by_name(name, [DynamicConfigValue("unit", unit)])
    return builder


_PANELS = {
    "stat": _stat,
    "bargauge": _bargauge,
    "timeseries": _timeseries,
    "state-timeline": _state_timeline,
    "table": _table,
}
