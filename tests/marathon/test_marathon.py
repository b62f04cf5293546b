"""The whole machine, event by event: launches, failures, losses, kills, changes and the change of leaders."""

import pytest

from koinon_core.ids import AgentId, FrameworkId, TaskId
from koinon_core.tasks import TaskState
from koinon_marathon.definition.apps import UnreachableStrategy
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.errors import FrameworkIdMissing
from koinon_marathon.events import KillInstances, OffersReceived, RequestId, ResetDelay, Restored
from koinon_marathon.instance.instances import Condition, InstanceId
from koinon_marathon.instructions import (
    Accept,
    AcknowledgeStatus,
    Answer,
    ChangeAccepted,
    Decline,
    Killed,
    Persist,
    Revive,
    Suppress,
)
from koinon_marathon.marathon import Marathon
from koinon_marathon.options import Options
from support.marathon_world import START, World, make_app


def test_launch_intent_is_stored_before_the_offer_is_accepted() -> None:
    """ACCEPT and the answer to the status wait for the store; declining does not."""
    world = World(agents=2)
    world.post(make_app())

    instructions = world.send(OffersReceived(tuple(world.make_offer(each) for each in world.machines.values())))

    persists = [each for each in instructions if isinstance(each, Persist)]
    assert 1 == len(persists)
    assert [Condition.PROVISIONED] == [record.condition for record in persists[0].puts]  # type: ignore[union-attr]
    assert any(isinstance(effect, Accept) for effect in persists[0].then)
    assert any(isinstance(each, Decline) for each in instructions)
    assert not any(isinstance(each, Accept) for each in instructions)


def test_new_app_is_deployed_once_its_instances_run() -> None:
    """Steps Start and Scale; the deployment ends with the last instance running."""
    world = World()
    world.post(make_app(instances=3))
    world.offer()

    world.report(world.task_ids()[0], TaskState.TASK_RUNNING)
    world.report(world.task_ids()[1], TaskState.TASK_RUNNING)

    assert world.is_deploying
    world.report(world.task_ids()[2], TaskState.TASK_RUNNING)
    assert not world.is_deploying
    assert "deployment_success" == world.published[-1]


def test_task_ids_are_marathons() -> None:
    """`<safe path>.instance-<uuid>._app.<attempt>`, the attempt rising with each relaunch of the same instance."""
    world = World()
    world.post(make_app("/shop/web"))
    world.offer()
    first = world.task_ids("/shop/web")[0]
    world.report(first, TaskState.TASK_KILLED)
    world.offer()

    assert first.startswith("shop_web.instance-")
    assert [first.removesuffix(".1") + ".2"] == world.task_ids("/shop/web")


def test_burst_spreads_over_the_agents_offered_together() -> None:
    """Fifty instances and two offers in one event: one ACCEPT each, half of the tasks on either."""
    world = World(agents=2)
    world.post(make_app(instances=50, cpus=0.01))

    world.offer()

    assert [25, 25] == [len(machine.tasks) for machine in world.machines.values()]
    assert 2 == sum(isinstance(effect, Accept) for effect in world.effects)


def test_offers_are_wanted_only_while_something_waits() -> None:
    """Revived by a new app, suppressed when all of it is launched."""
    world = World()
    assert isinstance(next(each for each in world.effects if isinstance(each, Revive | Suppress)), Suppress)

    world.post(make_app())
    assert world.is_reviving

    world.offer()
    assert not world.is_reviving


def test_failed_task_waits_out_its_delay() -> None:
    """Not launched within the back-off, launched on the first offer after it, with a revive when it ends."""
    world = World()
    world.post(make_app(backoff_seconds=10))
    world.offer()
    world.report(world.task_ids()[0], TaskState.TASK_FAILED)

    world.offer()
    assert ["Scheduled"] == world.conditions()
    assert START + 10 == world.marathon.next_deadline()

    world.sleep(10)
    assert world.is_reviving
    world.offer()
    assert ["Provisioned"] == world.conditions()


def test_resetting_the_delay_launches_at_once() -> None:
    """DELETE on the queue's delay forgets the failures."""
    world = World()
    world.post(make_app(backoff_seconds=100))
    world.offer()
    world.report(world.task_ids()[0], TaskState.TASK_FAILED)

    world.send(ResetDelay(PathId("/web")))
    world.offer()

    assert ["Provisioned"] == world.conditions()


def test_failure_is_remembered_with_its_message() -> None:
    """`lastTaskFailure` is stored and kept through a change of leaders."""
    world = World()
    world.post(make_app())
    world.offer()
    world.report(world.task_ids()[0], TaskState.TASK_FAILED, message="exit 7")

    world.fail_over()

    assert "exit 7" == world.marathon.state.failures[PathId("/web")].message


def test_kill_for_bad_health_is_remembered_and_replaced_without_delay() -> None:
    """The agent's health check ended it: the reason is the app's `lastTaskFailure`, and a successor starts at once."""
    world = World()
    world.post(make_app())
    world.offer()
    world.report(world.task_ids()[0], TaskState.TASK_RUNNING)
    world.report(world.task_ids()[0], TaskState.TASK_KILLED, healthy=False, message="Health check failed (refused)")
    world.offer()

    assert "Health check failed (refused)" == world.marathon.state.failures[PathId("/web")].message
    assert ["Provisioned"] == world.conditions()


def test_killed_task_is_replaced_without_delay() -> None:
    """A kill through the API keeps the wanted number, and TASK_KILLED is no failure."""
    world = World()
    world.post(make_app())
    world.work()
    victim = world.instances()[0]

    world.send(KillInstances(request_id=RequestId(2), ids=(victim.id, InstanceId("nobody"))))
    assert Killed((victim,)) == world.answers[-1]
    world.end_killed()
    world.offer()

    assert ["Provisioned"] == world.conditions()


