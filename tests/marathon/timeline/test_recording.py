"""What the machine writes down of each turn, for each app."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from koinon_core.tasks import TaskState
from koinon_frameworks.matching.constraints import Constraint, Operator
from koinon_marathon.definition.groups import put_spec
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.deployment.plan import DeploymentId
from koinon_marathon.events import (
    AppPost,
    CancelDeployment,
    ChangeTree,
    KillInstances,
    RequestId,
    ResetDelay,
)
from koinon_marathon.happenings import Origin
from koinon_marathon.timeline import Entry, Kind, Tone
from koinon_marathon.ui.timeline_table import timeline_row
from support.marathon_world import World, make_app, make_pod
from support.ui_rows import find_row_problems

ANN = Origin(address="10.0.0.7", principal="ann")


@pytest.fixture
def world() -> World:
    """Two agents, no app."""
    return World()


def entries(world: World, path: str = "/web", kind: Kind | None = None) -> list[Entry]:
    """What happened to an app, the oldest first, each of it as rows.ts has it."""
    found = [each for _, each in world.marathon.state.timeline.entries(PathId(path))]
    for each in found:
        assert [] == find_row_problems("timeline", timeline_row(each))
    return [each for each in found if kind is None or each.kind is kind]


def told(world: World, path: str = "/web", kind: Kind | None = None) -> list[str]:
    """The sentences that people read."""
    return [str(timeline_row(each)["text"]) for each in entries(world, path, kind)]


def put(world: World, **fields: Any) -> None:
    """Change an app as ann does it over HTTP."""
    app = attrs.evolve(world.app(), **fields)
    post = AppPost(app_id=app.id, client_ip="10.0.0.7", uri="/v2/apps/web")
    world.send(
        ChangeTree(request_id=RequestId(1), transition=lambda root, _at: put_spec(root, app), post=post, origin=ANN)
    )


def test_an_apps_birth_is_told_in_order(world: World) -> None:
    """Asked for, planned, launched where it was offered, running, done."""
    world.post(make_app("/web"))
    world.work(2)

    assert [
        "created: 1 instance of sleep 100",
        "planned in 2 steps: 1. StartApplication; 2. ScaleApplication",
        "step 1 of 2 begins: StartApplication",
        "step 1 of 2 is done",
        "step 2 of 2 begins: ScaleApplication",
        "offer of host-a0 taken: an instance launched",
        "TASK_RUNNING on host-a0",
        "step 2 of 2 is done",
        "the deployment is done",
    ] == [text.replace("a1", "a0") for text in told(world)]


def test_launch_is_tied_to_all_that_took_part(world: World) -> None:
    """Its offer, agent, host, instance and task can be linked to."""
    world.post(make_app("/web"))
    world.offer("a1")

    (launch,) = entries(world, kind=Kind.LAUNCH)
    (instance,) = world.instances()

    assert (instance.id, world.task_ids()[0], "a1", "host-a1", "a1:1") == (
        launch.instance,
        launch.task,
        launch.agent,
        launch.host,
        launch.offer,
    )


def test_change_says_who_and_what(world: World) -> None:
    """The name, the address, and each field with what it was."""
    world.post(make_app("/web", instances=2))
    world.work(4)
    put(world, instances=4, labels={"team": "blue"})

    assert (
        "changed by ann from 10.0.0.7: instances 2 -> 4, labels.team blue added" == told(world, kind=Kind.REQUEST)[-1]
    )


def test_refused_change_is_told(world: World) -> None:
    """A second change while the first is under way: it is refused, and the timeline says so as bad news."""
    world.post(make_app("/web", cpus=99))
    put(world, instances=2)

    last = entries(world, kind=Kind.REQUEST)[-1]

    assert last.text.startswith("a change by ann from 10.0.0.7 is refused: ")
    assert last.tone is Tone.BAD


def test_declined_offers_are_one_entry_with_their_count(world: World) -> None:
    """A rack that is full: every offer of it adds to one sentence, which names the host that offered last."""
    world.add_agent("b0", attributes="rack:r1", cpus=64)
    constraint = Constraint(field="rack", operator=Operator.MAX_PER, value="2")
    world.post(make_app("/web", instances=3, constraints=(constraint,)))
    for _ in range(3):
        world.offer("b0")
        world.run_all()

    declined = entries(world, kind=Kind.OFFER)[-1]

    assert "2 offers from 1 agent declined, host-b0: rack MAX_PER 2: r1 already holds 2 of 2: r1 has 2" == declined.text
    assert 2 == declined.count


@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("scale", "only 1 is wanted"),
        ("upgrade", "its version is replaced"),
        ("remove", "its app is removed"),
        ("person", "asked for by ann from 10.0.0.7"),
    ],
)
def test_kill_says_why(world: World, what: str, why: str) -> None:
    """Who shrinks, upgrades or removes an app, or kills a task, reads that as the reason of each kill."""
    world.post(make_app("/web", instances=2))
    world.work(4)
    if what == "scale":
        world.update("/web", instances=1)
    elif what == "upgrade":
        world.update("/web", cmd="sleep 200")
        world.work(3)
    elif what == "remove":
        world.delete("/web")
    else:
        world.send(KillInstances(request_id=RequestId(1), ids=(world.instances()[0].id,), origin=ANN))

    (text, *_) = told(world, kind=Kind.KILL)

    assert text.endswith(f": {why}")


def test_kill_of_a_launch_that_does_not_come_forward_says_so(world: World) -> None:
    """A task that stays in staging for too long is ended, and that is why."""
    world.post(make_app("/web"))
    world.offer()
    world.report(world.task_ids()[0], TaskState.TASK_STAGING)
    world.sleep(world.options.task_launch_timeout + 1)

    assert told(world, kind=Kind.KILL)[0].endswith("it is Staging for too long, another launch is tried")


def test_failure_is_bad_news_in_the_tasks_words(world: World) -> None:
    """The state, the host and the message, which is cut where a task says a lot."""
    world.post(make_app("/web"))
    world.offer("a0")
    world.report(world.task_ids()[0], TaskState.TASK_FAILED, message="x" * 9000)

    last = entries(world, kind=Kind.STATUS)[-1]

    assert (f"TASK_FAILED on host-a0: {'x' * 500}", Tone.BAD) == (last.text, last.tone)


def test_cancelled_deployment_is_told(world: World) -> None:
    """What was undone says so, with what it changes back."""
    world.post(make_app("/web", instances=1))
    world.work(4)
    world.update("/web", instances=2, cpus=99)
    (deployment,) = world.marathon.state.deployments
    world.send(CancelDeployment(request_id=RequestId(2), id=DeploymentId(deployment), origin=ANN))

    requests = told(world, kind=Kind.REQUEST)

    assert f"deployment {deployment} is undone by ann from 10.0.0.7: instances 2 -> 1, cpus 99 -> 0.1" == requests[-1]
    assert any("the deployment ends: superseded" in text for text in told(world, kind=Kind.DEPLOYMENT))


def test_reset_delay_is_told(world: World) -> None:
    """Somebody lets an app launch again at once."""
    world.post(make_app("/web"))
    world.send(ResetDelay(PathId("/web"), ANN))

    assert "the delay after failures is ended by ann from 10.0.0.7" == told(world)[-1]


def test_plan_names_no_other_app(world: World) -> None:
    """An app's timeline may be read by who may not see its neighbours: they are counted."""
    world.post(make_app("/web"), make_app("/secret"))

    assert not any("secret" in text for text in told(world))
    assert "planned in 2 steps: 1. StartApplication beside 1 other; 2. ScaleApplication beside 1 other" in told(world)


