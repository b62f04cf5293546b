"""An executor on the SDK whose tasks do as their data say: ``WORD`` or ``WORD argument``. It answers every message."""

import asyncio
import os
import signal
import sys
import time

from koinon_frameworks.executor import (
    Executor,
    ExecutorCalls,
    ExecutorOptions,
    Progress,
    Result,
    Task,
    in_process,
    in_thread,
    run_executor,
)


def deaf(_: Task, progress: Progress) -> Result:
    """A computation that heeds no wish."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    progress(f"pid {os.getpid()}")
    time.sleep(3600)
    return None


class Talking(Executor):
    """Each task is a word."""

    compute = in_process(deaf)

    async def run_task(self, task: Task, progress: Progress) -> Result:
        """Do as it says."""
        word, _, argument = task.data.decode().partition(" ")
        match word:
            case "say":
                return argument
            case "give":
                return argument.encode()
            case "fail":
                raise ValueError(argument)
            case "sleep":
                await asyncio.sleep(float(argument))
            case "count":
                for number in range(int(argument)):
                    progress(str(number))
                    await asyncio.sleep(0.1)
            case "wait":
                try:
                    await asyncio.sleep(3600)
                finally:
                    progress.send(b"cleaned up")
            case "thread":
                return await self.block(task, progress)
            case "process":
                return await self.compute(task, progress)
        return None

    @in_thread
    def block(self, _: Task, progress: Progress) -> Result:
        """Until it is killed."""
        progress("blocked")
        while not progress.is_killed:
            time.sleep(0.01)
        return "heard it"

    async def message(self, driver: ExecutorCalls, data: bytes) -> None:
        """Answer with the pid."""
        driver.message(data + b" from %d" % os.getpid())


if __name__ == "__main__":
    sys.exit(run_executor(Talking(), ExecutorOptions(progress_interval=0.0, content_type=sys.argv[1])))
