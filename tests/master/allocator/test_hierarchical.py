"""The allocator by its verbs: quota, reservations, shared volumes, regions, minima, chance, pauses."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes.master_bench import make_framework
from koinon_core.agents import AgentInfo, DomainInfo, FaultDomain, RegionInfo, ZoneInfo
from koinon_core.containers import Volume, VolumeMode
from koinon_core.frameworks import FrameworkInfo, MinAllocatableResources, OfferFilters, ResourceQuantities
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.quantities import Quantities
from koinon_core.quota import QuotaConfig
from koinon_core.resources import Disk, Kind, Persistence, Reservation, Resource, Resources
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_master.allocator.hierarchical import HierarchicalAllocator
from koinon_master.allocator.interface import Grant
from koinon_master.config import MasterConfig, parse_allocatable


def _allocator(rng: Random | None = None, **flags: Any) -> HierarchicalAllocator:
    return HierarchicalAllocator(evolve(MasterConfig(registry="in_memory"), **flags), rng)


def _add(allocator: HierarchicalAllocator, name: str, *roles: str, capabilities: str = "") -> FrameworkId:
    framework_id = FrameworkId(name)
    allocator.add_framework(framework_id, make_framework(name, *roles, capabilities=capabilities), ())
    return framework_id


def _agents(allocator: HierarchicalAllocator, *texts: str) -> list[AgentId]:
    ids = [AgentId(f"s{number}") for number in range(len(texts))]
    for agent_id, text in zip(ids, texts, strict=True):
        allocator.add_agent(agent_id, AgentInfo(hostname=agent_id, resources=parse_resources(text)))
    return ids


def _quota(role: str, guarantees: dict[str, float] | None = None, **limits: float) -> QuotaConfig:
    return QuotaConfig(
        role=role,
        guarantees={name: Scalar.of(amount) for name, amount in (guarantees or {}).items()},
        limits={name: Scalar.of(amount) for name, amount in limits.items()},
    )


def _shown(grants: list[Grant]) -> list[tuple[str, str, str]]:
    return [(grant.framework_id, grant.agent_id, str(grant.resources)) for grant in grants]


def test_limit_cuts_an_agent() -> None:
    """A role with a limit of 3 cpus gets 3 of an agent's 4; what it has no limit for comes along whole."""
    allocator = _allocator()
    _add(allocator, "f", "a")
    allocator.set_quotas({"a": _quota("a", cpus=3)})
    _agents(allocator, "cpus:4;mem:1024;ports:[1-2]")

    assert [("f", "s0", "cpus:3; mem:1024; ports:[1-2]")] == _shown(allocator.allocate())


def test_limit_holds_for_all_beneath_a_role() -> None:
    """Child roles share the limit of their top-level role, on one agent as over many."""
    allocator = _allocator()
    _add(allocator, "x", "a/x")
    _add(allocator, "y", "a/y")
    allocator.set_quotas({"a": _quota("a", cpus=5)})
    _agents(allocator, "cpus:4", "cpus:4")

    granted = allocator.allocate()

    assert 5 == sum(float(grant.resources.scalar("cpus")) for grant in granted)
    assert Quantities({"cpus": Scalar.of(5)}) == allocator.quota_consumed("a")


def test_unused_reservations_count_against_the_limit() -> None:
    """What is reserved for a role is consumed whether it is used or not; using it consumes no more."""
    allocator = _allocator()
    _add(allocator, "f", "a")
    allocator.set_quotas({"a": _quota("a", cpus=3)})
    _agents(allocator, "cpus(a):2;cpus:4")

    assert Quantities({"cpus": Scalar.of(2)}) == allocator.quota_consumed("a")
    assert [("f", "s0", "cpus(a):2; cpus:1")] == _shown(allocator.allocate())
    assert Quantities({"cpus": Scalar.of(3)}) == allocator.quota_consumed("a")


