"""What the log says and what it never says: ids, yes; names, addresses, codes and cells, no."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

from celery import current_task
from django.apps import apps
from pythonjsonlogger.json import JsonFormatter

from planner.config import requests

# What a line may carry beside its message. Anything else that a library hangs on a record – a
# request with its address and form, a colour – stays out, whatever it is.
FIELDS: Final = (
    *("request", "user", "route", "method", "status", "ms"),
    *("task", "kind", "job", "tenant", "run", "attempt", "queue", "seconds"),
)
E_MAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+")
# The two addresses that hold a join code, which lets in whoever reads it.
CODE: Final = re.compile(r"(/[jr]/)[^/\s?\"'>]+")
SECRET: Final = re.compile(
    r"(?i)\b(authorization|cookie|sessionid|\w*token|password|\w*secret\w*)"
    r"(['\"]?\s*[=:]\s*['\"]?(?:bearer\s+)?)[^\s,;'\"]+"
)
BREAKS: Final = str.maketrans({"\r": "\\r", "\n": "\\n", "\u2028": "\\u2028", "\u2029": "\\u2029"})


def scrubbed(text: str) -> str:
    """A text without what identifies people or lets them in; a belt, not a licence to log it."""
    text = E_MAIL.sub("…@…", text)
    text = CODE.sub(r"\1…", text)
    return SECRET.sub(r"\1\2…", text)


class Context(logging.Filter):
    """Writes on each record what was going on: the request, or the task and its job."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything through, with its context."""
        found = {"request": requests.current(), **_task()}
        for name, value in found.items():
            if value and not isinstance(getattr(record, name, None), str):
                setattr(record, name, value)
        return True


def _task() -> dict[str, str]:
    """The task that this process works on, and the job that it has claimed."""
    found: dict[str, str] = {}
    if current_task and current_task.request.id:
        found["task"] = current_task.request.id
    if apps.models_ready:  # the log is set up before there are models
        from sandbox.models import at_work

        if job := at_work.get():
            found |= {"kind": type(job).__name__.lower(), "job": str(job.pk), "tenant": job.tenant}
    return found


def fields(record: logging.LogRecord) -> dict[str, str | int]:
    """What a record carries, of those things that a log may have."""
    given = {name: getattr(record, name, None) for name in FIELDS}
    return {
        name: value for name, value in given.items() if isinstance(value, str | int) and value != ""
    }


class Line(logging.Formatter):
    """One line a record, for a terminal; what follows a traceback's first line is set in."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 – logging's own name
        """Time, level, where from, what, and which request or job it belongs to."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        carried = " ".join(f"{name}={value}" for name, value in fields(record).items())
        line = f"{at} {record.levelname} {record.name} {record.message}"
        return scrubbed(f"{line} {carried}".rstrip().translate(BREAKS))

    def formatException(self, ei: Any) -> str:  # noqa: N802 – logging's own name
        """The traceback, set in so that no line of it can look like a record of its own."""
        return set_in(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:  # noqa: N802 – logging's own name
        """The stack, set in likewise."""
        return set_in(stack_info)


def set_in(text: str) -> str:
    """Several lines, each behind a bar."""
    return "\n".join(f"  | {line}" for line in scrubbed(text).splitlines())


class Json(JsonFormatter):
    """One JSON object a record, for machines. JSON escapes line breaks by itself."""

    def add_fields(
        self,
        log_data: dict[str, Any],
        record: logging.LogRecord,
        message_dict: dict[str, Any],
    ) -> None:
        """The same as the line has, under names; the traceback as one text."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        log_data |= {"time": at, "level": record.levelname, "logger": record.name}
        log_data["message"] = scrubbed(record.message)
        log_data |= fields(record)
        if said := message_dict.get("exc_info"):
            log_data["exc_info"] = scrubbed(said if isinstance(said, str) else "\n".join(said))
        if said := message_dict.get("stack_info"):
            log_data["stack_info"] = scrubbed(said)
