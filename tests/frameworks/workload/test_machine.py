"""What a workload does with offers, updates, failures and time: the machine against a master in memory."""

from __future__ import annotations

from random import Random

import pytest
from attrs import evolve

from koinon_core.backoff import Backoff
from koinon_core.errors import InvalidTransition
from koinon_core.tasks import HealthCheck, TaskState, TaskStatusReason
from koinon_frameworks import CallFailureKind
from koinon_frameworks.workload import DependencyFailure, Outcome, Retry, SlotState, TaskPort
from koinon_frameworks.workload.events import AgentLost, StatusReceived
from koinon_frameworks.workload.roster import Roster
from koinon_frameworks.workload.slot import TRANSITIONS, Slot, SlotKey, Trigger
from support.workload_stage import QUICK, make_world, never, only_until, service, task
from support.workload_world import World


def test_tasks_run_to_their_end() -> None:
    """Everything wanted runs once and the workload is done."""
    world = make_world(task(count=5, cpus=0.5))
    world.settle()

    assert {f"t.{n}": 1 for n in range(5)} == world.runs
    assert [True] == [report.has_succeeded for report in world.done]


def test_all_offers_are_answered_at_once() -> None:
    """What is not used goes back: a workload holds no offer, and wants none once nothing waits."""
    world = make_world(task(cpus=0.5), agents=3)
    world.offer()

    assert {} == world.offers
    assert 2 == len(world.declined)
    assert not world.wants_offers


def test_offers_are_wanted_again_for_a_retry() -> None:
    """Demand follows what waits: none while an attempt runs, some once it is to be tried again."""
    world = make_world(task(), fate=only_until(1))
    wanted = []
    for _ in range(2):
        world.offer()
        wanted.append(world.wants_offers)
        world.step()
        world.deliver()
        world.step()
        world.deliver()
        world.wait(5.0)
        wanted.append(world.wants_offers)

    assert [False, True, False, False] == wanted


def test_priority_goes_first_where_not_all_fit() -> None:
    """Of two that want the only place, the more important has it."""
    world = make_world(task("low", cpus=1.0), task("high", cpus=1.0, priority=5))
    world.offer()

    assert {"high.0": 1} == world.live()


def test_failures_are_retried_up_to_a_number() -> None:
    """Three attempts fail, and then the task has, with the last words of the last one."""
    world = make_world(task(), fate=only_until(9))
    world.settle()

    assert {"t.0": 3} == world.runs
    assert SlotState.FAILED is world.state_of("t")
    assert not world.done[0].has_succeeded


def test_retry_waits_its_delay() -> None:
    """An attempt that failed is followed by another when the backoff says so, and the report tells why it waits."""
    world = make_world(task(retry=evolve(QUICK, backoff=Backoff(initial=8.0, maximum=8.0))))
    world.offer()
    world.report(world.tasks()[0], TaskState.TASK_FAILED, "exit 3")
    world.deliver()

    assert SlotState.DELAYED is world.state_of("t")
    assert "attempt 1 failed: exit 3" == world.task("t").why
    assert world.now + 8.0 == world.machine.deadline


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (TaskState.TASK_FAILED, Outcome.FAILED),
        (TaskState.TASK_LOST, Outcome.LOST),
        (TaskState.TASK_GONE_BY_OPERATOR, Outcome.LOST),
        (TaskState.TASK_KILLED, Outcome.KILLED),
    ],
)
@pytest.mark.parametrize("is_retried", [True, False])
def test_outcomes_that_count(state: TaskState, outcome: Outcome, is_retried: bool) -> None:
    """Only what the rule names is tried again."""
    outcomes = frozenset({outcome}) if is_retried else frozenset(Outcome) - {outcome, Outcome.REJECTED}
    world = make_world(task(retry=evolve(QUICK, outcomes=outcomes)), fate=only_until(1, state))
    world.settle()

    assert (2 if is_retried else 1) == world.runs["t.0"]
    assert is_retried == world.done[0].has_succeeded


def test_rejected_task_is_not_tried_again() -> None:
    """What the master takes for wrong stays wrong."""
    world = make_world(task(), fate=only_until(9, TaskState.TASK_ERROR))
    world.settle()

    assert {"t.0": 1} == world.runs
    assert SlotState.FAILED is world.state_of("t")


def test_dropped_launch_is_no_attempt() -> None:
    """A launch that never reached its agent costs none of the attempts."""
    world = make_world(task(retry=Retry(attempts=1)))
    for _ in range(3):
        world.offer()
        world.report(world.tasks()[-1], TaskState.TASK_DROPPED)
        world.deliver()
        world.wait(60.0)
    world.settle()

    assert SlotState.FINISHED is world.state_of("t")
    assert 4 == world.task("t").attempts


