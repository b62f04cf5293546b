"""Groups of tasks in an agent's pure machine: started together, ended together, on the default executor's terms."""

from __future__ import annotations

import pytest

from fakes.agent_bench import AGENT_ID, FRAMEWORK_ID, AgentBench, make_framework, make_task, messages, only, updates
from fakes.pods import POD, bridge, group, in_image, make_executor
from koinon_agent.containerizer import Launch
from koinon_agent.containerizer.docker.images.pause import PAUSE_IMAGE
from koinon_agent.events import ContainerNotStarted
from koinon_agent.instructions import Instruction, KillContainer, LaunchContainer, RemoveContainer
from koinon_core.agent_link import (
    Drain,
    ExecutorExited,
    KillTask,
    RunTask,
    ShutdownExecutor,
    ShutdownFramework,
)
from koinon_core.agents import DrainConfig
from koinon_core.containers import DurationInfo
from koinon_core.frameworks import FrameworkCapabilityType
from koinon_core.ids import ContainerId, ExecutorId, TaskId
from koinon_core.tasks import KillPolicy, TaskState, TaskStatusReason

STARTING, RUNNING, FINISHED, FAILED, KILLED = (
    TaskState.TASK_STARTING,
    TaskState.TASK_RUNNING,
    TaskState.TASK_FINISHED,
    TaskState.TASK_FAILED,
    TaskState.TASK_KILLED,
)
NETWORKED = make_executor(bridge((31000, 80)))


@pytest.fixture
def bench() -> AgentBench:
    """An agent under a master."""
    return AgentBench().registered()


def launches(instructions: list[Instruction]) -> dict[str, Launch]:
    """What is to be started, by the task's name; a pod's own container has none."""
    found = [item.launch for item in instructions if isinstance(item, LaunchContainer)]
    return {str(launch.task_id or "pod"): launch for launch in found}


def kills(instructions: list[Instruction]) -> dict[ContainerId, float]:
    """Which containers are to end, and their grace."""
    return {item.container_id: item.grace for item in instructions if isinstance(item, KillContainer)}


def told(bench: AgentBench) -> dict[str, list[TaskState]]:
    """All that was told of each task, in order."""
    bench.acknowledge_all()
    states: dict[str, list[TaskState]] = {}
    for status in updates(bench.done):
        states.setdefault(status.task_id, []).append(status.state)
    return states


def started(bench: AgentBench, *names: str, executor: str = "pod") -> dict[str, ContainerId]:
    """A group of plain processes that runs; its containers by task."""
    message = group(*names, executor=make_executor(executor_id=ExecutorId(executor)))
    containers = {name: launch.container_id for name, launch in launches(bench.hear(message)).items()}
    for container in containers.values():
        bench.started(container)
    return containers


def test_all_tasks_of_a_group_start_at_once(bench: AgentBench) -> None:
    """On the host's network nothing needs to be there before: both are STARTING and launched, each in its own place."""
    found = launches(bench.hear(group("a", "b")))

    assert ["a", "b"] == list(found)
    assert {POD} == {launch.executor_id for launch in found.values()}
    around = {launch.sandbox.parent for launch in found.values()}
    assert 1 == len(around)
    assert f"/w/slaves/{AGENT_ID}/{FRAMEWORK_ID}/{POD}" == str(around.pop().parent.parent)
    assert {"a": [STARTING], "b": [STARTING]} == told(bench)


def test_status_names_both_containers(bench: AgentBench) -> None:
    """A task's container is nested in its pod's, whose addresses are its own."""
    containers = started(bench, "a")
    status = updates(bench.done)[-1]
    (reported,) = bench.agent.pods

    assert status.executor_id == POD
    assert status.container_status is not None
    container_id = status.container_status.container_id
    assert container_id is not None
    assert container_id.parent is not None
    assert (containers["a"], reported.container_id) == (container_id.value, container_id.parent.value)
    assert "10.0.0.1" == status.container_status.network_infos[0].ip_addresses[0].ip_address


def test_tasks_wait_for_the_pods_network(bench: AgentBench) -> None:
    """The container that holds the network starts first, with the pod's ports; then the tasks join it."""
    ported = make_task("a", container=in_image("web"), resources=make_task().resources)
    first = launches(bench.hear(group(ported, make_task("b", container=in_image("db")), executor=NETWORKED)))
    container = first["pod"].workload.container

    assert ["pod"] == list(first)
    assert container is not None
    assert container.mesos is not None
    assert container.mesos.image is not None
    assert container.mesos.image.docker is not None
    assert PAUSE_IMAGE == container.mesos.image.docker.name
    assert NETWORKED.container is not None
    assert NETWORKED.container.network_infos == container.network_infos

    then = launches(bench.started(first["pod"].container_id, ip_addresses=("172.17.0.9",)))

    assert ["a", "b"] == list(then)
    for launch in then.values():
        assert launch.pod is not None
        assert (first["pod"].container_id, True) == (launch.pod.container_id, launch.pod.joins)
        assert "172.17.0.9" == launch.environment["MESOS_CONTAINER_IP"]

    bench.started(then["a"].container_id)
    bench.acknowledge_all()
    status = updates(bench.done)[-1]

    assert status.container_status is not None
    (network,) = status.container_status.network_infos
    assert ("mesos-bridge", "172.17.0.9") == (network.name, network.ip_addresses[0].ip_address)


