"""The one set-up of structlog: key=value lines for people or JSON for machines, on stderr and in a file if wanted.

Loops bind what belongs to an event by `structlog.contextvars.bound_contextvars`; those keys are in every line. How much
is logged may change at run time (``set_verbosity``); for how long is ``logging_api``'s.
"""

import logging
import sys
from collections.abc import Callable
from contextlib import suppress
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Any, Literal, Protocol, TextIO

import orjson
import structlog
from attrs import frozen
from structlog.typing import EventDict, FilteringBoundLogger, Processor, WrappedLogger

from .errors import ExitCode
from .verbosity import LEVELS, library_threshold, own_threshold

LogFormat = Literal["console", "json"]


@frozen(kw_only=True)
class LogTargets:
    """Where lines go: to ``stream`` (None: stderr), when it is quiet only errors, and all of them to ``file``."""

    stream: TextIO | None = None
    is_quiet: bool = False
    file: Path | None = None


class LogFlags(Protocol):
    """The flags of a daemon that have to do with its log."""

    @property
    def logging_level(self) -> str: ...
    @property
    def log_format(self) -> str: ...
    @property
    def quiet(self) -> bool: ...
    @property
    def log_dir(self) -> Path | None: ...
    @property
    def external_log_file(self) -> Path | None: ...


class _Thresholds:
    """From which of logging's numbers on events are logged: as the flags say, and now."""

    def __init__(self) -> None:
        self.configured = self.now = logging.INFO
        self.heard = logging.NOTSET


_thresholds = _Thresholds()


def start_logs(daemon: str, flags: LogFlags) -> None:
    """Log as the flags say: to stderr, and to `log_file_of`'s file. Exits 2 when that can't be written."""
    log_format: LogFormat = "json" if flags.log_format == "json" else "console"
    file = log_file_of(daemon, flags)
    try:
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
        configure_logs(daemon, flags.logging_level, log_format, LogTargets(is_quiet=flags.quiet, file=file))
    except OSError as error:
        sys.stderr.write(f"koinon-{daemon}: --log_dir: {file} can't be written: {error.strerror}\n")
        raise SystemExit(ExitCode.USAGE) from None


def log_file_of(daemon: str, flags: LogFlags) -> Path | None:
    """The file that a daemon logs to beside stderr: `koinon-<daemon>.log` in `--log_dir`, or None."""
    return None if flags.log_dir is None else flags.log_dir.absolute() / f"koinon-{daemon}.log"


def shown_log_of(daemon: str, flags: LogFlags) -> Path | None:
    """The log that others may look at: the one that somebody else keeps, else our own file, or None."""
    if flags.external_log_file is not None:
        return flags.external_log_file.absolute()
    return log_file_of(daemon, flags)


def configure_logs(
    daemon: str, level: str = "INFO", log_format: LogFormat = "console", targets: LogTargets | None = None
) -> None:
    """Set up logging for the process: `daemon` is in every line, events below `level` cost next to nothing.

    Libraries that log through the standard library come out in the same shape, from WARNING on. A line that can't be
    written is lost, not raised. Raises ValueError for an unknown level, OSError when the file can't be opened.
    """
    name = level.upper()
    if name not in LEVELS:
        raise ValueError(f"{level!r} is no log level (known: {', '.join(LEVELS)})")
    to = targets or LogTargets()
    lines = _Lines(to)
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_daemon(daemon),
    ]
    finish = _finish(log_format, has_colours=to.file is None and lines.stream.isatty())
    structlog.configure(
        processors=[*shared, *finish],
        wrapper_class=_make_logger_class(),
        logger_factory=lambda *_: lines,
        cache_logger_on_first_use=True,
    )
    _thresholds.configured = getattr(logging, name)
    _thresholds.heard = lines.least
    _route_standard_library(shared, finish, lines)
    set_verbosity(0)


def set_verbosity(level: int) -> None:
    """Log as much as this of Mesos's levels says (``verbosity.Verbosity``), from now on."""
    _thresholds.now = max(own_threshold(_thresholds.configured, level), _thresholds.heard)
    logging.getLogger().setLevel(max(library_threshold(level), _thresholds.heard))