def test_timeline_begins_anew_with_what_the_store_knows(world: World) -> None:
    """After a failover: kept versions with what changed, launches, the last failure, all of it marked."""
    world.post(make_app("/web"))
    world.work(4)
    world.now += 60
    world.update("/web", cmd="sleep 200")
    world.work(6)
    world.report(world.task_ids()[0], TaskState.TASK_FAILED, message="boom")
    world.offer()
    world.fail_over()

    restored = [each for each in entries(world) if each.is_restored]

    assert [
        "the oldest version that is kept: 1 instance of sleep 100",
        "changed: cmd sleep 100 -> sleep 200",
    ] == [str(timeline_row(each)["text"]) for each in restored if each.kind is Kind.REQUEST]
    assert any(each.text.endswith(": boom") and each.tone is Tone.BAD for each in restored)
    assert sorted(each.at for each in restored) == [each.at for each in restored]


def test_deployment_under_way_goes_on_in_the_timeline(world: World) -> None:
    """A new leader says at which step it takes a deployment up."""
    world.post(make_app("/web", cpus=99))
    world.fail_over()

    assert "step 2 of 2 goes on: ScaleApplication" == told(world, kind=Kind.DEPLOYMENT)[-1]


def test_pods_have_a_timeline_too(world: World) -> None:
    """A pod's request names what its containers are."""
    world.add_agent("large", disk=100)
    world.post(make_pod("/pod"))
    world.work(3)

    assert "created: 1 instance of web, side" == told(world, "/pod")[0]
    assert 1 == len(entries(world, "/pod", Kind.LAUNCH))
