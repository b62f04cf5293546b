"""The life of pods in the pure machine: launched whole, relaunched whole, taken over whole (marathon-semantics 22)."""

from collections import Counter

import attrs
import pytest

from koinon_core.tasks import TaskState
from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_marathon.definition.apps import UnreachableStrategy
from koinon_marathon.definition.health_checks import CheckCommand, CheckExec
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.pod_containers import ContainerHealthCheck
from koinon_marathon.definition.pods import Pod
from koinon_marathon.events import KillInstances, RequestId
from koinon_marathon.instance.instances import Condition, Instance, container_of
from koinon_marathon.queries import deployments_list
from koinon_marathon.queries.pods import leaving_pods, pod_status
from koinon_marathon.timers import TimerKind
from support.marathon_world import World, make_app, make_pod


def make_world(agents: int = 2) -> World:
    """Agents with disks, as executors take some."""
    world = World(agents=0)
    for number in range(agents):
        world.add_agent(f"a{number}", disk=1000.0)
    return world


def kill(world: World, instance: Instance) -> None:
    """Ask for the end of an instance that stays wanted."""
    world.send(KillInstances(request_id=RequestId(7), ids=(instance.id,)))


def statuses(world: World, pod: Pod) -> tuple[str, list[str]]:
    """What the API says of the pod and of its instances."""
    shown = pod_status(world.marathon.state, pod, world.now)
    instances = shown["instances"]
    assert isinstance(instances, list)
    return str(shown["status"]), [one["status"] for one in instances]


def test_a_pod_launches_whole_and_is_stable() -> None:
    """One group a pod, a task a container, all on one agent; the deployment speaks of pods."""
    world = make_world()
    world.post(make_pod(instances=2))
    (deployment,) = deployments_list(world.marathon.state)
    world.work()
    groups = [group for machine in world.machines.values() for group in machine.groups]

    assert ([], ["/pod"]) == (deployment["affectedApps"], deployment["affectedPods"])
    assert [{"action": "StartPod", "pod": "/pod"}] == deployment["steps"][0]["actions"]  # type: ignore[index]
    assert 2 == len(groups)
    assert {("web", "side")} == {tuple(task.name for task in group.task_group.tasks) for group in groups}
    assert ["Running", "Running"] == world.conditions("/pod")
    assert ("STABLE", ["STABLE", "STABLE"]) == statuses(world, make_pod(instances=2))
    assert not world.is_deploying


def test_a_dead_container_ends_the_instance_which_starts_anew() -> None:
    """The others are killed, the delay grows once, and the same instance launches again with all of its containers."""
    world = make_world()
    world.post(make_pod())
    world.work()
    (instance,) = world.instances("/pod")
    world.report(instance.tasks[1].id, TaskState.TASK_FAILED, message="boom")
    assert [instance.tasks[0].id] == world.kills
    assert ("DEGRADED", ["TERMINAL"]) == statuses(world, make_pod())
    world.end_killed()
    assert ["Scheduled"] == world.conditions("/pod")
    world.sleep(2)
    world.work()
    (again,) = world.instances("/pod")

    assert (instance.id, 2, "Running") == (again.id, again.attempt, again.condition.value)
    assert {"web", "side"} == {container_of(task.id) for task in again.tasks}
    failure = world.marathon.state.failures[PathId("/pod")]
    assert (instance.tasks[1].id, "boom") == (failure.task_id, failure.message)


def test_finished_containers_are_waited_for() -> None:
    """A container may end well while the others go on; when all have, the pod starts anew."""
    world = make_world()
    world.post(make_pod())
    world.work()
    (instance,) = world.instances("/pod")
    world.report(instance.tasks[0].id, TaskState.TASK_FINISHED)
    assert (["Running"], []) == (world.conditions("/pod"), world.kills)
    world.report(instance.tasks[1].id, TaskState.TASK_FINISHED)

    assert ["Scheduled"] == world.conditions("/pod")


def test_a_killed_instance_loses_all_its_tasks_and_is_replaced() -> None:
    """Kill means every container, and no delay follows."""
    world = make_world()
    world.post(make_pod())
    world.work()
    (instance,) = world.instances("/pod")
    kill(world, instance)
    assert {task.id for task in instance.tasks} == set(world.kills)
    world.end_killed()
    world.work(3)

    assert ["Running"] == world.conditions("/pod")
    assert {} == world.marathon.state.failures


def test_scaling_down_ends_whole_instances() -> None:
    """And deleting the pod leaves nothing."""
    world = make_world()
    world.post(make_pod(instances=3))
    world.work()
    world.update("/pod", instances=1)
    world.work()
    assert ["Running"] == world.conditions("/pod")
    assert Counter({"web": 1, "side": 1}) == Counter(
        task.name for machine in world.machines.values() for task in machine.tasks.values()
    )
    pod = world.marathon.state.pods()[PathId("/pod")]
    world.delete("/pod")
    assert ("TERMINAL", ["STABLE"]) == statuses(world, pod)
    assert [PathId("/pod")] == list(leaving_pods(world.marathon.state))
    world.work()

    assert [] == world.instances("/pod")
    assert {} == leaving_pods(world.marathon.state)
    assert not any(machine.tasks for machine in world.machines.values())


