"""The fake master beyond what a real cluster can be asked in seconds: losses, failovers, faults, offers by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import ExecutorId, OperationId, TaskId
from koinon_core.offers import Filters, Operation, OperationType, Reserve
from koinon_core.resources import Kind, Reservation, Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_core.scheduler_api import Failure, ReconcileTask
from koinon_core.tasks import ExecutorInfo, ExecutorType, TaskState
from koinon_frameworks import CallFailureKind, DriverOptions, EndKind, SchedulerCalls
from koinon_frameworks.testing import (
    FakeMaster,
    FakeMasterError,
    Running,
    fails,
    fails_to_start,
    finishes,
    runs,
    stays_staging,
    turns_unhealthy,
)
from support.framework_tasks import make_task
from support.scheduler_stages import EXPLICIT, Observer

AWARE = FrameworkInfo(
    user="root",
    name="aware",
    failover_timeout=3600.0,
    capabilities=(FrameworkCapability(FrameworkCapabilityType.PARTITION_AWARE),),
)


class Watcher(Observer):
    """Hears of failures, too."""

    async def agent_lost(self, driver: SchedulerCalls, agent_id: str) -> None:
        self.seen.append(f"lost {agent_id}")

    async def executor_lost(self, driver: SchedulerCalls, failure: Failure) -> None:
        self.seen.append(f"lost {failure.executor_id}: {failure.status}")

    async def rescinded(self, driver: SchedulerCalls, offer_id: str) -> None:
        await super().rescinded(driver, offer_id)
        self.seen.append(f"rescinded {offer_id}")

    async def disconnected(self, driver: SchedulerCalls, reason: str) -> None:
        await super().disconnected(driver, reason)
        self.seen.append(f"disconnected: {reason}")


class Desk:
    """A watcher under way at a fake master with one agent."""

    def __init__(self, master: FakeMaster, info: FrameworkInfo = AWARE, options: DriverOptions | None = None) -> None:
        self.master, self.watcher = master, Watcher()
        self.agent_id = master.add_agent()
        self.running: Running = master.start(self.watcher, info, options)
        self.driver = self.running.driver

    def launch(self, *names: str) -> None:
        """Launch tasks on what is offered, and let them run for a second."""
        offer = self.watcher.take_offer()
        tasks = [make_task(name, offer.agent_id) for name in names]
        assert None is self.master.wait(self.driver.launch(offer, tasks))
        self.master.advance(1)

    def seen(self) -> list[str]:
        """What was seen since the last time."""
        found, self.watcher.seen = self.watcher.seen, []
        return found


@pytest.fixture
def desk(koinon_master: FakeMaster) -> Desk:
    """Partition-aware, automatic acknowledgements."""
    return Desk(koinon_master)


def test_an_unreachable_agent_takes_its_tasks_along_and_brings_them_back(desk: Desk) -> None:
    """Offers void, tasks unreachable, the agent lost; then the tasks again as they are (mesos-semantics 3.1, 3.2)."""
    desk.launch("a")
    desk.master.advance(10)
    desk.seen()
    offer_id = next(iter(desk.watcher.offered))
    desk.master.lose_agent(desk.agent_id)
    lost = desk.seen()
    desk.master.wait(desk.driver.reconcile([ReconcileTask(task_id=TaskId("a"), agent_id=desk.agent_id)]))
    asked = desk.seen()
    desk.master.return_agent(desk.agent_id)

    assert [f"rescinded {offer_id}", "a UNREACHABLE master AGENT_REMOVED once", "lost fake-S0"] == lost
    assert ["a UNREACHABLE master RECONCILIATION once"] == asked
    assert ["a RUNNING master AGENT_REREGISTERED once"] == desk.seen()
    assert 1 == len(desk.watcher.offered)


def test_what_happens_on_an_unreachable_agent_is_told_when_it_is_back(desk: Desk) -> None:
    """The task goes on and ends there; its updates wait."""
    desk.launch("a")
    desk.seen()
    desk.master.lose_agent(desk.agent_id)
    desk.master.update("a", "FINISHED")
    away = desk.seen()
    desk.master.return_agent(desk.agent_id)

    assert "a FINISHED executor - reliable" not in away
    assert ["a FINISHED executor - reliable"] == desk.seen()


def test_a_gone_agent_stays_gone(koinon_master: FakeMaster) -> None:
    """Its tasks are gone by the operator's word, or lost to those who know no better; it can't come back."""
    desk = Desk(koinon_master, FrameworkInfo(user="root", name="plain", failover_timeout=60))
    desk.launch("a")
    desk.seen()
    koinon_master.lose_agent(desk.agent_id, is_gone=True)

    assert ["a LOST master AGENT_REMOVED once", "lost fake-S0"] == desk.seen()
    with pytest.raises(FakeMasterError, match="marked gone"):
        koinon_master.return_agent(desk.agent_id)


def test_an_executor_dies_with_its_tasks(desk: Desk) -> None:
    """Each fails, the scheduler hears of the executor, and what it took is free."""
    offer = desk.watcher.take_offer()
    executor = ExecutorInfo(
        executor_id=ExecutorId("e"), resources=make_task("x").resources, command=make_task("x").command
    )
    tasks = [
        type(task)(
            name=task.name, task_id=task.task_id, agent_id=task.agent_id, resources=task.resources, executor=executor
        )
        for task in (make_task("a", offer.agent_id), make_task("b", offer.agent_id))
    ]
    desk.master.wait(desk.driver.launch(offer, tasks, Filters(0.0)))
    desk.master.advance(2)
    left = desk.watcher.take_offer()
    desk.seen()
    desk.master.lose_executor(desk.agent_id, "e", 9)
    desk.master.advance(6)
    again = desk.watcher.take_offer()

    assert [
        "a FAILED executor EXECUTOR_TERMINATED reliable",
        "b FAILED executor EXECUTOR_TERMINATED reliable",
        "lost e: 9",
    ] == desk.seen()
    # The offer that was never answered still holds its one.
    assert [1.0, 3.0] == [float(str(one.resources.scalar("cpus"))) for one in (left, again)]
    assert [("e",), ()] == [left.executor_ids, again.executor_ids]


def test_a_group_lives_and_dies_together(desk: Desk) -> None:
    """All tasks or none, under one executor; who fails takes the others along (mesos-v1-api 2.5)."""
    offer = desk.watcher.take_offer()
    resources = parse_resources("cpus:0.1;mem:32;disk:10")
    executor = ExecutorInfo(executor_id=ExecutorId("pod"), type=ExecutorType.DEFAULT, resources=resources)
    desk.master.script("a", fails(after=5))
    tasks = [make_task("a", offer.agent_id), make_task("b", offer.agent_id)]
    desk.master.wait(desk.driver.launch_group(offer, executor, tasks))
    desk.master.advance(20)
    later = desk.watcher.take_offer()
    too_many = [make_task(name, later.agent_id) for name in "cdef"]
    desk.master.wait(desk.driver.launch_group(later, executor, too_many))
    refused = [name for name in desk.seen() if "TASK_GROUP_INVALID" in name]

    assert {"a": TaskState.TASK_FAILED, "b": TaskState.TASK_KILLED} == desk.master.states()
    assert {"pod"} == {status.executor_id for status in desk.watcher.statuses if status.uuid is not None}
    assert [f"{name} ERROR master TASK_GROUP_INVALID once" for name in "cdef"] == refused


def test_what_the_fake_master_can_not_do_it_says(desk: Desk) -> None:
    """Loudly: a test must not pass because nothing happened."""
    offer = desk.watcher.take_offer()
    operation = Operation(type=OperationType.RESERVE, id=OperationId("r"), reserve=Reserve())
    with pytest.raises(FakeMasterError, match="tells nothing of operation r: try that on a real cluster"):
        desk.master.wait(desk.driver.accept([offer.id], [operation]))


def test_an_update_is_repeated_with_growing_pauses_until_it_is_acknowledged(koinon_master: FakeMaster) -> None:
    """After 10 seconds, 20 more, 40 more: mesos-semantics 6.1; the next one only after it."""
    desk = Desk(koinon_master, options=EXPLICIT)
    offer = desk.watcher.take_offer()
    koinon_master.wait(desk.driver.launch(offer, [make_task("a", offer.agent_id)]))
    times: list[float] = []
    for _ in range(4):
        koinon_master.wait_until(lambda: len(desk.watcher.statuses) > len(times))
        times.append(round(koinon_master.now, 1))
    koinon_master.wait(desk.driver.acknowledge(desk.watcher.statuses[0]))

    assert [0.1, 10.1, 30.1, 70.1] == times
    assert [1, 4] == [
        len({status.uuid for status in desk.watcher.statuses[:4]}),
        desk.seen().count("a STARTING executor - reliable"),
    ]
    assert TaskState.TASK_RUNNING is desk.watcher.statuses[-1].state


def test_a_new_master_knows_a_task_once_its_agent_is_back(desk: Desk) -> None:
    """Until then it keeps silent about it (mesos-semantics 6.2); offers of the old one are void."""
    desk.launch("a")
    desk.seen()
    question = [ReconcileTask(task_id=TaskId("a"), agent_id=desk.agent_id)]
    desk.master.fail_over(away=2.0, agents_return=100.0)
    desk.master.wait_until(lambda: desk.driver.is_subscribed, within=50)
    desk.master.wait(desk.driver.reconcile(question))
    early = desk.seen()
    offered_early = len(desk.watcher.offered)
    desk.master.advance(100)
    desk.master.wait(desk.driver.reconcile(question))

    assert ["disconnected: the master ended the stream"] == early
    assert ["a RUNNING master RECONCILIATION once"] == desk.seen()
    assert [0, 1] == [offered_early, len(desk.watcher.offered)]
    assert "fake-0000" == desk.running.framework_id


def test_a_silent_master_is_given_up_after_five_heartbeats(desk: Desk) -> None:
    """75 seconds; then the driver subscribes again, and is welcome."""
    desk.master.advance(20)
    desk.master.fall_silent()
    desk.master.wait_until(lambda: desk.watcher.seen, within=200)
    at = desk.master.now
    desk.master.wait_until(lambda: desk.driver.is_subscribed)

    assert ["disconnected: nothing came for 75 seconds"] == desk.seen()
    assert 85.0 < at < 96.0
    assert 2 == desk.watcher.subscriptions


@pytest.mark.parametrize("takes_effect", [True, False])
def test_a_call_without_an_answer_may_have_had_an_effect(desk: Desk, takes_effect: bool) -> None:
    """Which, the scheduler hears only by updates."""
    offer = desk.watcher.take_offer()
    desk.master.leave_unanswered("ACCEPT", takes_effect=takes_effect)
    failure = desk.master.wait(desk.driver.launch(offer, [make_task("a", offer.agent_id)]))

    assert failure is not None
    assert CallFailureKind.UNANSWERED is failure.kind
    assert takes_effect == ("a RUNNING executor - reliable" in desk.seen())


def test_a_refused_call_has_no_effect(desk: Desk) -> None:
    """The reason is the test's, and the next one is taken."""
    offer = desk.watcher.take_offer()
    desk.master.refuse("ACCEPT", "not today")
    failure = desk.master.wait(desk.driver.launch(offer, [make_task("a", offer.agent_id)]))

    assert "ACCEPT refused: not today" == str(failure)
    assert None is desk.master.wait(desk.driver.launch(offer, [make_task("a", offer.agent_id)]))
    desk.master.assert_launched("a", times=1)
    with pytest.raises(FakeMasterError, match="no call is named 'LAUNCH'"):
        desk.master.refuse("LAUNCH")


