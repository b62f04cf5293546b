"""What schedulers are told, by the fake master of the test kit and by a real cluster: one list of stories for both."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from attrs import evolve

from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import ExecutorId, FrameworkId, TaskId
from koinon_core.offers import Filters, Offer
from koinon_core.resources_text import parse_resources
from koinon_core.scheduler_api import ReconcileTask
from koinon_core.tasks import ExecutorInfo, ExecutorType, TaskStatus
from koinon_frameworks import DriverOptions
from koinon_frameworks.testing import FakeMaster, RealCluster, Running
from support.scheduler_stages import EXPLICIT, FakeStage, Observer, RealStage, Stage, describe_task

PARTITION_AWARE = FrameworkCapability(FrameworkCapabilityType.PARTITION_AWARE)
KILLING = FrameworkCapability(FrameworkCapabilityType.TASK_KILLING_STATE)
QUIET = 1.1
"""Seconds in which an offer or update that may come does come."""


class Play:
    """One scheduler on a stage."""

    def __init__(
        self,
        stage: Stage,
        *capabilities: FrameworkCapability,
        framework_id: FrameworkId | None = None,
        options: DriverOptions | None = None,
    ) -> None:
        self.stage, self.observer = stage, Observer()
        info = FrameworkInfo(
            user="root", name="story", id=framework_id, failover_timeout=60.0, capabilities=capabilities
        )
        self.running: Running = stage.start(self.observer, info, options)
        self.calls = self.running.driver

    def wait_offer(self) -> Offer:
        """The next offer."""
        self.stage.wait_until(lambda: self.observer.offered)
        return self.observer.take_offer()

    def launch(self, *task_ids: str, resources: str = "cpus:0.5;mem:64") -> Offer:
        """Launch tasks on the next offer."""
        offer = self.wait_offer()
        tasks = [describe_task(task_id, offer.agent_id, resources) for task_id in task_ids]
        assert None is self.stage.wait(self.calls.launch(offer, tasks))
        return offer

    def wait_seen(self, word: str) -> None:
        """Until something was seen that holds this word."""
        self.stage.wait_until(lambda: any(word in seen for seen in self.observer.seen))

    def wait_count(self, count: int) -> None:
        """Until so much was seen."""
        self.stage.wait_until(lambda: len(self.observer.seen) >= count)

    def last(self) -> TaskStatus:
        """The latest update."""
        return self.observer.statuses[-1]

    def end(self) -> list[str]:
        """Tear the framework down; what was seen."""
        self.stage.wait(self.calls.stop(teardown=True))
        self.stage.end(self.running)
        return self.observer.seen


def finishing(stage: Stage) -> list[str]:
    """A task starts, runs and finishes; what it held is offered again."""
    play = Play(stage)
    held = play.launch("finishes-1")
    play.wait_seen("FINISHED")
    again = play.wait_offer()
    return [*play.end(), f"all is offered again: {again.resources == held.resources}"]


def failing(stage: Stage) -> list[str]:
    """A task fails."""
    play = Play(stage)
    play.launch("fails-1")
    play.wait_seen("FAILED")
    return [*play.end(), play.last().message or ""]


def killing(stage: Stage) -> list[str]:
    """A task is killed, twice, by a framework that wants to see it dying."""
    play = Play(stage, KILLING)
    offer = play.launch("runs-1")
    play.wait_seen("RUNNING")
    stage.wait(play.calls.kill(TaskId("runs-1"), offer.agent_id))
    stage.wait(play.calls.kill(TaskId("runs-1")))
    play.wait_seen("KILLED")
    return play.end()


def asking_too_much(stage: Stage) -> list[str]:
    """A task that is too large is refused beside one that fits; an id is used once; an agent must be the offer's."""
    play = Play(stage)
    offer = play.wait_offer()
    tasks = [
        describe_task("runs-1", offer.agent_id),
        describe_task("runs-2", offer.agent_id, "cpus:1000;mem:64"),
        describe_task("runs-1", offer.agent_id),
        describe_task("runs-3", type(offer.agent_id)("nobody")),
    ]
    stage.wait(play.calls.launch(offer, tasks))
    play.wait_seen("RUNNING")
    messages = [status.message or "" for status in play.observer.statuses if status.uuid is None]
    words = [message.partition(" is more than")[0].replace(offer.agent_id, "AGENT") for message in messages]
    return [*sorted(play.end()), *words]


