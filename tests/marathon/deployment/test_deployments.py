"""Deployments against a cluster: rolling restarts, conflicts, force, undoing, new leaders (marathon-semantics 3, 4)."""

from itertools import pairwise
from typing import Any

import attrs
import pytest

from koinon_core.tasks import TaskState
from koinon_marathon import turn
from koinon_marathon.definition.apps import UpgradeStrategy
from koinon_marathon.definition.health_checks import HealthCheck, HealthCheckCommand, HealthCheckProtocol
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.problems import Rejection
from koinon_marathon.deployment.conflicts import Locked
from koinon_marathon.deployment.plan import DeploymentId, DeploymentProgress
from koinon_marathon.events import CancelDeployment, KillInstances, RequestId, Tick
from koinon_marathon.instructions import ChangeAccepted, DeploymentCancelled, DeploymentKey, ProgressKey
from koinon_marathon.options import Options
from support.marathon_world import World, make_app


def deployed(instances: int = 4, **fields: Any) -> World:
    """A world in which the app runs."""
    world = World()
    world.post(make_app(instances=instances, **fields))
    world.work()
    assert not world.is_deploying
    return world


@pytest.mark.parametrize("health", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("over", [0.0, 0.25, 1.0])
def test_upgrade_keeps_its_promises(health: float, over: float) -> None:
    """Never fewer healthy than promised, never more than allowed (one more where nothing could move)."""
    strategy = UpgradeStrategy(minimum_health_capacity=health, maximum_over_capacity=over)
    world = deployed(upgrade_strategy=strategy)
    world.update("/web", cmd="other")
    least, most = 4, 4

    for _ in range(60):
        world.offer()
        most = max(most, len(world.task_ids()))
        if world.kills:
            task = world.kills.pop(0)
            if world.machine_of(task):
                world.report(task, TaskState.TASK_KILLED)
        else:
            staged = [one.task.id for one in world.instances() if one.task and not one.task.started_at]
            if staged:
                world.report(staged[0], TaskState.TASK_RUNNING)
        least = min(least, sum(one.is_wanted and one.condition.value == "Running" for one in world.instances()))

    assert not world.is_deploying
    assert {world.app().version} == {one.version for one in world.instances()}
    assert least >= 4 * health
    assert most <= max(4 * (1 + over), 5 if health == 1 else 4)


def test_restart_rolls_over_though_nothing_differs() -> None:
    """All tasks are new, the number of instances is the same."""
    world = deployed()
    before = set(world.task_ids())

    world.change(lambda root, _at: root, restarts=["/web"])
    world.work()

    assert not world.is_deploying
    assert 4 == len(world.task_ids())
    assert before.isdisjoint(world.task_ids())


def test_scaling_restarts_nothing() -> None:
    """Instances keep the version they were launched with; the new ones have the new."""
    world = deployed(instances=1)
    before = world.task_ids()

    world.update("/web", instances=3)
    world.work()

    assert before[0] in world.task_ids()
    assert 3 == len(world.task_ids())


def test_locked_app_is_refused() -> None:
    """409 that names the deployment; nothing changes."""
    world = World()
    first = world.post(make_app(instances=2))

    second = world.update("/web", instances=5)

    assert isinstance(first, ChangeAccepted)
    assert Locked((first.deployment_id,)) == second
    assert 2 == world.app().instances


def test_force_supersedes() -> None:
    """The other deployment fails, the new one is carried out."""
    world = World()
    world.post(make_app(instances=2))

    world.update("/web", instances=1, force=True)
    world.work()

    assert "deployment_failed" in world.published
    assert ["Running"] == world.conditions()


def test_a_change_in_the_way_of_several_names_them_all_and_may_supersede_them_all() -> None:
    """Two apps are being deployed apart: one change of both hears of both; by force it takes the place of both."""
    world = World()
    under_way = [world.post(make_app(id_, cpus=0.1, instances=2)) for id_ in ("/a", "/b")]
    ids = {one.deployment_id for one in under_way if isinstance(one, ChangeAccepted)}
    bigger = [make_app(id_, cpus=0.2, instances=3) for id_ in ("/a", "/b")]
    refused = world.post(*bigger)
    assert isinstance(refused, Locked)
    forced = world.post(*bigger, force=True)
    assert isinstance(forced, ChangeAccepted)

    assert (2, ids) == (len(ids), set(refused.deployments))
    assert [forced.deployment_id] == list(world.marathon.state.deployments)

    world.work()
    assert 2 == world.published.count("deployment_failed")
    assert [3, 3] == [len(world.instances(id_)) for id_ in ("/a", "/b")]
    assert not world.is_deploying


def test_too_many_deployments_are_refused() -> None:
    """403 at `--max_running_deployments`."""
    world = World(options=Options(max_running_deployments=1))
    world.post(make_app("/a"))

    refused = world.post(make_app("/b"))

    assert isinstance(refused, Rejection)
    assert 403 == refused.status


def test_undoing_an_upgrade_keeps_what_still_runs_the_old_version() -> None:
    """The old tasks that were not replaced yet are not restarted."""
    strategy = UpgradeStrategy(minimum_health_capacity=1.0, maximum_over_capacity=0.5)
    world = deployed(upgrade_strategy=strategy)
    before = set(world.task_ids())
    world.update("/web", cmd="fails")
    world.offer()
    (deployment,) = world.marathon.state.deployments

    world.send(CancelDeployment(request_id=RequestId(2), id=deployment))
    world.work()

    assert not world.is_deploying
    assert before == set(world.task_ids())
    assert "sleep 100" == world.app().cmd


def test_cancelled_deployment_stays_where_it_is() -> None:
    """With force: the answer says so, the new definition stays, the old tasks stay."""
    world = deployed()
    world.update("/web", cmd="other")
    (deployment,) = world.marathon.state.deployments

    world.send(CancelDeployment(request_id=RequestId(2), id=deployment, force=True))

    assert DeploymentCancelled(deployment) == world.answers[-1]
    assert "other" == world.app().cmd
    assert not world.is_deploying


def test_unknown_deployment_is_404() -> None:
    """There is nothing to cancel."""
    world = World()

    world.send(CancelDeployment(request_id=RequestId(2), id="nothing"))  # type: ignore[arg-type] # an id is a str

    assert Rejection(404, "DeploymentPlan nothing does not exist") == world.answers[-1]


def test_dependent_app_waits() -> None:
    """The second level begins when the first one runs."""
    world = World()
    world.post(make_app("/db"), make_app("/web", dependencies=(PathId("/db"),)))

    world.offer()
    assert [] == world.instances("/web")

    world.run_all()
    assert ["Scheduled"] == world.conditions("/web")


def test_new_leader_finishes_an_upgrade() -> None:
    """Half way through, another leader goes on from what is stored."""
    world = deployed()
    world.update("/web", cmd="other")
    world.offer()
    world.report(world.task_ids()[-1], TaskState.TASK_RUNNING)

    world.fail_over()
    world.work()

    assert not world.is_deploying
    assert ["Running"] * 4 == world.conditions()
    assert {world.app().version} == {one.version for one in world.instances()}


def test_upgrade_of_an_unhealthy_app_does_not_stall() -> None:
    """No capacity to spare and nothing healthy to count on: the unhealthy make way one by one."""
    strategy = UpgradeStrategy(minimum_health_capacity=1.0, maximum_over_capacity=0.0)
    world = World()
    check = HealthCheck(protocol=HealthCheckProtocol.COMMAND, command=HealthCheckCommand("true"))
    world.post(make_app(instances=3, upgrade_strategy=strategy, health_checks=(check,)))
    world.offer()
    for task in world.task_ids():
        world.report(task, TaskState.TASK_RUNNING, healthy=False)
    assert world.is_deploying

    world.update("/web", cmd="other", force=True)
    world.work()

    assert not world.is_deploying
    assert ["Running"] * 3 == world.conditions()
    assert {world.app().version} == {one.version for one in world.instances()}


def test_change_of_nothing_succeeds_at_once() -> None:
    """A fresh deployment id, no step, the same version."""
    world = deployed()
    version = world.app().version

    accepted = world.update("/web")

    assert isinstance(accepted, ChangeAccepted)
    assert not world.is_deploying
    assert version == world.app().version


def test_an_app_to_zero_and_back() -> None:
    """Scaling to none ends all tasks; the deployment waits for them."""
    world = deployed(instances=2)

    world.update("/web", instances=0)
    assert world.is_deploying
    world.work()
    assert [] == world.instances()

    world.update("/web", instances=1)
    world.work()
    assert ["Running"] == world.conditions()


def in_second_step() -> World:
    """`/db` is deployed, `/web`, which waits for it, is not; both are from then on."""
    world = World()
    world.post(make_app("/db"), make_app("/web", instances=2, dependencies=(PathId("/db"),)))
    world.offer()
    world.run_all()
    (deployment,) = world.marathon.state.deployments.values()
    assert 3 == deployment.step_number
    return world


def test_new_leader_goes_on_at_the_step_that_was_reached() -> None:
    """Nothing is told twice, and the record of the step goes with the deployment."""
    world = in_second_step()
    told = world.published.count("deployment_info")

    world.fail_over()

    (deployment,) = world.marathon.state.deployments.values()
    assert 3 == deployment.step_number
    assert told + 1 == world.published.count("deployment_info")

    world.work()

    assert not world.is_deploying
    assert not [key for key in world.store if isinstance(key, DeploymentKey | ProgressKey)]


def test_progress_without_its_deployment_is_forgotten() -> None:
    """A leader that died between two writes leaves no litter for ever."""
    world = World()
    world.store[ProgressKey(DeploymentId("gone"))] = DeploymentProgress(DeploymentId("gone"), 2)

    world.fail_over()

    assert not [key for key in world.store if isinstance(key, ProgressKey)]


def test_what_a_deployment_is_done_with_is_kept_up() -> None:
    """An app of an earlier step that loses its agent is replaced, however long the later steps take."""
    world = in_second_step()
    world.report(world.task_ids("/db")[0], TaskState.TASK_UNREACHABLE)

    assert world.is_deploying
    assert ["Scheduled"] == world.conditions("/db")


def test_what_a_deployment_has_not_come_to_is_kept_up() -> None:
    """An app of a later step keeps as many as it had."""
    world = in_second_step()
    world.work()
    root = world.marathon.state.root
    changed = [attrs.evolve(app, cmd="other", instances=app.instances + 1) for app in root.apps.values()]
    world.post(*changed)
    world.report(world.task_ids("/web")[0], TaskState.TASK_UNREACHABLE)

    assert ["Running", "Scheduled"] == world.conditions("/web")


def test_cancelled_deployment_tells_of_its_step() -> None:
    """The step failed, then the deployment did."""
    world = World()
    world.post(make_app())
    (deployment,) = world.marathon.state.deployments

    world.send(CancelDeployment(request_id=RequestId(2), id=deployment, force=True))

    assert ["deployment_failed", "deployment_step_failure"] == sorted(world.published[-2:])


def test_a_plan_of_many_steps_is_told_in_one_piece() -> None:
    """Each step tells the whole plan: all of them share one object, or a chain of a thousand apps would fill memory."""
    world = World()
    world.post(*(make_app(f"/a{at}", instances=0, dependencies=(PathId(f"/a{at + 1}"),)) for at in range(9)))
    steps = [event for event in world.told if event.type.startswith("deployment_")]

    assert 2 * 9 < len(steps)
    assert 1 == len({id(event.fields["plan"]) for event in steps})
    assert 1 == len({id(event.heavy["plan"]) for event in steps})


@pytest.fixture
def small_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn makes two instances at most, and lets three go."""
    monkeypatch.setattr(turn, "MADE_PER_TURN", 2)
    monkeypatch.setattr(turn, "GIVEN_UP_PER_TURN", 3)


@pytest.mark.usefixtures("small_turns")
def test_many_instances_are_made_and_let_go_in_several_turns() -> None:
    """No turn makes or ends more than its share; two apps take turns, and both come to their end."""
    world = World()
    world.post(make_app("/a", instances=7), make_app("/b", instances=5))
    made = [len(world.marathon.state.instances.all())]
    while made[-1] < 12:
        world.send(Tick())
        made.append(len(world.marathon.state.instances.all()))

    assert [2, 4, 6, 8, 10, 11, 12] == made

    world.delete("/a")
    world.delete("/b")
    left = [len(world.marathon.state.instances.all())]
    while left[-1]:
        world.send(Tick())
        left.append(len(world.marathon.state.instances.all()))

    assert 3 >= max(before - after for before, after in pairwise(left))
    assert not world.is_deploying


@pytest.mark.usefixtures("small_turns")
def test_what_a_cancelled_deployment_had_not_made_yet_is_made() -> None:
    """A new leader, and whoever cancels the deployment, finds instances missing and makes them, share by share."""
    world = World()
    world.post(make_app("/a", instances=7))
    world.fail_over()
    (deployment,) = world.marathon.state.deployments
    world.send(CancelDeployment(request_id=RequestId(1), id=deployment, force=True))
    world.sleep(1)

    assert 7 == len(world.instances("/a"))


@pytest.mark.usefixtures("small_turns")
def test_all_who_are_sentenced_die_though_they_are_more_than_a_turn_lets_go() -> None:
    """Four instances are killed with scaling: exactly these go, in two turns."""
    world = deployed(instances=6)
    doomed = {one.id for one in world.instances()[2:]}
    spared = [one.id for one in world.instances()[:2]]
    world.send(KillInstances(request_id=RequestId(1), ids=tuple(doomed), scale=True))
    world.work()

    assert spared == [one.id for one in world.instances()]