def test_a_removed_framework_hears_it_and_ends(desk: Desk) -> None:
    """Its tasks are killed, its id is burnt."""
    desk.launch("a")
    desk.master.remove_framework()

    assert EndKind.REMOVED is desk.master.run_on(desk.running).kind
    desk.master.assert_state("a", "KILLED")


def test_tasks_outlive_a_killed_scheduler_for_its_failover_timeout(koinon_master: FakeMaster) -> None:
    """Whoever comes in time takes over; after it all is killed."""
    desk = Desk(koinon_master, FrameworkInfo(user="root", name="short", failover_timeout=100.0))
    desk.launch("a")
    desk.master.kill(desk.running)
    desk.master.advance(99)
    in_time = desk.master.state_of("a")
    desk.master.advance(2)

    assert TaskState.TASK_RUNNING is in_time
    desk.master.assert_state("a", "KILLED")


def test_offers_are_made_by_hand_where_the_test_wants_that() -> None:
    """Nothing is offered but what the test offers, as much as is free."""
    with FakeMaster(offers_by_hand=True) as master:
        desk = Desk(master)
        master.advance(60)
        before = len(desk.watcher.offered)
        offer = master.offer(desk.agent_id, "cpus:1;mem:64")
        with pytest.raises(FakeMasterError, match="free, not cpus:100"):
            master.offer(desk.agent_id, "cpus:100")
        master.rescind(offer.id)

        assert 0 == before
        assert [f"rescinded {offer.id}"] == desk.seen()
        assert {} == desk.watcher.offered
        with pytest.raises(FakeMasterError, match="is not out; out are: none"):
            master.rescind(offer.id)


