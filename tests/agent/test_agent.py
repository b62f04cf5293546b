"""The agent as one machine: registration, tasks, reconciliation, its end."""

from __future__ import annotations

import pytest

from fakes.agent_bench import (
    AGENT_ID,
    FRAMEWORK_ID,
    AgentBench,
    make_docker_task,
    make_framework,
    make_settings,
    make_task,
    messages,
    only,
    states,
    updates,
)
from koinon_agent.checkpoint.records import AgentRegistered
from koinon_agent.events import ContainerNotStarted, LeaderDetected, SandboxGone
from koinon_agent.instructions import (
    Checkpoint,
    CloseLink,
    DeleteSandbox,
    Instruction,
    KillContainer,
    LaunchContainer,
    RemoveContainer,
)
from koinon_core.agent_link import (
    KillTask,
    ReconcileTasks,
    Refused,
    Register,
    Registered,
    RunTask,
    ShutdownExecutor,
    ShutdownFramework,
)
from koinon_core.containers import DurationInfo
from koinon_core.frameworks import FrameworkCapabilityType as Capability
from koinon_core.ids import AgentId, ExecutorId, TaskId
from koinon_core.tasks import KillPolicy, TaskInfo, TaskState, TaskStatusReason, TaskStatusSource

KILL = KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("t1"))
S = TaskState


def kinds(instructions: list[Instruction]) -> list[type]:
    """What kinds of things are to be done."""
    return [type(item) for item in instructions]


def test_new_agent_registers_without_id_and_keeps_the_one_it_gets() -> None:
    """Its id is durable once the master has said it."""
    bench = AgentBench()
    bench.start()
    bench.connect()
    (introduction,) = messages(bench.done, Register)

    assert introduction.agent_info.id is None

    (record,) = [i.record for i in bench.hear(Registered(agent_id=AGENT_ID)) if isinstance(i, Checkpoint)]

    assert isinstance(record, AgentRegistered)
    assert AGENT_ID == record.info.id


def test_agent_comes_back_with_its_id_tasks_and_frameworks() -> None:
    """A broken link is followed by a registration that says all there is."""
    bench = AgentBench().registered()
    bench.started(bench.run())
    bench.lose_link()
    bench.connect()
    again = messages(bench.done, Register)[-1]

    assert AGENT_ID == again.agent_info.id
    assert [make_framework()] == list(again.frameworks)
    assert [(make_task(), S.TASK_RUNNING)] == [
        (one.task, one.latest_status.state if one.latest_status else None) for one in again.tasks
    ]


def test_another_id_than_its_own_is_refused() -> None:
    """A master that mistakes the agent for another is left."""
    bench = AgentBench().registered()
    bench.lose_link()
    bench.connect()

    only(bench.hear(Registered(agent_id=AgentId("other"))), CloseLink)

    assert not bench.agent.registration.is_registered
    assert AGENT_ID == bench.agent.agent_id


def test_frame_of_a_lower_epoch_is_refused_and_ends_the_link() -> None:
    """A master that no longer leads can start nothing."""
    bench = AgentBench().registered()
    bench.hear(epoch=5)
    wanted = bench.hear(RunTask(framework=make_framework(), task=make_task()), epoch=4)

    assert "epoch 4 is over" in only(wanted, CloseLink).reason
    assert LaunchContainer not in kinds(wanted)


def test_task_is_remembered_before_it_starts() -> None:
    """Framework, task and its first update are durable; then comes the launch."""
    bench = AgentBench().registered()
    wanted = bench.hear(RunTask(framework=make_framework(), task=make_task()))
    launch = only(wanted, LaunchContainer).launch
    accepted = next(iter(bench.image.tasks.values())).accepted

    assert (launch.container_id, str(launch.sandbox)) == (accepted.container_id, accepted.sandbox)
    assert f"/w/slaves/{AGENT_ID}/{FRAMEWORK_ID}/t1/{launch.container_id}" == accepted.sandbox
    assert [S.TASK_STARTING] == states(wanted)