def grouping(stage: Stage) -> list[str]:
    """Of a group that one task fails in the other is killed; a group that is too large is refused as a whole."""
    play = Play(stage)
    resources = parse_resources("cpus:0.1;mem:32;disk:10")
    executor = ExecutorInfo(executor_id=ExecutorId("pod"), type=ExecutorType.DEFAULT, resources=resources)
    for names, cpus in ((("breaks-1", "runs-1"), "0.5"), (("runs-2", "runs-3"), "1000")):
        offer = play.wait_offer()
        tasks = [describe_task(name, offer.agent_id, f"cpus:{cpus};mem:64") for name in names]
        info = evolve(executor, framework_id=play.running.framework_id)
        stage.wait(play.calls.launch_group(offer, info, tasks, Filters(0.0)))
    play.wait_count(8)
    return sorted(play.end())


def using_a_void_offer(stage: Stage) -> list[str]:
    """A task launched on an offer that was declined is dropped, or lost for those who know no better word."""
    seen = []
    for capabilities in ((), (PARTITION_AWARE,)):
        play = Play(stage, *capabilities)
        offer = play.wait_offer()
        stage.wait(play.calls.decline([offer.id]))
        stage.wait(play.calls.launch(offer, [describe_task("runs-1", offer.agent_id)]))
        play.wait_count(1)
        seen += [*play.end(), (play.last().message or "").replace(offer.id, "ID")]
    return seen


def refusing(stage: Stage) -> list[str]:
    """What was declined for long does not come again before a revive, what is suppressed neither."""
    play = Play(stage)
    stage.wait(play.calls.decline([play.wait_offer().id], Filters(600.0)))
    stage.linger(QUIET)
    filtered = len(play.observer.offered)
    stage.wait(play.calls.revive())
    stage.wait(play.calls.decline([play.wait_offer().id], Filters(0.0)))
    unfiltered = play.wait_offer()
    stage.wait(play.calls.suppress())
    stage.wait(play.calls.decline([unfiltered.id], Filters(0.0)))
    stage.linger(QUIET)
    suppressed = len(play.observer.offered)
    stage.wait(play.calls.revive())
    play.wait_offer()
    return [*play.end(), f"offers: {filtered} filtered, {suppressed} suppressed"]


def reconciling(stage: Stage) -> list[str]:
    """The master says what it knows, and of what it does not know what that means."""
    play = Play(stage, PARTITION_AWARE)
    agent_id = play.launch("runs-1").agent_id
    play.wait_seen("RUNNING")
    known = ReconcileTask(task_id=TaskId("runs-1"), agent_id=agent_id)
    lost = ReconcileTask(task_id=TaskId("runs-2"), agent_id=agent_id)
    stranger = ReconcileTask(task_id=TaskId("runs-3"))
    stage.wait(play.calls.reconcile([known, lost, stranger]))
    play.wait_count(5)
    stage.wait(play.calls.reconcile())
    play.wait_count(6)
    stage.wait(play.calls.kill(TaskId("runs-9")))
    play.wait_count(7)
    return play.end()


def acknowledging(stage: Stage) -> list[str]:
    """The next update of a task comes when the last is acknowledged, and until then the master knows no better."""
    play = Play(stage, options=EXPLICIT)
    play.launch("runs-1")
    play.wait_count(1)
    stage.linger(0.3)
    stage.wait(play.calls.reconcile())
    play.wait_count(2)
    stage.wait(play.calls.acknowledge(play.observer.statuses[0]))
    play.wait_count(3)
    return play.end()


