"""How fast does the allocator decide, against the genuine one in C++, and does an event cost more in a larger cluster?

The genuine figures were measured with Mesos 1.11's own hierarchical allocator, compiled with -O2, on a machine like
this one; they are constants here. A full cycle is everything free and everybody wanting; a returned agent is a task's
end among agents that are all in use. The mixed case has what a real cluster has: role trees, weights, quotas,
reservations, and frameworks that refused many agents. Each case runs in a process of its own, for its memory's sake.

    ./dev bench allocator
"""

import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import psutil

from koinon_core.agents import AgentInfo
from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, FrameworkId
from koinon_core.quota import QuotaConfig
from koinon_core.resources_text import parse_resources
from koinon_core.scalars import Scalar
from koinon_master.allocator.hierarchical import HierarchicalAllocator
from koinon_master.allocator.interface import Grant
from koinon_master.config import MasterConfig

GENUINE_CYCLE_MS = {(1_000, 10): 13.0, (1_000, 200): 19.0, (10_000, 200): 261.0, (10_000, 1_000): 397.0}
GENUINE_RETURN_MS = {100: 0.12, 10_000: 12.5}
ROUNDS = 5
RETURNS = 300
CAPABILITIES = tuple(
    FrameworkCapability(FrameworkCapabilityType[name]) for name in ("MULTI_ROLE", "RESERVATION_REFINEMENT")
)
LONG = 1e9


def make_allocator() -> HierarchicalAllocator:
    """An allocator with the defaults of a master's flags."""
    return HierarchicalAllocator(MasterConfig(registry="in_memory"))


def add_agents(allocator: HierarchicalAllocator, count: int, resources: str = "cpus:24;mem:65536;disk:1048576") -> None:
    """Agents that are alike, each with ports as real ones have."""
    for number in range(count):
        info = AgentInfo(hostname=f"h{number}", resources=parse_resources(f"{resources};ports:[31000-32000]"))
        allocator.add_agent(AgentId(f"m-S{number}"), info)


def add_frameworks(allocator: HierarchicalAllocator, count: int, roles: tuple[str, ...] = ("*",)) -> None:
    """Frameworks, spread evenly over the roles."""
    for number in range(count):
        info = FrameworkInfo(
            user="u", name=f"f{number}", roles=(roles[number % len(roles)],), capabilities=CAPABILITIES
        )
        allocator.add_framework(FrameworkId(f"m-{number:04}"), info, ())


def milliseconds(act: Callable[[], object]) -> float:
    """CPU time of something, as it never waits: so what else the machine does counts less."""
    begin = time.process_time()
    act()
    return 1000 * (time.process_time() - begin)


def give_back(allocator: HierarchicalAllocator, grants: list[Grant]) -> None:
    """Have everything free again."""
    for grant in grants:
        allocator.recover(grant)


def time_cycle(agents: int, frameworks: int) -> tuple[float, float]:
    """A full cycle of plain agents and frameworks in one role: milliseconds, and MiB resident."""
    allocator = make_allocator()
    add_frameworks(allocator, frameworks)
    add_agents(allocator, agents)
    times = []
    for _ in range(ROUNDS):
        grants: list[Grant] = []
        times.append(milliseconds(lambda: grants.extend(allocator.allocate())))  # noqa: B023 - called at once
        if len(grants) != agents:
            raise RuntimeError(f"{len(grants)} grants of {agents} agents")
        give_back(allocator, grants)
    return statistics.median(times), resident()


def make_mixed(agents: int, frameworks: int) -> HierarchicalAllocator:
    """Five departments with teams of three, two weights, two quotas, reservations on every tenth agent; half of the
    frameworks refused half of the agents.
    """
    allocator = make_allocator()
    teams = tuple(f"dep{number}/team{team}" for number in range(5) for team in range(3))
    allocator.set_weights({"dep0": 2.0, "dep1/team1": 3.0})
    many = Scalar.of(agents)
    allocator.set_quotas(
        {
            "dep2": QuotaConfig(role="dep2", guarantees={"cpus": many}, limits={"cpus": Scalar.of(agents * 4.0)}),
            "dep3": QuotaConfig(role="dep3", limits={"cpus": Scalar.of(agents * 2.0), "mem": Scalar.of(agents * 9e3)}),
        }
    )
    add_frameworks(allocator, frameworks, teams)
    for number in range(agents):
        reserved = "cpus(dep1):4;mem(dep1):8192;" if number % 10 == 0 else ""
        text = f"{reserved}cpus:20;mem:57344;disk:1048576;ports:[31000-32000]"
        allocator.add_agent(AgentId(f"m-S{number}"), AgentInfo(hostname=f"h{number}", resources=parse_resources(text)))
    return allocator