def test_a_reservation_comes_back_to_its_role(koinon_master: FakeMaster) -> None:
    """What was reserved is offered as such, beside what is free."""
    desk = Desk(koinon_master, FrameworkInfo(user="root", name="store", role="db", failover_timeout=60.0))
    offer = desk.watcher.take_offer()
    reserved = Resources((Resource(Kind(name="cpus", reservations=(Reservation(role="db"),)), Scalar.of(1)),))
    operation = Operation(type=OperationType.RESERVE, reserve=Reserve(resources=reserved))
    koinon_master.wait(desk.driver.accept([offer.id], [operation], Filters(0.0)))
    koinon_master.advance(2)
    again = desk.watcher.take_offer()

    assert reserved == again.resources.filter(lambda kind: bool(kind.reservations))
    assert Scalar.of(3) == again.resources.unreserved().scalar("cpus")


def test_scripts_go_by_launch_and_by_name(desk: Desk) -> None:
    """The first launch has the first plot, all later ones the last; the pattern named last goes first."""
    desk.master.script("*", runs())
    desk.master.script("job*", fails(after=1), finishes(after=2))
    desk.master.script("sick", turns_unhealthy(after=1))
    desk.master.script("slow", stays_staging())
    desk.master.script("broken", fails_to_start("no such image"))
    desk.launch("job-1", "sick", "slow")
    desk.master.advance(10)
    desk.launch("job-2", "broken")
    desk.master.advance(10)

    assert {
        "job-1": TaskState.TASK_FAILED,
        "job-2": TaskState.TASK_FINISHED,
        "sick": TaskState.TASK_RUNNING,
        "slow": TaskState.TASK_STAGING,
        "broken": TaskState.TASK_FAILED,
    } == desk.master.states()
    assert [True, False] == [s.healthy for s in desk.watcher.statuses if s.healthy is not None]