def test_kill_with_scale_takes_exactly_these() -> None:
    """The app gets smaller by the killed ones, in one deployment."""
    world = World()
    world.post(make_app(instances=3))
    world.work()
    victim = world.instances()[1]

    world.send(KillInstances(request_id=RequestId(2), ids=(victim.id,), scale=True))
    world.work()

    assert isinstance(world.answers[-1], ChangeAccepted)
    assert 2 == world.app().instances
    assert victim.id not in {one.id for one in world.instances()}
    assert ["Running", "Running"] == world.conditions()


def test_unanswered_kill_is_asked_again() -> None:
    """Every 30 s, without limit."""
    world = World()
    world.post(make_app())
    world.work()
    world.delete("/web")
    world.kills.clear()

    world.sleep(95)

    assert 3 == len(world.kills)


def test_deleted_app_is_gone_with_its_last_task() -> None:
    """Instances go when they ended, the deployment then; the definition stays for the tree's old versions alone."""
    world = World()
    world.post(make_app(instances=2))
    world.work()

    world.delete("/web")
    assert world.is_deploying
    world.work()

    assert not world.is_deploying
    assert [] == world.instances()
    assert {} == world.marathon.state.versions
    assert {"RootKey", "FrameworkKey", "AppKey"} == {type(key).__name__ for key in world.store}


def test_status_is_acknowledged_after_the_store() -> None:
    """The acknowledgement stands in the Persist that stores what the status changed."""
    world = World()
    world.post(make_app())
    world.offer()

    world.report(world.task_ids()[0], TaskState.TASK_RUNNING)

    assert any(isinstance(effect, AcknowledgeStatus) for effect in world.effects)


def test_kills_out_of_reach_hold_up_no_others() -> None:
    """Tasks of a lost agent take no place among the kills in flight; back again, they are killed."""
    patient = UnreachableStrategy(inactive_after_seconds=1000, expunge_after_seconds=2000)
    world = World(options=Options(kill_chunk_size=2))
    world.post(make_app(instances=3, unreachable_strategy=patient))
    world.offer()
    world.run_all()
    one, two, three = world.instances()
    world.send(KillInstances(request_id=RequestId(1), ids=(one.id, two.id)))
    away = list(world.kills)
    for task_id in away:
        world.report(task_id, TaskState.TASK_UNREACHABLE)
    world.kills.clear()
    world.sleep(60)
    assert [] == world.kills
    world.send(KillInstances(request_id=RequestId(1), ids=(three.id,)))
    in_time = list(world.kills)
    world.report(away[0], TaskState.TASK_RUNNING)

    assert three.task is not None
    assert [three.task.id] == in_time
    assert [three.task.id, away[0]] == world.kills


def test_unknown_task_is_killed() -> None:
    """A task that nobody knows and that lives is ended; one that is over is told of."""
    world = World()

    world.report(make_unknown(), TaskState.TASK_RUNNING)
    assert [make_unknown()] == world.kills

    world.report(make_unknown(), TaskState.TASK_FAILED)
    assert "unknown_instance_terminated_event" in world.published


def test_lost_task_is_replaced_at_once_by_default() -> None:
    """Strategy 0/0: the unreachable instance is forgotten and another one waits; should it return, it is killed."""
    world = World()
    world.post(make_app())
    world.work()
    lost = world.task_ids()[0]

    world.report(lost, TaskState.TASK_UNREACHABLE)
    assert ["Scheduled"] == world.conditions()

    world.report(lost, TaskState.TASK_RUNNING)
    assert lost in world.kills


def test_store_without_framework_id_is_not_served() -> None:
    """Instances that run under an id nobody remembers would run on unattended."""
    world = World()
    world.post(make_app())
    world.offer()

    with pytest.raises(FrameworkIdMissing):
        Marathon(Options(), world.rng).handle(Restored(instances=tuple(world.instances())), START)


def test_new_leader_takes_tasks_up_and_launches_intents_again() -> None:
    """A running task is kept; an intent whose ACCEPT was never sent is launched again as the next attempt."""
    world = World()
    world.post(make_app(instances=2))
    world.offer("a0")
    running, intent = world.task_ids()
    world.report(running, TaskState.TASK_RUNNING)
    del world.machines[AgentId("a0")].tasks[intent]

    world.fail_over()
    world.work()

    assert running in world.task_ids()
    assert intent.removesuffix("1") + "2" in world.task_ids()
    assert not world.is_deploying


def test_intents_that_never_arrived_are_no_failures_of_the_app() -> None:
    """However many there were, what the new leader launches instead waits for nothing but offers."""
    world = World()
    world.post(make_app(instances=50, cpus=0.01, mem=1.0))
    world.offer("a0")
    world.machines[AgentId("a0")].tasks.clear()

    world.fail_over()
    world.work()

    assert 50 == len(world.task_ids())
    assert not world.is_deploying


def test_new_framework_id_is_stored() -> None:
    """The id the master gives is kept for the next leader."""
    world = World()

    assert FrameworkId("marathon-0000") == world.marathon.state.framework_id
    assert any(type(key).__name__ == "FrameworkKey" for key in world.store)


def test_change_is_answered_after_the_store() -> None:
    """The answer of a change stands in the Persist of its records."""
    world = World()

    world.post(make_app())

    answers = [effect for effect in world.effects if isinstance(effect, Answer)]
    assert isinstance(answers[0].result, ChangeAccepted)


def make_unknown() -> TaskId:
    """An id of our own making that no instance has."""
    return TaskId("web.instance-00000000-0000-11e0-8000-000000000001._app.1")
