"""Every configuration that a page shows is taken by the program that reads it."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from flowtriq_exabgp_adapter.config import AdapterConfig
from flowtriq_flowspec.config.pack import PackConfig
from flowtriq_flowspec.errors import InvalidConfig
from flowtriq_flowspec.published_schemas import schema
from flowtriq_flowspec.validation import require_valid
from flowtriq_flowspec_console.config import ConsoleConfig
from flowtriq_flowspec_embedded.pack.grammar import require_grammar
from flowtriq_flowspec_embedded.pack.yaml_source import Document
from flowtriq_flowspec_exporter import config as exporter_config

from tests.lab.exabgp import ROOT

from .pages import PAGES

EXAMPLES = {
    f"{page.name}-{number}": text
    for page in PAGES
    for number, text in enumerate(
        re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL)
    )
}


def read_by_the_adapter(example: dict[str, Any], folder: Path) -> None:
    file = folder / "adapter.yaml"
    file.write_text(yaml.safe_dump({"guardrails": {"allowed_destinations": []}, **example}))
    AdapterConfig.from_file(file)


def read_by_the_pack(example: dict[str, Any], _folder: Path) -> None:
    PackConfig.from_dict({"providers": [{"name": "edge"}], **example})


def read_by_the_exporter(example: dict[str, Any], folder: Path) -> None:
    file = folder / "exporter.yaml"
    adapters = [{"provider": "edge", "adapter_socket": "/run/edge.sock"}]
    file.write_text(yaml.safe_dump({"adapters": adapters, **example}))
    exporter_config.from_file(file)


def read_by_the_exporters_server(example: dict[str, Any], _folder: Path) -> None:
    """Its certificates are not there."""
    require_valid(example, "exporter_web", InvalidConfig)


def read_by_the_console(example: dict[str, Any], folder: Path) -> None:
    (folder / "pack.yaml").write_text("providers: [{name: edge}]\n")
    file = folder / "console.yaml"
    named = {"pack_config": "pack.yaml", "users": "users.yaml"}
    file.write_text(yaml.safe_dump({**named, **example}))
    ConsoleConfig.from_file(file)


def read_by_alertmanager(example: dict[str, Any], folder: Path) -> None:
    route = {"receiver": example["receivers"][0]["name"]}
    checked("amtool", "check-config", {"route": route, **example}, folder)


def read_by_prometheus(example: dict[str, Any], folder: Path) -> None:
    checked("promtool", "check", "rules", example, folder)


def read_by_prometheus_3(example: dict[str, Any], folder: Path) -> None:
    """Debian's Prometheus 2 does not know two of the settings; of the rest it is asked."""
    known = {"convert_classic_histograms_to_nhcb", "always_scrape_classic_histograms"}
    jobs = [
        {key: value for key, value in job.items() if key not in known}
        for job in example["scrape_configs"]
    ]
    checked("promtool", "check", "config", {**example, "scrape_configs": jobs}, folder)


def checked(program: str, *arguments: Any) -> None:
    *words, example, folder = arguments
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    file = folder / "example.yml"
    file.write_text(yaml.safe_dump(example))
    done = subprocess.run([program, *words, file], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def read_by_stackstorm(example: dict[str, Any], folder: Path) -> None:
    """A rule for a pack of the reader's own, or the criteria of one."""
    rule = yaml.safe_load((ROOT / "rules/notify.yaml").read_text(encoding="utf-8"))
    file = folder / "rule.yaml"
    file.write_text(yaml.safe_dump({**rule, **example}))
    require_grammar(Document(file), "route")


def reader(example: dict[str, Any]) -> Callable[[dict[str, Any], Path], None]:
    """By the names at the top, which no two of these files share."""
    top = set(example)
    readers: list[tuple[set[str], Callable[[dict[str, Any], Path], None]]] = [
        (set(schema("config")["properties"]), read_by_the_pack),
        (set(schema("adapter_config")["properties"]), read_by_the_adapter),
        (set(schema("exporter")["properties"]), read_by_the_exporter),
        (set(schema("exporter_web")["properties"]), read_by_the_exporters_server),
        (set(schema("console")["properties"]), read_by_the_console),
        ({"receivers"}, read_by_alertmanager),
        ({"groups"}, read_by_prometheus),
        ({"scrape_configs"}, read_by_prometheus_3),
    ]
    found = [read for names, read in readers if top <= names]
    return found[0] if found else read_by_stackstorm


def with_secrets(text: str, folder: Path) -> str:
    """As StackStorm hands it to the pack; the files of secrets are there."""
    secret = folder / "secret"
    secret.write_text("json://127.0.0.1\n")
    secret.chmod(0o600)
    text = re.sub(r"\{\{ st2kv\.[\w.]+ \}\}", "json://127.0.0.1", text)
    return re.sub(r"(?m)((?:url|api_key)_file: )/\S+", rf"\g<1>{secret}", text)


@pytest.mark.debian
@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_taken(name: str, tmp_path: Path) -> None:
    example = yaml.safe_load(with_secrets(EXAMPLES[name], tmp_path))
    reader(example)(example, tmp_path)


def test_the_examples_of_each_program_are_found() -> None:
    readers = {reader(yaml.safe_load(text)) for text in EXAMPLES.values()}
    assert len(readers) == 9