def test_what_a_scheduler_raises_comes_out_of_the_test(koinon_master: FakeMaster) -> None:
    """At the step in which it was raised."""

    class Broken(Observer):
        async def offers(self, driver: SchedulerCalls, offers: object) -> None:
            raise ZeroDivisionError("in offers")

    koinon_master.start(Broken())
    with pytest.raises(ZeroDivisionError, match="in offers"):
        koinon_master.add_agent()


def test_a_test_that_waits_in_vain_reads_the_story(desk: Desk) -> None:
    """After so many virtual seconds, and none real."""
    with pytest.raises(AssertionError, match=r"(?s)within 60 virtual seconds.*SUBSCRIBED fake-0000.*OFFERS fake-O0"):
        desk.master.wait_until(lambda: False, within=60)
    with pytest.raises(AssertionError, match="the scheduler did not stop within 60"):
        desk.master.run_on(desk.running, within=60)


async def test_a_coroutine_can_not_drive_it() -> None:
    """It has a loop of its own, and says how to await."""
    with FakeMaster() as master, pytest.raises(FakeMasterError, match="make the test a plain def"):
        master.add_agent()


def test_assertions_say_what_was_there_instead(desk: Desk) -> None:
    """Each in a sentence, before the story."""
    desk.launch("a")
    desk.master.wait(desk.driver.kill(TaskId("a")))
    checks: tuple[tuple[Callable[[], None], str], ...] = (
        (lambda: desk.master.assert_killed("b"), "'b' was not killed, but a"),
        (lambda: desk.master.assert_launched("a", times=2), "1 launches of a, not 2"),
        (lambda: desk.master.assert_not_launched("a"), "a was launched"),
        (desk.master.assert_declined, "was not declined, but nothing"),
        (
            lambda: desk.master.assert_acknowledged("a", "RUNNING", "STARTING"),
            "of 'a' was acknowledged STARTING, RUNNING, not RUNNING, STARTING",
        ),
        (lambda: desk.master.assert_state("a", "FINISHED"), "a is RUNNING, not FINISHED"),
    )
    for check, words in checks:
        with pytest.raises(AssertionError) as caught:
            check()
        assert words in str(caught.value).partition("\n")[0]
    desk.master.assert_killed("a")
    desk.master.assert_acknowledged("a", "RUNNING")