def test_task_goes_from_starting_to_finished() -> None:
    """Each update follows the acknowledgement of the one before; the last makes the agent forget the task."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.started(container)
    bench.ended(container)

    assert [S.TASK_STARTING] == states(bench.done)

    told = bench.acknowledge_all()

    assert [S.TASK_STARTING, S.TASK_RUNNING, S.TASK_FINISHED] == [status.state for status in told]
    assert {TaskStatusSource.SOURCE_EXECUTOR} == {status.source for status in told}
    assert {ExecutorId("t1")} == {status.executor_id for status in told}
    assert {} == bench.image.tasks
    assert [] == list(bench.agent.tasks)


def test_running_tells_where_the_task_is() -> None:
    """Own addresses as they are, none means the agent's; what the engine says goes along."""
    bench = AgentBench().registered()
    own, host = bench.run(make_docker_task("t1")), bench.run(make_docker_task("t2"))
    bench.started(own, ip_addresses=("172.17.0.2",), inspection=b"[{}]")
    bench.started(host)
    told = {status.task_id: status for status in bench.acknowledge_all() if status.state is S.TASK_RUNNING}
    addresses = {
        task_id: status.container_status.network_infos[0].ip_addresses[0].ip_address
        for task_id, status in told.items()
        if status.container_status is not None
    }

    assert {"t1": "172.17.0.2", "t2": "10.0.0.1"} == addresses
    assert b"[{}]" == told[TaskId("t1")].data


def test_failed_launch_is_told_in_the_engines_words() -> None:
    """FAILED, CONTAINER_LAUNCH_FAILED, by the agent."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.handle(ContainerNotStarted(container_id=container, reason="no such image: x"))
    last = bench.acknowledge_all()[-1]

    assert (S.TASK_FAILED, TaskStatusReason.REASON_CONTAINER_LAUNCH_FAILED) == (last.state, last.reason)
    assert "Failed to launch container: no such image: x" == last.message
    assert TaskStatusSource.SOURCE_AGENT is last.source


def test_out_of_memory_names_its_limit() -> None:
    """FAILED, CONTAINER_LIMITATION_MEMORY, with the memory it had."""
    bench = AgentBench().registered()
    container = bench.run()
    bench.started(container)
    bench.ended(container, 137, is_out_of_memory=True)
    last = bench.acknowledge_all()[-1]

    assert (S.TASK_FAILED, TaskStatusReason.REASON_CONTAINER_LIMITATION_MEMORY) == (last.state, last.reason)
    assert last.limitation is not None
    assert "mem:64" == str(last.limitation.resources)


@pytest.mark.parametrize(
    ("task", "asked", "grace"),
    [
        (make_task(), None, 3.0),
        (make_docker_task(), None, 5.0),
        (make_task(kill_policy=KillPolicy(DurationInfo.of_seconds(7))), None, 7.0),
        (make_task(kill_policy=KillPolicy(DurationInfo.of_seconds(7))), KillPolicy(DurationInfo.of_seconds(1)), 1.0),
    ],
)
def test_grace_is_the_calls_then_the_tasks_then_the_default(
    task: TaskInfo, asked: KillPolicy | None, grace: float
) -> None:
    """The order of mesos-semantics 6.3."""
    bench = AgentBench().registered()
    bench.started(bench.run(task))
    wanted = bench.hear(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("t1"), kill_policy=asked))

    assert grace == only(wanted, KillContainer).grace


def test_killing_is_told_to_whom_knows_it() -> None:
    """TASK_KILLING goes to frameworks with TASK_KILLING_STATE alone; the end is KILLED whatever the exit code."""
    ends = {}
    for capabilities in ((), (Capability.TASK_KILLING_STATE,)):
        bench = AgentBench().registered()
        container = bench.run(framework=make_framework(*capabilities))
        bench.started(container)
        bench.hear(KILL)
        bench.ended(container)
        ends[capabilities] = [status.state for status in bench.acknowledge_all()][2:]

    assert {
        (): [S.TASK_KILLED],
        (Capability.TASK_KILLING_STATE,): [S.TASK_KILLING, S.TASK_KILLED],
    } == ends


def test_repeated_kill_only_shortens() -> None:
    """Less time brings the force forward, more changes nothing."""
    bench = AgentBench().registered()
    bench.started(bench.run())
    bench.hear(KILL)
    longer = KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("t1"), kill_policy=KillPolicy(DurationInfo(10**10)))
    shorter = KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("t1"), kill_policy=KillPolicy(DurationInfo(10**9)))

    assert KillContainer not in kinds(bench.hear(longer))
    assert 1.0 == only(bench.hear(shorter), KillContainer).grace


def test_task_killed_while_it_starts_never_runs() -> None:
    """KILLED, TASK_KILLED_DURING_LAUNCH, whether the launch gives up or the container has started meanwhile."""
    for is_late in (False, True):
        bench = AgentBench().registered()
        container = bench.run()
        bench.hear(KILL)
        if is_late:
            only(bench.started(container), KillContainer)
            bench.ended(container, 143)
        else:
            bench.handle(ContainerNotStarted(container_id=container, reason="killed"))
        told = bench.acknowledge_all()

        assert [S.TASK_STARTING, S.TASK_KILLED] == [status.state for status in told]
        assert TaskStatusReason.REASON_TASK_KILLED_DURING_LAUNCH is told[-1].reason


def test_kill_of_an_unknown_task_is_answered() -> None:
    """LOST, or DROPPED to whom is aware, EXECUTOR_TERMINATED; of an unknown framework nothing is said."""
    bench = AgentBench().registered()

    assert [] == states(bench.hear(KILL))

    bench.run(make_task("other"), make_framework(Capability.PARTITION_AWARE))
    (status,) = updates(bench.hear(KILL))

    assert (S.TASK_DROPPED, TaskStatusReason.REASON_EXECUTOR_TERMINATED) == (status.state, status.reason)


def test_unknown_tasks_are_reported_at_reconciliation() -> None:
    """Those the agent lacks are LOST, RECONCILIATION; those it has are not spoken of."""
    bench = AgentBench().registered()
    bench.run()
    wanted = bench.hear(ReconcileTasks(framework_id=FRAMEWORK_ID, task_ids=(TaskId("t1"), TaskId("t9"))))

    assert [("t9", S.TASK_LOST, TaskStatusReason.REASON_RECONCILIATION)] == [
        (status.task_id, status.state, status.reason) for status in updates(wanted)
    ]


def test_shutdown_of_a_framework_kills_its_tasks() -> None:
    """All of it, and nothing else; an executor's is that of its task."""
    bench = AgentBench().registered()
    first, second = bench.run(make_task("t1")), bench.run(make_task("t2"))
    bench.started(first)
    bench.started(second)
    executor = bench.hear(ShutdownExecutor(framework_id=FRAMEWORK_ID, executor_id=ExecutorId("t2")))

    assert [second] == [item.container_id for item in executor if isinstance(item, KillContainer)]
    assert [first] == [
        item.container_id for item in bench.hear(ShutdownFramework(FRAMEWORK_ID)) if isinstance(item, KillContainer)
    ]


