"""Checks of tasks on an agent, from the start of a task to its end, its agent's restart included."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from attrs import evolve

from fakes.agent_bench import FRAMEWORK_ID, AgentBench, make_framework, make_settings, make_task, only
from fakes.pods import group, make_executor
from koinon_agent.checkpoint.records import UpdateAppended
from koinon_agent.checks.probes import (
    Answered,
    Connected,
    NotConnected,
    Outcome,
    Prevented,
    Probe,
    ProbeDone,
    ProbeKey,
    ProbeKind,
    StopProbe,
)
from koinon_agent.containerizer import ContainerRun, Recovered
from koinon_agent.instructions import Checkpoint, Instruction, KillContainer, LaunchContainer
from koinon_agent.timers import TaskKey
from koinon_core.agent_link import KillTask
from koinon_core.containers import DurationInfo
from koinon_core.frameworks import FrameworkCapabilityType
from koinon_core.ids import ContainerId, TaskId
from koinon_core.tasks import (
    CheckHttp,
    CheckInfo,
    CheckStatusHttp,
    CheckStatusInfo,
    CheckType,
    HealthCheck,
    KillPolicy,
    TaskState,
    TaskStatus,
    TaskStatusReason,
    TcpCheckInfo,
)

KEY = TaskKey(FRAMEWORK_ID, TaskId("t1"))
HEALTH, CHECK = ProbeKey(KEY, ProbeKind.HEALTH), ProbeKey(KEY, ProbeKind.CHECK)
REFUSED = NotConnected("connection refused")
HEALTH_CHECK = HealthCheck(
    type=CheckType.TCP,
    tcp=TcpCheckInfo(port=80),
    delay_seconds=5.0,
    interval_seconds=10.0,
    grace_period_seconds=30.0,
    consecutive_failures=2,
)
CHECK_INFO = CheckInfo(type=CheckType.HTTP, http=CheckHttp(port=80), delay_seconds=5.0, interval_seconds=10.0)
NEWS_OF_HEALTH = TaskStatusReason.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED
NEWS_OF_CHECK = TaskStatusReason.REASON_TASK_CHECK_STATUS_UPDATED


class Checked:
    """A task on a bench, whose probes the test answers."""

    def __init__(self, **changes: Any) -> None:
        """Keywords change the task."""
        self.bench = AgentBench(make_settings()).registered()
        framework = make_framework(FrameworkCapabilityType.TASK_KILLING_STATE)
        self.container: ContainerId = self.bench.run(make_task(**changes), framework)
        self.begun = self.bench.now.wall
        self.bench.started(self.container)

    def after(self, seconds: float, outcome: Outcome, key: ProbeKey = HEALTH) -> list[Instruction]:
        """Wait, have the probe that is due by then answered; returns what follows."""
        asked = probes(self.bench.wait(seconds))

        assert [key] == [item.key for item in asked]

        return self.answer(outcome, key)

    def answer(self, outcome: Outcome, key: ProbeKey = HEALTH) -> list[Instruction]:
        """The probe under way is answered; returns what follows."""
        return self.bench.handle(ProbeDone(key, outcome))

    def restart(self) -> None:
        """The agent dies and finds the container running."""
        self.bench = self.bench.crash()
        self.bench.start(Recovered(live=(ContainerRun(container_id=self.container, started_at=self.begun, pid=77),)))


def probes(instructions: Iterable[Instruction]) -> list[Probe]:
    """The questions among these."""
    return [item for item in instructions if isinstance(item, Probe)]


def news(instructions: Iterable[Instruction]) -> list[TaskStatus]:
    """The updates among these, sent at once or later."""
    records = [item.record for item in instructions if isinstance(item, Checkpoint)]
    return [record.status for record in records if isinstance(record, UpdateAppended)]


def told(instructions: Iterable[Instruction]) -> list[tuple[TaskState, bool | None, TaskStatusReason | None]]:
    """What the updates among these say."""
    return [(status.state, status.healthy, status.reason) for status in news(instructions)]


def status_of(code: int | None) -> CheckStatusInfo:
    """What an HTTP check tells."""
    return CheckStatusInfo(type=CheckType.HTTP, http=CheckStatusHttp(code))


def test_first_probe_waits_for_the_delay_and_the_next_for_the_answer() -> None:
    """The interval counts from an answer, so that a slow one is never asked twice at once."""
    task = Checked(health_check=HEALTH_CHECK)

    assert [] == probes(task.bench.wait(4.9))

    (probe,) = probes(task.bench.wait(0.1))

    assert (HEALTH, task.container, 20.0, 77) == (probe.key, probe.container_id, probe.timeout, probe.place.pid)
    assert [] == probes(task.bench.wait(60))

    task.answer(Connected())

    assert [] == probes(task.bench.wait(9.9))
    assert [HEALTH] == [item.key for item in probes(task.bench.wait(0.1))]


def test_first_probe_is_made_at_once_without_a_delay() -> None:
    """However long the engine took to tell of the start."""
    bench = AgentBench().registered()
    container = bench.run(make_task(health_check=evolve(HEALTH_CHECK, delay_seconds=0.0)))
    bench.started(container, started_at=bench.now.wall - 0.5)

    assert 1 == len(probes(bench.wait(0.0)))


def test_health_is_told_when_it_changes_and_at_each_failure() -> None:
    """TASK_RUNNING with healthy: at first success, not at the second, at each failure and at recovery."""
    task = Checked(health_check=HEALTH_CHECK)

    assert [(TaskState.TASK_RUNNING, True, NEWS_OF_HEALTH)] == told(task.after(5, Connected()))
    assert [] == told(task.after(10, Connected()))

    failed = task.after(10, REFUSED)

    assert [(TaskState.TASK_RUNNING, False, NEWS_OF_HEALTH)] == told(failed)
    assert "TCP connection to 127.0.0.1:80: connection refused" == news(failed)[0].message
    assert [(TaskState.TASK_RUNNING, True, NEWS_OF_HEALTH)] == told(task.after(10, Connected()))


@pytest.mark.parametrize("last", [Connected(), REFUSED])
def test_news_that_nobody_hears_do_not_pile_up(last: Outcome) -> None:
    """While the scheduler is away a few are kept; once it listens it is told how the task is by then."""
    task = Checked(health_check=evolve(HEALTH_CHECK, consecutive_failures=1000), check=CHECK_INFO)
    for number in range(25):
        task.bench.wait(10)
        task.answer(Connected() if number % 2 else REFUSED)
        task.answer(Answered(200 + number), CHECK)
    task.bench.wait(10)
    task.answer(last)

    assert 10 == task.bench.agent.tasks.updates.waiting(KEY)

    heard = task.bench.acknowledge_all()

    assert (isinstance(last, Connected), status_of(224)) == (heard[-1].healthy, heard[-1].check_status)
    assert 12 == len({status.uuid for status in heard})


def test_news_are_not_told_of_a_task_that_is_to_end() -> None:
    """What nobody heard in time is forgotten with its checks."""
    task = Checked(health_check=evolve(HEALTH_CHECK, consecutive_failures=1000))
    task.after(35, Connected())
    for number in range(30):
        task.after(10, Connected() if number % 2 else REFUSED)
    task.bench.hear(KillTask(framework_id=FRAMEWORK_ID, task_id=KEY.task_id))

    assert TaskState.TASK_KILLING is task.bench.acknowledge_all()[-1].state


def test_kill_is_told_though_nobody_listens() -> None:
    """A task that failed too often ends whoever is away."""
    task = Checked(health_check=evolve(HEALTH_CHECK, consecutive_failures=30, grace_period_seconds=0.0))
    failures = [task.after(10, REFUSED) for _ in range(30)]

    assert [[]] * 19 == [told(done) for done in failures[10:29]]
    assert task.container == only(failures[-1], KillContainer).container_id


def test_task_that_is_unwell_too_often_is_killed() -> None:
    """With its kill policy, and told as TASK_KILLED that is not healthy; its checks end with the kill."""
    policy = KillPolicy(grace_period=DurationInfo.of_seconds(12))
    task = Checked(health_check=HEALTH_CHECK, kill_policy=policy)
    for _ in range(4):
        task.after(10, REFUSED)
    killed = task.after(10, REFUSED)

    assert KillContainer(task.container, 12.0) == only(killed, KillContainer)
    assert [TaskState.TASK_RUNNING, TaskState.TASK_KILLING] == [status.state for status in news(killed)]
    assert [] == probes(task.bench.wait(60))

    (end,) = news(task.bench.ended(task.container, exit_code=None, signal=15))

    assert (TaskState.TASK_KILLED, False, None) == (end.state, end.healthy, end.reason)
    assert "Health check failed (TCP connection to 127.0.0.1:80: connection refused)" in (end.message or "")


def test_failures_within_the_grace_period_are_not_told() -> None:
    """Its time counts from the task's start."""
    task = Checked(health_check=HEALTH_CHECK)

    assert [[], [], []] == [told(task.after(10, REFUSED)) for _ in range(3)]
    assert [False] == [healthy for _, healthy, _ in told(task.after(10, REFUSED))]


