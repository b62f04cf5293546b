"""Who is who while an app or pod rolls over: old or new, well or unwell, ready or not.

Kept instance by instance, so that one of ten thousand that changes costs no look at all the others. What follows from
the numbers is `restarting`.
"""

from itertools import chain, islice

from ..definition.run_specs import RunSpec
from ..instance.instances import Condition, Instance, InstanceId
from ..instance.scaling import shrink
from .orders import SpecView


class Sides:
    """The wanted instances. What waits to launch is new: it will be."""

    def __init__(self) -> None:
        self._spec: RunSpec | None = None
        self._changed: dict[InstanceId, None] = {}
        self._old_ill: dict[InstanceId, None] = {}
        self._old_well: dict[InstanceId, None] = {}
        self._new: dict[InstanceId, None] = {}
        self._unwell: dict[InstanceId, None] = {}
        """Old ones known to be unwell, where others among the ill have only not been heard of."""
        self._ready: dict[InstanceId, None] = {}
        """New ones that stay and do their work."""

    def note(self, instance_id: InstanceId) -> None:
        """Something about an instance is new; it is looked at when it is asked for."""
        self._changed[instance_id] = None

    def catch_up(self, view: SpecView, spec: RunSpec) -> None:
        """Look at those that changed; at all of them the first time, and for another definition."""
        if spec is not self._spec:
            self._spec = spec
            self._changed |= dict.fromkeys((*self._old_ill, *self._old_well, *self._new, *view.instances))
        for instance_id in self._changed:
            self._place(instance_id, view.instances.get(instance_id), view, spec)
        self._changed.clear()

    @property
    def old(self) -> int:
        """How many are of an older configuration."""
        return len(self._old_ill) + len(self._old_well)

    @property
    def old_well(self) -> int:
        """How many of those are well."""
        return len(self._old_well)

    @property
    def new(self) -> int:
        """How many are of the present configuration, or will be."""
        return len(self._new)

    def first_old(self, count: int) -> tuple[InstanceId, ...]:
        """So many old ones in the order in which they may die: who is not well goes first."""
        return tuple(islice(chain(self._old_ill, self._old_well), count))

    def first_unwell(self, count: int) -> tuple[InstanceId, ...]:
        """So many of the old ones that are known to be unwell."""
        return tuple(islice(self._unwell, count))

    def ready_without(self, leaving: tuple[InstanceId, ...]) -> int:
        """How many new ones are ready when these have left."""
        return len(self._ready) - sum(one in self._ready for one in leaving)

    def surplus(self, view: SpecView, spec: RunSpec) -> tuple[InstanceId, ...]:
        """Which of too many new ones go: those that are not ready first, as the ready ones allow old ones to die."""
        count = len(self._new) - spec.instances
        if count <= 0:
            return ()
        unready = [view.instances[one] for one in self._new if one not in self._ready]
        ready = [view.instances[one] for one in self._ready]
        first = shrink(spec, unready, min(count, len(unready)))
        return (*first, *shrink(spec, ready, count - len(first)))

    def _place(self, instance_id: InstanceId, found: Instance | None, view: SpecView, spec: RunSpec) -> None:
        """Those that stay where they are keep their turn."""
        place = self._place_of(found, view, spec)
        for each in (self._old_ill, self._old_well, self._new):
            _put(each, instance_id, is_in=each is place)
        is_old, is_new = place is self._old_ill or place is self._old_well, place is self._new
        _put(self._unwell, instance_id, is_in=found is not None and is_old and view.is_unwell(found))
        _put(self._ready, instance_id, is_in=found is not None and is_new and view.is_ready(found))

    def _place_of(self, found: Instance | None, view: SpecView, spec: RunSpec) -> dict[InstanceId, None] | None:
        if found is None or not found.is_wanted:
            return None
        is_old = found.config_version != spec.version_info.last_config_change_at
        if is_old and found.condition is not Condition.SCHEDULED:
            return self._old_well if view.is_healthy(found) else self._old_ill
        return self._new if found.is_counted else None


def _put(among: dict[InstanceId, None], instance_id: InstanceId, *, is_in: bool) -> None:
    if is_in:
        among.setdefault(instance_id)
    else:
        among.pop(instance_id, None)
