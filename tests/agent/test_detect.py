"""What a machine offers when nobody says."""

from __future__ import annotations

from pathlib import Path

import pytest

from koinon_agent.resources.detect import Machine, complete_resources, detect_machine
from koinon_core.resources import Resources, ranges, scalar
from koinon_core.resources_text import parse_resources

GIB = 1 << 30


@pytest.mark.parametrize(
    ("memory", "disk", "expected"),
    [
        (16 * GIB, 100 * GIB, "cpus:4;mem:15360;disk:97280;ports:[31000-32000]"),
        (2 * GIB, 10 * GIB, "cpus:4;mem:1024;disk:5120;ports:[31000-32000]"),
        (1 * GIB, 4 * GIB, "cpus:4;mem:512;disk:2048;ports:[31000-32000]"),
    ],
)
def test_the_system_keeps_its_part(memory: int, disk: int, expected: str) -> None:
    """A gigabyte of memory and five of disk stay with the system, or half where there is little."""
    machine = Machine(cores=4, memory=memory, disk=disk)

    assert parse_resources(expected) == complete_resources(Resources(), machine)


def test_what_the_operator_gives_is_kept_and_the_rest_completed() -> None:
    """A name that is given, for whatever role, is not detected; what is detected goes to the default role."""
    given = Resources((scalar("cpus", 2, role="web"), scalar("gpus", 1)))
    completed = complete_resources(given, Machine(cores=4, memory=4 * GIB, disk=4 * GIB), "batch")

    expected = (scalar("mem", 3072, role="batch"), scalar("disk", 2048, role="batch"))
    assert given + Resources((*expected, ranges("ports", (31000, 32000), role="batch"))) == completed


def test_this_machine_has_something(tmp_path: Path) -> None:
    """Detection finds cores, memory and disk here."""
    machine = detect_machine(tmp_path)

    assert machine.cores >= 1
    assert min(machine.memory, machine.disk) > 0
