"""Frameworks' own executors on an agent's bench: launched, subscribed, told, heard, ended."""

from __future__ import annotations

import pytest
from attrs import evolve

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_framework, make_settings, messages, only, states, updates
from fakes.executors import EXECUTOR, EXECUTOR_ID, KEY, ExecutorAtBench, hosted, said
from koinon_agent.events import ContainerNotStarted, ShutdownRequested
from koinon_agent.executors.machine import ExecutorState
from koinon_agent.instructions import (
    AttachExecutor,
    Checkpoint,
    CloseStream,
    Exit,
    Instruction,
    KillContainer,
    LaunchContainer,
    RemoveContainer,
    TellExecutor,
)
from koinon_core.agent_link import (
    ExecutorExited,
    ExecutorMessage,
    FrameworkMessage,
    KillTask,
    RunTask,
    RunTaskGroup,
    ShutdownExecutor,
    ShutdownFramework,
)
from koinon_core.containers import DurationInfo
from koinon_core.executor_api import (
    Acknowledged,
    Heartbeat,
    Kill,
    Launch,
    LaunchGroup,
    Message,
    Shutdown,
    Subscribed,
)
from koinon_core.frameworks import FrameworkCapabilityType
from koinon_core.ids import TaskId
from koinon_core.offers import TaskGroupInfo
from koinon_core.quantities import Quantities
from koinon_core.resources_text import parse_resources
from koinon_core.tasks import KillPolicy, TaskState, TaskStatusReason, TaskStatusSource

S, R = TaskState, TaskStatusReason


@pytest.fixture
def bench() -> AgentBench:
    """A registered agent."""
    return AgentBench().registered()


@pytest.fixture
def executor(bench: AgentBench) -> ExecutorAtBench:
    """Its executor, not launched yet."""
    return ExecutorAtBench(bench)


def kill(name: str = "t1", policy: KillPolicy | None = None) -> KillTask:
    """The master's wish to end a task."""
    return KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId(name), kill_policy=policy)


def state_of(bench: AgentBench) -> ExecutorState | None:
    """Where the executor stands; None when it is forgotten."""
    machine = bench.agent.executors.get(KEY)
    return machine.state if machine is not None else None


def ends(instructions: list[Instruction]) -> list[tuple[TaskState, TaskStatusReason | None]]:
    """What was told of tasks, and why."""
    return [(status.state, status.reason) for status in updates(instructions)]


def test_its_container_is_launched_once_for_all_its_tasks(bench: AgentBench) -> None:
    """The first task starts the executor, with its own and that task's resources; the second only joins the queue."""
    first = bench.hear(RunTask(framework=make_framework(), task=hosted("a")))
    second = bench.hear(RunTask(framework=make_framework(), task=hosted("b")))

    launch = only(first, LaunchContainer).launch
    assert (EXECUTOR_ID, None, EXECUTOR.command) == (launch.executor_id, launch.task_id, launch.workload.command)
    assert Quantities.of(parse_resources("cpus:1.1;mem:96")) == Quantities.of(launch.workload.resources)
    assert "ex" == launch.environment["MESOS_EXECUTOR_ID"]
    assert [] == [item for item in second if isinstance(item, LaunchContainer)]
    assert [] == states(first + second)


