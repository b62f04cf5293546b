"""All that is known of health, in memory alone: what each check found of each task, and which checks are active.

A new leader begins with an empty book (marathon-semantics 20.1).
"""

from collections import deque
from collections.abc import Mapping, Set
from datetime import datetime
from types import MappingProxyType

import attrs

from koinon_core.ids import TaskId

from ..definition.health_checks import HealthCheck
from ..definition.path_ids import PathId
from ..instance.instances import InstanceId
from ..timestamps import format_timestamp
from .machine import UNKNOWN, Health

_NOTHING: Mapping[int, Health] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Activation:
    """One check of one version of an app, active for all instances of exactly that version."""

    spec_id: PathId
    version: datetime
    index: int
    check: HealthCheck

    @property
    def key(self) -> str:
        """The subject of its timer."""
        return f"{self.spec_id} {format_timestamp(self.version)} {self.index}"


@attrs.define(kw_only=True)
class Round:
    """A round of questions under way: whom it has yet to look at, and when (seconds since 1970) the next one begins."""

    next_at: float
    left: deque[InstanceId]


class HealthBook:
    """What is found by whom. Each lookup costs the same however many tasks there are."""

    def __init__(self) -> None:
        self.rounds: dict[str, Round] = {}
        """Those that did not fit into one turn, by the key of their activation."""
        self._by_task: dict[TaskId, dict[int, Health]] = {}
        self._active: dict[str, Activation] = {}
        self._by_spec: dict[PathId, dict[str, Activation]] = {}

    def tasks(self) -> Set[TaskId]:
        """Those of whom anything is known."""
        return self._by_task.keys()

    def specs(self) -> Set[PathId]:
        """Those with active checks."""
        return self._by_spec.keys()

    def of_task(self, task_id: TaskId) -> Mapping[int, Health]:
        """What the task's checks found, by their place in the definition; those that said nothing yet are missing."""
        return self._by_task.get(task_id, _NOTHING)

    def find(self, task_id: TaskId, index: int) -> Health:
        """What one check found."""
        return self.of_task(task_id).get(index, UNKNOWN)

    def put(self, task_id: TaskId, index: int, health: Health) -> None:
        """Remember what is new."""
        self._by_task.setdefault(task_id, {})[index] = health

    def forget(self, task_id: TaskId) -> None:
        """The task is over."""
        self._by_task.pop(task_id, None)

    def activate(self, activation: Activation) -> bool:
        """Make a check active. Returns whether it was not before."""
        if activation.key in self._active:
            return False
        self._active[activation.key] = activation
        self._by_spec.setdefault(activation.spec_id, {})[activation.key] = activation
        return True

    def find_active(self, key: str) -> Activation | None:
        """The active check of that key."""
        return self._active.get(key)

    def active_of(self, spec_id: PathId) -> tuple[Activation, ...]:
        """The active checks of all versions of an app."""
        return tuple(self._by_spec.get(spec_id, {}).values())

    def deactivate(self, activation: Activation) -> None:
        """Forget an active check, and the round that it may be in."""
        self.rounds.pop(activation.key, None)
        del self._active[activation.key]
        siblings = self._by_spec[activation.spec_id]
        del siblings[activation.key]
        if not siblings:
            del self._by_spec[activation.spec_id]
