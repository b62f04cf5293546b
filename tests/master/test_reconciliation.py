"""Answers to RECONCILE: known and unknown tasks, big questions, changes of leaders."""

from __future__ import annotations

import pytest
from attrs import evolve

from fakes.master_bench import MasterBench, make_framework
from koinon_core.agent_link import AgentTask, StatusUpdate
from koinon_core.containers import TimeInfo
from koinon_core.ids import AgentId, FrameworkId, TaskId, Uuid
from koinon_core.scheduler_api import Acknowledge, Kill, Reconcile, ReconcileTask, Update
from koinon_core.tasks import TaskInfo, TaskState, TaskStatus, TaskStatusReason
from koinon_master.config import MasterConfig
from koinon_master.events import RegistryRecovered, StreamClosed
from koinon_master.instructions import SendEvent
from koinon_master.registry.records import AdmitAgent, Registry
from koinon_master.tasks.reconciliation import SLICE, Reconciliation


def ask(bench: MasterBench, framework_id: FrameworkId, *asked: tuple[str, AgentId | None]) -> list[TaskStatus]:
    """What is answered to an explicit question."""
    before = len(bench.updates(framework_id))
    named = tuple(ReconcileTask(task_id=TaskId(task_id), agent_id=agent_id) for task_id, agent_id in asked)
    bench.call(framework_id, Reconcile(named))
    return bench.updates(framework_id)[before:]


def test_implicit_reconciliation_tells_every_task_that_is_not_terminal() -> None:
    """One update a task, with the latest state, reason RECONCILIATION, no uuid and no executor."""
    bench = MasterBench()
    bench.add_agent()
    framework_id = bench.add_framework()
    first, done, _ = bench.launch(framework_id, "a", "b", "c")
    bench.update(framework_id, first, TaskState.TASK_RUNNING)
    bench.update(framework_id, done, TaskState.TASK_FINISHED)

    bench.call(framework_id, Reconcile())

    told = bench.updates(framework_id)[2:]
    assert [("a", TaskState.TASK_RUNNING), ("c", TaskState.TASK_STAGING)] == [(s.task_id, s.state) for s in told]
    expected = {(TaskStatusReason.REASON_RECONCILIATION, None, None)}
    assert expected == {(s.reason, s.uuid, s.executor_id) for s in told}


def test_explicit_reconciliation_of_unknown_tasks() -> None:
    """Unknown on a registered agent is GONE, on no agent UNKNOWN; both LOST for a plain framework."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    aware = bench.add_framework(make_framework(capabilities="PARTITION_AWARE"))
    plain = bench.add_framework()
    asked = Reconcile(
        (
            ReconcileTask(task_id=TaskId("x"), agent_id=agent_id),
            ReconcileTask(task_id=TaskId("y")),
            ReconcileTask(task_id=TaskId("z"), agent_id=AgentId("nobody")),
        )
    )

    bench.call(aware, asked)
    bench.call(plain, asked)

    states = [TaskState.TASK_GONE, TaskState.TASK_UNKNOWN, TaskState.TASK_UNKNOWN]
    texts = ["unknown to the agent", "unknown", "unknown"]
    assert states == [status.state for status in bench.updates(aware)]
    assert [f"Reconciliation: Task is {text}" for text in texts] == [one.message for one in bench.updates(aware)]
    assert [TaskState.TASK_LOST] * 3 == [status.state for status in bench.updates(plain)]


@pytest.mark.parametrize(("capabilities", "is_aware"), [("PARTITION_AWARE", True), ("", False)])
def test_task_of_an_agent_that_is_gone_or_unreachable(capabilities: str, is_aware: bool) -> None:
    """In the words of Mesos, and with the time since when it is unreachable."""
    bench = MasterBench()
    framework_id = bench.add_framework(make_framework(capabilities=capabilities))
    lost, gone = bench.add_agent(), AgentId("gone")
    bench.break_link(lost)
    bench.pass_time(76)
    bench.master.state.gone[gone] = bench.now

    unreachable, burnt = ask(bench, framework_id, ("x", lost), ("y", gone))

    assert ("Reconciliation: Task is unreachable", "Reconciliation: Task is gone") == (
        unreachable.message,
        burnt.message,
    )
    assert isinstance(unreachable.unreachable_time, TimeInfo)
    expected = [TaskState.TASK_UNREACHABLE, TaskState.TASK_GONE_BY_OPERATOR] if is_aware else [TaskState.TASK_LOST] * 2
    assert expected == [unreachable.state, burnt.state]


def test_unreachable_task_is_found_without_its_agent_and_not_told_implicitly() -> None:
    """Its framework need not remember where it ran; a list of all that lives leaves it out, as Mesos does."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework(make_framework(capabilities="PARTITION_AWARE"))
    bench.launch(framework_id, "t")
    bench.break_link(agent_id)
    bench.pass_time(76)
    told = len(bench.updates(framework_id))

    bench.call(framework_id, Reconcile())
    (answer,) = ask(bench, framework_id, ("t", None))

    assert told + 1 == len(bench.updates(framework_id))
    assert (TaskState.TASK_UNREACHABLE, agent_id) == (answer.state, answer.agent_id)


