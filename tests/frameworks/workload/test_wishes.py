"""What the owner of a workload wants changed while it runs: ends, numbers, other descriptions, places."""

from __future__ import annotations

from attrs import evolve

from koinon_core.tasks import TaskState
from koinon_frameworks.matching import Constraint, Operator, Spread
from koinon_frameworks.workload import SlotState, WorkloadOptions
from koinon_frameworks.workload.events import EndWanted, ReplaceWanted, ScaleWanted
from support.workload_stage import make_world, never, service, task


def test_workload_of_services_alone_goes_on() -> None:
    """There is nothing whose end would be theirs; their owner ends them."""
    world = make_world(service(count=2), fate=never)
    world.settle(5)
    running = world.live()
    world.send(EndWanted(why="enough"))
    world.settle()

    assert {"s.0": 1, "s.1": 1} == running
    assert ["enough", "enough"] == [each.why for each in world.done[0].tasks]
    assert {} == world.live()


def test_kill_is_repeated_until_it_is_heard() -> None:
    """A KILL may get lost; a subscription has all of them said at once again."""
    world = make_world(task(), fate=never)
    world.settle(2)
    agent = next(iter(world.agents.values()))
    agent.is_away = True
    world.send(EndWanted(name="t"))
    world.wait(25.0)
    repeated = len(world.kills)
    world.subscribe()
    agent.is_away = False
    world.wait(10.0)
    world.deliver()

    assert 3 == repeated
    assert SlotState.KILLED is world.state_of("t")
    assert {"t.0": 1} == world.runs


def test_end_of_one_task_is_final() -> None:
    """What its owner ended is not tried again, whatever the rule says; the others run on."""
    world = make_world(task(count=2, cpus=0.1), fate=never)
    world.settle(2)
    world.send(EndWanted(name="t", index=1))
    world.settle(5)

    assert {"t.0": 1} == world.live()
    assert SlotState.KILLED is world.state_of("t.1")


def test_scale_up_and_down() -> None:
    """More are launched, the highest numbers end and are forgotten, and no task id comes twice."""
    world = make_world(service(count=2, cpus=0.1), fate=never)
    world.settle(2)
    for count in (4, 1, 3):
        world.send(ScaleWanted("s", count))
        world.settle(4)
        assert {f"s.{n}": 1 for n in range(count)} == world.live()

    assert 2 == world.runs["s.2"]


def test_changed_service_is_replaced_one_by_one() -> None:
    """At no moment is more than one instance away, and in the end all run the new command."""
    world = make_world(service(count=3, cpus=0.1), fate=never)
    world.settle(3)
    new = service(count=3, cpus=0.1, command="other")
    world.specs = (new,)
    world.send(ReplaceWanted((new,)))
    fewest = 3
    for _ in range(30):
        fewest = min(fewest, sum(each.state is TaskState.TASK_RUNNING for each in world.tasks()))
        world.settle(1)
    commands = {each.info.command.value for each in world.tasks() if not each.state.is_terminal and each.info.command}

    assert {"other"} == commands
    assert 2 == fewest
    assert {f"s.{n}": 2 for n in range(3)} == world.runs


def test_replacement_ends_what_is_left_out_and_runs_what_is_new() -> None:
    """A task that runs by an old description makes way for the new one; one that has ended has ended."""
    specs = (task("old"), task("changed"), task("same"))
    world = make_world(*(evolve(spec, cpus=0.1) for spec in specs), fate=never)
    world.settle(2)
    world.report(next(each for each in world.tasks() if each.slot == "same.0"), TaskState.TASK_FINISHED)
    world.deliver()
    world.specs = (task("changed", cpus=0.2), task("same", cpus=0.3), task("new", cpus=0.1))
    world.send(ReplaceWanted(world.specs))
    world.settle(5)

    assert {"changed.0": 1, "new.0": 1} == world.live()
    assert {"old.0": 1, "changed.0": 2, "same.0": 1, "new.0": 1} == world.runs


def test_constraints_count_those_that_run() -> None:
    """UNIQUE by rack: a second instance waits, with the reason, until the first has gone."""
    unique = Constraint("rack", Operator.UNIQUE)
    world = make_world(service(count=2, constraints=(unique,), cpus=0.1), fate=never)
    world.settle(3)
    why = world.task("s.1").why
    world.send(EndWanted(name="s", index=0))
    world.settle(3)

    assert "rack UNIQUE: an instance already runs on r0" in why
    assert {"s.1": 1} == world.live()


def test_strategy_is_the_workloads() -> None:
    """Spread goes to the agent with fewest, also over several rounds of offers."""
    world = make_world(service(count=1, cpus=0.1), fate=never, agents=3, options=WorkloadOptions(strategy=Spread()))
    for count in (1, 2, 3):
        world.send(ScaleWanted("s", count))
        world.settle(2)

    assert [1, 1, 1] == [len(agent.tasks) for agent in world.agents.values()]