def test_a_change_rolls_over() -> None:
    """As for apps: new instances first, old ones after them, all containers of each."""
    world = make_world()
    world.post(make_pod(instances=2))
    world.work()
    before = {one.id for one in world.instances("/pod")}
    world.update("/pod", labels={"color": "green"})
    (plan,) = (one.plan for one in world.marathon.state.deployments.values())
    world.work()

    assert ["RestartPod"] == [action.word for step in plan.steps for action in step.actions]
    assert ["Running", "Running"] == world.conditions("/pod")
    assert before.isdisjoint(one.id for one in world.instances("/pod"))
    assert not world.is_deploying


def test_a_new_leader_takes_pods_over_as_they_are() -> None:
    """Nothing restarts; a group of which one task is gone meanwhile goes as a whole."""
    world = make_world()
    world.post(make_pod(instances=2))
    world.work()
    before = {task.id for one in world.instances("/pod") for task in one.tasks}
    world.fail_over()
    world.work()
    assert before == {task.id for one in world.instances("/pod") for task in one.tasks}
    assert [] == world.kills
    first = world.instances("/pod")[0]
    machine = world.machine_of(first.tasks[0].id)
    assert machine is not None
    del machine.tasks[first.tasks[0].id]
    world.fail_over()

    assert [first.tasks[1].id] == world.kills


def test_a_kill_under_way_is_carried_on_by_the_next_leader() -> None:
    """Of all tasks that still run."""
    world = make_world()
    world.post(make_pod())
    world.work()
    (instance,) = world.instances("/pod")
    world.delete("/pod")
    world.kills.clear()
    world.report(instance.tasks[0].id, TaskState.TASK_KILLED)
    world.fail_over()

    assert [instance.tasks[1].id] == world.kills


def test_an_overdue_launch_is_killed_whole() -> None:
    """One container that does not come forward is enough."""
    world = make_world()
    world.post(make_pod())
    world.offer()
    (instance,) = world.instances("/pod")
    world.report(instance.tasks[0].id, TaskState.TASK_RUNNING)
    world.sleep(world.options.task_launch_timeout + 1)

    assert {task.id for task in instance.tasks} == set(world.kills)


def test_lost_agents_lose_pods_whole() -> None:
    """Told of task by task: the instance is replaced once, and what returns of the old one is killed."""
    world = make_world()
    world.post(make_pod())
    world.work()
    (instance,) = world.instances("/pod")
    for task in instance.tasks:
        world.report(task.id, TaskState.TASK_UNREACHABLE)
    (new,) = world.instances("/pod")
    for task in instance.tasks:
        world.report(task.id, TaskState.TASK_RUNNING)

    assert (Condition.SCHEDULED, True) == (new.condition, new.id != instance.id)
    assert {task.id for task in instance.tasks} <= set(world.kills)


def test_back_in_reach_before_all_were_heard_of() -> None:
    """One container was lost and is back, of the other nothing was heard: the instance is coming up, not lost."""
    patient = UnreachableStrategy(inactive_after_seconds=100, expunge_after_seconds=200)
    world = make_world()
    world.post(make_pod(unreachable_strategy=patient))
    world.offer()
    (instance,) = world.instances("/pod")
    world.report(instance.tasks[0].id, TaskState.TASK_UNREACHABLE)
    lost = world.conditions("/pod")
    world.report(instance.tasks[0].id, TaskState.TASK_RUNNING)

    assert (["Unreachable"], ["Staging"]) == (lost, world.conditions("/pod"))
    assert TimerKind.LOSS not in {timer.kind for timer in world.marathon.state.timers.all()}


@pytest.mark.parametrize("healthy", [True, False])
def test_deployments_wait_for_the_checks_of_containers(*, healthy: bool) -> None:
    """A pod is stable when the agent finds every checked container well."""
    check = ContainerHealthCheck(exec=CheckExec(CheckCommand(shell="true")))
    web, side = make_pod().containers
    pod = make_pod(containers=(attrs.evolve(web, health_check=check), side))
    world = make_world()
    world.post(pod)
    world.offer()
    (instance,) = world.instances("/pod")
    for task in instance.tasks:
        world.report(task.id, TaskState.TASK_RUNNING)
    assert world.is_deploying
    assert ("DEGRADED", ["DEGRADED"]) == statuses(world, pod)
    world.report(instance.tasks[0].id, TaskState.TASK_RUNNING, healthy=healthy)

    assert healthy is not world.is_deploying
    assert ("STABLE" if healthy else "DEGRADED") == statuses(world, pod)[0]


def test_constraints_and_amounts_hold_for_pods() -> None:
    """A second instance may not share the host of the first, and the refusal says so."""
    world = make_world(1)
    world.post(make_pod(instances=2, constraints=(Constraint("hostname", Operator.UNIQUE),)))
    world.work()
    (unused,) = world.marathon.state.statistics.of(PathId("/pod")).last_unused.values()

    assert ["Running", "Scheduled"] == world.conditions("/pod")
    assert "hostname UNIQUE" in unused.refusals[0].message


def test_pods_and_apps_take_turns() -> None:
    """Both launch on one offer, in one ACCEPT."""
    world = make_world(1)
    world.post(make_app(), make_pod())
    world.offer()

    assert (["Provisioned"], ["Provisioned"]) == (world.conditions("/web"), world.conditions("/pod"))
    assert 3 == len(world.machines[next(iter(world.machines))].tasks)
