"""All instances in memory, found by id, app and task without a scan.

Owns the indexes alone; what may happen to an instance is `instance_update`, storing it is `instructions`.
"""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from koinon_core.ids import TaskId

from ..definition.path_ids import PathId
from .instances import Goal, Instance, InstanceId

_NONE: Mapping[InstanceId, Instance] = MappingProxyType({})
_NO_STAMP = object()


class InstanceTracker:
    """The instances of every app. `put` and `remove` cost the same however many there are."""

    def __init__(self) -> None:
        self._by_id: dict[InstanceId, Instance] = {}
        self._by_app: dict[PathId, dict[InstanceId, Instance]] = {}
        self._by_task: dict[TaskId, InstanceId] = {}
        self._counted: Counter[PathId] = Counter()
        self._going: Counter[PathId] = Counter()
        self._stopped: Counter[PathId] = Counter()
        self._to_free: Counter[str] = Counter()
        self._stamps: dict[PathId, object] = {}

    def __len__(self) -> int:
        return len(self._by_id)

    def all(self) -> Mapping[InstanceId, Instance]:
        """Every instance by id."""
        return MappingProxyType(self._by_id)

    def specs(self) -> tuple[PathId, ...]:
        """The apps that have instances."""
        return tuple(self._by_app)

    def get(self, instance_id: InstanceId) -> Instance | None:
        """The instance of that id."""
        return self._by_id.get(instance_id)

    def of_task(self, task_id: TaskId) -> Instance | None:
        """The instance whose present task that is."""
        found = self._by_task.get(task_id)
        return None if found is None else self._by_id[found]

    def of_spec(self, spec_id: PathId) -> Mapping[InstanceId, Instance]:
        """The app's instances, the one that came first first."""
        return self._by_app.get(spec_id, _NONE)

    def stamp(self, spec_id: PathId) -> object:
        """What stands for the app's instances as they are now: the same object only while nothing of them changes."""
        return self._stamps.get(spec_id, _NO_STAMP)

    def renew(self, spec_id: PathId) -> None:
        """What is known of the app's instances elsewhere, such as of their health, has changed."""
        if spec_id in self._by_app:
            self._stamps[spec_id] = object()

    def counted(self, spec_id: PathId) -> int:
        """How many count for the app's wanted number."""
        return self._counted[spec_id]

    def going(self, spec_id: PathId) -> int:
        """How many are to end and still run."""
        return self._going[spec_id]

    def stopped(self, spec_id: PathId) -> int:
        """How many are kept for a time when they are wanted again."""
        return self._stopped[spec_id]

    @property
    def roles_to_free(self) -> frozenset[str]:
        """The roles that resources are set aside for which nobody needs any more."""
        return frozenset(role for role, count in self._to_free.items() if count)

    def put(self, instance: Instance) -> Instance | None:
        """Take a new instance or a new state of a known one in; returns the state before."""
        before = self._by_id.get(instance.id)
        if before is not None:
            self._unindex(before)
        self._by_id[instance.id] = instance
        self._by_app.setdefault(instance.spec_id, {})[instance.id] = instance
        self._stamps[instance.spec_id] = object()
        self._counted[instance.spec_id] += instance.is_counted
        self._going[instance.spec_id] += instance.is_going
        self._stopped[instance.spec_id] += instance.goal is Goal.STOPPED
        self._to_free[instance.role] += instance.is_to_be_freed
        for task in instance.tasks:
            self._by_task[task.id] = instance.id
        return before

    def remove(self, instance: Instance) -> None:
        """Forget an instance."""
        self._unindex(self._by_id.pop(instance.id))
        siblings = self._by_app[instance.spec_id]
        del siblings[instance.id]
        self._stamps[instance.spec_id] = object()
        if not siblings:
            del self._by_app[instance.spec_id], self._counted[instance.spec_id], self._going[instance.spec_id]
            del self._stopped[instance.spec_id], self._stamps[instance.spec_id]

    def _unindex(self, instance: Instance) -> None:
        self._counted[instance.spec_id] -= instance.is_counted
        self._going[instance.spec_id] -= instance.is_going
        self._stopped[instance.spec_id] -= instance.goal is Goal.STOPPED
        self._to_free[instance.role] -= instance.is_to_be_freed
        for task in instance.tasks:
            del self._by_task[task.id]