def test_trouble_of_the_agent_is_not_the_tasks() -> None:
    """A probe that could not be made says nothing, and is made again."""
    task = Checked(health_check=HEALTH_CHECK)
    task.after(5, Connected())

    assert [[], [], []] == [told(task.after(10, Prevented("no engine"))) for _ in range(3)]
    assert [False] == [healthy for _, healthy, _ in told(task.after(10, REFUSED))]


def test_kill_stops_the_probe_under_way() -> None:
    """What it would have found is of no interest; an answer that came meanwhile says nothing."""
    task = Checked(health_check=HEALTH_CHECK, check=CHECK_INFO)
    task.bench.wait(5)
    task.answer(Answered(200), CHECK)
    killed = task.bench.hear(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("t1")))

    assert StopProbe(HEALTH) == only(killed, StopProbe)
    assert [] == task.bench.handle(ProbeDone(HEALTH, REFUSED))

    (killing,) = news(killed)

    assert (TaskState.TASK_KILLING, None, status_of(200)) == (killing.state, killing.healthy, killing.check_status)


def test_deadline_in_the_instant_of_a_probe() -> None:
    """The task is killed and not asked any more, whichever of the two comes first."""
    task = Checked(health_check=HEALTH_CHECK, max_completion_time=DurationInfo.of_seconds(5))
    wanted = task.bench.wait(5)

    assert 0.0 == only(wanted, KillContainer).grace
    assert [] == [item for item in probes(wanted) if StopProbe(item.key) not in wanted]
    assert [] == probes(task.bench.wait(60))


