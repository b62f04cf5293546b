"""The one set-up of structlog: key=value lines for people or JSON for machines, on stderr.

Loops bind what belongs to an event by `structlog.contextvars.bound_contextvars`; those keys are in every line.
"""

import logging
import sys
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

LogFormat = Literal["console", "json"]
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def configure_logs(
    daemon: str, level: str = "INFO", log_format: LogFormat = "console", out: TextIO | None = None
) -> None:
    """Set up logging for the process: `daemon` is in every line, events below `level` cost next to nothing.

    Libraries that log through the standard library come out in the same shape, from WARNING on. Raises ValueError for
    an unknown level.
    """
    name = level.upper()
    if name not in LEVELS:
        raise ValueError(f"{level!r} is no log level (known: {', '.join(LEVELS)})")
    stream = out or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_daemon(daemon),
    ]
    finish = _finish(log_format, stream)
    structlog.configure(
        processors=[*shared, *finish],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, name)),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=True,
    )
    _route_standard_library(shared, finish, stream)


def _finish(log_format: LogFormat, stream: TextIO) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_to_json)]
    renderer = structlog.dev.ConsoleRenderer(
        colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback, pad_event_to=0, pad_level=False
    )
    return [renderer]


def _route_standard_library(shared: list[Processor], finish: list[Processor], stream: TextIO) -> None:
    handler = logging.StreamHandler(stream)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove_meta, *finish])
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)


def _to_json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def _add_daemon(daemon: str) -> Processor:
    """Adds the daemon's name, unless the line already has one (several daemons in one process)."""

    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("daemon", daemon)
        return event

    return add
