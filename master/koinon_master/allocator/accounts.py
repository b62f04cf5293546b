"""What each agent has and who holds how much of it: the books that the allocator decides by."""

from __future__ import annotations

from attrs import define, field

from koinon_core.agents import AgentInfo
from koinon_core.ids import AgentId
from koinon_core.resources import NOTHING, Resources


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
        self.free = self.free.without(resources)

    def give_back(self, resources: Resources) -> None:
        """Count resources as free again, as far as the agent still has them."""
        self.taken = self.taken.without(resources)
        self._settle()

    def change(self, info: AgentInfo) -> None:
        """The agent describes itself anew."""
        self.info = info
        self._settle()

    def _settle(self) -> None:
        # An agent may come back with less than its tasks hold: then nothing of it is free.
        self.free = self.info.resources.without(self.taken)
