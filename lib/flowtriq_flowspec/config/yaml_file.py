"""YAML files that an operator writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ..errors import InvalidConfig


class _Loader(yaml.SafeLoader):
    """Refuses a setting that is written twice, where YAML would silently keep the last: the first
    list of protected prefixes would be gone. Leaves moments as they are written, as JSON does."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != _MERGE:
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key.value} is written twice", key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)


_MERGE = "tag:yaml.org,2002:merge"
_MOMENT = "tag:yaml.org,2002:timestamp"
_Loader.yaml_implicit_resolvers = {
    first: [each for each in resolvers if each[0] != _MOMENT]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_settings(path: Path, field: str) -> Any:
    """What the file says. Raises InvalidConfig naming ``field``, also where it can't be read."""
    try:
        text = path.read_text(encoding="utf-8")
        return yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe one)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise InvalidConfig(f"{field}: {problem}", field=field) from problem
