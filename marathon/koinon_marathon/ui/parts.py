"""Tables that are no app's rows: groups, deployments, and who refused one app. `spec_tables` has those by app."""

from collections.abc import Collection

from koinon_core.ids import AgentId
from koinon_web.tables import Table

from ..definition.groups import Group, walk
from ..definition.path_ids import PathId
from ..deployment.plan import DeploymentId
from ..launch.match_statistics import UnusedOffer
from ..state import State
from .deployment_rows import deployment_row
from .rows import encode_row, group_row, refusal_row
from .viewers import Sight

DEPLOYMENTS_EVERY = 0.5
"""Seconds between two looks at what deployments wait for."""


class GroupTable:
    """One row for each group of the tree."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self._root: Group | None = None

    def note(self, specs: Collection[PathId]) -> None:
        """Groups are no business of any app's."""

    def refresh(self, state: State, _now: float) -> None:
        """Look at another tree; groups that are the same object as before have the row that they had."""
        if state.root is self._root:
            return
        self._root = state.root
        groups = {group.id: group for group in walk(state.root)}
        self.table.retain(groups)
        for path, group in groups.items():
            self.table.put(path, encode_row(group_row(group)))


class DeploymentTable:
    """One row for each deployment, without the apps that are not to be seen."""

    def __init__(self, table: Table, sight: Sight | None = None) -> None:
        """With a `sight`, what one viewer may see."""
        self.table = table
        self._sight = sight
        self._version = 0
        self._seen: dict[DeploymentId, int] = {}
        self._looked_at = float("-inf")
        self._changed: set[PathId] = set()

    def note(self, specs: Collection[PathId]) -> None:
        """What is new of these is new of the deployments that touch them."""
        self._changed.update(specs)

    def refresh(self, state: State, now: float) -> None:
        """Make the rows of those anew that began, went on or deal with an app that changed."""
        self.table.retain(state.deployments)
        self._seen = {id_: step for id_, step in self._seen.items() if id_ in state.deployments}
        if now < self._looked_at + DEPLOYMENTS_EVERY and self._seen.keys() == state.deployments.keys():
            return
        self._looked_at = now
        may_see = _everything if self._sight is None else self._sight.sees
        if self._sight is not None and self._version != self._sight.version:
            self._version = self._sight.version
            self._seen.clear()
        for id_, deployment in state.deployments.items():
            if self._seen.get(id_) == deployment.step_number and self._changed.isdisjoint(deployment.plan.affected):
                continue
            self._seen[id_] = deployment.step_number
            row = deployment_row(state, deployment, now, may_see)
            if row is None:
                self.table.remove(id_)
            else:
                self.table.put(id_, encode_row(row))
        self._changed.clear()


class RefusalTable:
    """One row for each agent whose last offer did not do for an app or pod that waits."""

    def __init__(self, table: Table, spec_id: PathId) -> None:
        self.table = table
        self._spec_id = spec_id
        self._known: dict[AgentId, UnusedOffer] = {}

    def note(self, specs: Collection[PathId]) -> None:
        """Refusals are compared one by one."""

    def refresh(self, state: State, _now: float) -> None:
        """Encode those that are not the ones of the last call."""
        unused = state.statistics.of(self._spec_id).last_unused
        for agent_id in self._known.keys() - unused.keys():
            self.table.remove(agent_id)
        for agent_id, refused in unused.items():
            if self._known.get(agent_id) is not refused:
                self.table.put(agent_id, encode_row(refusal_row(refused)))
        self._known = dict(unused)


def _everything(_path: str) -> bool:
    return True
