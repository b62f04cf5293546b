"""A deployment plan: which apps change, from what to what, in which steps (marathon-semantics 3).

Values alone. Making a plan of two trees is `planner`, carrying it out is `machine`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import NewType

import attrs

from ..definition.apps import App
from ..definition.path_ids import PathId
from ..definition.pods import Pod
from ..definition.run_specs import RunSpec
from ..instance.instances import InstanceId

DeploymentId = NewType("DeploymentId", str)


class ActionType(Enum):
    """What a step does to one app or pod; the value is the word on the wire for an app."""

    START = "StartApplication"
    STOP = "StopApplication"
    SCALE = "ScaleApplication"
    RESTART = "RestartApplication"


@attrs.frozen(kw_only=True)
class Action:
    """One app's or pod's part of a step. `sentenced` are the instances that a scale-down must take first."""

    type: ActionType
    spec_id: PathId
    is_pod: bool = False
    sentenced: tuple[InstanceId, ...] = ()

    @property
    def word(self) -> str:
        """The action's name on the wire: StartApplication, StartPod, ... (marathon-v2-api 7)."""
        return self.type.value.replace("Application", "Pod") if self.is_pod else self.type.value


@attrs.frozen
class Step:
    """Actions that run side by side; the next step waits for all of them."""

    actions: tuple[Action, ...]


@attrs.frozen
class DeploymentProgress:
    """The step, counted from 1, that a stored deployment has reached. The first needs no record."""

    deployment_id: DeploymentId
    step_number: int


@attrs.frozen
class GroupShape:
    """What a group is apart from what is in it."""

    dependencies: tuple[PathId, ...] = ()
    enforce_role: bool | None = None


@attrs.frozen(kw_only=True)
class GroupChange:
    """A group that was made (no original), removed (no target) or given another shape."""

    id: PathId
    original: GroupShape | None
    target: GroupShape | None


@attrs.frozen(kw_only=True)
class DeploymentPlan:
    """The affected apps and pods as they were and as they shall be; what is missing on one side was made or removed.

    `version` is that of the root the plan leads to.
    """

    id: DeploymentId
    version: datetime
    original: Mapping[PathId, RunSpec]
    target: Mapping[PathId, RunSpec]
    steps: tuple[Step, ...]
    groups: tuple[GroupChange, ...] = ()

    def __hash__(self) -> int:
        """By its id, so that what is made of a plan once can be kept for it."""
        return hash(self.id)

    @property
    def affected(self) -> tuple[PathId, ...]:
        """Every app and pod the plan touches, in order of their ids: what it locks."""
        return tuple(sorted(set(self.original) | set(self.target)))

    @property
    def affected_pods(self) -> tuple[PathId, ...]:
        """The pods among them."""
        return tuple(path for path in self.affected if isinstance(self._known(path), Pod))

    @property
    def affected_apps(self) -> tuple[PathId, ...]:
        """The apps among them."""
        return tuple(path for path in self.affected if isinstance(self._known(path), App))

    def _known(self, path: PathId) -> RunSpec:
        return self.target[path] if path in self.target else self.original[path]
