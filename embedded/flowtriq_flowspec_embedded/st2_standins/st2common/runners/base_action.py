"""Stands in for StackStorm's module of this name, where StackStorm is not there."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any


class Action:
    """What the python-script runner gives an action: ``config``, ``logger``, ``action_service``."""

    def __init__(
        self, config: Mapping[str, Any] | None = None, action_service: object = None
    ) -> None:
        self.config = config or {}
        self.action_service = action_service
        self.logger = logging.getLogger(self.__class__.__name__)

    def run(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError
