"""Pods across the agent's death: taken up whole, ended where half of one had started, on the same terms as before."""

from __future__ import annotations

from fakes.agent_bench import AgentBench, make_task, messages, only, states, updates
from fakes.pods import POD, bridge, group, in_image, make_executor
from koinon_agent.containerizer import ContainerRun, Ended, Recovered
from koinon_agent.events import ShutdownRequested
from koinon_agent.instructions import Exit, KillContainer, LaunchContainer, RemoveContainer
from koinon_core.agent_link import ExecutorExited, Register
from koinon_core.ids import ContainerId
from koinon_core.tasks import TaskState, TaskStatusReason

NETWORKED = make_executor(bridge((31000, 80)))


def launched(bench: AgentBench) -> list[ContainerId]:
    """All containers that were to be started, in order: a pod's own first."""
    return [item.launch.container_id for item in bench.done if isinstance(item, LaunchContainer)]


def live(*containers: ContainerId) -> tuple[ContainerRun, ...]:
    """They run."""
    return tuple(ContainerRun(container_id=one, started_at=1.0, ip_addresses=("172.17.0.9",)) for one in containers)


def running(*names: str, executor: bool = False) -> tuple[AgentBench, list[ContainerId]]:
    """A pod that runs, with a container of its own if ``executor``; its containers."""
    bench = AgentBench().registered()
    tasks = [make_task(name, container=in_image("web") if executor else None) for name in names]
    bench.hear(group(*tasks, executor=NETWORKED if executor else make_executor()))
    if executor:
        bench.started(launched(bench)[0], ip_addresses=("172.17.0.9",))
    for container in launched(bench)[executor:]:
        bench.started(container)
    bench.acknowledge_all()
    return bench, launched(bench)


def test_whole_pod_is_taken_up() -> None:
    """All its containers are looked for and followed; the master is told of the executor; the policy holds on."""
    before, containers = running("a", "b", executor=True)
    after = before.crash()

    assert set(containers) == {known.container_id for known in after.agent.known_containers()}

    after.start(Recovered(live(*containers)))
    after.register()
    (register,) = messages(after.done, Register)

    assert [POD] == [one.executor.executor_id for one in register.executors]
    assert [] == states(after.done)

    after.ended(containers[1], 1)
    killed = [item for item in after.done if isinstance(item, KillContainer)]

    assert [containers[2]] == [item.container_id for item in killed]

    done = after.ended(containers[2], 143)

    assert containers[0] == only(done, KillContainer).container_id

    gone = after.ended(containers[0], 137)

    assert [0] == [exited.status for exited in messages(gone, ExecutorExited)]
    assert {} == after.image.executors


def test_address_of_the_pod_is_told_after_a_restart() -> None:
    """A later group of the same pod is told by the pod's own address, though its container started in another life."""
    before, containers = running("a", executor=True)
    after = before.crash()
    after.start(Recovered(live(*containers)))
    after.register()
    (item,) = [
        one
        for one in after.hear(group(make_task("b", container=in_image("db")), executor=NETWORKED))
        if isinstance(one, LaunchContainer)
    ]
    after.started(item.launch.container_id)
    after.acknowledge_all()
    status = updates(after.done)[-1]

    assert "172.17.0.9" == item.launch.environment["MESOS_CONTAINER_IP"]
    assert status.container_status is not None
    assert "172.17.0.9" == status.container_status.network_infos[0].ip_addresses[0].ip_address


def test_end_of_a_task_meanwhile_ends_the_pod() -> None:
    """One failed while nobody looked: the others go, as they would have then."""
    before, containers = running("a", "b")
    after = before.crash()
    failed = Ended(container_id=containers[0], message="exited with 1", exit_code=1)
    done = after.start(Recovered(live(containers[1]), (failed,)))

    assert containers[1] == only(done, KillContainer).container_id


def test_half_started_group_ends() -> None:
    """One of two tasks had started, the other's launch died with the agent: it is dropped, the first is ended."""
    before = AgentBench().registered()
    before.hear(group("a", "b"))
    first, second = launched(before)
    after = before.crash()
    done = after.start(Recovered(live(first), gone=(second,)))

    assert first in {item.container_id for item in done if isinstance(item, KillContainer)}

    after.register()
    after.ended(first, 143)
    after.acknowledge_all()
    ends = {status.task_id: (status.state, status.reason) for status in updates(after.done)}

    assert (TaskState.TASK_LOST, TaskStatusReason.REASON_AGENT_RESTARTED) == ends[make_task("b").task_id]
    assert TaskState.TASK_KILLED is ends[make_task("a").task_id][0]


def test_container_of_a_pod_without_tasks_is_removed() -> None:
    """The agent died when the network was there and no task was: nothing of the pod stays."""
    before = AgentBench().registered()
    before.hear(group(make_task("a", container=in_image("web")), executor=NETWORKED))
    (own,) = launched(before)
    after = before.crash()
    (task,) = {known.container_id for known in after.agent.known_containers()} - {own}
    done = after.start(Recovered(live(own), gone=(task,)))

    assert own in {item.container_id for item in done if isinstance(item, KillContainer)}

    done = after.ended(own, 137)

    assert own == only(done, RemoveContainer).container_id
    assert {} == after.image.executors


def test_pod_of_which_nothing_was_started_is_forgotten() -> None:
    """The record was durable, and then the agent died: its tasks are dropped."""
    before = AgentBench().registered()
    before.hear(group(make_task("a", container=in_image("web")), executor=NETWORKED))
    after = before.crash()
    after.start(Recovered(gone=tuple(known.container_id for known in after.agent.known_containers())))
    after.register()

    assert [TaskState.TASK_STARTING] == states(after.done)
    assert [TaskState.TASK_STARTING, TaskState.TASK_LOST] == [one.state for one in after.acknowledge_all()]
    assert {} == after.image.executors


def test_reboot_ends_a_pod() -> None:
    """Nothing runs any more: each task is told, and the master hears of no executor."""
    before, containers = running("a", "b", executor=True)
    after = before.crash()
    after.start(Recovered(gone=tuple(containers)))
    after.register()
    (register,) = messages(after.done, Register)

    assert () == register.executors
    assert {(TaskState.TASK_FAILED, TaskStatusReason.REASON_EXECUTOR_TERMINATED)} == {
        (one.state, one.reason) for one in after.acknowledge_all()
    }
    assert {} == after.image.executors


def test_end_of_the_network_meanwhile_ends_all() -> None:
    """The pod's own container was killed while nobody looked."""
    before, containers = running("a", "b", executor=True)
    after = before.crash()
    ended = Ended(container_id=containers[0], message="exited with 137", exit_code=137)
    after.start(Recovered(live(*containers[1:]), (ended,)))
    after.register()

    assert {TaskStatusReason.REASON_EXECUTOR_TERMINATED} == {one.reason for one in after.acknowledge_all()}


def test_clean_end_of_the_agent_waits_for_pods() -> None:
    """An agent that ends for good leaves no container of a pod behind."""
    bench, containers = running("a", executor=True)
    bench.handle(ShutdownRequested("gone for good"))
    bench.ended(containers[1], 143)
    bench.acknowledge_all()

    assert not any(isinstance(item, Exit) for item in bench.done)

    bench.ended(containers[0], 137)

    assert any(isinstance(item, Exit) for item in bench.done)


def test_start_that_was_missed_is_told_with_the_pods_address() -> None:
    """The task had started when the agent died, and nobody was told: now all are, as it would have been then."""
    before = AgentBench().registered()
    before.hear(group(make_task("a", container=in_image("web")), executor=NETWORKED))
    before.started(launched(before)[0], ip_addresses=("172.17.0.9",))
    after = before.crash()
    after.start(Recovered(live(*reversed(launched(before)))))
    after.register()
    status = after.acknowledge_all()[-1]

    assert TaskState.TASK_RUNNING is status.state
    assert status.container_status is not None
    assert "172.17.0.9" == status.container_status.network_infos[0].ip_addresses[0].ip_address