def failing_over(stage: Stage) -> list[str]:
    """Whoever subscribes under the same id takes over, and hears at once what the first did not acknowledge."""
    first = Play(stage, options=EXPLICIT)
    first.launch("runs-1")
    first.wait_count(1)
    framework_id = first.running.framework_id
    second = Play(stage, framework_id=framework_id)
    ending = stage.end(first.running)
    second.wait_seen("RUNNING")
    stage.kill(second.running)
    third = Play(stage, framework_id=framework_id)
    stage.wait_until(lambda: third.running.framework_id and third.calls.is_subscribed)
    stage.wait(third.calls.reconcile())
    third.wait_count(1)
    seen = [*first.observer.seen, f"{ending.kind.name}: {ending.message}", *second.observer.seen, *third.end()]
    fourth = Play(stage, framework_id=framework_id)
    ended = stage.end(fourth.running)
    return [*seen, f"{ended.kind.name}: {ended.message}"]


_RUNS = ["runs-1 STARTING executor - reliable", "runs-1 RUNNING executor - reliable"]
_VOID = "Task launched with invalid offers: Offer ID is no longer valid"
STORIES: dict[Callable[[Stage], list[str]], list[str]] = {
    finishing: [
        "finishes-1 STARTING executor - reliable",
        "finishes-1 RUNNING executor - reliable",
        "finishes-1 FINISHED executor - reliable",
        "all is offered again: True",
    ],
    failing: [
        "fails-1 STARTING executor - reliable",
        "fails-1 RUNNING executor - reliable",
        "fails-1 FAILED executor - reliable",
        "Command exited with status 3",
    ],
    killing: [*_RUNS, "runs-1 KILLING executor - reliable", "runs-1 KILLED executor - reliable"],
    asking_too_much: [
        "runs-1 ERROR master TASK_INVALID once",
        *reversed(_RUNS),
        "runs-2 ERROR master TASK_INVALID once",
        "runs-3 ERROR master TASK_INVALID once",
        "Total resources cpus(allocated: *):1000; mem(allocated: *):64 required by task and its executor",
        "Task has duplicate ID: runs-1",
        "Task uses invalid agent nobody while agent AGENT is expected",
    ],
    grouping: [
        "breaks-1 FAILED executor - reliable",
        "breaks-1 RUNNING executor - reliable",
        "breaks-1 STARTING executor - reliable",
        "runs-1 KILLED executor - reliable",
        *reversed(_RUNS),
        "runs-2 ERROR master TASK_GROUP_INVALID once",
        "runs-3 ERROR master TASK_GROUP_INVALID once",
    ],
    using_a_void_offer: [
        "runs-1 LOST master INVALID_OFFERS once",
        _VOID,
        "runs-1 DROPPED master INVALID_OFFERS once",
        _VOID,
    ],
    refusing: ["offers: 0 filtered, 0 suppressed"],
    reconciling: [
        *_RUNS,
        "runs-1 RUNNING master RECONCILIATION once",
        "runs-2 GONE master RECONCILIATION once",
        "runs-3 UNKNOWN master RECONCILIATION once",
        "runs-1 RUNNING master RECONCILIATION once",
        "runs-9 UNKNOWN master RECONCILIATION once",
    ],
    acknowledging: [_RUNS[0], "runs-1 STARTING master RECONCILIATION once", _RUNS[1]],
    failing_over: [
        _RUNS[0],
        "error: Framework failed over",
        "FAILED_OVER: Framework failed over",
        *_RUNS,
        "runs-1 RUNNING master RECONCILIATION once",
        "REMOVED: Framework has been removed",
    ],
}


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_the_fake_master_tells(story: Callable[[Stage], list[str]]) -> None:
    """What the story's list says."""
    with FakeMaster() as master:
        seen = story(FakeStage(master))

    assert STORIES[story] == seen


@pytest.mark.slow
@pytest.mark.system
def test_a_real_cluster_tells_the_same() -> None:
    """Each of the same lists, word for word."""
    told = {}
    with RealCluster() as cluster:
        for story in STORIES:
            stage = RealStage(cluster)
            try:
                told[story.__name__] = story(stage)
            finally:
                stage.close()

    assert {story.__name__: seen for story, seen in STORIES.items()} == told
