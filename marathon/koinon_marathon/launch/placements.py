"""Where the instances of constrained apps run, as constraints count them (marathon-semantics 12.2)."""

from ..definition.constraints import Placement
from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec
from ..state import State


class Placements:
    """Where counted instances of each constrained app run, oldest first, through the launches of one turn."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._by_app: dict[PathId, list[Placement]] = {}

    def of(self, app: RunSpec) -> list[Placement]:
        """Placed ones are launched, not lost, and of the app's present configuration (marathon-semantics 12.2)."""
        if not app.constraints:
            return []
        if app.id not in self._by_app:
            config = app.version_info.last_config_change_at
            tasks = [
                one.task
                for one in self._state.instances.of_spec(app.id).values()
                if one.task is not None and not one.condition.is_lost and one.config_version == config
            ]
            tasks.sort(key=lambda task: task.staged_at)
            self._by_app[app.id] = [task.placement for task in tasks]
        return self._by_app[app.id]

    def add(self, app: RunSpec, placement: Placement) -> None:
        """One more launched there."""
        if app.id in self._by_app:
            self._by_app[app.id].append(placement)
