"""The values for StackStorm's chart and the Service beside them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from flowtriq_flowspec.config.pack import PackConfig

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "deploy" / "kubernetes"
KUBERNETES = "1.31"


@pytest.fixture
def values() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((FOLDER / "values.yaml").read_text())
    return content


def configuration(values: dict[str, Any]) -> dict[str, Any]:
    text = values["st2"]["packs"]["configs"]["flowtriq_flowspec.yaml"]
    content: dict[str, Any] = yaml.safe_load(
        text.replace("{{ st2kv.system.", "").replace(" }}", "")
    )
    return content


def test_the_pack_takes_the_configuration(values: dict[str, Any]) -> None:
    assert PackConfig.from_dict(configuration(values)).webhook.host == "0.0.0.0"


def test_each_sensor_of_the_pack_has_one_pod(values: dict[str, Any]) -> None:
    classes = [
        yaml.safe_load(path.read_text())["class_name"] for path in (ROOT / "sensors").glob("*.yaml")
    ]
    refs = [each["ref"] for each in values["st2"]["packs"]["sensors"]]
    assert sorted(refs) == sorted(f"flowtriq_flowspec.{name}" for name in classes)


def test_the_service_leads_to_the_webhook_s_pod(values: dict[str, Any]) -> None:
    """The chart labels a pod of a sensor st2sensorcontainer-<name>."""
    service = yaml.safe_load((FOLDER / "service.yaml").read_text())["spec"]
    (sensor,) = (it for it in values["st2"]["packs"]["sensors"] if "WebhookSensor" in it["ref"])
    name = f"st2sensorcontainer-{sensor['name']}"
    assert service["selector"]["app.kubernetes.io/name"] == name
    port = configuration(values)["webhook"]["port"]
    assert [it["targetPort"] for it in service["ports"]] == [port]
    probes = [sensor[key]["httpGet"] for key in ("readinessProbe", "livenessProbe")]
    assert {(it["path"], it["port"]) for it in probes} == {("/health", port)}


def test_the_tag_of_the_image_is_the_pack_s_version(values: dict[str, Any]) -> None:
    version = yaml.safe_load((ROOT / "pack.yaml").read_text())["version"]
    assert [it["tag"] for it in values["st2"]["packs"]["images"]] == [version]


def test_kubernetes_takes_the_service_and_what_the_chart_puts_into_a_pod(
    values: dict[str, Any],
) -> None:
    """Its published schemas; the chart copies probes, mounts and volumes as they are."""
    kubernetes = pytest.importorskip(
        "kubernetes_validate", reason="not installed: kubernetes-validate (108 MB)"
    )
    kubernetes.validate(
        yaml.safe_load((FOLDER / "service.yaml").read_text()), KUBERNETES, strict=True
    )
    for sensor in values["st2"]["packs"]["sensors"]:
        kubernetes.validate(pod(sensor), KUBERNETES, strict=True)
    spoilt = pod(values["st2"]["packs"]["sensors"][0])
    spoilt["spec"]["containers"][0]["readinessProbe"]["httpGet"]["prot"] = 1
    with pytest.raises(kubernetes.ValidationError):
        kubernetes.validate(spoilt, KUBERNETES, strict=True)


def pod(sensor: dict[str, Any]) -> dict[str, Any]:
    probes = {key: value for key, value in sensor.items() if key.endswith("Probe")}
    extra = sensor["extra_volumes"]
    mounts = [{"name": each["name"], **each["mount"]} for each in extra]
    volumes = [{"name": each["name"], **each["volume"]} for each in extra]
    container = {"name": sensor["name"], "image": "st2", "volumeMounts": mounts, **probes}
    spec = {"containers": [container], "volumes": volumes}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": sensor["name"]}, "spec": spec}
