"""A scheduler as a whole program: run it until it ends, or until a signal asks for the end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from random import Random

import structlog
import uvloop

from koinon_core.frameworks import FrameworkInfo

from ..scheduler import Scheduler
from .driver import SchedulerDriver
from .options import DriverOptions
from .session_machine import Ending

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_logger = structlog.get_logger(__name__)


def run(
    scheduler: Scheduler,
    framework_info: FrameworkInfo,
    master: str | Sequence[str],
    options: DriverOptions | None = None,
) -> Ending:
    """Run a scheduler to its end, for a program that does nothing else; elsewhere await ``SchedulerDriver.run``.

    Ctrl-C or SIGTERM ends the run when the callback under way returns, and the framework lives on at the master for its
    failover timeout; a second one cancels the callback, too, which raises KeyboardInterrupt. Raises what
    ``SchedulerDriver`` and its ``run`` raise.
    """
    driver = SchedulerDriver(scheduler, framework_info, master, options, Random())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_run(driver))


async def _run(driver: SchedulerDriver) -> Ending:
    running = asyncio.ensure_future(driver.run())
    stopping: list[asyncio.Task[object]] = []

    def end(received: signal.Signals) -> None:
        if stopping:
            running.cancel()
            return
        _logger.info("stopping", signal=received.name)
        stopping.append(asyncio.ensure_future(driver.stop()))

    loop = asyncio.get_running_loop()
    for number in _SIGNALS:
        loop.add_signal_handler(number, end, number)
    try:
        return await running
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    finally:
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