@pytest.mark.parametrize("kind", [CallFailureKind.NOT_SUBSCRIBED, CallFailureKind.REFUSED])
def test_accept_without_effect_is_repeated(kind: CallFailureKind) -> None:
    """The task waits again, and no attempt is counted."""
    world = make_world(task(retry=Retry(attempts=1)))
    world.answer = kind
    world.settle()

    assert SlotState.FINISHED is world.state_of("t")
    assert {"t.0": 1} == world.runs


def test_accept_refused_for_ever_ends_the_task() -> None:
    """A launch the master refuses three times is given up in the master's words."""
    world = make_world(task())
    for _ in range(3):
        world.answer = CallFailureKind.REFUSED
        world.offer()
        world.wait(60.0)

    assert SlotState.FAILED is world.state_of("t")
    assert "ACCEPT refused: so it was decided" == world.task("t").why


def test_unanswered_accept_is_asked_about() -> None:
    """Whether it took effect the master says: it did, so the task is not launched twice."""
    world = make_world(task(), fate=never)
    world.answer = CallFailureKind.UNANSWERED
    world.offer()
    world.wait(60.0)
    world.offer()

    assert {"t.0": 1} == world.runs == world.live()


def test_question_that_overtook_its_launch_says_nothing() -> None:
    """TASK_GONE from reconciliation, about a task whose ACCEPT is still on its way, does not have it launched again."""
    world = make_world(task(), fate=never)
    answers: list[object] = []

    def ask() -> None:
        if world.tasks() and not answers:
            about = world.tasks()[0].info
            answers.append(world.machine.known_tasks())
            status = world._status(about.task_id, about.agent_id, TaskState.TASK_GONE)
            world.send(StatusReceived(evolve(status, reason=TaskStatusReason.REASON_RECONCILIATION)))

    world.point = ask
    world.offer()
    world.point = None
    world.settle(3)

    assert [()] == answers
    assert {"t.0": 1} == world.live() == world.runs


def test_unreachable_task_is_awaited_and_then_replaced() -> None:
    """Within the time nothing is done, after it the task counts as lost, and is killed when it comes back."""
    world = make_world(task(lost_after=30.0), fate=never, agents=2)
    world.settle(2)
    home = world.agents[world.tasks()[0].info.agent_id]
    world.lose(home)
    world.wait(29.0)
    early = world.state_of("t")
    world.wait(5.0)
    world.offer()
    world.step()
    world.deliver()
    world.come_back(home)
    world.deliver()
    world.deliver()

    assert SlotState.UNREACHABLE is early
    assert {"t.0": 2} == world.runs
    assert {"t.0": 1} == world.live()
    assert SlotState.RUNNING is world.state_of("t")


def test_unreachable_task_that_comes_back_in_time_goes_on() -> None:
    """Nothing was launched in its place."""
    world = make_world(task(lost_after=30.0), fate=never, agents=2)
    world.settle(2)
    home = world.agents[world.tasks()[0].info.agent_id]
    world.lose(home)
    world.wait(20.0)
    world.come_back(home)
    world.deliver()
    world.wait(100.0)

    assert {"t.0": 1} == world.runs == world.live()
    assert SlotState.RUNNING is world.state_of("t")


def test_lost_agent_is_asked_about() -> None:
    """What the master knows of its tasks is asked, as its own updates come once only."""
    world = make_world(task(), fate=never)
    world.settle(2)
    agent = next(iter(world.agents.values()))
    agent.tasks.clear()
    world.send(AgentLost(agent.id))

    assert SlotState.DELAYED is world.state_of("t")


def test_dependencies_are_followed() -> None:
    """A task starts when all that it needs has finished; until then it says what it waits for."""
    world = make_world(task("a", count=2), task("b", depends_on=("a",)), task("c", depends_on=("a", "b")))
    why = world.task("b").why
    world.settle()
    order = [report.title for report, _, after in world.told if after is SlotState.FINISHED]

    assert "waits for a (0 of 2 finished)" == why
    assert ["a.0", "a.1", "b", "c"] == order


def test_failed_dependency_skips_what_needs_it() -> None:
    """And in turn what needs that, each with the reason; a clean-up runs all the same."""
    world = make_world(
        task("a", retry=Retry(attempts=1)),
        task("b", depends_on=("a",)),
        task("c", depends_on=("b",)),
        task("clean", depends_on=("a", "b"), on_dependency_failure=DependencyFailure.RUN),
        fate=lambda slot, _: TaskState.TASK_FAILED if slot == "a.0" else TaskState.TASK_FINISHED,
    )
    world.settle()

    assert ["failed", "skipped", "skipped", "finished"] == [each.state.value for each in world.done[0].tasks]
    assert ["a failed", "b was skipped"] == [world.task(name).why for name in ("b", "c")]