def test_end_stops_the_checks() -> None:
    """Nobody is asked who has ended."""
    task = Checked(health_check=HEALTH_CHECK)
    task.bench.ended(task.container)

    assert [] == probes(task.bench.wait(60))
    assert 0 == len(task.bench.agent.tasks.checks)


def test_check_tells_changes_and_kills_nobody() -> None:
    """From the first update on there is a check_status; an answer is told when it differs from the one before."""
    task = Checked(check=CHECK_INFO)
    first = news(task.bench.done)

    assert [status_of(None)] * 2 == [status.check_status for status in first]

    changed = news(task.after(5, Answered(500), CHECK))

    assert [(status_of(500), NEWS_OF_CHECK, None)] == [(one.check_status, one.reason, one.healthy) for one in changed]
    assert [] == news(task.after(10, Answered(500), CHECK))
    assert [status_of(None)] == [one.check_status for one in news(task.after(10, REFUSED, CHECK))]
    assert [] == [item for item in task.bench.done if isinstance(item, KillContainer)]


def test_each_update_tells_both() -> None:
    """What a check found stays in what a health check tells, and the other way round."""
    task = Checked(health_check=HEALTH_CHECK, check=CHECK_INFO)
    task.bench.wait(5)
    task.answer(Connected())
    (better,) = news(task.answer(Answered(204), CHECK))

    assert (True, status_of(204)) == (better.healthy, better.check_status)

    task.bench.wait(10)
    (worse,) = news(task.answer(REFUSED))

    assert (False, status_of(204)) == (worse.healthy, worse.check_status)


def _restarted(task: Checked, outcome: Outcome, key: ProbeKey) -> list[TaskStatus]:
    """Restart and wait for one probe more; the updates that follow."""
    task.restart()
    asked = [item.key for item in probes(task.bench.wait(10))]

    assert key in asked

    return news(task.answer(outcome, key))


def test_restart_tells_nothing_that_was_told() -> None:
    """The last health and check status are remembered, so the same answer again is no news."""
    task = Checked(health_check=HEALTH_CHECK, check=CHECK_INFO)
    task.bench.wait(5)
    task.answer(Connected())
    task.answer(Answered(204), CHECK)

    assert [] == _restarted(task, Connected(), HEALTH)
    assert [] == _restarted(task, Answered(204), CHECK)
    assert [False] == [status.healthy for status in _restarted(task, REFUSED, HEALTH)]


