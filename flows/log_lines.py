"""Logs as lines of JSON, one for each record, where PAM_LOG_JSON asks for them: a file, or `-` for standard error.

PAM's log messages begin with what they are about (`build=… step=… shard=… item=…: `); here these become fields.
"""

import json
import logging
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from tasks.redaction import redacted

VARIABLE = "PAM_LOG_JSON"
LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "tasks", "flows")
ABOUT = re.compile(r"((?:build|step|shard|item)=\S+(?: (?:build|step|shard|item)=\S+)*): ")
RUN_FIELDS = {"flow_run_id": "flow_run", "task_run_name": "task_run"}


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, logger, message, what it is about, its run, its error."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        message = record.getMessage()
        about = ABOUT.match(message)
        fields = dict(pair.split("=", 1) for pair in about.group(1).split(" ")) if about else {}
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            **fields,
            "message": redacted(message[about.end() :] if about else message),
        }
        runs = {name: getattr(record, held, None) for held, name in RUN_FIELDS.items()}
        line |= {name: str(value) for name, value in runs.items() if value is not None}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = redacted(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def write_json_lines(target: str | None = None) -> logging.Handler | None:
    """Begin to write them to `target`, or to where PAM_LOG_JSON says; the handler, None where nobody asked.

    Asking again changes nothing.
    """
    wanted = target or os.environ.get(VARIABLE)
    if not wanted:
        return None
    first = logging.getLogger(LOGGERS[0])
    for handler in first.handlers:
        if isinstance(handler.formatter, JsonLines):
            return handler
    made: logging.Handler
    made = logging.StreamHandler(sys.stderr) if wanted == "-" else logging.FileHandler(Path(wanted), encoding="utf-8")
    made.setFormatter(JsonLines())
    for name in LOGGERS:
        logger = logging.getLogger(name)
        logger.addHandler(made)
        if logger.getEffectiveLevel() > logging.INFO:
            logger.setLevel(logging.INFO)
    return made


def stop_json_lines(handler: logging.Handler) -> None:
    """End them, and close the file."""
    for name in LOGGERS:
        logging.getLogger(name).removeHandler(handler)
    handler.close()