def test_failed_network_fails_all(bench: AgentBench) -> None:
    """Nothing is started without it, and each task hears why; the framework hears that the executor is gone."""
    tasks = [make_task(name, container=in_image("web")) for name in "ab"]
    first = launches(bench.hear(group(*tasks, executor=NETWORKED)))
    done = bench.handle(ContainerNotStarted(container_id=first["pod"].container_id, reason="port is taken"))

    assert {} == launches(done)
    assert {"a": [STARTING, FAILED], "b": [STARTING, FAILED]} == told(bench)
    (last,) = {status.message for status in updates(bench.done) if status.state is FAILED}
    assert "Failed to launch container: port is taken" == last
    assert [-1] == [exited.status for exited in messages(done, ExecutorExited)]


def test_end_of_the_network_ends_all(bench: AgentBench) -> None:
    """Somebody kills the pod's own container: what runs in it is ended, and told as its executor's end."""
    tasks = [make_task(name, container=in_image("web")) for name in "ab"]
    first = launches(bench.hear(group(*tasks, executor=NETWORKED)))
    then = launches(bench.started(first["pod"].container_id))
    bench.started(then["a"].container_id)
    done = bench.ended(first["pod"].container_id, exit_code=137)

    assert {launch.container_id: 0.0 for launch in then.values()} == kills(done)
    assert {"a": [STARTING, RUNNING, FAILED], "b": [STARTING, FAILED]} == told(bench)
    assert {TaskStatusReason.REASON_EXECUTOR_TERMINATED} == {
        status.reason for status in updates(bench.done) if status.state is FAILED
    }


@pytest.mark.parametrize(("exit_code", "state"), [(1, FAILED), (0, FINISHED)])
def test_failure_takes_the_group_along_but_success_does_not(
    bench: AgentBench, exit_code: int, state: TaskState
) -> None:
    """One task ends: the others are killed if it failed, and go on if it finished."""
    containers = started(bench, "a", "b", "c")
    done = bench.ended(containers["a"], exit_code)
    others = {containers["b"], containers["c"]}

    assert (others if state is FAILED else set()) == set(kills(done))

    for name in "bc":
        bench.ended(containers[name])
    ends = {name: states[-1] for name, states in told(bench).items()}
    rest = KILLED if state is FAILED else FINISHED

    assert {"a": state, "b": rest, "c": rest} == ends


def test_task_that_can_not_start_ends_its_group(bench: AgentBench) -> None:
    """All or none: what was being started beside it is given up."""
    found = launches(bench.hear(group("a", "b", "c")))
    bench.started(found["b"].container_id)
    done = bench.handle(ContainerNotStarted(container_id=found["a"].container_id, reason="no such image"))

    assert {found["b"].container_id, found["c"].container_id} == set(kills(done))

    bench.handle(ContainerNotStarted(container_id=found["c"].container_id, reason="killed"))
    bench.ended(found["b"].container_id, 143)

    assert {
        "a": [STARTING, FAILED],
        "b": [STARTING, RUNNING, KILLED],
        "c": [STARTING, KILLED],
    } == told(bench)


def test_kill_of_one_is_the_kill_of_all(bench: AgentBench) -> None:
    """Each of the others with its own grace; what the call says of grace is about the named one alone."""
    patient = make_task("b", kill_policy=KillPolicy(DurationInfo.of_seconds(9)))
    found = launches(bench.hear(group("a", patient)))
    policy = KillPolicy(DurationInfo.of_seconds(1))
    done = bench.hear(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("a"), kill_policy=policy))

    assert {found["a"].container_id: 1.0, found["b"].container_id: 9.0} == kills(done)


def test_groups_of_one_pod_do_not_end_each_other(bench: AgentBench) -> None:
    """A later launch into the same executor shares its sandbox, not its fate; only after both has the pod ended."""
    first = started(bench, "a")
    found = launches(bench.hear(group("b")))
    bench.started(found["b"].container_id)
    failed = bench.ended(first["a"], 1)

    assert {} == kills(failed)
    assert [] == messages(failed, ExecutorExited)
    assert 1 == len(bench.agent.pods)

    done = bench.ended(found["b"].container_id)

    assert [(POD, 0)] == [(exited.executor_id, exited.status) for exited in messages(done, ExecutorExited)]
    assert 0 == len(bench.agent.pods)
    assert {} == bench.image.executors