def test_framework_is_told_no_more_than_its_updates_told() -> None:
    """What waits at the agent comes as an update, in order; reconciliation does not run ahead of it."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")
    running = TaskStatus(task_id=task.task_id, state=TaskState.TASK_RUNNING, agent_id=agent_id, uuid=Uuid(b"r" * 16))
    bench.say(
        agent_id,
        StatusUpdate(framework_id=framework_id, status=running, latest_state=TaskState.TASK_FINISHED),
    )

    (answer,) = ask(bench, framework_id, ("t", None))

    assert TaskState.TASK_FINISHED is bench.master.state.frameworks[framework_id].tasks[task.task_id].state
    assert TaskState.TASK_RUNNING is answer.state


def test_health_of_a_known_task_is_told_along() -> None:
    """Schedulers rebuild their view of it from here."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")
    status = TaskStatus(task_id=task.task_id, state=TaskState.TASK_RUNNING, healthy=False, uuid=Uuid(b"r" * 16))
    bench.say(agent_id, StatusUpdate(framework_id=framework_id, status=status))

    (answer,) = ask(bench, framework_id, ("t", None))

    assert (False, TaskStatusReason.REASON_RECONCILIATION) == (answer.healthy, answer.reason)


def test_big_reconciliation_goes_on_as_the_stream_drains() -> None:
    """Neither the loop nor the backlog of the stream sees all answers at once, and none is lost or told twice."""
    bench = MasterBench()
    framework_id = bench.add_framework()
    names = [f"t{number}" for number in range(2 * SLICE + 1)]

    counts = [len(ask(bench, framework_id, *((name, None) for name in names)))]
    while bench.awaited:
        bench.drain()
        counts.append(len(bench.updates(framework_id)))

    assert [SLICE, 2 * SLICE, 2 * SLICE + 1] == counts
    assert names == [status.task_id for status in bench.updates(framework_id)]


def test_questions_that_come_meanwhile_wait_their_turn() -> None:
    """One slice at a time, whatever is asked."""
    bench = MasterBench()
    framework_id = bench.add_framework()
    ask(bench, framework_id, *((f"a{number}", None) for number in range(SLICE + 1)))

    held = ask(bench, framework_id, ("b", None))
    bench.drain()

    assert [] == held
    assert ["a500", "b"] == [status.task_id for status in bench.updates(framework_id)[SLICE:]]
    assert [] == bench.awaited


def test_questions_end_with_the_stream_they_were_asked_on() -> None:
    """A framework that comes back asks again."""
    bench = MasterBench()
    info = make_framework(failover_timeout=60)
    framework_id = bench.add_framework(info)
    ask(bench, framework_id, *((f"a{number}", None) for number in range(SLICE + 1)))
    stream_id = bench.stream_of(framework_id)

    bench.push(StreamClosed(stream_id))
    bench.drain()
    bench.subscribe(evolve(info, id=framework_id))
    bench.drain()

    assert (SLICE, []) == (len(bench.heard(stream_id, type(bench.events[stream_id][-1]))), bench.updates(framework_id))


