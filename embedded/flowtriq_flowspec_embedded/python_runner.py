"""Runs Python actions and hosts sensors' classes as StackStorm's runner and container load them."""

from __future__ import annotations

import importlib.util
import inspect
import logging
import pkgutil
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from .pack.loader import Action, Pack
from .pack.parameters import InvalidParameters, action_parameters

log = logging.getLogger(__name__)

STAND_INS = Path(__file__).parent / "st2_standins"


def prepare_path(pack: Pack) -> None:
    """Put on Python's path what StackStorm puts there for actions and sensors, and the stand-ins
    for its base classes where StackStorm itself is not installed."""
    folders = [pack.folder / "sensors", pack.folder / "actions" / "lib"]
    if importlib.util.find_spec("st2common") is None:
        folders.append(STAND_INS)
    sys.path += [str(path) for path in folders if str(path) not in sys.path]


def import_operations() -> None:
    """Actions import them when they run, and what they check by when they check; a process that
    runs many of them does so beforehand."""
    from flowtriq_flowspec import compiled_schemas, operations

    for package in (compiled_schemas, operations):
        for found in pkgutil.iter_modules(package.__path__):
            importlib.import_module(f"{package.__name__}.{found.name}")


def load_module(path: Path) -> ModuleType:
    """The module in the file ``path``. It shadows no other: it is not put into ``sys.modules``."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class PythonRunner:
    """Runs the pack's Python actions in this process. Classes are loaded once, instances live for
    one run. ``config`` is what each run is given; it may be replaced."""

    def __init__(self, config: Mapping[str, Any], service: object = None) -> None:
        """``service`` is what actions get as StackStorm's ``action_service``; a command that runs
        one action has none."""
        self.config = config
        self._service = service
        self._classes: dict[str, type] = {}

    def load(self, action: Action) -> None:
        """Load the action's class. Raises whatever its module raises."""
        # On the path since prepare_path: StackStorm's own, or the stand-in.
        base = importlib.import_module("st2common.runners.base_action").Action

        module = load_module(action.path)
        classes = [
            value
            for value in vars(module).values()
            if inspect.isclass(value)
            and value.__module__ == module.__name__
            and issubclass(value, base)
        ]
        if not classes:
            raise ImportError(f"{action.path} has no class derived from Action")
        self._classes[action.ref] = classes[0]

    def run(self, action: Action, parameters: Mapping[str, Any]) -> tuple[bool, dict[str, Any]]:
        """(succeeded, result); the result has the shape of StackStorm's: ``result exit_code stdout
        stderr``."""
        try:
            complete = action_parameters(action.parameters, parameters)
        except InvalidParameters as problem:
            return False, {"error": f"{action.ref}: {problem}"}
        given = {name: complete.get(name) for name in action.parameters}
        try:
            instance = self._classes[action.ref](dict(self.config), self._service)
            returned = instance.run(**given)
        except Exception:
            # Whatever an action raises is the failure of that action, as in StackStorm.
            log.exception("action %s failed", action.ref)
            trace = traceback.format_exc()
            # StackStorm's runner, too, gives the text "None" where there is no result.
            return False, _result("None", 1, stderr=trace)
        if isinstance(returned, tuple) and len(returned) == 2 and isinstance(returned[0], bool):
            succeeded, value = returned
            return succeeded, _result(value, 0 if succeeded else 1)
        return True, _result(returned, 0)


def _result(value: Any, exit_code: int, stderr: str = "") -> dict[str, Any]:
    return {"result": value, "exit_code": exit_code, "stdout": "", "stderr": stderr}