def refuse_half(allocator: HierarchicalAllocator, agents: int, frameworks: int) -> None:
    """Every other framework refused every other agent, for as long as this runs."""
    for number in range(0, frameworks, 2):
        team = f"dep{number % 15 // 3}/team{number % 15 % 3}"
        for agent in range(number // 2 % 2, agents, 2):
            agent_id = AgentId(f"m-S{agent}")
            whole = allocator.free(agent_id)
            grant = Grant(framework_id=FrameworkId(f"m-{number:04}"), role=team, agent_id=agent_id, resources=whole)
            allocator.refuse(grant, LONG)


def time_mixed(agents: int, frameworks: int) -> tuple[float, float]:
    """A full cycle of the mixed cluster."""
    allocator = make_mixed(agents, frameworks)
    refuse_half(allocator, agents, frameworks)
    times = []
    for _ in range(ROUNDS):
        grants: list[Grant] = []
        times.append(milliseconds(lambda: grants.extend(allocator.allocate())))  # noqa: B023 - called at once
        give_back(allocator, grants)
    return statistics.median(times), resident()


def time_return(agents: int, frameworks: int, *, is_mixed: bool = False) -> tuple[float, float]:
    """One agent comes back while all others are in use."""
    allocator = make_mixed(agents, frameworks) if is_mixed else make_allocator()
    if not is_mixed:
        add_frameworks(allocator, frameworks)
        add_agents(allocator, agents)
    grants = allocator.allocate()
    times = []
    for number in range(RETURNS):
        grant = grants[number % len(grants)]

        def return_one(returned: Grant = grant) -> None:
            allocator.recover(returned)
            grants.extend(allocator.allocate())

        grants[number % len(grants)] = grants[-1]
        grants.pop()
        times.append(milliseconds(return_one))
    return statistics.median(times), resident()


def time_refusals(agents: int, frameworks: int) -> tuple[float, float]:
    """Every framework refuses every agent; then the first one revives: milliseconds of that, and its offers."""
    allocator = make_allocator()
    add_frameworks(allocator, frameworks)
    add_agents(allocator, agents)
    before = resident()
    for number in range(frameworks):
        for agent in range(agents):
            agent_id = AgentId(f"m-S{agent}")
            whole = allocator.free(agent_id)
            framework_id = FrameworkId(f"m-{number:04}")
            allocator.refuse(Grant(framework_id=framework_id, role="*", agent_id=agent_id, resources=whole), LONG)
    if allocator.allocate():
        raise RuntimeError("something was offered although everybody refused it")
    memory = resident() - before
    took = milliseconds(lambda: allocator.revive(FrameworkId("m-0000"), ["*"]))
    offered = milliseconds(allocator.allocate)
    print(f"  revive of 1 of {frameworks} frameworks that refused {agents} agents: {took:.1f} ms", end="")
    print(f", and {offered:.1f} ms to offer it them all")
    return took, memory


def resident() -> float:
    """MiB of this process in memory."""
    return float(psutil.Process().memory_info().rss / 2**20)


def apart(measure: Callable[..., tuple[float, float]], *arguments: object, **named: object) -> tuple[float, float]:
    """Measure in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure, *arguments, **named).result()


def main() -> None:
    """Run the cases and print the figures."""
    print("full cycle, plain:      agents  frameworks        ms  of genuine   MiB")
    for (agents, frameworks), genuine in GENUINE_CYCLE_MS.items():
        took, memory = apart(time_cycle, agents, frameworks)
        print(f"{'':20}{agents:10,}{frameworks:12,}{took:10.1f}{took / genuine:11.2f}x{memory:7.0f}")
    print("full cycle, mixed (no figure of the genuine one for it):")
    for agents, frameworks in ((1_000, 200), (10_000, 200), (10_000, 1_000)):
        took, memory = apart(time_mixed, agents, frameworks)
        print(f"{'':20}{agents:10,}{frameworks:12,}{took:10.1f}{'':12}{memory:7.0f}")
    print("one returned agent, 200 frameworks:")
    for is_mixed in (False, True):
        found = {agents: apart(time_return, agents, 200, is_mixed=is_mixed) for agents in (100, 10_000)}
        for agents, (took, memory) in found.items():
            against = "" if is_mixed else f"{took / GENUINE_RETURN_MS[agents]:11.3f}x"
            print(f"{' mixed' if is_mixed else ' plain':20}{agents:10,}{'':12}{took:10.3f}{against:12}{memory:7.0f}")
        growth = found[10_000][0] / found[100][0]
        print(f"  growth from 100 to 10,000 agents: {growth:.2f}x (wanted: at most 1.5x; genuine: 104x)")
    print("refusals:")
    _, memory = apart(time_refusals, 10_000, int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
    print(f"  they take {memory:.0f} MiB")


if __name__ == "__main__":
    main()