def root_level() -> int:
    """From which of logging's numbers on our own events are logged now."""
    return _thresholds.now


def set_root_level(level: int | None) -> None:
    """Log our own events, and libraries, from this of logging's numbers on; None: as the flags say."""
    if level is None:
        set_verbosity(0)
        return
    _thresholds.now = max(level, _thresholds.heard)
    logging.getLogger().setLevel(max(level, logging.WARNING, _thresholds.heard))


def is_debugging() -> bool:
    """Whether debug events are logged now: for what is so frequent that even asking the logger would be felt."""
    return _thresholds.now <= logging.DEBUG


class _LogFile(WatchedFileHandler):
    """A file that may be moved away at any time, by logrotate: then a new one is begun."""

    def emit(self, record: logging.LogRecord) -> None:
        """Put a line in the file, if it or a new one of its name can be opened."""
        with suppress(OSError):
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the parent's name)
        """A full disk costs lines, never the daemon; stderr has them still."""


class _Lines:
    """Finished lines to their targets; structlog calls it by the names of the levels."""

    def __init__(self, targets: LogTargets) -> None:
        self.stream = targets.stream or sys.stderr
        self._stream_least = logging.ERROR if targets.is_quiet else logging.NOTSET
        self._file = None if targets.file is None else _LogFile(targets.file, encoding="utf-8")
        self.least = logging.NOTSET if self._file is not None else self._stream_least

    def write(self, level: int, line: str) -> None:
        """Put a line wherever its level is heard."""
        if level >= self._stream_least:
            # A stderr that nobody reads any more must not end a daemon.
            with suppress(OSError, ValueError):
                self.stream.write(line + "\n")
                self.stream.flush()
        if self._file is not None:
            self._file.handle(logging.makeLogRecord({"msg": line, "levelno": level}))

    def debug(self, line: str) -> None:
        """A line of this level."""
        self.write(logging.DEBUG, line)

    def info(self, line: str) -> None:
        """A line of this level."""
        self.write(logging.INFO, line)

    def warning(self, line: str) -> None:
        """A line of this level."""
        self.write(logging.WARNING, line)

    def error(self, line: str) -> None:
        """A line of this level."""
        self.write(logging.ERROR, line)

    def critical(self, line: str) -> None:
        """A line of this level."""
        self.write(logging.CRITICAL, line)


class _FromStandardLibrary(logging.Handler):
    """What libraries log, as lines of ours."""

    def __init__(self, lines: _Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        """Put one record among our lines."""
        self._lines.write(record.levelno, self.format(record))


def _make_logger_class() -> type[FilteringBoundLogger]:
    """structlog's own filtering logger, with a threshold that can be moved while loggers are cached."""
    parent = structlog.make_filtering_bound_logger(logging.NOTSET)
    names = {
        "debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR,
        "exception": logging.ERROR, "critical": logging.CRITICAL,
    }  # fmt: skip
    gated: dict[str, Any] = {name: _gate(getattr(parent, name), level) for name, level in names.items()}
    return type("MovableThresholdLogger", (parent,), gated)


def _gate(log: Callable[..., Any], level: int) -> Callable[..., Any]:
    def log_if_heard(self: Any, event: str, *args: Any, **about: Any) -> Any:
        return log(self, event, *args, **about) if level >= _thresholds.now else None

    return log_if_heard


def _finish(log_format: LogFormat, *, has_colours: bool) -> list[Processor]:
    if log_format == "json":
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(serializer=_to_json)]
    renderer = structlog.dev.ConsoleRenderer(
        colors=has_colours, exception_formatter=structlog.dev.plain_traceback, pad_event_to=0, pad_level=False
    )
    return [renderer]


def _route_standard_library(shared: list[Processor], finish: list[Processor], lines: _Lines) -> None:
    handler = _FromStandardLibrary(lines)
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=[remove_meta, *finish])
    )
    root = logging.getLogger()
    root.handlers = [handler]


def _to_json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def _add_daemon(daemon: str) -> Processor:
    """Adds the daemon's name, unless the line already has one (several daemons in one process)."""

    def add(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        event.setdefault("daemon", daemon)
        return event

    return add
