"""Every reason why nothing is offered, as a person reads it."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from fakes.master_bench import make_framework
from koinon_core.agents import AgentInfo, DomainInfo, FaultDomain, RegionInfo, ZoneInfo
from koinon_core.attributes import parse_attributes
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.offer_constraints import (
    AttributeConstraint,
    ConstraintGroup,
    OfferConstraints,
    Predicate,
    RoleConstraints,
    Selector,
    TextEquals,
)
from koinon_core.quota import QuotaConfig
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_master.allocator.hierarchical import HierarchicalAllocator
from koinon_master.config import MasterConfig

F, S = FrameworkId("f"), AgentId("s")


class Scene:
    """One framework in role ``a`` and one agent, where little is missing to an offer."""

    def __init__(self, capabilities: str = "", **flags: Any) -> None:
        self.allocator = HierarchicalAllocator(evolve(MasterConfig(registry="in_memory"), **flags))
        self.allocator.add_framework(F, make_framework("f", "a", capabilities=capabilities), ())

    def add_agent(self, resources: str = "cpus:4;mem:1024", region: str | None = None) -> None:
        """The agent registers."""
        domain = None if region is None else DomainInfo(FaultDomain(region=RegionInfo(region), zone=ZoneInfo("z")))
        attributes = parse_attributes("rack:r1")
        info = AgentInfo(hostname="h", resources=parse_resources(resources), attributes=attributes, domain=domain)
        self.allocator.add_agent(S, info)

    def expect(self, name: str, reason: str) -> None:
        """Nothing is offered to ``f``, for this reason alone; asking changes nothing."""
        found = [(one.filter, one.reason) for one in self.allocator.explain(F)]
        granted = [grant for grant in self.allocator.allocate() if grant.framework_id == F]

        assert [(name, reason)] == found
        assert [] == granted


def test_what_is_offered_next_needs_no_reason() -> None:
    """Nothing is said of what the next allocation grants, and asking does not grant it."""
    scene = Scene()
    scene.add_agent()

    before = scene.allocator.explain()

    assert [] == before
    assert 1 == len(scene.allocator.allocate())


def test_paused() -> None:
    """A pause says why."""
    scene = Scene()
    scene.add_agent()
    scene.allocator.pause("3 of 10 agents are still expected back")

    scene.expect("paused", "nothing is allocated now: 3 of 10 agents are still expected back")


def test_absent_framework() -> None:
    """Who is not there is offered nothing."""
    scene = Scene()
    scene.add_agent()
    scene.allocator.deactivate_framework(F)

    scene.expect("inactive", "the framework is not connected")


def test_suppressed_role() -> None:
    """SUPPRESS holds until REVIVE."""
    scene = Scene()
    scene.add_agent()
    scene.allocator.suppress(F, ["a"])

    scene.expect("suppressed", "the framework suppressed role a, and did not revive it since")


def test_absent_agent() -> None:
    """Of an agent that is away nothing is offered."""
    scene = Scene()
    scene.add_agent()
    scene.allocator.deactivate_agent(S)

    scene.expect("agent", "the agent is not connected, or is deactivated")


def test_gpus() -> None:
    """Agents with GPUs are for those who know GPUs."""
    scene = Scene()
    scene.add_agent("cpus:4;gpus:1")

    scene.expect("gpus", "the agent has GPUs, and the framework lacks the capability GPU_RESOURCES")


def test_region() -> None:
    """Agents far away are for those who know regions."""
    home = DomainInfo(FaultDomain(region=RegionInfo("eu"), zone=ZoneInfo("z")))
    scene = Scene(domain=home)
    scene.add_agent(region="us")

    scene.expect(
        "region",
        "the agent is in region us, the master in eu, and the framework lacks the capability REGION_AWARE",
    )


def test_offer_constraint() -> None:
    """The framework's own constraint is named with what the agent has."""
    scene = Scene()
    scene.add_agent()
    constraint = AttributeConstraint(
        selector=Selector(attribute_name="rack"), predicate=Predicate(text_equals=TextEquals("r2"))
    )
    constraints = OfferConstraints({"a": RoleConstraints((ConstraintGroup((constraint,)),))})
    scene.allocator.add_framework(F, make_framework("f", "a"), (), constraints)

    scene.expect(
        "offer constraint",
        "the framework's offer constraints exclude the agent: attribute rack must be 'r2', and the agent has r1",
    )


@pytest.mark.parametrize("is_offer", [True, False])
def test_everything_allocated(is_offer: bool) -> None:
    """Who holds it is named, and whether that is an offer still."""
    scene = Scene()
    scene.add_agent()
    other = FrameworkId("e")
    scene.allocator.add_framework(other, make_framework("e", "b"), ())
    scene.allocator.suppress(F, ["a"])
    (grant,) = scene.allocator.allocate()
    scene.allocator.revive(F, ["a"])

    (refusal,) = scene.allocator.explain(F, "a", [grant] if is_offer else [])

    holder = "cpus:4; mem:1024 to framework e (role b)"
    assert (
        "allocated",
        f"everything is allocated: {holder}{', which has an offer to answer' if is_offer else ''}",
    ) == (
        refusal.filter,
        refusal.reason,
    )


def test_reserved_for_others() -> None:
    """What is free but not for this role is named part by part."""
    scene = Scene()
    scene.add_agent("cpus(b):4;mem(b):64")

    scene.expect("reserved", "cpus(b):4 is reserved for role b; mem(b):64 is reserved for role b")


def test_too_little() -> None:
    """What is free, and what would be enough."""
    scene = Scene()
    scene.add_agent("cpus:0.005;mem:16")

    scene.expect("too little", "cpus:0.005; mem:16 is free, less than the least to offer: cpus:0.01 or mem:32")


def test_limit() -> None:
    """The role whose limit it is, and what it consumes."""
    scene = Scene()
    scene.allocator.set_quotas({"a": QuotaConfig(role="a", limits={"cpus": Scalar.of(0), "mem": Scalar.of(1)})})
    scene.add_agent()

    scene.expect("limit", "role a has no room for an offer: its limits are cpus:0; mem:1, and it consumes nothing")


def test_headroom() -> None:
    """For whose guarantee the free resources are kept."""
    scene = Scene()
    guarantees = {"cpus": Scalar.of(8), "mem": Scalar.of(4096)}
    scene.allocator.set_quotas({"b": QuotaConfig(role="b", guarantees=guarantees)})
    scene.add_agent()

    scene.expect("headroom", "what is free is kept for the guarantee of role b")


def test_refused() -> None:
    """What was refused, and until when."""
    scene = Scene()
    scene.add_agent()
    (grant,) = scene.allocator.allocate()
    scene.allocator.refuse(grant, 1_000_000_005.0)
    scene.allocator.recover(grant)

    scene.expect("refused", "the framework refused cpus:4; mem:1024 until 2001-09-09 01:46:45 UTC")


def test_only_what_was_asked_about() -> None:
    """One line a subscription and agent, of the framework and the role in question."""
    scene = Scene()
    scene.add_agent("cpus:0.001")
    scene.allocator.add_framework(FrameworkId("g"), make_framework("g", "a", "b"), ())

    assert {("f", "a"), ("g", "a"), ("g", "b")} == {(one.framework_id, one.role) for one in scene.allocator.explain()}
    assert {("g", "b")} == {(one.framework_id, one.role) for one in scene.allocator.explain(role="b")}
    assert {("f", "a")} == {(one.framework_id, one.role) for one in scene.allocator.explain(F)}
