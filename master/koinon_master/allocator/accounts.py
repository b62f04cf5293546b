"""What each agent has and who holds how much of it: the books that the allocator decides by."""

from __future__ import annotations

from attrs import define, field

from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId
from koinon_core.ranges import Ranges
from koinon_core.resources import NOTHING, Kind, Resource, Resources, Value
from koinon_core.scalars import ZERO, Scalar


def without(resources: Resources, taken: Resources) -> Resources:
    """What is left when as much of ``taken`` as is there goes away.

    An agent may come back with less than its tasks hold: there the difference is nothing, not an error.
    """
    amounts: dict[Kind, Value] = {item.kind: item.value for item in resources}
    for item in taken:
        present = amounts.get(item.kind)
        if present is not None:
            amounts[item.kind] = _less(present, item.value)
    return Resources(tuple(Resource(kind, value) for kind, value in amounts.items()))


def _less(present: Value, taken: Value) -> Value:
    if isinstance(present, Scalar) and isinstance(taken, Scalar):
        return max(ZERO, present - taken)
    if isinstance(present, Ranges) and isinstance(taken, Ranges):
        return present - taken
    if isinstance(present, frozenset) and isinstance(taken, frozenset):
        return present - taken
    raise TypeError(f"{present} and {taken} are of different types")


@define(eq=False)
class AgentAccount:
    """One agent's resources: all of them, and what is granted (offered or used). None carries an allocation role."""

    id: AgentId
    info: AgentInfo
    is_active: bool = True
    taken: Resources = NOTHING
    free: Resources = field(init=False)

    def __attrs_post_init__(self) -> None:
        self.free = self.info.resources

    @property
    def has_gpus(self) -> bool:
        """Whether the agent has GPUs at all, free or not."""
        return any(item.name == "gpus" for item in self.info.resources)

    def take(self, resources: Resources) -> None:
        """Count resources as granted."""
        self.taken = self.taken + resources
        self.free = without(self.free, resources)

    def give_back(self, resources: Resources) -> None:
        """Count resources as free again, as far as the agent still has them."""
        self.taken = without(self.taken, resources)
        self._settle()

    def change(self, info: AgentInfo) -> None:
        """The agent describes itself anew."""
        self.info = info
        self._settle()

    def _settle(self) -> None:
        self.free = without(self.info.resources, self.taken)
