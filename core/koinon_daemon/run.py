"""A daemon as a process: command line to config, event loop, signals, exit code. What it does is its `main`."""

import asyncio
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import structlog
import uvloop

from .errors import DaemonError, ExitCode, UsageError
from .flag_help import Program, wanted_text
from .flags import parse_flags
from .supervision import Stop

ConfigT = TypeVar("ConfigT")
Main = Callable[[Stop], Awaitable[None]]
_GARBAGE_THRESHOLDS = (20_000, 20, 50)
"""What a daemon holds is long-lived and almost free of cycles: looked through as often as Python would by itself, it
stops a daemon with tens of thousands of tasks for a tenth of a second and more, again and again."""
_logger = structlog.get_logger(__name__)


def load_config(
    config_class: type[ConfigT],
    program: Program,
    argv: Sequence[str] | None = None,
    environ: Mapping[str, str] | None = None,
) -> ConfigT:
    """The config of this process. Exits 0 after `--help` or `--version`, 2 after naming every problem on stderr."""
    given = sys.argv[1:] if argv is None else argv
    text = wanted_text(config_class, program, given)
    if text is not None:
        sys.stdout.write(text)
        raise SystemExit(ExitCode.CLEAN)
    try:
        return parse_flags(
            config_class, given, os.environ if environ is None else environ, program.prefix, read_text_file
        )
    except UsageError as error:
        lines = [f"{program.name}: {problem}" for problem in error.problems]
        sys.stderr.write("\n".join([*lines, f"Try '{program.name} --help'.", ""]))
        raise SystemExit(ExitCode.USAGE) from None


def run_daemon(main: Main, name: str, on_sigusr1: Callable[[], None] | None = None) -> int:
    """Run `main(stop)` to its end and return the exit code, for `sys.exit`.

    SIGTERM and SIGINT request the stop, upon which `main` ends in its own order; a second one cancels it. A DaemonError
    is logged as its sentence and gives its exit code; any other exception is logged with its traceback and gives 1.
    """
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(main, name, on_sigusr1))


async def _run(main: Main, name: str, on_sigusr1: Callable[[], None] | None) -> int:
    _spare_garbage_collection()
    stop = Stop()
    task = asyncio.ensure_future(main(stop))
    _install_signals(stop, task, on_sigusr1)
    _logger.info("daemon_started", name=name, pid=os.getpid())
    code = ExitCode.CLEAN
    try:
        await task
    except asyncio.CancelledError:
        _logger.error("stop_cut_short", name=name, reason=stop.reason)
        code = ExitCode.FAILURE
    except DaemonError as error:
        _logger.error("daemon_failed", name=name, error=str(error))
        code = error.exit_code
    except Exception:
        _logger.exception("daemon_crashed", name=name)
        code = ExitCode.FAILURE
    code = code or stop.code
    _logger.info("daemon_ended", name=name, reason=stop.reason, code=int(code))
    return int(code)


def _spare_garbage_collection() -> None:
    """Leave what was imported out of every collection, and collect less often."""
    gc.freeze()
    gc.set_threshold(*_GARBAGE_THRESHOLDS)


def _install_signals(stop: Stop, task: "asyncio.Future[None]", on_sigusr1: Callable[[], None] | None) -> None:
    def end(received: signal.Signals) -> None:
        if stop.is_requested:
            task.cancel()
        else:
            stop.request(received.name)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number)
    if on_sigusr1 is not None:
        loop.add_signal_handler(signal.SIGUSR1, on_sigusr1)


def read_text_file(path: str) -> str:
    """What a flag's file holds."""
    return Path(path).read_text(encoding="utf-8")