def test_service_is_a_dependency_once_it_is_well() -> None:
    """A service that is checked counts as up when all its instances are healthy; its users get its address."""
    world = make_world(
        service("db", count=2, ports=(TaskPort(name="sql"),), health_check=HealthCheck()),
        task("user", depends_on=("db",)),
        fate=lambda slot, _: TaskState.TASK_FINISHED if slot == "user.0" else None,
        agents=2,
    )
    world.settle(3)
    waiting = world.task("user").why
    for each in world.tasks():
        world.send(
            StatusReceived(
                evolve(world._status(each.info.task_id, each.info.agent_id, TaskState.TASK_RUNNING), healthy=True)
            )
        )
    world.offer()
    user = next(each.info for each in world.tasks() if each.slot == "user.0")
    command = user.command
    assert command is not None
    assert command.environment is not None
    told = command.environment.as_dict()

    assert "waits for db (0 of 2 up)" == waiting
    assert (
        ",".join(f"a0:{port}" for each in world.machine.report(0).of("db") for port in each.ports)
        == told["DB_ADDRESSES"]
    )
    assert told["DB_ADDRESS"] == told["DB_ADDRESSES"].partition(",")[0]


def test_service_is_kept_and_ends_with_what_it_serves() -> None:
    """Whatever becomes of an instance there is another, until all tasks have ended."""
    fates = {"s.0": iter([TaskState.TASK_FINISHED, TaskState.TASK_FAILED, TaskState.TASK_KILLED])}
    world = make_world(
        service(), task(depends_on=("s",)), fate=lambda slot, _: next(fates[slot], None) if slot in fates else None
    )
    world.settle(20)
    kept = world.runs["s.0"]
    world.report(next(each for each in world.tasks() if each.slot == "t.0"), TaskState.TASK_FINISHED)
    world.settle()

    assert 4 == kept
    assert {} == world.live()
    assert world.done[0].has_succeeded
    assert "all that it served has ended" == world.task("s").why


def test_time_to_wait_runs_out() -> None:
    """A task that fits nowhere fails in the end, and says what refused it and what came nearest."""
    world = make_world(task(cpus=4.0, max_wait=60.0), agents=2)
    world.offer()
    waiting = world.task("t")
    world.wait(61.0)

    assert {"InsufficientCpus": 2} == waiting.refusals
    assert "a1: cpus: 4 wanted, 1 offered" == waiting.nearest
    assert SlotState.FAILED is world.state_of("t")
    assert "nothing fitted within 60 s: 2 offers refused (InsufficientCpus 2); nearest " + waiting.nearest == (
        world.task("t").why
    )


def test_time_to_run_runs_out() -> None:
    """The agent is told how long a task may run; where it does not end it, the workload does, and it has failed."""
    world = make_world(task(max_run=30.0, retry=Retry(attempts=1)), fate=never)
    world.settle(2)
    limit = world.tasks()[0].info.max_completion_time
    world.wait(60.0)
    world.settle()

    assert limit is not None
    assert 30.0 == limit.seconds
    assert SlotState.FAILED is world.state_of("t")
    assert "ran longer than 30 s" == world.task("t").why


def test_stranger_that_runs_is_ended() -> None:
    """A task of which no record is left runs unasked; one that is over is only acknowledged."""
    world = make_world(task(), fate=never)
    world.offer()
    about = world.tasks()[0].info
    stranger = evolve(about, task_id="gone.0.1-00000000")  # type: ignore[arg-type]
    world.send(StatusReceived(world._status(stranger.task_id, stranger.agent_id, TaskState.TASK_FINISHED)))
    none = list(world.kills)
    world.send(StatusReceived(world._status(stranger.task_id, stranger.agent_id, TaskState.TASK_RUNNING)))

    assert [] == none
    assert [stranger.task_id] == world.kills


def test_forbidden_move_changes_nothing() -> None:
    """A move that the table does not have raises, naming slot, state and trigger."""
    spec = task()
    slot = Slot(key=SlotKey("t"), spec=spec, fingerprint="", state=SlotState.BLOCKED, since=0.0)
    roster = Roster()
    roster.add(slot)

    with pytest.raises(InvalidTransition, match=r"t\.0 in blocked got launch"):
        roster.move(slot, Trigger.LAUNCH, 1.0)
    assert (SlotState.BLOCKED, 0.0) == (slot.state, slot.since)
    roster.check()


def test_final_states_are_final() -> None:
    """Nothing leads out of them, and every other state leads somewhere."""
    left = {state for state, _ in TRANSITIONS}

    assert {state for state in SlotState if state.is_final} == set(SlotState) - left


def test_many_tasks_of_one_kind_are_not_all_tried() -> None:
    """Of a thousand that wait as many are looked at as could fit, and all of them say why they wait."""
    world = make_world(task(count=1000, cpus=0.25), fate=never)
    world.offer()

    assert 4 == sum(world.live().values())
    assert {"InsufficientCpus": 1} == world.task("t.999").refusals


def test_random_is_seeded() -> None:
    """Two machines with the same seed and story do the same: nothing asks a clock or dice of its own."""
    stories = []
    for _ in range(2):
        world = World(specs=(task(count=3),), rng=Random(3))
        world.add_agent("a")
        world.subscribe()
        world.settle()
        stories.append([(report, before, after) for report, before, after in world.told])

    assert stories[0] == stories[1]
