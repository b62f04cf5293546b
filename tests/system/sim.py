"""The cluster in one process: real machines of masters and agents, careful schedulers, a virtual clock, bad wires.

``run_seed`` plays one story: faults at random moments, then peace, in which everything must come to rest. Invariants
are checked after every event that a master handles and every frame that an agent takes: no agent is given away more
than once over, no task runs twice, one epoch acts. A story that breaks one is told in the exception. By hand:
``PYTHONHASHSEED=0 python -m system.sim SEED`` with ``tests`` on the path; a story depends on the order of sets, too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from random import Random

from fakes.simulated.agenda import Agenda
from fakes.simulated.agent_node import CPUS, AgentNode
from fakes.simulated.master_node import MasterNode
from fakes.simulated.operator_node import OperatorNode
from fakes.simulated.quorum import Quorum
from fakes.simulated.scheduler_node import SchedulerNode
from fakes.simulated.wires import Wires
from koinon_agent.containerizer import Launch
from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import AgentId, TaskId
from koinon_core.resources import Resources
from koinon_core.tasks import TaskState
from koinon_master.config import MasterConfig
from koinon_master.entities import Agent, Task
from koinon_master.events import Event
from koinon_master.kept import Kept
from koinon_master.master import Master

FAULTS = 100
FAULT_EVERY_SECONDS = 0.45
PEACE_SECONDS = 600.0
LOOK_EVERY_SECONDS = 5.0
PEACE_AGAIN_SECONDS = 50.0
"""How often restrictions are taken back until all have heard of it."""
SETTLING_SECONDS = 60.0
"""Within what time a master and an agent that returned agree on tasks that never arrived."""
_CONFIG = MasterConfig(
    registry="in_memory",
    agent_ping_timeout=2.0,
    max_agent_ping_timeouts=5,
    agent_reregister_timeout=20.0,
    offer_timeout=30.0,  # An answer that is lost on its way would hold an offer for ever.
)
_WEEK = 7 * 86400.0


class StoryBroken(Exception):
    """An invariant does not hold."""

    def __init__(self, seed: int, why: str, story: str) -> None:
        super().__init__(f"seed {seed}: {why}\n{story}")
        self.seed, self.why = seed, why


class Cluster:
    """Two masters, three agents, two schedulers, one operator."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)
        self.agenda = Agenda()
        self.wires = Wires(self.agenda, self.rng)
        self.quorum = Quorum(self.agenda)
        masters = [MasterNode(f"m{number}", _CONFIG, self.wires, self.quorum) for number in range(2)]
        self.masters = {master.name: master for master in masters}
        self.agents = [AgentNode(f"a{number}", number, self.wires, self.masters) for number in range(3)]
        self.schedulers = [
            SchedulerNode(
                "aware", _framework("aware", FrameworkCapabilityType.PARTITION_AWARE), self.wires, self.masters
            ),
            SchedulerNode("plain", _framework("plain"), self.wires, self.masters),
        ]
        self.operator = OperatorNode(self.wires, self.quorum)
        self._launched: set[TaskId | None] = set()
        self._checked: dict[AgentId, tuple[Kept, Resources]] = {}
        self._watch_out()

    def _watch_out(self) -> None:
        for master in self.masters.values():
            master.on_handled = self._check_master
        for agent in self.agents:
            agent.on_launch = self._check_launch
        for watch in (*(agent.watch for agent in self.agents), *(one.watch for one in self.schedulers)):
            self.quorum.watchers.append(self._late(watch))

    def _late(self, watch: Callable[[str | None], None]) -> Callable[[str | None], None]:
        """A detector tells each node in its own time, but the news in order."""
        arrival = 0.0

        def tell(leader: str | None) -> None:
            nonlocal arrival
            arrival = max(arrival, self.agenda.now + self.wires.latency())
            self.agenda.at(arrival, lambda: watch(leader))

        return tell

    def start(self) -> None:
        """Begin everything."""
        starts = [master.start for master in self.masters.values()]
        starts += [agent.start for agent in self.agents]
        for start in starts + [scheduler.start for scheduler in self.schedulers]:
            start()

    def run(self, seconds: float) -> None:
        """Let time pass."""
        until = self.agenda.now + seconds
        while self.agenda.step(until):
            pass

    # Invariants

    def _check_master(self, node: MasterNode, _: Event) -> None:
        master = node.machine
        if master is None:
            return
        changed = [agent for agent in master.state.agents.values() if self._is_news(master, agent)]
        master.check(changed)
        for agent in changed:
            held = [master.state.offers[offer_id].grant.resources for offer_id in agent.offers]
            held += [task.resources for task in agent.tasks.values() if task.is_live and not self._is_lost(task, agent)]
            if Resources(tuple(item for part in held for item in part)) not in agent.info.resources:
                raise AssertionError(f"{agent.id} is given away beyond {agent.info.resources}: {held}")

    def _is_lost(self, task: Task, agent: Agent) -> bool:
        """Whether a task may have died on its way, and its reservation with it: the returned agent is being asked."""
        returned = agent.reregistered_time is not None and self.agenda.now - agent.reregistered_time < SETTLING_SECONDS
        return returned and task.state is TaskState.TASK_STAGING

    def _is_news(self, master: Master, agent: Agent) -> bool:
        """Whether an agent, or what the allocator knows of it, is not what was checked last; looks alone are cheap."""
        now = agent.kept, master.state.allocator.free(agent.id)
        before, self._checked[agent.id] = self._checked.get(agent.id), now
        return before is None or before[0] is not now[0] or before[1] is not now[1]

    def _check_launch(self, agent: AgentNode, launch: Launch) -> None:
        """No task is ever started twice, on whatever agent, and none where there is no room for it."""
        if len(agent.running) >= CPUS:
            raise AssertionError(
                f"{agent.name} starts {launch.task_id} beside {sorted(map(str, agent.running.values()))}"
            )
        if launch.task_id in self._launched:
            raise AssertionError(f"{agent.name} starts {launch.task_id} once more")
        self._launched.add(launch.task_id)

    def find_unrest(self) -> str | None:
        """What is not settled yet, or None: everybody is subscribed, and each believes of each task what is true."""
        truly = {task_id for agent in self.agents for task_id in agent.running.values()}
        for scheduler in self.schedulers:
            if not scheduler.is_subscribed:
                return f"{scheduler.name} is not subscribed"
            for task_id, known in scheduler.tasks.items():
                if known.is_over and task_id in truly:
                    return f"{task_id} runs, {scheduler.name} believes {known.state}"
                if not known.is_over and task_id not in truly:
                    return f"{task_id} does not run, {scheduler.name} believes {known.state}"
            if sum(not known.is_over for known in scheduler.tasks.values()) < scheduler.wanted:
                return f"{scheduler.name} has fewer tasks than it wants"
        return next(filter(None, map(self._find_unrest_of, self.agents)), None)

    def _find_unrest_of(self, node: AgentNode) -> str | None:
        agent, leader = node.agent, self.quorum.leader
        if agent is None or agent.agent_id is None or not agent.registration.is_registered:
            return f"{node.name} is not registered"
        master = leader.machine if isinstance(leader, MasterNode) else None
        believed = None if master is None else master.state.agents[agent.agent_id].info.resources
        truly = agent.operations.total
        return None if believed == truly else f"{node.name} has {truly}, the master believes {believed}"

    # Faults

    def strike(self) -> None:
        """Let one thing go wrong."""
        rng, fault = self.rng, self.rng.randrange(13)
        agent, scheduler = rng.choice(self.agents), rng.choice(self.schedulers)
        master = rng.choice(list(self.masters.values()))
        leader = self.quorum.leader
        match fault:
            case 0 if isinstance(leader, MasterNode):
                leader.kill()
            case 1 if isinstance(leader, MasterNode):
                self.agenda.tell(leader.name, "is cut off from the quorum")
                self.quorum.cut_off(leader, rng.choice((0.5, 1.5, 4.0)))
            case 2 if isinstance(leader, MasterNode):
                self.agenda.tell(leader.name, "freezes")
                seconds = rng.choice((0.5, 5.0))
                leader.freeze(seconds)
                if seconds > 2.0:
                    self.quorum.cut_off(leader, seconds + 0.05)
            case 3 | 4:
                agent.kill()
            case 5:
                agent.reboot()
            case 6:
                scheduler.kill()
            case 7:
                self._cut(agent.name, master.name)
            case 8:
                self._cut(scheduler.name, master.name)
            case 9:
                agent.end_container(rng.choice((0, 1)))
            case 10:
                self.operator.meddle()
            case _:
                rng.choice((scheduler.kill_some_task, scheduler.change_its_mind))()

    def _cut(self, one: str, other: str) -> None:
        seconds = self.rng.choice((0.2, 3.0, 15.0))
        self.agenda.tell(one, f"is cut off from {other} for {seconds} s")
        self.wires.cut(one, other, seconds)