def test_freed_limit_opens_other_agents() -> None:
    """A role at its limit is offered idle agents again as soon as it gives something back."""
    allocator = _allocator()
    _add(allocator, "f", "a")
    allocator.set_quotas({"a": _quota("a", cpus=4)})
    _agents(allocator, "cpus:4", "cpus:4")
    (grant,) = allocator.allocate()

    allocator.refuse(grant, 1e9)
    allocator.recover(grant)

    assert [("f", "s1", "cpus:4")] == _shown(allocator.allocate())


def test_headroom_is_kept_for_a_guarantee() -> None:
    """While nobody of the guaranteed role is there, others get only what the guarantee does not need."""
    allocator = _allocator()
    _add(allocator, "other", "b")
    allocator.set_quotas({"a": _quota("a", {"cpus": 6})})
    _agents(allocator, "cpus:4", "cpus:4")

    assert [("other", "s0", "cpus:2")] == _shown(allocator.allocate())


def test_guarantee_is_met_first() -> None:
    """The guaranteed role gets its part before anybody else, however unfair its share."""
    allocator = _allocator()
    late = _add(allocator, "late", "a")
    _add(allocator, "early", "b")
    allocator.set_quotas({"a": _quota("a", {"cpus": 6})})
    (s0, _, _) = _agents(allocator, "cpus:4", "cpus:4", "cpus:4")

    granted = allocator.allocate()

    mine = sum(float(grant.resources.scalar("cpus")) for grant in granted if grant.framework_id == late)
    assert 6 <= mine
    assert s0 == granted[0].agent_id


def test_satisfied_guarantee_frees_the_headroom() -> None:
    """Once the guarantee is met by reservations, others get all the rest."""
    allocator = _allocator()
    _add(allocator, "other", "b")
    allocator.set_quotas({"a": _quota("a", {"cpus": 4})})
    agents = _agents(allocator, "cpus:4", "cpus:4")
    before = allocator.allocate()

    allocator.change_agent(agents[1], AgentInfo(hostname="s1", resources=parse_resources("cpus(a):4")))

    assert [("other", "s0", "cpus:4")] == _shown(before)
    assert [] == allocator.allocate()
    assert Quantities({"cpus": Scalar.of(4)}) == allocator.quota_consumed("a")


def test_new_agent_with_reservations_lowers_the_headroom() -> None:
    """What a new agent has reserved for the guaranteed role need not be kept for it elsewhere."""
    allocator = _allocator()
    _add(allocator, "other", "b")
    allocator.set_quotas({"a": _quota("a", {"cpus": 4})})

    _agents(allocator, "cpus(a):3;cpus:4")

    assert [("other", "s0", "cpus:3")] == _shown(allocator.allocate())


@pytest.mark.parametrize("capabilities", ["", "RESERVATION_REFINEMENT"])
def test_refined_reservations_need_a_capability(capabilities: str) -> None:
    """Resources with two reservations are for frameworks that know of such."""
    stack = (Reservation(role="a"), Reservation(role="a/x"))
    allocator = _allocator()
    _add(allocator, "f", "a/x", capabilities=capabilities)
    resources = Resources((Resource(Kind(name="cpus", reservations=stack), Scalar.of(2)),))
    allocator.add_agent(AgentId("s0"), AgentInfo(hostname="s0", resources=resources))

    assert (1 if capabilities else 0) == len(allocator.allocate())


def test_revocable_resources_are_neither_quota_nor_headroom() -> None:
    """They go to those who can deal with them, count against no limit and cover no guarantee."""
    allocator = _allocator()
    _add(allocator, "f", "a", capabilities="REVOCABLE_RESOURCES")
    allocator.set_quotas({"a": _quota("a", cpus=1)})
    resources = Resources((Resource(Kind(name="cpus", revocable=True), Scalar.of(4)),))
    allocator.add_agent(AgentId("s0"), AgentInfo(hostname="s0", resources=resources))

    assert 1 == len(allocator.allocate())
    assert Quantities() == allocator.quota_consumed("a")


VOLUME = Resource(
    Kind(
        name="disk",
        reservations=(Reservation(role="a"),),
        disk=Disk(persistence=Persistence(id="v"), volume=Volume(container_path="v", mode=VolumeMode.RW)),
        shared=True,
    ),
    Scalar.of(100),
)


