"""Whatever happens in whatever order, a workload keeps its promises: stories made by chance."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from koinon_core.backoff import Backoff
from koinon_core.tasks import TaskState
from koinon_frameworks import CallFailureKind
from koinon_frameworks.matching import Constraint, Operator
from koinon_frameworks.workload import KEPT, DependencyFailure, Retry, TaskPort, TaskSpec, find_problems
from koinon_frameworks.workload.events import EndWanted, ReplaceWanted, ScaleWanted, StatusReceived
from koinon_frameworks.workload.validation import find_cycle
from support.workload_world import Task, World

AS_OFTEN_AS_IT_TAKES = Retry(attempts=None, outcomes=KEPT.outcomes, backoff=Backoff(initial=1.0, maximum=4.0))
SPECS = (
    TaskSpec(name="db", is_service=True, count=2, command="db", cpus=0.2, ports=(TaskPort(name="sql"),)),
    TaskSpec(
        name="load",
        count=3,
        command="l",
        cpus=0.4,
        retry=AS_OFTEN_AS_IT_TAKES,
        depends_on=("db",),
        on_dependency_failure=DependencyFailure.RUN,
    ),
    TaskSpec(
        name="unique",
        count=2,
        command="u",
        cpus=0.1,
        retry=AS_OFTEN_AS_IT_TAKES,
        constraints=(Constraint("rack", Operator.UNIQUE),),
    ),
    TaskSpec(name="last", command="x", retry=AS_OFTEN_AS_IT_TAKES, depends_on=("load", "unique")),
)
OTHERS = (*SPECS[:1], TaskSpec(name="load", count=2, command="other", cpus=0.3, retry=AS_OFTEN_AS_IT_TAKES), *SPECS[2:])
STATES = (TaskState.TASK_FAILED, TaskState.TASK_LOST, TaskState.TASK_DROPPED, TaskState.TASK_KILLED)
PLAYS = (
    *("offer", "offer", "step", "step", "deliver", "deliver", "repeat", "wait", "wait", "fail", "lose", "return"),
    *("fail over", "subscribe", "accept fails", "scale", "replace", "end one", "old news"),
)


def fate(slot: str, _run: int) -> TaskState | None:
    """Services run on, all else finishes."""
    return None if slot.startswith("db") else TaskState.TASK_FINISHED


def play(world: World, act: str, number: int) -> None:
    """One thing that may happen at any time."""
    agents, tasks = list(world.agents.values()), world.tasks()
    task = tasks[number % len(tasks)] if tasks else None
    match act:
        case "offer":
            world.offer()
        case "step":
            world.step()
        case "deliver":
            world.deliver(tasks[number % 3 :: 2])
        case "repeat" if task is not None and task.unheard:
            for status in reversed(task.unheard):
                world.send(StatusReceived(status))
        case "wait":
            world.wait(float(number % 40))
        case "fail" if task is not None and not task.state.is_terminal:
            world.report(task, STATES[number % len(STATES)])
        case "lose" if not agents[number % len(agents)].is_away:
            world.lose(agents[number % len(agents)])
        case "return" if agents[number % len(agents)].is_away:
            world.come_back(agents[number % len(agents)])
        case "subscribe":
            world.subscribe()
        case "accept fails":
            world.answer = tuple(CallFailureKind)[number % 3]
        case _:
            wish(world, act, number, task)


def wish(world: World, act: str, number: int, task: Task | None) -> None:
    """What the owner may want, what becomes of his program, and what was said of a task long ago."""
    match act:
        case "fail over":
            world.fail_over()
        case "scale":
            world.send(ScaleWanted("db", number % 4))
        case "replace":
            world.specs = (SPECS, OTHERS)[number % 2]
            world.send(ReplaceWanted(world.specs))
        case "end one":
            world.send(EndWanted(name="db", index=number % 3))
        case "old news" if task is not None:
            world.send(StatusReceived(world._status(task.info.task_id, task.info.agent_id, TaskState.TASK_RUNNING)))


def check_promises(world: World, was_away: bool) -> None:
    """No slot has two tasks, unless an agent that was given up may have one of them."""
    assert was_away or set(world.live().values()) <= {1}
    racks = [
        each.info.agent_id for each in world.tasks() if each.slot.startswith("unique") and not each.state.is_terminal
    ]
    assert was_away or len(racks) == len(set(racks))
    assert {} == world.offers


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(story=st.lists(st.tuples(st.sampled_from(PLAYS), st.integers(0, 1000)), max_size=40))
def test_promises_hold_in_every_story(story: list[tuple[str, int]]) -> None:
    """Nothing twice, no offer kept or used twice, never more than offered; in the end all is finished."""
    world = World(specs=SPECS, fate=fate)
    for number in range(3):
        world.add_agent(f"a{number}", rack=f"r{number}")
    world.subscribe()
    was_away = False
    for act, number in story:
        play(world, act, number)
        was_away = was_away or any(agent.is_away for agent in world.agents.values())
        check_promises(world, was_away)
    for agent in world.agents.values():
        if agent.is_away:
            world.come_back(agent)
    world.subscribe()
    world.send(ScaleWanted("db", 1))
    world.settle(300)

    assert world.machine.is_done
    assert {} == world.live()
    tasks = [each for each in world.machine.report(0).tasks if not each.is_service]
    assert {"finished"} == {each.state.value for each in tasks}


@pytest.mark.slow
@settings(deadline=None)
@given(edges=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=12))
def test_cycles_are_found_exactly_where_they_are(edges: list[tuple[int, int]]) -> None:
    """A cycle that is named is one, and without one the tasks can be put in order."""
    needs = {n: tuple(dict.fromkeys(str(b) for a, b in edges if a == n)) for n in range(6)}
    specs = [TaskSpec(name=str(n), command="x", depends_on=depends_on) for n, depends_on in needs.items()]
    cycle = find_cycle(specs)
    for name, following in zip(cycle, (*cycle[1:], *cycle[:1]), strict=True):
        assert following in needs[int(name)]
    left = {spec.name: set(spec.depends_on) for spec in specs}
    while ready := {name for name, waits in left.items() if not waits & left.keys()}:
        left = {name: waits for name, waits in left.items() if name not in ready}

    assert bool(cycle) == bool(left) == any("circle" in each.why for each in find_problems(specs))