def test_pod_does_not_remember_groups_that_ended(bench: AgentBench) -> None:
    """One that lives long may run a thousand of them, one after another."""
    started(bench, "stays")
    for number in range(20):
        for container in started(bench, f"a{number}", f"b{number}").values():
            bench.ended(container)
        bench.acknowledge_all()
    (pod,) = bench.agent.pods

    assert ["stays"] == [machine.task.task_id for machine in pod.machines()]


def test_pod_with_a_network_ends_after_its_container(bench: AgentBench) -> None:
    """All tasks are over: the container is killed; only when it is gone the master hears of the executor's end."""
    first = launches(bench.hear(group(make_task("a", container=in_image("web")), executor=NETWORKED)))
    own = first["pod"].container_id
    task = launches(bench.started(own))["a"].container_id
    bench.started(task)
    done = bench.ended(task)

    assert {own: 0.0} == kills(done)
    assert [] == messages(done, ExecutorExited)

    refused = bench.hear(group(make_task("late", container=in_image("web")), executor=NETWORKED))

    assert {} == launches(refused)
    assert TaskStatusReason.REASON_EXECUTOR_TERMINATED is updates(refused)[0].reason

    gone = bench.ended(own, 137)

    assert own == only(gone, RemoveContainer).container_id
    assert [0] == [exited.status for exited in messages(gone, ExecutorExited)]


@pytest.mark.parametrize("has_started", [True, False])
def test_kill_before_the_network_is_there(bench: AgentBench, has_started: bool) -> None:
    """No task is started any more, whatever becomes of the pod's own container, and nothing of that stays."""
    first = launches(bench.hear(group(make_task("a", container=in_image("web")), executor=NETWORKED)))
    own = first["pod"].container_id
    bench.hear(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("a")))

    assert {"a": [STARTING, KILLED]} == told(bench)

    if has_started:
        assert {own: 0.0} == kills(bench.started(own))
        bench.ended(own, 137)
    else:
        bench.handle(ContainerNotStarted(container_id=own, reason="killed"))

    assert 0 == len(bench.agent.pods)
    assert ["pod"] == list(launches(bench.done))


def test_shutdown_of_the_executor_bounds_every_grace(bench: AgentBench) -> None:
    """All tasks of all its groups get their own grace, but none more than the executor's; other pods go on."""
    patient = make_task("b", kill_policy=KillPolicy(DurationInfo.of_seconds(9)))
    executor = make_executor(shutdown_grace_period=DurationInfo.of_seconds(4))
    found = launches(bench.hear(group("a", patient, executor=executor), group("c", executor=executor)))
    started(bench, "other", executor="other")
    done = bench.hear(ShutdownExecutor(framework_id=FRAMEWORK_ID, executor_id=POD))

    assert {found["a"].container_id: 3.0, found["b"].container_id: 4.0, found["c"].container_id: 3.0} == kills(done)


def test_end_of_the_framework_ends_its_pods(bench: AgentBench) -> None:
    """Nothing of it goes on."""
    containers = started(bench, "a", "b")
    done = bench.hear(ShutdownFramework(FRAMEWORK_ID))

    assert set(containers.values()) == set(kills(done))


def test_task_that_runs_too_long_fails_and_the_others_are_killed(bench: AgentBench) -> None:
    """``max_completion_time`` is each task's own."""
    found = launches(bench.hear(group(make_task("a", max_completion_time=DurationInfo.of_seconds(5)), "b")))
    for launch in found.values():
        bench.started(launch.container_id)
    bench.wait(5)
    for launch in found.values():
        bench.ended(launch.container_id, 143)
    ends = {status.task_id: (status.state, status.reason) for status in bench.acknowledge_all()}

    assert (FAILED, TaskStatusReason.REASON_MAX_COMPLETION_TIME_REACHED) == ends[TaskId("a")]
    assert (KILLED, None) == ends[TaskId("b")]


def test_drain_names_itself_at_every_task(bench: AgentBench) -> None:
    """The first kill of a drain takes the others along: they are told on its terms, too."""
    framework = make_framework(FrameworkCapabilityType.PARTITION_AWARE)
    found = launches(bench.hear(group("a", "b", framework=framework)))
    for launch in found.values():
        bench.started(launch.container_id)
    done = bench.hear(Drain(DrainConfig(max_grace_period=DurationInfo.of_seconds(1))))

    assert {launch.container_id: 1.0 for launch in found.values()} == kills(done)

    for launch in found.values():
        bench.ended(launch.container_id, 143)
    ends = {status.task_id: status.reason for status in bench.acknowledge_all()}

    assert {"a": TaskStatusReason.REASON_AGENT_DRAINING, "b": TaskStatusReason.REASON_AGENT_DRAINING} == ends


def test_single_task_with_a_default_executor_is_a_group_of_one(bench: AgentBench) -> None:
    """LAUNCH instead of LAUNCH_GROUP, with an executor of type DEFAULT."""
    found = launches(bench.hear(RunTask(framework=make_framework(), task=make_task("a", executor=make_executor()))))

    assert ["a"] == list(found)
    assert found["a"].pod is not None
