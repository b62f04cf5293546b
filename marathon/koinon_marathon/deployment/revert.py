"""Undoing one deployment's changes while keeping what others did since (marathon-semantics 3.5)."""

from ..definition.groups import Group, put_spec, remove_spec
from .plan import DeploymentPlan


def revert(root: Group, plan: DeploymentPlan) -> Group:
    """`root` with the apps of `plan` as they were: changed and removed ones come back, added ones go.

    Definitions come back with their old versions, so that instances which still run them count as new again.
    """
    for path in plan.target:
        if path not in plan.original:
            root = remove_spec(root, path)
    for app in plan.original.values():
        root = put_spec(root, app)
    return root
