"""The task that waits for an offer: what it needs, where it may run, and what becomes of it on an offer."""

from __future__ import annotations

from math import isfinite
from typing import Any

from attrs import Attribute, field, frozen

from koinon_core.containers import CommandInfo, ContainerInfo, Labels
from koinon_core.errors import InvalidValue
from koinon_core.ids import TaskId
from koinon_core.offers import Offer
from koinon_core.resources import Resources
from koinon_core.tasks import ExecutorInfo, TaskInfo

from .constraints import Constraint

_LAST_PORT = 65535


def _check_amount(_task: WantedTask, attribute: Attribute[float], value: float) -> None:
    if not isfinite(value) or value < 0:
        raise InvalidValue(attribute.name, f"{value:g} is no amount: 0 or more is")


def _check_ports(_task: WantedTask, attribute: Attribute[Any], value: int | tuple[int, ...]) -> None:
    if isinstance(value, int):
        if value < 0:
            raise InvalidValue(attribute.name, f"{value} ports cannot be had: 0 or more can")
        return
    wrong = next((port for port in value if not 1 <= port <= _LAST_PORT), None)
    if wrong is not None:
        raise InvalidValue(attribute.name, f"{wrong} is no port: they go from 1 to {_LAST_PORT}")
    if len(set(value)) < len(value):
        raise InvalidValue(attribute.name, "a port is named twice")


@frozen(kw_only=True)
class WantedTask:
    """A task that waits for an offer. ``mem`` and ``disk`` are MB. Raises InvalidValue for what can be no task."""

    name: str
    task_id: TaskId
    command: CommandInfo | None = None
    container: ContainerInfo | None = None
    executor: ExecutorInfo | None = None
    """Who runs it, where that is not the agent's own. Its resources are taken as they stand, once an agent."""
    labels: Labels | None = None
    data: bytes | None = None
    cpus: float = field(default=0.1, validator=_check_amount)
    mem: float = field(default=32.0, validator=_check_amount)
    disk: float = field(default=0.0, validator=_check_amount)
    gpus: float = field(default=0.0, validator=_check_amount)
    ports: int = field(default=0, validator=_check_ports)
    """How many host ports, whichever there are."""
    host_ports: tuple[int, ...] = field(default=(), validator=_check_ports)
    """These very ports of the agent, beside the others."""
    constraints: tuple[Constraint, ...] = ()
    group: str | None = None
    """Whom constraints and ``Spread`` count together; None: the tasks of the same name."""
    role: str | None = None
    """Only offers to this role of the framework; None: to any."""
    accepted_roles: frozenset[str] | None = None
    """Only what is reserved for these roles, ``*`` meaning what is free to all; None: whatever is offered."""

    @property
    def counted_as(self) -> str:
        """Whom constraints count together."""
        return self.name if self.group is None else self.group

    def scalars(self) -> tuple[tuple[str, float], ...]:
        """The amounts it needs, without those that are nothing."""
        named = (("cpus", self.cpus), ("mem", self.mem), ("disk", self.disk), ("gpus", self.gpus))
        return tuple((name, amount) for name, amount in named if amount > 0)

    def task_info(self, offer: Offer, resources: Resources) -> TaskInfo:
        """The task on the agent of an offer, with what it takes of it."""
        return TaskInfo(
            name=self.name,
            task_id=self.task_id,
            agent_id=offer.agent_id,
            resources=resources,
            executor=self.executor,
            command=self.command,
            container=self.container,
            labels=self.labels,
            data=self.data,
        )
