"""Which running deployments stand in a new one's way, and how a locked app is refused (marathon-semantics 3.4)."""

from collections.abc import Iterable

import attrs

from ..definition.path_ids import PathId
from .plan import DeploymentId, DeploymentPlan

_LOCKED = (
    "App is locked by one or more deployments. Override with the option '?force=true'. "
    "View details at '/v2/deployments/<DEPLOYMENT_ID>'."
)


@attrs.frozen
class Locked:
    """The 409 for a change of apps that deployments are still at work on (marathon-v2-api 1.3)."""

    deployments: tuple[DeploymentId, ...]

    @property
    def status(self) -> int:
        """The HTTP status."""
        return 409

    def body(self) -> dict[str, object]:
        """The answer's JSON object; `<DEPLOYMENT_ID>` is literal, as in Marathon."""
        return {"message": _LOCKED, "deployments": [{"id": each} for each in self.deployments]}


def find_superseded(plans: Iterable[DeploymentPlan]) -> tuple[DeploymentPlan, ...]:
    """Those of stored plans in whose place a later one came: the change that removes them broke off after the first
    of several writes.
    """
    taken: set[PathId] = set()
    superseded = []
    for plan in sorted(plans, key=lambda each: each.version, reverse=True):
        if taken.isdisjoint(plan.affected):
            taken |= set(plan.affected)
        else:
            superseded.append(plan)
    return tuple(superseded)


def find_conflicts(plan: DeploymentPlan, running: Iterable[DeploymentPlan]) -> tuple[DeploymentId, ...]:
    """The running deployments that share an app with `plan`."""
    affected = set(plan.affected)
    return tuple(other.id for other in running if not affected.isdisjoint(other.affected))
