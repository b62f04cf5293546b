"""The batch example's rules: which pieces go where, and which run again."""

from pieces import ATTEMPTS, Batch

from koinon_core.ids import AgentId, ExecutorId, FrameworkId, OfferId, TaskId
from koinon_core.offers import Offer
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Accept, CallBody, Decline, Teardown
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus
from koinon_frameworks import CallFailure, CallFailureKind, SchedulerCalls
from koinon_frameworks.executor import executor_info, file_at

EXECUTOR = executor_info("e", file_at("/e.py"), cpus=0.1, mem=32)


class Calls(SchedulerCalls):
    """Keeps calls; refuses the next launch when told to."""

    def __init__(self) -> None:
        self.sent: list[CallBody] = []
        self.refuses = False

    @property
    def framework_id(self) -> FrameworkId:
        return FrameworkId("F")

    async def send(self, body: CallBody) -> CallFailure | None:
        self.sent.append(body)
        if self.refuses and isinstance(body, Accept):
            return CallFailure(call="ACCEPT", kind=CallFailureKind.REFUSED, why="no")
        return None

    async def stop(self, *, teardown: bool = False) -> CallFailure | None:
        return await self.send(Teardown()) if teardown else None

    @property
    def launched(self) -> list[TaskInfo]:
        """All tasks, oldest first."""
        accepts = [body for body in self.sent if isinstance(body, Accept)]
        return [task for body in accepts for each in body.operations if each.launch for task in each.launch.task_infos]


def offer(number: int, resources: str, *executors: str) -> Offer:
    return Offer(
        id=OfferId(f"o{number}"),
        framework_id=FrameworkId("F"),
        agent_id=AgentId(f"S{number}"),
        hostname="host",
        resources=parse_resources(resources),
        executor_ids=tuple(ExecutorId(each) for each in executors),
    )


async def end(batch: Batch, calls: Calls, task_id: str, state: TaskState = TaskState.TASK_FINISHED) -> None:
    await batch.update(calls, TaskStatus(task_id=TaskId(task_id), state=state, data=b"result"))


async def test_spreads_pieces_over_all_agents() -> None:
    """Each agent gets its share, in one launch."""
    batch, calls = Batch([b""] * 10, EXECUTOR), Calls()
    await batch.offers(calls, (offer(1, "cpus:4;mem:1024"), offer(2, "cpus:4;mem:1024")))

    assert ["S1"] * 5 + ["S2"] * 5 == [task.agent_id for task in calls.launched]
    assert 2 == sum(isinstance(body, Accept) for body in calls.sent)


def test_counts_the_executor_where_it_does_not_run_yet() -> None:
    """The first launch on an agent pays for the executor, too; what is too small for both takes nothing."""
    batch = Batch([b""], EXECUTOR)

    assert 4 == batch.room(offer(1, "cpus:0.3;mem:1024"))
    assert 6 == batch.room(offer(1, "cpus:0.3;mem:1024", "e"))
    assert 0 == batch.room(offer(1, "cpus:0.3;mem:16"))


async def test_gives_back_what_it_can_not_use() -> None:
    """An offer without room is declined."""
    batch, calls = Batch([b""], EXECUTOR), Calls()
    await batch.offers(calls, (offer(1, "cpus:0.1;mem:1024"),))

    assert isinstance(calls.sent[0], Decline)


async def test_runs_a_lost_piece_again_under_a_new_name() -> None:
    """Whatever the reason; a late word of the lost task changes nothing."""
    batch, calls = Batch([b"text"], EXECUTOR), Calls()
    await batch.offers(calls, (offer(1, "cpus:4;mem:1024"),))
    await end(batch, calls, "piece-0-1", TaskState.TASK_LOST)
    await end(batch, calls, "piece-0-1")
    await batch.offers(calls, (offer(2, "cpus:4;mem:1024"),))
    await end(batch, calls, "piece-0-2")

    assert ["piece-0-1", "piece-0-2"] == [task.task_id for task in calls.launched]
    assert {0: b"result"} == batch.results
    assert isinstance(calls.sent[-1], Teardown)


async def test_a_launch_that_failed_is_made_again() -> None:
    """Its pieces wait for the next offer."""
    batch, calls = Batch([b""], EXECUTOR), Calls()
    calls.refuses = True
    await batch.offers(calls, (offer(1, "cpus:4;mem:1024"),))

    assert [0] == list(batch.waiting)
    assert {} == batch.running


async def test_a_piece_that_fails_too_often_ends_the_batch() -> None:
    """And the batch says which it was."""
    batch, calls = Batch([b"", b""], EXECUTOR), Calls()
    for attempt in range(1, ATTEMPTS + 1):
        await batch.offers(calls, (offer(1, "cpus:4;mem:1024"),))
        await end(batch, calls, f"piece-1-{attempt}", TaskState.TASK_FAILED)

    assert f"piece 1 failed {ATTEMPTS} times, at last TASK_FAILED: None" == batch.problem
    assert isinstance(calls.sent[-1], Teardown)
