"""An executor as a process: environment in, signals, exit code out.

``if __name__ == "__main__": sys.exit(run_executor(MyExecutor()))`` is the whole of an executor's main.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from enum import IntEnum
from typing import NoReturn

import uvloop

from ..errors import EnvironmentProblem
from .driver import ExecutorDriver
from .environment import read_environment
from .executor import Executor
from .options import ExecutorOptions
from .session_machine import Ending, EndKind

_logger = logging.getLogger(__name__)
_GARBAGE_THRESHOLD = 20_000


class ExecutorExit(IntEnum):
    """What the process of an executor ends with."""

    CLEAN = 0
    """It was shut down or stopped itself, and every task had ended."""
    FAILURE = 1
    """A callback raised, or the agent sent ERROR or refused it."""
    USAGE = 2
    """The environment is not one that an agent makes."""
    AGENT_LOST = 3
    """The agent is away: without a checkpoint at once, with one after the recovery timeout."""
    OVERDUE = 4
    """Tasks did not end within the grace."""


_CODES = {
    EndKind.SHUTDOWN: ExecutorExit.CLEAN,
    EndKind.STOPPED: ExecutorExit.CLEAN,
    EndKind.ERROR: ExecutorExit.FAILURE,
    EndKind.REFUSED: ExecutorExit.FAILURE,
    EndKind.AGENT_LOST: ExecutorExit.AGENT_LOST,
}


def run_executor(executor: Executor, options: ExecutorOptions | None = None) -> int:
    """Run to the end and return the exit code. SIGTERM and SIGINT end it as SHUTDOWN does.

    What is logged goes to stderr, which the agent keeps in the sandbox.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s", stream=sys.stderr)
    try:
        environment = read_environment(os.environ)
    except EnvironmentProblem as problem:
        sys.stderr.write(f"executor: {problem}\n")
        return ExecutorExit.USAGE
    gc.freeze()  # what was imported stays for good
    gc.set_threshold(_GARBAGE_THRESHOLD)
    runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
    try:
        ending = runner.run(_run(ExecutorDriver(executor, environment, options)))
    except Exception:
        _logger.exception("executor_crashed")
        _end_at_once(ExecutorExit.FAILURE)
    code = exit_code(ending)
    _logger.info("executor_ended why=%s message=%s code=%d", ending.kind.value, ending.message, code)
    if ending.is_overdue or _has_others():
        _end_at_once(code)
    runner.close()
    return code


def exit_code(ending: Ending) -> ExecutorExit:
    """The exit code of an ending."""
    return ExecutorExit.OVERDUE if ending.is_overdue else _CODES[ending.kind]


async def _run(driver: ExecutorDriver) -> Ending:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, driver.stop, number.name)
    return await driver.run()


def _has_others() -> bool:
    """Whether threads would keep the process from ending."""
    return any(not thread.daemon and thread is not threading.main_thread() for thread in threading.enumerate())


def _end_at_once(code: ExecutorExit) -> NoReturn:
    """End the process with all that runs on in it: closing the loop would wait for tasks that heed nothing."""
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
