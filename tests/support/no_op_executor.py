"""An executor whose tasks do nothing: what is left is what a task costs."""

import sys

from koinon_frameworks.executor import Executor, ExecutorOptions, Progress, Task, run_executor


class NoOp(Executor):
    """Ends each task as it begins."""

    async def run_task(self, task: Task, progress: Progress) -> None:
        """Nothing."""


if __name__ == "__main__":
    sys.exit(run_executor(NoOp(), ExecutorOptions(announce_after=0.5)))
