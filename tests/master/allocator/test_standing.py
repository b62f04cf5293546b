"""Where a framework stands in line, and what it put in its own way."""

from __future__ import annotations

import pytest

from fakes.master_bench import make_framework
from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.resources_text import parse_resources
from koinon_master.allocator.hierarchical import HierarchicalAllocator
from koinon_master.allocator.interface import Grant
from koinon_master.config import MasterConfig

S = AgentId("s")


@pytest.fixture
def allocator() -> HierarchicalAllocator:
    """Frameworks f and g in role a, h in b of weight 3, i in the role c/d; one agent of 10 cpus, 4 of them with h."""
    made = HierarchicalAllocator(MasterConfig(registry="in_memory"))
    for name, role in (("f", "a"), ("g", "a"), ("h", "b"), ("i", "c/d")):
        made.add_framework(FrameworkId(name), make_framework(name, role), ())
    made.add_agent(S, AgentInfo(hostname="h", resources=parse_resources("cpus:10;mem:1000")))
    made.set_weights({"b": 3.0})
    charge(made, "h", "b", "cpus:4")
    return made


def charge(allocator: HierarchicalAllocator, framework: str, role: str, resources: str) -> None:
    """It holds so much."""
    held = parse_resources(resources)
    allocator.charge(Grant(framework_id=FrameworkId(framework), role=role, agent_id=S, resources=held))


def test_who_is_asked_before_whom_and_by_how_much(allocator: HierarchicalAllocator) -> None:
    """Role beside role, then framework beside framework; the share goes by the weight."""
    charge(allocator, "g", "a", "cpus:2")
    (found,) = allocator.standings(FrameworkId("f"))
    roles, frameworks = found.levels

    assert ["c", "b", "a"] == [one.name for one in roles]
    assert [0.0, pytest.approx(0.4 / 3), 0.2] == [one.rank for one in roles]
    assert ["f", "g"] == [one.name for one in frameworks]
    assert [True, False] == [one.is_own for one in frameworks]


def test_fair_share_is_of_the_weights_of_those_who_take_part(allocator: HierarchicalAllocator) -> None:
    """Half of a fifth, as two share the role; a rival that neither wants nor holds anything does not count."""
    before = allocator.standings(FrameworkId("f"))[0].fair_share
    allocator.suppress(FrameworkId("i"), ("c/d",))

    assert pytest.approx(0.5 * 1 / 5) == before
    assert pytest.approx(0.5 * 1 / 4) == allocator.standings(FrameworkId("f"))[0].fair_share


def test_what_it_holds_and_what_it_refused(allocator: HierarchicalAllocator) -> None:
    """Each refusal with its end; one that is forgotten is not told."""
    resources = parse_resources("cpus:6;mem:1000")
    refused = Grant(framework_id=FrameworkId("h"), role="b", agent_id=S, resources=resources)
    allocator.refuse(refused, 50.0)
    (found,) = allocator.standings(FrameworkId("h"))
    allocator.revive(FrameworkId("h"), ("b",))

    assert (4000, 0.4) == (found.held["cpus"], found.share)
    assert [(S, resources, 50.0)] == [(one.agent_id, one.resources, one.until) for one in found.refused]
    assert () == allocator.standings(FrameworkId("h"))[0].refused


def test_role_within_a_role_stands_at_both_levels(allocator: HierarchicalAllocator) -> None:
    """The outer role competes with all others; within it the role is alone."""
    (found,) = allocator.standings(FrameworkId("i"))

    assert [["a", "c", "b"], ["c/d"], ["i"]] == [[one.name for one in level] for level in found.levels]
    assert pytest.approx(1 / 5) == found.fair_share


def test_suppressed_and_unknown(allocator: HierarchicalAllocator) -> None:
    """Who suppressed a role is told so; of a stranger there is nothing to tell."""
    allocator.suppress(FrameworkId("f"), ("a",))

    assert allocator.standings(FrameworkId("f"))[0].is_suppressed
    assert [] == allocator.standings(FrameworkId("stranger"))
