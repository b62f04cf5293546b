"""The pod definition as a value: containers that are launched together and share network and volumes.

Marathon-v2-api 12, marathon-semantics 22. Reading and writing JSON is `codec`, rules are `validation`.
"""

from collections.abc import Mapping
from datetime import datetime

import attrs

from .apps import KillSelection, Unreachable, UnreachableStrategy, UpgradeStrategy, VersionInfo
from .constraints import Constraint
from .frozen_map import frozen_map
from .path_ids import PathId


@attrs.frozen(kw_only=True)
class PodContainer:
    """One container of a pod."""

    name: str


@attrs.frozen(kw_only=True)
class Pod:
    """One pod definition in canonical form. Its first lines are those that it has in common with `App`."""

    id: PathId
    instances: int = 1
    role: str = "*"
    constraints: tuple[Constraint, ...] = ()
    accepted_resource_roles: tuple[str, ...] | None = None
    backoff_seconds: float = 1.0
    backoff_factor: float = 1.15
    max_launch_delay_seconds: float = 300.0
    upgrade_strategy: UpgradeStrategy = attrs.field(factory=UpgradeStrategy)
    kill_selection: KillSelection = KillSelection.YOUNGEST_FIRST
    unreachable_strategy: Unreachable = attrs.field(factory=UnreachableStrategy)
    labels: Mapping[str, str] = attrs.field(converter=frozen_map, factory=dict)
    containers: tuple[PodContainer, ...] = ()
    version: datetime
    version_info: VersionInfo

    @property
    def dependencies(self) -> tuple[PathId, ...]:
        """None: pods wait for nobody (marathon-semantics 3.2)."""
        return ()

    @property
    def is_single_instance(self) -> bool:
        """Whether it promises never to run twice: pods do not."""
        return False
