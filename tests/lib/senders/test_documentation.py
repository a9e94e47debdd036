"""What docs/user/senders.md shows works."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.senders import SENDERS, generic

from .payloads import payload

TEXT = (Path(__file__).parents[3] / "docs/user/senders.md").read_text(encoding="utf-8")


def block(language: str, holding: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)
    (found,) = [text for text in blocks if holding in text]
    return str(found)


def test_every_sender_has_its_chapter() -> None:
    for name in set(SENDERS) - {"custom"}:
        assert f"`/{name}`" in TEXT


def test_the_generic_form() -> None:
    parsed = generic.parse(json.loads(block("json", '"alerts"')), {})
    assert parsed.refused == ()
    (attack,) = parsed.attacks
    assert attack.vector == "dns_amplification"


def test_the_custom_mapping() -> None:
    config = yaml.safe_load(block("yaml", "custom:"))
    config["senders"]["custom"][0]["token"] = "as StackStorm renders it"
    pack = PackConfig.from_dict({"providers": [{"name": "edge"}], **config})
    parsed = pack.senders["kentik"].parse(payload("custom/kentik-like"))
    assert [attack.vector for attack in parsed.attacks] == ["syn_flood"]


def test_the_default_labels_are_the_documented_ones() -> None:
    text = " ".join(TEXT.split())
    for name in ("target", "vector"):
        settings = PackConfig.from_dict({"providers": [{"name": "edge"}]}).senders
        labels = settings["alertmanager"].settings["labels"][name]
        *first, last = [f"`{label}`" for label in labels]
        assert f"{', '.join(first)} and {last}" in text


def test_the_documented_alert_brings_its_rate_to_the_escalation() -> None:
    (rule,) = yaml.safe_load(block("yaml", "alert: SynFlood"))["groups"][0]["rules"]
    notification = payload("alertmanager/firing")
    labels = {**rule["labels"], "alertname": rule["alert"], "target": "203.0.113.45"}
    # As Prometheus prints $value.
    texts = {
        name: text.replace("{{ $value }}", "2.4500512e+06")
        for name, text in rule["annotations"].items()
    }
    alert = {**notification["alerts"][0], "labels": labels, "annotations": texts}
    (attack,) = SENDERS["alertmanager"]({**notification, "alerts": [alert]}, {}).attacks
    assert (attack.vector, attack.observed.pps, attack.observed.bps) == (
        "syn_flood",
        2_450_051,
        None,
    )