def test_tasks_wait_for_its_subscription(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """SUBSCRIBED comes first, then every queued task in order; a later task is said at once."""
    container = executor.start(hosted("a"), hosted("b"))
    told = executor.subscribe()
    later = bench.hear(RunTask(framework=make_framework(), task=hosted("c")))

    assert AttachExecutor(KEY, executor.stream) == told[0]
    greeting, *launches = said(told)
    assert isinstance(greeting, Subscribed)
    assert (FRAMEWORK_ID, "master-S0") == (greeting.executor_info.framework_id, greeting.agent_info.id)
    assert greeting.container_id is not None
    assert container == greeting.container_id.value
    assert ["a", "b"] == [event.task.task_id for event in launches if isinstance(event, Launch)]
    assert ["c"] == [event.task.task_id for event in said(later) if isinstance(event, Launch)]


def test_a_group_is_said_as_one(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """LAUNCH_GROUP under an executor of the framework's own is its affair, before and after it has subscribed."""

    def group(*names: str) -> RunTaskGroup:
        tasks = tuple(hosted(name, executor=None) for name in names)
        return RunTaskGroup(framework=make_framework(), executor=EXECUTOR, task_group=TaskGroupInfo(tasks))

    bench.started(only(bench.hear(group("a", "b")), LaunchContainer).launch.container_id)
    bench.hear(RunTask(framework=make_framework(), task=hosted("alone")))
    queued = said(executor.subscribe())[1:]
    at_once = said(bench.hear(group("c", "d")))

    assert [["a", "b"], ["alone"], ["c", "d"]] == [
        [task.task_id for task in event.task_group.tasks] if isinstance(event, LaunchGroup) else [event.task.task_id]
        for event in (*queued, *at_once)
        if isinstance(event, LaunchGroup | Launch)
    ]


def test_an_update_is_completed_passed_on_and_acknowledged_at_once(executor: ExecutorAtBench) -> None:
    """The agent adds who, when and where; the executor hears of its durability, not of the scheduler."""
    container = executor.start()
    executor.subscribe()
    status = executor.status(S.TASK_RUNNING, data=b"x", message="up")
    done = executor.tell(status)

    (update,) = updates(done)
    assert (status.uuid, b"x", "up") == (update.uuid, update.data, update.message)
    assert ("master-S0", None, executor.bench.now.wall) == (update.agent_id, update.executor_id, update.timestamp)
    assert update.container_status is not None
    assert update.container_status.container_id is not None
    assert container == update.container_status.container_id.value
    assert ["10.0.0.1"] == [
        address.ip_address for info in update.container_status.network_infos for address in info.ip_addresses
    ]
    assert status.uuid is not None
    assert [Acknowledged(task_id=TaskId("t1"), uuid=status.uuid)] == said(done)
    kinds = [type(item) for item in done]
    assert kinds.index(Checkpoint) < kinds.index(TellExecutor)


def test_an_update_told_twice_is_passed_on_once(executor: ExecutorAtBench) -> None:
    """By its uuid; its executor is told again that it may forget it, also when newer ones of its state came since."""
    executor.start()
    executor.subscribe()
    first, second = executor.status(S.TASK_RUNNING), executor.status(S.TASK_RUNNING)
    executor.tell(first)
    executor.tell(second)
    executor.bench.acknowledge_all()
    again = executor.tell(first)

    assert [] == updates(again)
    assert [Acknowledged] == [type(event) for event in said(again)]


def test_an_update_of_no_task_is_answered_and_goes_nowhere(executor: ExecutorAtBench) -> None:
    """An executor that tells of a task it was not given, or of one that has ended, is not asked to repeat it."""
    executor.start()
    executor.subscribe()
    strange = executor.tell(executor.status(S.TASK_RUNNING, "unheard"))
    executor.tell(executor.status(S.TASK_FINISHED))
    late = executor.tell(executor.status(S.TASK_RUNNING))

    assert [] == updates(strange + late)
    assert [Acknowledged, Acknowledged] == [type(event) for event in said(strange + late)]
    assert 2 == executor.bench.agent.executors.invalid_updates


def test_an_idle_executor_stays(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """Its last task's end ends neither it nor its container; the next task is said to it at once."""
    executor.start()
    executor.subscribe()
    executor.tell(executor.status(S.TASK_FINISHED))
    bench.acknowledge_all()
    next_task = bench.hear(RunTask(framework=make_framework(), task=hosted("next")))

    assert ExecutorState.SUBSCRIBED is state_of(bench)
    assert [] == [item for item in bench.done if isinstance(item, KillContainer | RemoveContainer)]
    assert [Launch] == [type(event) for event in said(next_task)]


def test_a_kill_is_its_own_affair(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """KILL is passed on with the policy that came with it; what the executor tells is what happened."""
    executor.start()
    executor.subscribe()
    policy = KillPolicy(grace_period=DurationInfo.of_seconds(7))
    done = bench.hear(kill(policy=policy))
    ended = executor.tell(executor.status(S.TASK_KILLED))

    assert [Kill(task_id=TaskId("t1"), kill_policy=policy)] == said(done)
    assert [] == states(done)
    assert [S.TASK_KILLED] == states(ended)


def test_a_queued_task_is_killed_without_it(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """An executor that nobody needs any more is ended before it has come, one that is needed is not."""
    container = executor.start(hosted("a"), hosted("b"))
    first = bench.hear(kill("a"))
    second = bench.hear(kill("b"))

    assert [(S.TASK_KILLED, R.REASON_TASK_KILLED_DURING_LAUNCH)] == ends(first) == ends(second)
    assert [] == [item for item in first if isinstance(item, KillContainer)]
    assert container == only(second, KillContainer).container_id
    assert ExecutorState.TERMINATING is state_of(bench)


def test_one_that_does_not_come_in_time_is_ended(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """The time runs from the start of its container, so that a slow pull counts for nothing."""
    wanted = bench.hear(RunTask(framework=make_framework(), task=hosted()))
    container = only(wanted, LaunchContainer).launch.container_id
    bench.wait(300)
    bench.started(container)
    early = bench.wait(59)
    late = bench.wait(2)
    done = bench.ended(container, None, signal=9)

    assert [] == [item for item in early if isinstance(item, KillContainer)]
    assert KillContainer(container, 0.0) == only(late, KillContainer)
    assert [(S.TASK_FAILED, R.REASON_EXECUTOR_REGISTRATION_TIMEOUT)] == ends(done)


def test_a_container_that_does_not_start_fails_its_tasks(bench: AgentBench) -> None:
    """With the cause; the executor is forgotten and its scheduler hears of its end."""
    wanted = bench.hear(RunTask(framework=make_framework(), task=hosted()))
    container = only(wanted, LaunchContainer).launch.container_id
    done = bench.handle(ContainerNotStarted(container_id=container, reason="no such image"))

    assert [(S.TASK_FAILED, R.REASON_CONTAINER_LAUNCH_FAILED)] == ends(done)
    assert "no such image" in (updates(done)[0].message or "")
    assert [-1] == [exited.status for exited in messages(done, ExecutorExited)]
    assert state_of(bench) is None


@pytest.mark.parametrize("capabilities", [(), (FrameworkCapabilityType.PARTITION_AWARE,)])
def test_its_end_is_that_of_its_tasks(
    bench: AgentBench,
    executor: ExecutorAtBench,
    capabilities: tuple[FrameworkCapabilityType, ...],
) -> None:
    """All its tasks fail, those that it never heard of too; the scheduler hears of its wait status."""
    framework = make_framework(*capabilities)
    container = executor.start(hosted("a"), framework=framework)
    executor.subscribe()
    executor.leave()
    bench.hear(RunTask(framework=framework, task=hosted("late")))
    done = bench.ended(container, 3)

    assert [(S.TASK_FAILED, R.REASON_EXECUTOR_TERMINATED)] * 2 == ends(done)
    assert {TaskStatusSource.SOURCE_AGENT} == {status.source for status in updates(done)}
    assert [3 << 8] == [exited.status for exited in messages(done, ExecutorExited)]
    assert container == only(done, RemoveContainer).container_id
    assert state_of(bench) is None


def test_one_that_ran_out_of_memory_says_so(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """Its tasks fail for the limit that they share with it."""
    container = executor.start()
    executor.subscribe()
    done = bench.ended(container, 137, is_out_of_memory=True)

    (status,) = updates(done)
    assert R.REASON_CONTAINER_LIMITATION_MEMORY is status.reason
    assert status.limitation is not None
    assert "mem:96" == str(status.limitation.resources)


def test_shutdown_has_its_grace(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """SHUTDOWN is said; what it tells until it has ended counts, and after its grace its container is ended."""
    task = hosted(executor=EXECUTOR)
    container = executor.start(task)
    executor.subscribe()
    done = bench.hear(ShutdownExecutor(framework_id=FRAMEWORK_ID, executor_id=EXECUTOR_ID))
    told = executor.tell(executor.status(S.TASK_KILLED))
    refused = bench.hear(RunTask(framework=make_framework(), task=hosted("late")))
    forced = bench.wait(5.1)
    bench.ended(container, None, signal=9)

    assert [Shutdown()] == said(done)
    assert [S.TASK_KILLED] == states(told)
    assert [(S.TASK_LOST, R.REASON_EXECUTOR_TERMINATED)] == ends(refused)
    assert KillContainer(container, 0.0) == only(forced, KillContainer)
    assert [9] == [exited.status for exited in messages(bench.done, ExecutorExited)]


def test_messages_go_both_ways(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """As they are, to whoever listens; to an executor that does not they are lost."""
    executor.start()
    downward = FrameworkMessage(framework_id=FRAMEWORK_ID, executor_id=EXECUTOR_ID, data=b"down")
    too_early = bench.hear(downward)
    executor.subscribe()

    assert [] == said(too_early)
    assert [Message(b"down")] == said(bench.hear(downward))
    assert [b"up"] == [message.data for message in messages(executor.say(b"up"), ExecutorMessage)]


def test_without_a_master_its_messages_are_lost(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """They are best effort; its updates are not."""
    executor.start()
    executor.subscribe()
    bench.lose_link()

    assert [] == messages(executor.say(b"up"), ExecutorMessage)
    assert [Acknowledged] == [type(event) for event in said(executor.tell(executor.status(S.TASK_RUNNING)))]


def test_the_connection_shows_that_it_lives(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """The first HEARTBEAT comes after half an hour, then one every half hour; none without a stream."""
    executor.start()
    executor.subscribe()
    early, due = bench.wait(1799), bench.wait(1802)
    executor.leave()
    after = bench.wait(4000)

    assert [] == said(early)
    assert [Heartbeat(), Heartbeat()] == said(due)
    assert [] == said(after)


def test_a_second_stream_replaces_the_first(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """The end of the first is no end of the executor."""
    task = hosted()
    executor.start(task)
    executor.subscribe()
    former = executor.stream
    done = executor.subscribe(tasks=[task])
    executor.leave(former)

    assert AttachExecutor(KEY, executor.stream) == only(done, AttachExecutor)
    assert [Subscribed] == [type(event) for event in said(done)]
    assert ExecutorState.SUBSCRIBED is state_of(bench)


def test_one_that_is_not_known_any_more_is_sent_away(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """Its stream is closed, and nothing else happens."""
    container = executor.start()
    bench.ended(container)
    done = executor.subscribe()

    assert [CloseStream] == [type(item) for item in done]


def test_all_of_a_framework_end_with_it(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """They are shut down; their tasks are not killed one by one."""
    executor.start()
    executor.subscribe()
    done = bench.hear(ShutdownFramework(FRAMEWORK_ID))

    assert [Shutdown()] == said(done)


def test_an_agent_that_ends_for_good_waits_for_them(bench: AgentBench, executor: ExecutorAtBench) -> None:
    """It leaves once the last has ended and what was told of its tasks has arrived."""
    container = executor.start()
    executor.subscribe()
    asked = bench.handle(ShutdownRequested("bye"))
    ended = bench.ended(container)
    bench.acknowledge_all()

    assert [Shutdown()] == said(asked)
    assert [] == [item for item in asked + ended if isinstance(item, Exit)]
    assert 1 == len([item for item in bench.done if isinstance(item, Exit)])


def test_its_environment_has_its_own_grace(bench: AgentBench) -> None:
    """MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD is the ExecutorInfo's where it says one; the agent's flags tell the rest."""
    slow = evolve(EXECUTOR, shutdown_grace_period=DurationInfo.of_seconds(20))
    framework = evolve(make_framework(), checkpoint=True)
    wanted = bench.hear(RunTask(framework=framework, task=hosted(executor=slow)))

    environment = only(wanted, LaunchContainer).launch.environment
    assert ("20secs", "15mins", "1") == (
        environment["MESOS_EXECUTOR_SHUTDOWN_GRACE_PERIOD"],
        environment["MESOS_RECOVERY_TIMEOUT"],
        environment["MESOS_CHECKPOINT"],
    )
    assert "MESOS_EXECUTOR_AUTHENTICATION_TOKEN" not in environment
    assert make_settings().executors.secret is None
