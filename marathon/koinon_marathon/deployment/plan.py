"""A deployment plan: which apps change, from what to what, in which steps (marathon-semantics 3).

Values alone. Making a plan of two trees is `planner`, carrying it out is `machine`.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import NewType

import attrs

from ..definition.path_ids import PathId
from ..definition.run_specs import RunSpec
from ..instance.instances import InstanceId

DeploymentId = NewType("DeploymentId", str)


class ActionType(Enum):
    """What a step does to one app; the value is the word on the wire."""

    START = "StartApplication"
    STOP = "StopApplication"
    SCALE = "ScaleApplication"
    RESTART = "RestartApplication"


@attrs.frozen(kw_only=True)
class Action:
    """One app's part of a step. `sentenced` are the instances that a scale-down must take first."""

    type: ActionType
    spec_id: PathId
    sentenced: tuple[InstanceId, ...] = ()


@attrs.frozen
class Step:
    """Actions that run side by side; the next step waits for all of them."""

    actions: tuple[Action, ...]


@attrs.frozen(kw_only=True)
class DeploymentPlan:
    """The affected apps as they were and as they shall be; an app missing on one side was created or removed.

    `version` is that of the root the plan leads to.
    """

    id: DeploymentId
    version: datetime
    original: Mapping[PathId, RunSpec]
    target: Mapping[PathId, RunSpec]
    steps: tuple[Step, ...]

    @property
    def affected(self) -> tuple[PathId, ...]:
        """Every app the plan touches, in order of their ids: what it locks."""
        return tuple(sorted(set(self.original) | set(self.target)))