def test_more_questions_than_can_wait_are_dropped() -> None:
    """A scheduler that asks faster than it reads must not fill the master's memory."""
    bench = MasterBench()
    framework_id = bench.add_framework()
    state, stream_id = bench.master.state, bench.stream_of(framework_id)
    reconciliation = Reconciliation(state, max_questions=SLICE + 2)
    many = tuple(ReconcileTask(task_id=TaskId(str(number))) for number in range(SLICE + 2))

    reconciliation.ask(state.frameworks[framework_id], many, bench.now)
    reconciliation.ask(state.frameworks[framework_id], many, bench.now)
    for _ in range(3):
        reconciliation.go_on(stream_id, bench.now)

    told = [
        one.event.status.task_id for one in state.outbox if isinstance(one, SendEvent) and isinstance(one.event, Update)
    ]
    assert [*(str(number) for number in range(SLICE + 2)), *(str(number) for number in range(SLICE))] == told


def _successor(bench: MasterBench, agent_id: AgentId) -> MasterBench:
    """The next leader, which knows of the agent from the registry alone."""
    successor = MasterBench(MasterConfig(registry="in_memory"))
    registry = Registry()
    registry.apply(AdmitAgent(bench.agent_info(agent_id)))
    successor.push(RegistryRecovered(registry))
    return successor


def _launched(bench: MasterBench) -> tuple[AgentId, FrameworkId, TaskInfo]:
    agent_id = bench.add_agent()
    framework_id = bench.add_framework(make_framework(failover_timeout=60, capabilities="PARTITION_AWARE"))
    (task,) = bench.launch(framework_id, "t")
    return agent_id, framework_id, task


@pytest.mark.parametrize(
    ("has_task", "state"), [(True, TaskState.TASK_STAGING), (False, TaskState.TASK_GONE)], ids=["kept", "never came"]
)
def test_task_launched_before_a_failover_is_told_once_its_agent_is_back(has_task: bool, state: TaskState) -> None:
    """Until then nobody can tell, and a wrong answer would start it twice; the framework's repetition is answered."""
    bench = MasterBench()
    agent_id, framework_id, task = _launched(bench)
    info = bench.master.state.frameworks[framework_id].info
    successor = _successor(bench, agent_id)
    successor.subscribe(info)

    early = ask(successor, framework_id, ("t", agent_id), ("t", None))
    tasks = (AgentTask(framework_id=framework_id, task=task),) if has_task else ()
    successor.return_agent(bench.agent_info(agent_id), *tasks, frameworks=(info,))
    late = ask(successor, framework_id, ("t", agent_id))

    assert [] == early
    assert [state] == [status.state for status in late]


def test_agent_that_does_not_come_back_is_told_as_unreachable() -> None:
    """After --agent_reregister_timeout the question has an answer in any case."""
    bench = MasterBench()
    agent_id, framework_id, _ = _launched(bench)
    info = bench.master.state.frameworks[framework_id].info
    successor = _successor(bench, agent_id)
    successor.subscribe(info)

    successor.pass_time(601)
    (answer,) = ask(successor, framework_id, ("t", agent_id))

    assert TaskState.TASK_UNREACHABLE is answer.state


def test_kill_and_reconciliation_of_a_finished_task_that_is_not_acknowledged() -> None:
    """It is known until then: a KILL has nothing to do, an explicit question tells the end, an implicit one nothing."""
    bench = MasterBench()
    agent_id = bench.add_agent()
    framework_id = bench.add_framework()
    (task,) = bench.launch(framework_id, "t")
    bench.update(framework_id, task, TaskState.TASK_FINISHED)

    bench.call(framework_id, Kill(task_id=task.task_id))
    bench.call(framework_id, Reconcile())
    (answer,) = ask(bench, framework_id, ("t", None))
    bench.call(framework_id, Acknowledge(agent_id=agent_id, task_id=task.task_id, uuid=Uuid(b"u" * 16)))
    (after,) = ask(bench, framework_id, ("t", agent_id))

    assert 3 == len(bench.updates(framework_id))
    assert (TaskState.TASK_FINISHED, TaskState.TASK_LOST) == (answer.state, after.state)
