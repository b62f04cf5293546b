"""Updates, ends and executors: what the books, the operators and the counters make of them."""

from __future__ import annotations

from attrs import evolve

from fakes.master_bench import MasterBench, make_framework, make_task
from koinon_core.agent_link import ExecutorExited, KillTask, StatusUpdate
from koinon_core.containers import CommandInfo
from koinon_core.ids import AgentId, ExecutorId, FrameworkId, Uuid
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import Acknowledge, Failure, Kill, Shutdown, Teardown
from koinon_core.tasks import ExecutorInfo, TaskInfo, TaskState, TaskStatus, TaskStatusReason, TaskStatusSource
from koinon_master.operator_events import TaskAdded, TaskUpdated

RUNNING, FINISHED = TaskState.TASK_RUNNING, TaskState.TASK_FINISHED
EXECUTOR = ExecutorInfo(
    executor_id=ExecutorId("e"), command=CommandInfo(value="sleep 9"), resources=parse_resources("cpus:1;mem:32")
)


def _running_bench(capabilities: str = "") -> tuple[MasterBench, FrameworkId, TaskInfo]:
    bench = MasterBench()
    bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework(make_framework(capabilities=capabilities))
    (task,) = bench.launch(framework_id, "t")
    return bench, framework_id, task


def _say(
    bench: MasterBench,
    framework_id: FrameworkId,
    task: TaskInfo,
    status: tuple[TaskState, bytes],
    latest: TaskState | None = None,
) -> TaskStatus:
    state, letter = status
    said = TaskStatus(task_id=task.task_id, state=state, agent_id=task.agent_id, uuid=Uuid(letter * 16))
    bench.say(task.agent_id, StatusUpdate(framework_id=framework_id, status=said, latest_state=latest))
    return said


def _acknowledge(bench: MasterBench, framework_id: FrameworkId, task: TaskInfo, letter: bytes) -> None:
    call = Acknowledge(agent_id=task.agent_id, task_id=task.task_id, uuid=Uuid(letter * 16))
    bench.call(framework_id, call)


def test_updates_are_passed_on_in_the_agents_order() -> None:
    """As they come, repeats and all; the framework tells them apart by their uuids."""
    bench, framework_id, task = _running_bench()

    said = [_say(bench, framework_id, task, one) for one in [(RUNNING, b"a"), (RUNNING, b"a"), (FINISHED, b"b")]]

    assert said == bench.updates(framework_id)


def test_task_that_ended_behind_an_update_that_waits_frees_what_it_held() -> None:
    """The agent says where it stands by now; its framework hears of the end in turn, and then it is history."""
    bench, framework_id, task = _running_bench()
    agent, framework = bench.master.state.agents[task.agent_id], bench.master.state.frameworks[framework_id]

    _say(bench, framework_id, task, (RUNNING, b"a"), FINISHED)
    known = framework.tasks[task.task_id]
    ended = (known.state, known.status_update_state, bench.master.state.allocator.free(agent.id))
    _acknowledge(bench, framework_id, task, b"a")
    is_kept = task.task_id in framework.tasks
    _say(bench, framework_id, task, (FINISHED, b"b"))
    _acknowledge(bench, framework_id, task, b"b")

    assert (FINISHED, RUNNING, parse_resources("cpus:4;mem:4096")) == ended
    assert is_kept
    assert ({}, ["t"]) == (framework.tasks, [done.id for done in framework.completed_tasks])
    assert [RUNNING, FINISHED] == [status.state for status in known.statuses]


def test_nothing_brings_a_task_back_that_has_ended() -> None:
    """An older update that is repeated late changes neither the books nor what operators hear."""
    bench, framework_id, task = _running_bench()
    _say(bench, framework_id, task, (FINISHED, b"b"))
    published = len(bench.published)

    _say(bench, framework_id, task, (RUNNING, b"a"))

    framework = bench.master.state.frameworks[framework_id]
    assert FINISHED is framework.tasks[task.task_id].state
    assert published == len(bench.published)


def test_acknowledgement_of_a_task_that_never_reported_is_not_passed_on() -> None:
    """It is a mistake, and counted as one."""
    bench, framework_id, task = _running_bench()

    _acknowledge(bench, framework_id, task, b"x")

    tallies = bench.master.state.tallies
    assert (1, 0) == (
        tallies["invalid_status_update_acknowledgements"],
        tallies["valid_status_update_acknowledgements"],
    )


