"""Loads the pack as StackStorm does, on the embedded engine's stand-ins where it is not there."""

from __future__ import annotations

import importlib.util
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.lab.yaml_file import load_yaml

PACK = Path(__file__).resolve().parents[2]
STAND_INS = PACK / "embedded" / "flowtriq_flowspec_embedded" / "st2_standins"

if importlib.util.find_spec("st2common") is None:
    sys.path.append(str(STAND_INS))
elif importlib.util.find_spec("st2common.config") is not None:  # StackStorm's own
    from oslo_config import cfg
    from st2common import config as options

    # Its code asks them. Not by st2tests, which has eventlet patch the threads of all tests.
    options.register_opts(ignore_errors=True)
    cfg.CONF(args=[])
# StackStorm puts these on the path of sensors and actions.
sys.path += [str(PACK / "sensors"), str(PACK / "actions" / "lib")]


def metadata(folder: str) -> dict[str, dict[str, Any]]:
    """File stem to content, for each metadata file of one of the pack's folders."""
    return {path.stem: load_yaml(path) for path in sorted((PACK / folder).glob("*.yaml"))}


def load_module(path: Path) -> ModuleType:
    """As StackStorm's loader: by file, not put into sys.modules."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def only_class(module: ModuleType, base: type) -> type:
    """The one class that the module itself defines; StackStorm takes the first it finds."""
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and value.__module__ == module.__name__
    ]
    assert len(found) == 1, f"{module.__name__} defines {found}"
    assert issubclass(found[0], base)
    return found[0]


def action_class(name: str) -> type:
    from st2common.runners.base_action import Action

    return only_class(load_module(PACK / "actions" / f"{name}.py"), Action)


class Datastore:
    """The part of StackStorm's datastore that the pack uses, as both of its services have it."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}

    def get_value(self, name: str, local: bool = True) -> str | None:
        assert not local
        return self.values.get(name)

    def set_value(self, name: str, value: str, local: bool = True) -> bool:
        assert not local
        assert isinstance(value, str)
        self.values[name] = value
        return True

    def delete_value(self, name: str, local: bool = True) -> bool:
        assert not local
        return self.values.pop(name, None) is not None

    def list_values(self, local: bool = True, prefix: str | None = None) -> list[SimpleNamespace]:
        assert not local
        found = [name for name in list(self.values) if name.startswith(prefix or "")]
        return [SimpleNamespace(name=name, value=self.values[name]) for name in found]


class SensorService(Datastore):
    """Records dispatches: of attacks, and apart from them of refused alerts; ``broken`` makes them
    fail as when the engine cannot take them."""

    def __init__(self) -> None:
        super().__init__()
        self.dispatched: list[tuple[str, dict[str, Any]]] = []
        self.refused: list[dict[str, Any]] = []
        self.broken = False

    def dispatch(
        self, trigger: str, payload: dict[str, Any] | None = None, trace_tag: str | None = None
    ) -> None:
        if self.broken:
            raise ConnectionError("the message queue does not answer")
        assert payload is not None
        if trigger == "flowtriq_flowspec.alerts_refused":
            self.refused.append(payload)
            return
        self.dispatched.append((trigger, payload))

    def get_logger(self, name: str) -> logging.Logger:
        return logging.getLogger(f"SensorWrapper.{name}")


@pytest.fixture
def sensor_service() -> SensorService:
    return SensorService()


@pytest.fixture
def adapters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Any]]:
    """The two adapters of acting.CONFIG, in this process."""
    from ..adapter.serving import serving
    from .acting import CORE, EDGE
    from .adapters import Adapter

    for name in ("edge", "core"):
        (tmp_path / name).mkdir()
    with serving(tmp_path / "edge") as edge, serving(tmp_path / "core") as core:
        by_address = {EDGE: Adapter(edge), CORE: Adapter(core)}
        monkeypatch.setattr(
            "flowtriq_flowspec.operations.providers.AdapterClient",
            lambda address, **_credentials: by_address[address],
        )
        yield by_address


@pytest.fixture
def announced(adapters: dict[str, Any]) -> dict[str, Any]:
    """The same, when both have the rules of acting.attack()."""
    from .acting import planned, run

    run("announce", planned=planned())
    for adapter in adapters.values():
        adapter.adapter.let_the_recorder_catch_up()  # since when each is announced
        adapter.calls.clear()
    return adapters
