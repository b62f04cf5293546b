"""First-fit of wanted tasks on one offer. Pure: what does not fit comes back with its reasons.

Constraints between tasks, and choosing among several offers, belong to the framework.
"""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from koinon_core.containers import CommandInfo, ContainerInfo, Labels
from koinon_core.ids import TaskId
from koinon_core.offers import Offer
from koinon_core.resources import NOTHING, Resources
from koinon_core.scalars import Scalar
from koinon_core.tasks import TaskInfo

from .taking import PORTS, take, take_ports


@frozen(kw_only=True)
class WantedTask:
    """A task that waits for an offer. ``mem`` and ``disk`` are MB, ``ports`` how many ports of the agent."""

    name: str
    task_id: TaskId
    command: CommandInfo | None = None
    container: ContainerInfo | None = None
    labels: Labels | None = None
    cpus: float = 0.1
    mem: float = 32.0
    disk: float = 0.0
    gpus: float = 0.0
    ports: int = 0

    def scalars(self) -> tuple[tuple[str, float], ...]:
        """The amounts it needs, without those that are nothing."""
        named = (("cpus", self.cpus), ("mem", self.mem), ("disk", self.disk), ("gpus", self.gpus))
        return tuple((name, amount) for name, amount in named if amount > 0)


@frozen
class Unmatched:
    """A task the offer is too small for, and what there is too little of."""

    wanted: WantedTask
    reasons: tuple[str, ...]


@frozen(kw_only=True)
class Match:
    """What one offer can start, in the order it was asked for, and what it keeps."""

    tasks: tuple[TaskInfo, ...]
    unmatched: tuple[Unmatched, ...]
    leftover: Resources


def match_tasks(offer: Offer, wanted: Sequence[WantedTask]) -> Match:
    """Place each task that still fits, the first first."""
    leftover = offer.resources
    tasks: list[TaskInfo] = []
    unmatched: list[Unmatched] = []
    for task in wanted:
        taken = _take_all(leftover, task)
        if isinstance(taken, tuple):
            unmatched.append(Unmatched(task, taken))
            continue
        leftover = leftover - taken
        tasks.append(_task_info(offer, task, taken))
    return Match(tasks=tuple(tasks), unmatched=tuple(unmatched), leftover=leftover)


def _take_all(available: Resources, task: WantedTask) -> Resources | tuple[str, ...]:
    total = NOTHING
    reasons: list[str] = []
    for name, amount in task.scalars():
        taken = take(available, name, amount)
        if taken is None:
            reasons.append(f"{name}: {Scalar.of(amount)} wanted, {available.scalar(name)} offered")
        else:
            total += taken
    ports = take_ports(available, task.ports)
    if ports is None:
        reasons.append(f"ports: {task.ports} wanted, {len(available.ranges(PORTS))} offered")
    else:
        total += ports
    return tuple(reasons) if reasons else total


def _task_info(offer: Offer, task: WantedTask, resources: Resources) -> TaskInfo:
    return TaskInfo(
        name=task.name,
        task_id=task.task_id,
        agent_id=offer.agent_id,
        resources=resources,
        command=task.command,
        container=task.container,
        labels=task.labels,
    )