def test_shared_volume_is_offered_to_several_and_counted_once() -> None:
    """Every framework of the role that is offered something of the agent sees the volume, too; its sum stays."""
    allocator = _allocator(min_allocatable_resources=parse_allocatable("cpus:1"))
    for name in ("f", "g"):
        _add(allocator, name, "a", capabilities="SHARED_RESOURCES")
    total = Resources((*parse_resources("cpus:4;mem:64"), VOLUME))
    allocator.add_agent(AgentId("s0"), AgentInfo(hostname="s0", resources=total))
    (first,) = allocator.allocate()

    allocator.refuse(first, 1e9)
    allocator.recover(evolve(first, resources=parse_resources("cpus:3")))
    (second,) = allocator.allocate()

    assert ("f", total) == (first.framework_id, first.resources)
    assert ("g", Resources((*parse_resources("cpus:3"), VOLUME))) == (second.framework_id, second.resources)
    assert Scalar.of(100) == allocator.granted()["disk"]
    allocator.check()


def test_shared_volume_is_for_those_who_can_share() -> None:
    """A framework without SHARED_RESOURCES is offered the agent without the volume."""
    allocator = _allocator()
    _add(allocator, "f", "a")
    total = Resources((*parse_resources("cpus:4"), VOLUME))
    allocator.add_agent(AgentId("s0"), AgentInfo(hostname="s0", resources=total))

    assert [("f", "s0", "cpus:4")] == _shown(allocator.allocate())


def test_shared_volume_is_free_once_the_last_copy_is_back() -> None:
    """As long as anybody has a copy the volume is not unused."""
    allocator = _allocator()
    framework_id = _add(allocator, "f", "a", capabilities="SHARED_RESOURCES")
    total = Resources((*parse_resources("cpus:4"), VOLUME))
    allocator.add_agent(AgentId("s0"), AgentInfo(hostname="s0", resources=total))
    copy = Grant(framework_id=framework_id, role="a", agent_id=AgentId("s0"), resources=Resources((VOLUME,)))

    allocator.charge(copy)
    allocator.charge(copy)
    allocator.recover(copy)
    while_one_is_left = allocator.free(AgentId("s0"))
    allocator.recover(copy)

    assert parse_resources("cpus:4") == while_one_is_left
    assert total == allocator.free(AgentId("s0"))
    assert Quantities() == allocator.granted()
    allocator.check()


def test_conversion_changes_what_agent_and_holder_have() -> None:
    """Reserving what was offered moves it within the books; the sums by name and what is free stay."""
    allocator = _allocator()
    framework_id = _add(allocator, "f", "a")
    (agent_id,) = _agents(allocator, "cpus:4;mem:64")
    (grant,) = allocator.allocate()

    part = evolve(grant, resources=parse_resources("cpus:1"))
    allocator.convert(part, parse_resources("cpus(a):1"))
    after = Grant(
        framework_id=framework_id, role="a", agent_id=agent_id, resources=parse_resources("cpus(a):1;cpus:3;mem:64")
    )
    allocator.recover(after)

    assert parse_resources("cpus(a):1;cpus:3;mem:64") == allocator.free(agent_id)
    assert Quantities({"cpus": Scalar.of(1)}) == allocator.quota_consumed("a")
    allocator.check()


def _domain(region: str) -> DomainInfo:
    return DomainInfo(FaultDomain(region=RegionInfo(region), zone=ZoneInfo("z")))


@pytest.mark.parametrize(
    ("home", "region", "capabilities", "is_offered"),
    [
        ("eu", "us", "", False),
        ("eu", "us", "REGION_AWARE", True),
        ("eu", "eu", "", True),
        ("eu", None, "", True),  # an agent without a domain counts as in the master's region
        (None, "us", "", True),
    ],
)
def test_remote_regions_are_for_those_who_know_regions(
    home: str | None, region: str | None, capabilities: str, is_offered: bool
) -> None:
    """An agent of another region than the master's is offered to REGION_AWARE frameworks alone."""
    allocator = _allocator(domain=None if home is None else _domain(home))
    _add(allocator, "f", capabilities=capabilities)
    domain = None if region is None else _domain(region)
    info = AgentInfo(hostname="s0", resources=parse_resources("cpus:4"), domain=domain)

    allocator.add_agent(AgentId("s0"), info)

    assert is_offered is bool(allocator.allocate())


