"""What a process says while it works: one JSON object a line, its own and its libraries' alike."""

import logging
import sys
import traceback
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any, TextIO

import structlog

from services.trouble import Trouble


def open_journal(level: str = "info", *, process: str, to: TextIO | None = None) -> None:
    """Called once, where a command begins. `process` stands in every line, e.g. `projector`.

    `to`: elsewhere than on standard error, for a command that shows something else there.
    """
    to = to or sys.stderr
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        _in_process(process),
    ]
    threshold = getattr(logging, level.upper())
    structlog.configure(
        processors=[
            *before,
            _where_it_failed,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(to),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(to)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *before],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _where_it_failed,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(threshold, logging.WARNING))
    _quieten(("uvicorn", "uvicorn.error", "uvicorn.access", "kafka", "faust", "mode", "aiokafka"))


def _in_process(process: str) -> Any:
    def add(_: Any, __: str, line: dict[str, Any]) -> dict[str, Any]:
        return {"process": process, **line}

    return add


def _where_it_failed(_: Any, __: str, line: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """Kinds and places of an exception and its causes.

    Not its words: a database quotes the row it refuses and a model the value, and those are names and identity numbers.
    """
    given = line.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    chain = []
    while isinstance(error, BaseException):
        one: dict[str, Any] = {"kind": type(error).__qualname__}
        if isinstance(error, Trouble | OSError):
            one["text"] = str(error)
        if state := getattr(error, "sqlstate", None):
            one["sqlstate"] = state
        frames = traceback.extract_tb(error.__traceback__)
        one["at"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
        chain.append(one)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return {**line, "failed": chain} if chain else line


def _quieten(libraries: Iterable[str]) -> None:
    """Their handlers would print lines that are not JSON; the access log would write down addresses with queries."""
    for name in libraries:
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.WARNING)
