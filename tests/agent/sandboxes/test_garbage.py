"""When sandboxes of ended tasks go."""

from __future__ import annotations

import pytest

from fakes.agent_bench import AgentBench, make_settings, make_task
from koinon_agent.events import DiskMeasured, SandboxGone
from koinon_agent.instructions import DeleteSandbox, Instruction, MeasureDisk
from koinon_agent.sandboxes.garbage import max_age


@pytest.mark.parametrize(
    ("headroom", "usage", "expected"),
    [(0.1, 0.0, 900.0), (0.1, 0.5, 400.0), (0.1, 0.9, 0.0), (0.1, 1.0, 0.0), (0.0, 0.25, 750.0)],
)
def test_the_fuller_the_disk_the_shorter_they_stay(headroom: float, usage: float, expected: float) -> None:
    """The delay, times what of the disk is neither used nor to be kept free."""
    assert expected == pytest.approx(max_age(1000.0, headroom, usage))


def deleted(instructions: list[Instruction]) -> list[str]:
    """The executors whose sandboxes are to go."""
    return [item.sandbox.split("/")[-2] for item in instructions if isinstance(item, DeleteSandbox)]


def end(bench: AgentBench, name: str) -> str:
    """Have a task run and end; returns its sandbox."""
    container = bench.run(make_task(name))
    machine = bench.agent.tasks.of_container(container)
    assert machine is not None
    bench.started(container)
    bench.ended(container)
    return machine.accepted.sandbox


def test_disk_is_measured_every_interval_of_each_life() -> None:
    """From the start on, whether or not there is anything to delete."""
    bench = AgentBench(make_settings(disk_watch_interval=60.0))
    bench.start()

    assert 1 == sum(isinstance(item, MeasureDisk) for item in bench.wait(0))
    assert 2 == sum(isinstance(item, MeasureDisk) for item in bench.wait(120))

    heir = bench.crash()
    heir.start()

    assert 1 == sum(isinstance(item, MeasureDisk) for item in heir.wait(0))


def test_what_is_too_old_for_a_disk_that_full_goes_at_once_and_is_asked_for_once() -> None:
    """Live sandboxes stay, whatever the disk; what would not go is asked for again after an hour."""
    bench = AgentBench(make_settings(gc_delay=1000.0, gc_disk_headroom=0.1)).registered()
    old = end(bench, "old")
    bench.wait(300)
    end(bench, "new")
    bench.run(make_task("live"))

    assert [] == deleted(bench.handle(DiskMeasured(0.5)))
    assert ["old"] == deleted(bench.handle(DiskMeasured(0.65)))
    assert [] == deleted(bench.handle(DiskMeasured(0.65)))

    bench.handle(SandboxGone(old))

    assert ["new"] == deleted(bench.handle(DiskMeasured(0.95)))
    assert ["new"] == deleted(bench.wait(3600))
    assert 0.0 == bench.agent.tasks.garbage.max_age
    assert 1 == bench.agent.tasks.garbage.deleted


def test_age_counts_across_lives() -> None:
    """A sandbox abandoned before a restart is as old after it."""
    bench = AgentBench(make_settings(gc_delay=1000.0)).registered()
    end(bench, "old")
    heir = bench.crash()
    heir.start()
    heir.steady += 500

    assert ["old"] == deleted(heir.handle(DiskMeasured(0.5)))
    assert 1 == len(heir.agent.tasks.garbage)