def test_framework_sets_its_own_minimum() -> None:
    """``offer_filters`` of a role override the flag, in both directions."""
    allocator = _allocator()
    wanted = OfferFilters(MinAllocatableResources((ResourceQuantities({"cpus": Scalar.of(2)}),)))
    picky = FrameworkInfo(user="u", name="f", role="a", offer_filters={"a": wanted})
    allocator.add_framework(FrameworkId("f"), picky, ())

    _agents(allocator, "cpus:1;mem:4096", "cpus:2")

    assert [("f", "s1", "cpus:2")] == _shown(allocator.allocate())


def test_paused_allocator_grants_nothing_and_forgets_nothing() -> None:
    """What came free during a pause is granted after it."""
    allocator = _allocator()
    _add(allocator, "f")
    allocator.pause("agents are coming back")
    _agents(allocator, "cpus:4")
    while_paused = (allocator.has_work(), allocator.allocate())

    allocator.pause(None)

    assert (False, []) == while_paused
    assert 1 == len(allocator.allocate())


def test_weights_divide_the_cluster() -> None:
    """A role of weight 3 ends up with three times as many of equal agents."""
    allocator = _allocator()
    _add(allocator, "heavy", "h")
    _add(allocator, "light", "l")
    allocator.set_weights({"h": 3.0})
    _agents(allocator, *["cpus:4;mem:1024"] * 12)

    assert {"heavy": 9, "light": 3} == Counter(grant.framework_id for grant in allocator.allocate())


@settings(max_examples=40, deadline=None)
@given(frameworks=st.integers(1, 7), agents=st.integers(1, 30))
def test_equal_frameworks_get_equal_parts(frameworks: int, agents: int) -> None:
    """At equal weights nobody has two agents more than another: max-min fairness of equal agents."""
    allocator = _allocator(Random(frameworks))
    for number in range(frameworks):
        _add(allocator, f"f{number}", f"r{number % 3}" if frameworks % 3 == 0 else "r")
    _agents(allocator, *["cpus:4;mem:1024"] * agents)

    counts = Counter(grant.framework_id for grant in allocator.allocate())

    assert agents == counts.total()
    assert max(counts.values()) - min(counts.get(FrameworkId(f"f{n}"), 0) for n in range(frameworks)) <= 1


@pytest.mark.parametrize("flag", ["role_sorter", "framework_sorter"])
def test_random_order_serves_everybody(flag: str) -> None:
    """By chance everybody gets some of many agents, and the same seed gives the same."""

    def share_out() -> list[tuple[str, str, str]]:
        allocator = _allocator(Random(3), **{flag: "random"})
        for number in range(3):
            _add(allocator, f"f{number}", f"r{number}" if flag == "role_sorter" else "r")
        _agents(allocator, *["cpus:4"] * 60)
        return _shown(allocator.allocate())

    counts = Counter(framework_id for framework_id, _, _ in share_out())

    assert share_out() == share_out()
    assert 3 == len(counts)
    assert 20 != counts["f0"] or 20 != counts["f1"]  # dominant shares would deal them out evenly


def test_filters_are_counted_by_role() -> None:
    """Each refusal that holds counts for its role until it ends or is cleared."""
    allocator = _allocator()
    framework_id = _add(allocator, "f", "a")
    agents = _agents(allocator, "cpus:4", "cpus:4", "cpus:4")
    for grant, until in zip(allocator.allocate(), (5.0, 5.0, 9.0), strict=True):
        allocator.refuse(grant, until)
        allocator.recover(grant)
    at_first = allocator.active_filters()["a"]

    allocator.expire(5.0)
    after_five = allocator.active_filters()["a"]
    allocator.change_agent(agents[2], AgentInfo(hostname="s2", resources=parse_resources("cpus:1")))

    assert (3, 1, 0) == (at_first, after_five, allocator.active_filters()["a"])
    assert framework_id == allocator.allocate()[0].framework_id
