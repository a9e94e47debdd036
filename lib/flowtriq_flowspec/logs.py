"""The logging of the programs: one JSON object a line, on standard error.

Only a program's ``main`` imports this module. Within StackStorm the loggers are StackStorm's, and
python-json-logger need not be there.
"""

from __future__ import annotations

import logging
import sys

from pythonjsonlogger.json import JsonFormatter


def log_json_to_stderr() -> None:
    """For the whole process, from level INFO on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
