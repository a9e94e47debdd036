"""YAML files that remember their lines, so that a refusal can name file, line and construct."""

from __future__ import annotations

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml
from flowtriq_flowspec.config.yaml_file import read, why_unreadable

Path_ = tuple[Hashable, ...]


class PackError(Exception):
    """A pack that cannot run here; ``str()`` is ``file:line: what``."""

    def __init__(self, text: str, line: int = 1) -> None:
        super().__init__(text)
        self.line = line


class Document:
    """One YAML file. ``data`` is its content."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data: Any
        self._lines: dict[Path_, int] = {}
        try:
            text = path.read_text(encoding="utf-8")
            node, self.data = read(text, moments=True)
        except (OSError, ValueError, RecursionError, yaml.YAMLError) as problem:
            line, what = why_unreadable(problem)
            where = path if line is None else f"{path}:{line}"
            raise PackError(f"{where}: {what}", line or 1) from problem
        if node is not None:
            self._note_lines(node, ())

    def _note_lines(self, node: yaml.Node, at: Path_) -> None:
        self._lines.setdefault(at, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                below = (*at, key.value)
                self._lines[below] = key.start_mark.line + 1
                self._note_lines(value, below)
        elif isinstance(node, yaml.SequenceNode):
            for index, value in enumerate(node.value):
                self._note_lines(value, (*at, index))

    def error(self, what: str, *at: Hashable) -> PackError:
        """``what`` is wrong at this place of the document, or at the nearest known above it."""
        while at and at not in self._lines:
            at = at[:-1]
        line = self._lines.get(at, 1)
        return PackError(f"{self.path}:{line}: {what}", line)
