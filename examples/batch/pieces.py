"""The map of a map and reduce: each piece of work is a task under one long-living executor an agent.

A piece whose task is lost, with its executor or its agent, is run again; results are kept by the piece's number.
"""

from collections import deque
from collections.abc import Sequence
from math import floor

from koinon_core.ids import TaskId
from koinon_core.offers import Filters, Offer
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskState, TaskStatus
from koinon_frameworks import CallFailure, Scheduler, SchedulerCalls

ATTEMPTS = 5
CPUS, MEM = 0.05, 4.0
"""What a task takes beside its executor."""
TINY = 1e-6
"""What floats may miss: 0.3 / 0.1 is less than 3."""


class Batch(Scheduler):
    """Runs every piece and ends; ``results`` then has them all, or ``problem`` says why not."""

    def __init__(self, pieces: Sequence[bytes], executor: ExecutorInfo) -> None:
        self.pieces = pieces
        self.executor = executor
        self.waiting = deque(range(len(pieces)))
        self.attempts = [0] * len(pieces)
        self.running: dict[TaskId, int] = {}
        self.results: dict[int, bytes] = {}
        self.problem = ""
        self.task_resources = parse_resources(f"cpus:{CPUS};mem:{MEM}")

    async def offers(self, driver: SchedulerCalls, offers: tuple[Offer, ...]) -> None:
        """Spread what waits over all that is offered, many tasks to a launch."""
        share = -(-len(self.waiting) // len(offers))
        for offer in offers:
            count = min(share, len(self.waiting), self.room(offer))
            if count == 0:
                await driver.decline([offer.id])
                continue
            tasks = [self.task(self.waiting.popleft(), offer) for _ in range(count)]
            failure = await driver.launch(offer, tasks, Filters(refuse_seconds=0.05))
            if failure is not None:
                await self.put_back(driver, tasks, failure)
        if not self.waiting:
            await driver.want_offers(wanted=False)

    async def update(self, driver: SchedulerCalls, status: TaskStatus) -> None:
        """Keep a result, or run the piece again."""
        if not status.state.is_terminal or (piece := self.running.pop(status.task_id, None)) is None:
            return
        if status.state is TaskState.TASK_FINISHED:
            self.results[piece] = status.data or b""
        else:
            await self.again(driver, piece, f"{status.state.name}: {status.message}")
        if len(self.results) == len(self.pieces) or self.problem:
            await driver.stop(teardown=True)

    async def put_back(self, driver: SchedulerCalls, tasks: Sequence[TaskInfo], failure: CallFailure) -> None:
        """A launch failed. If it had an effect all the same, what its tasks tell is ignored."""
        for task in tasks:
            await self.again(driver, self.running.pop(task.task_id), str(failure))

    async def again(self, driver: SchedulerCalls, piece: int, why: str) -> None:
        """Let a piece wait for another offer, unless it has failed too often."""
        if self.attempts[piece] >= ATTEMPTS:
            self.problem = f"piece {piece} failed {ATTEMPTS} times, at last {why}"
            return
        self.waiting.append(piece)
        await driver.want_offers()

    def room(self, offer: Offer) -> int:
        """How many tasks fit on an offer, beside the executor where it does not run yet."""
        is_there = self.executor.executor_id in offer.executor_ids
        counts = []
        for name, each in (("cpus", CPUS), ("mem", MEM)):
            taken = 0.0 if is_there else float(self.executor.resources.scalar(name))
            counts.append(floor((float(offer.resources.scalar(name)) - taken) / each + TINY))
        return max(min(counts), 0)

    def task(self, piece: int, offer: Offer) -> TaskInfo:
        """The next attempt at a piece."""
        self.attempts[piece] += 1
        task_id = TaskId(f"piece-{piece}-{self.attempts[piece]}")
        self.running[task_id] = piece
        return TaskInfo(
            name="piece",
            task_id=task_id,
            agent_id=offer.agent_id,
            resources=self.task_resources,
            executor=self.executor,
            data=self.pieces[piece],
        )