def test_same_task_again_is_not_started_again() -> None:
    """A launch that is repeated is ignored."""
    bench = AgentBench().registered()
    bench.run()

    assert LaunchContainer not in kinds(bench.hear(RunTask(framework=make_framework(), task=make_task())))


def test_task_that_runs_too_long_is_killed_without_grace() -> None:
    """FAILED, MAX_COMPLETION_TIME_REACHED, also where the agent died in between."""
    bench = AgentBench().registered()
    container = bench.run(make_task(max_completion_time=DurationInfo.of_seconds(60)))
    bench.started(container)

    assert [0.0] == [item.grace for item in bench.wait(61) if isinstance(item, KillContainer)]

    bench.ended(container, None, signal=9)
    last = bench.acknowledge_all()[-1]

    assert (S.TASK_FAILED, TaskStatusReason.REASON_MAX_COMPLETION_TIME_REACHED) == (last.state, last.reason)


def test_ended_container_is_removed_and_its_sandbox_later() -> None:
    """The container goes at once or after the delay, the sandbox after --gc_delay; both are asked for once."""
    bench = AgentBench(make_settings(remove_delay=30.0, gc_delay=100.0)).registered()
    container = bench.run()
    bench.started(container)
    bench.ended(container)
    bench.acknowledge_all()

    assert [container] == [i.container_id for i in bench.wait(31) if isinstance(i, RemoveContainer)]

    sandbox = only(bench.wait(100), DeleteSandbox).sandbox
    bench.handle(SandboxGone(sandbox))

    assert {} == bench.image.abandoned


def test_refusal_and_more_in_one_frame_is_survived() -> None:
    """What follows a refusal in its frame is not heard any more."""
    bench = AgentBench()
    bench.start()
    bench.connect()
    bench.hear(Refused(reason="busy"), Registered(agent_id=AGENT_ID))

    assert bench.agent.agent_id is None


def test_new_leader_gets_all_updates_at_once() -> None:
    """Waiting updates are repeated upon registration, whatever their timers say (mesos-semantics 6.1)."""
    bench = AgentBench().registered()
    bench.run()
    bench.handle(LeaderDetected("other", 5050))

    assert [S.TASK_STARTING] == states(bench.register())