def test_restart_gives_no_second_grace_period() -> None:
    """It counts from the start of the task, not from that of its agent."""
    task = Checked(health_check=HEALTH_CHECK)
    task.bench.wait(29)

    assert [False] == [status.healthy for status in _restarted(task, REFUSED, HEALTH)]


def test_restart_asks_one_after_another() -> None:
    """An agent with many tasks does not ask all of them in the instant of its return."""
    bench = AgentBench().registered()
    containers = [bench.run(make_task(f"t{number}", health_check=HEALTH_CHECK)) for number in range(20)]
    begun = bench.now.wall
    for container in containers:
        bench.started(container)
    bench.wait(60)
    heir = bench.crash()
    heir.start(Recovered(live=tuple(ContainerRun(container_id=one, started_at=begun, pid=77) for one in containers)))
    asked = [len(probes(heir.wait(2))) for _ in range(5)]

    assert 20 == sum(asked)
    assert max(asked) < 15


def test_restart_remembers_who_killed() -> None:
    """A task that a health check was killing when its agent died is told as unhealthy."""
    task = Checked(health_check=HEALTH_CHECK)
    task.after(5, Connected())
    task.after(10, REFUSED)
    task.after(10, REFUSED)
    task.restart()
    ended = task.bench.ended(task.container, exit_code=None, signal=9)

    assert [(TaskState.TASK_KILLED, False, None)] == told(ended)
    assert [] == probes(task.bench.wait(60))


def test_kill_by_the_framework_shortens_that_of_a_health_check() -> None:
    """Force comes sooner, and the task was unwell all the same."""
    task = Checked(health_check=HEALTH_CHECK)
    task.after(5, Connected())
    task.after(10, REFUSED)
    task.after(10, REFUSED)
    policy = KillPolicy(grace_period=DurationInfo.of_seconds(1))
    killed = task.bench.hear(KillTask(framework_id=FRAMEWORK_ID, task_id=TaskId("t1"), kill_policy=policy))
    ended = task.bench.ended(task.container, exit_code=None, signal=9)

    assert KillContainer(task.container, 1.0) == only(killed, KillContainer)
    assert [(TaskState.TASK_KILLED, False, None)] == told(ended)


@pytest.mark.parametrize("wait", [5, 25])
def test_news_do_not_lengthen_the_time_a_task_may_run(wait: float) -> None:
    """max_completion_time counts from the start, however often the task is told to run since."""
    task = Checked(health_check=HEALTH_CHECK, max_completion_time=DurationInfo.of_seconds(30))
    task.bench.wait(wait)
    task.answer(Connected())

    assert [] == [item for item in task.bench.wait(29 - wait) if isinstance(item, KillContainer)]
    assert 0.0 == only(task.bench.wait(1), KillContainer).grace


def test_many_checks_cost_one_timer_each() -> None:
    """Between probes there is nothing but the next deadline, and each is asked in its time."""
    bench = AgentBench().registered()
    for number in range(300):
        bench.started(bench.run(make_task(f"t{number}", health_check=HEALTH_CHECK, resources=make_task().resources)))
    asked = [item.key.task.task_id for item in probes(bench.wait(5))]

    assert {f"t{number}" for number in range(300)} == set(asked)
    assert 300 == len(asked)


def test_health_check_that_kills_ends_the_pod() -> None:
    """As any end of one of its tasks; only the one that was unwell is told as such."""
    bench = AgentBench().registered()
    sick = make_task("t1", health_check=evolve(HEALTH_CHECK, consecutive_failures=1, grace_period_seconds=0.0))
    launched = bench.hear(group(sick, "t2", executor=make_executor()))
    first, second = [item.launch.container_id for item in launched if isinstance(item, LaunchContainer)]
    bench.started(first)
    bench.started(second)
    bench.wait(5)
    killed = bench.handle(ProbeDone(HEALTH, REFUSED))

    assert {first, second} == {item.container_id for item in killed if isinstance(item, KillContainer)}
    assert [(TaskState.TASK_KILLED, False, None)] == told(bench.ended(first, exit_code=None, signal=15))
    assert [(TaskState.TASK_KILLED, None, None)] == told(bench.ended(second, exit_code=None, signal=15))