def test_operators_hear_of_changes_alone() -> None:
    """TASK_ADDED with the launch, TASK_UPDATED where the state is another; a health change is none."""
    bench, framework_id, task = _running_bench()
    known = bench.master.state.frameworks[framework_id].tasks[task.task_id]

    first = _say(bench, framework_id, task, (RUNNING, b"a"))
    _say(bench, framework_id, task, (RUNNING, b"b"))
    last = _say(bench, framework_id, task, (FINISHED, b"c"))

    told = [event for event in bench.published if isinstance(event, TaskAdded | TaskUpdated)]
    assert [
        TaskAdded(known),
        TaskUpdated(framework_id=framework_id, status=first, state=RUNNING),
        TaskUpdated(framework_id=framework_id, status=last, state=FINISHED),
    ] == told


def test_operators_hear_of_tasks_that_are_lost_and_of_those_that_end_with_their_framework() -> None:
    """Mesos says nothing of the agent then: these are all that they have."""
    bench, framework_id, task = _running_bench("PARTITION_AWARE")
    other = bench.add_agent()
    bench.launch(framework_id, "u", resources="cpus:1")
    bench.break_link(task.agent_id)
    bench.pass_time(76)

    bench.call(framework_id, Teardown())

    states = [event.state for event in bench.published if isinstance(event, TaskUpdated)]
    assert [TaskState.TASK_UNREACHABLE, TaskState.TASK_KILLED] == states
    assert other in bench.master.state.agents


def test_ends_are_counted_by_source_and_reason() -> None:
    """With Mesos's older words, which monitoring knows; and by framework."""
    bench, framework_id, task = _running_bench()
    status = TaskStatus(
        task_id=task.task_id,
        state=TaskState.TASK_FAILED,
        source=TaskStatusSource.SOURCE_AGENT,
        reason=TaskStatusReason.REASON_AGENT_RESTARTED,
        uuid=Uuid(b"u" * 16),
    )

    for _ in range(2):
        bench.say(task.agent_id, StatusUpdate(framework_id=framework_id, status=status))

    framework = bench.master.state.frameworks[framework_id]
    assert 1 == bench.master.state.tallies["task_failed/source_slave/reason_slave_restarted"]
    assert 1 == bench.master.state.task_tallies[TaskState.TASK_FAILED]
    assert 1 == framework.tallies["tasks/terminal/task_failed"]


def test_executor_that_ended_frees_what_it_held_and_its_framework_hears_how() -> None:
    """FAILURE bears the raw wait status; its tasks are reported one by one."""
    bench = MasterBench()
    agent_id = bench.add_agent("cpus:4;mem:4096")
    framework_id = bench.add_framework()
    task = evolve(make_task("t", agent_id, "cpus:1"), command=None, executor=EXECUTOR)
    bench.accept(framework_id, [bench.offers(framework_id)[0].id], task)

    bench.say(agent_id, ExecutorExited(framework_id=framework_id, executor_id=ExecutorId("e"), status=9))
    between = bench.master.state.allocator.free(agent_id)
    bench.update(framework_id, task, TaskState.TASK_FAILED)

    failure = Failure(agent_id=agent_id, executor_id=ExecutorId("e"), status=9)
    assert [failure] == bench.heard(bench.stream_of(framework_id), Failure)
    assert parse_resources("cpus:3;mem:4096") == between
    assert parse_resources("cpus:4;mem:4096") == bench.master.state.allocator.free(agent_id)
    assert 1 == bench.master.state.tallies["messages_exited_executor"]


def test_shutdown_for_an_agent_that_is_not_there_is_dropped() -> None:
    """Best effort; nobody hears of it."""
    bench, framework_id, task = _running_bench()

    bench.call(framework_id, Shutdown(executor_id=ExecutorId("e"), agent_id=AgentId("nobody")))

    assert [] == bench.updates(framework_id)
    assert [] == bench.orders_for(task.agent_id, KillTask)


def test_kill_repeats_the_newest_policy() -> None:
    """A second KILL overrides the first, and both reach the agent while it is there."""
    bench, framework_id, task = _running_bench()

    for _ in range(2):
        bench.call(framework_id, Kill(task_id=task.task_id, agent_id=task.agent_id))

    assert 2 == len(bench.orders_for(task.agent_id, KillTask))
    assert 2 == bench.master.state.tallies["messages_kill_task"]
