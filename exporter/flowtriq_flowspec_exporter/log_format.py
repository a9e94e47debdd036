"""The format of log lines, as ``--log.format`` of Prometheus' own programs has it."""

from __future__ import annotations

import logging
import re

from flowtriq_flowspec.logs import JSON_LINES

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
}
_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
_PLAIN = re.compile(r'[^\s="\\]+\Z')
_WORDS = {"WARNING": "warn", "CRITICAL": "error"}


class Logfmt(logging.Formatter):
    """``time=… level=info logger=… msg="…" key=value``: a record a line."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03}",
            "level": _WORDS.get(record.levelname, record.levelname.lower()),
            "logger": record.name,
            "msg": record.getMessage(),
            **{key: value for key, value in vars(record).items() if key not in _OWN},
        }
        if record.exc_info:
            fields["error"] = self.formatException(record.exc_info)
        return " ".join(f"{key}={_quoted(value)}" for key, value in fields.items())


def _quoted(value: object) -> str:
    text = str(value)
    if _PLAIN.match(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


FORMATS: dict[str, logging.Formatter] = {"json": JSON_LINES, "logfmt": Logfmt()}
