"""Where the instances of constrained apps run, as constraints count them (marathon-semantics 12.2)."""

from koinon_frameworks.matching import Placement, Tally

from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec
from ..instance.instances import InstanceId
from ..state import State


class Placements:
    """Where counted instances of each constrained app run, oldest first, through the launches of one turn.

    One that waits for what it has set aside counts too: there it will run. Marathon lets two such share a place first
    and keeps one of them waiting for ever.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._placed: dict[PathId, Tally] = {}
        self._owners: dict[PathId, list[InstanceId | None]] = {}

    def of(self, app: RunSpec, but: InstanceId | None = None) -> list[Placement]:
        """Placed ones are launched, not lost, and of the app's present configuration (marathon-semantics 12.2).

        `but` is who launches where it has something set aside: it is not in its own way.
        """
        if not app.constraints:
            return []
        if app.id not in self._placed:
            self._find(app)
        placed = self._placed[app.id]
        if but is None:
            return placed
        return [place for owner, place in zip(self._owners[app.id], placed, strict=True) if owner != but]

    def add(self, app: RunSpec, placement: Placement, owner: InstanceId | None = None) -> None:
        """One more launched there, or will; who counts there already counts once."""
        if app.id not in self._placed or (owner is not None and owner in self._owners[app.id]):
            return
        self._placed[app.id].append(placement)
        self._owners[app.id].append(owner)

    def _find(self, app: RunSpec) -> None:
        config = app.version_info.last_config_change_at
        found: list[tuple[float, InstanceId, Placement]] = []
        for one in self._state.instances.of_spec(app.id).values():
            if one.task is not None:
                if not one.condition.is_lost and one.config_version == config:
                    found.append((one.task.staged_at, one.id, one.task.placement))
            elif one.is_waiting and one.reservation is not None:
                found.append((one.since, one.id, one.reservation.placement))
        found.sort(key=lambda each: each[0])
        self._placed[app.id] = Tally([place for _, _, place in found])
        self._owners[app.id] = [owner for _, owner, _ in found]