def _framework(name: str, *capabilities: FrameworkCapabilityType) -> FrameworkInfo:
    capabilities = (*capabilities, FrameworkCapabilityType.MULTI_ROLE)
    return FrameworkInfo(
        user="nobody",
        name=name,
        failover_timeout=_WEEK,
        checkpoint=True,
        roles=(name,),
        capabilities=tuple(FrameworkCapability(one) for one in capabilities),
    )


def run_seed(seed: int, faults: int = FAULTS) -> Cluster:
    """Play one story to its end. Raises StoryBroken."""
    cluster = Cluster(seed)
    try:
        cluster.start()
        cluster.run(5.0)
        for _ in range(faults):
            cluster.run(cluster.rng.expovariate(1 / FAULT_EVERY_SECONDS))
            cluster.strike()
        cluster.wires.heal()
        _come_to_rest(cluster)
    except AssertionError as error:
        raise StoryBroken(seed, str(error), cluster.agenda.story()) from error
    return cluster


def play(seed: int) -> str:
    """The story of a seed that fails, or nothing."""
    try:
        run_seed(seed)
    except StoryBroken as broken:
        return str(broken)
    return ""


def _come_to_rest(cluster: Cluster) -> None:
    waited = 0.0
    while (unrest := cluster.find_unrest()) is not None:
        if waited >= PEACE_SECONDS:
            raise AssertionError(f"after {waited:.0f} s of peace: {unrest}")
        if not waited % PEACE_AGAIN_SECONDS:
            _make_peace(cluster)
        cluster.run(LOOK_EVERY_SECONDS)
        waited += LOOK_EVERY_SECONDS


def _make_peace(cluster: Cluster) -> None:
    cluster.operator.make_peace()
    for scheduler in cluster.schedulers:
        scheduler.make_peace()


if __name__ == "__main__":
    for number in sys.argv[1:]:
        print(run_seed(int(number)).agenda.story())  # noqa: T201
