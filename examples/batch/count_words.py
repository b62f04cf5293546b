"""The executor of the batch: counts the words of each task's text. Agents start it; see ``word_count.py``."""

import json
import re
import sys
from collections import Counter

from koinon_frameworks.executor import Executor, ExecutorOptions, Progress, Task, run_executor


class CountWords(Executor):
    """One process an agent, any number of tasks in it."""

    async def run_task(self, task: Task, _: Progress) -> bytes:
        """The words of ``TaskInfo.data`` and how often each stands there, as the data of TASK_FINISHED."""
        words = Counter(re.findall(r"[^\W\d_]+", task.data.decode().lower()))
        return json.dumps(words).encode()


if __name__ == "__main__":
    # Tasks this short are told by their end alone: TASK_RUNNING would be as much work again.
    sys.exit(run_executor(CountWords(), ExecutorOptions(announce_after=0.5)))
