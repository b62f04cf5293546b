"""The request to stop, and tasks that may not crash in silence."""

import asyncio

from structlog.testing import capture_logs

from koinon_daemon.errors import CallFailedError, DaemonError, ExitCode
from koinon_daemon.supervision import Stop, Supervisor


class LeadershipLostError(DaemonError):
    """An error with an exit code of its own."""

    exit_code = ExitCode.LOST_LEADERSHIP


async def fail_with(error: Exception) -> None:
    raise error


async def test_first_request_wins() -> None:
    """The first reason stays; a later failure spoils the exit code alone."""
    stop = Stop()
    before = stop.is_requested
    stop.request("SIGTERM")
    stop.request("crashed", ExitCode.FAILURE)
    stop.request("lost", ExitCode.LOST_LEADERSHIP)

    assert (False, True) == (before, stop.is_requested)
    assert await stop.wait() == "SIGTERM" == stop.reason
    assert ExitCode.FAILURE is stop.code


async def test_crashed_task_ends_the_daemon() -> None:
    """A crash is logged with its traceback and requests the stop with failure."""
    stop = Stop()
    with capture_logs() as logs:
        async with Supervisor(stop) as tasks:
            tasks.start("offers", fail_with(ValueError("broken")))
            reason = await stop.wait()

    assert "background task offers crashed: ValueError('broken')" == reason
    assert ExitCode.FAILURE is stop.code
    assert [("task_crashed", "offers")] == [(line["event"], line["task"]) for line in logs]
    assert isinstance(logs[0]["exc_info"], ValueError)


async def test_daemon_error_keeps_its_exit_code() -> None:
    """A DaemonError in a task gives its own exit code and is logged as its sentence."""
    stop = Stop()
    with capture_logs() as logs:
        async with Supervisor(stop) as tasks:
            tasks.start("election", fail_with(LeadershipLostError("lost to m2")))
            await stop.wait()

    assert ExitCode.LOST_LEADERSHIP is stop.code
    assert [{"event": "task_failed", "task": "election", "error": "lost to m2", "log_level": "error"}] == logs


async def test_leaving_cancels_the_last_started_first() -> None:
    """Tasks still running at the end are cancelled in reverse order, each awaited before the next."""
    ended: list[str] = []

    async def run(name: str) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append(name)

    stop = Stop()
    async with Supervisor(stop) as tasks:
        for name in ("store", "loop", "server"):
            tasks.start(name, run(name))
        await asyncio.sleep(0)

    assert ["server", "loop", "store"] == ended
    assert not stop.is_requested


async def test_crash_while_stopping_is_not_lost() -> None:
    """A task that crashes as it is cancelled spoils the exit code of the orderly stop."""

    async def crash_late() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise CallFailedError("PUT", "zk", "gone")

    stop = Stop()
    with capture_logs() as logs:
        async with Supervisor(stop) as tasks:
            tasks.start("registrar", crash_late())
            await asyncio.sleep(0)
            stop.request("SIGTERM")

    assert ("SIGTERM", ExitCode.FAILURE) == (stop.reason, stop.code)
    assert ["task_failed"] == [line["event"] for line in logs]


async def test_task_may_end() -> None:
    """A task that simply ends requests nothing and is forgotten."""
    stop = Stop()
    async with Supervisor(stop) as tasks:
        await tasks.start("once", asyncio.sleep(0))

    assert not stop.is_requested
