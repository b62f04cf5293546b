"""What makes a subscription or an update of a framework invalid (mesos-v1-api 2.1, 2.3), in the words of Mesos.

A framework that subscribes reads them in its ERROR event; one that updates itself in the body of its 400.
"""

from __future__ import annotations

from collections.abc import Collection

from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo, OfferFilters
from koinon_core.ids import find_id_problem
from koinon_core.roles import find_role_problem
from koinon_core.scalars import ZERO

from ..config import MasterConfig

_WRONG_ROLE = "'FrameworkInfo.role' is not a valid role"
_LONGEST_SECONDS = 9_223_372_036
"""What fits into a Duration of 64 bits of nanoseconds. Less than zero ends a framework at once, as zero does."""


def find_framework_problem(info: FrameworkInfo, suppressed: Collection[str], config: MasterConfig) -> str | None:
    """The first thing that is wrong with a framework by itself, or None."""
    return (
        _find_roles_problem(info)
        or (None if info.id is None else find_id_problem(info.id))
        or _find_filters_problem(info)
        or _find_timeout_problem(info)
        or _find_strange_roles(info, config)
        or _find_user_problem(info, config)
        or _find_suppressed_problem(info, suppressed)
    )


def _find_roles_problem(info: FrameworkInfo) -> str | None:
    is_multi_role = info.has(FrameworkCapabilityType.MULTI_ROLE)
    if is_multi_role:
        if info.role is not None:
            return "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable"
        if len(set(info.roles)) != len(info.roles):
            doubled = sorted({role for role in info.roles if info.roles.count(role) > 1})
            return f"'FrameworkInfo.roles' contains duplicate items: {{ {', '.join(doubled)} }}"
    elif info.roles:
        return "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable"
    for role in info.all_roles():
        problem = find_role_problem(role)
        if problem is not None:
            where = "'FrameworkInfo.roles' contains invalid role" if is_multi_role else _WRONG_ROLE
            return f"{where}: {problem}"
    return None


def _find_filters_problem(info: FrameworkInfo) -> str | None:
    """Filters for roles that the framework does not have are no mistake: it may get them later."""
    for filters in (info.offer_filters or {}).values():
        problem = _find_filter_problem(filters)
        if problem is not None:
            return problem
    return None


def _find_filter_problem(filters: OfferFilters) -> str | None:
    least = filters.min_allocatable_resources
    for alternative in () if least is None else least.quantities:
        if not alternative.quantities:
            return "Resource quantities must contain at least one quantity"
        for name, amount in alternative.quantities.items():
            if amount < ZERO:
                return f"Invalid resource quantity for '{name}': Negative values not supported"
    return None


def _find_timeout_problem(info: FrameworkInfo) -> str | None:
    # Said the other way round, not-a-number would pass.
    if not abs(info.failover_timeout) <= _LONGEST_SECONDS:
        return f"The framework failover_timeout ({info.failover_timeout:g}) is invalid"
    return None


def _find_strange_roles(info: FrameworkInfo, config: MasterConfig) -> str | None:
    """``*`` is everybody's, whatever the list says."""
    if not config.roles:
        return None
    strangers = sorted(set(info.all_roles()) - {"*", *config.roles})
    return f"Roles {{ {', '.join(strangers)} }} are not present in the master's --roles" if strangers else None


def _find_user_problem(info: FrameworkInfo, config: MasterConfig) -> str | None:
    if info.user == "root" and not config.root_submissions:
        return "User 'root' is not allowed to run frameworks without --root_submissions set"
    return None


def _find_suppressed_problem(info: FrameworkInfo, suppressed: Collection[str]) -> str | None:
    strangers = sorted(set(suppressed) - set(info.all_roles()))
    return f"Suppressed role '{strangers[0]}' is not contained in the list of roles" if strangers else None


def find_change_problem(before: FrameworkInfo, after: FrameworkInfo) -> str | None:
    """What a framework that subscribes again may not change, or None. Its user and checkpoint are kept silently."""
    if before.principal != after.principal:
        return "Changing framework's principal is not allowed."
    return None


def find_update_problem(before: FrameworkInfo, after: FrameworkInfo) -> str | None:
    """What UPDATE_FRAMEWORK may not change, or None: here nothing is kept silently (mesos-v1-api 2.4)."""
    problem = find_change_problem(before, after)
    if problem is not None:
        return problem
    for name in ("user", "checkpoint"):
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            return (
                f"Updating 'FrameworkInfo.{name}' is unsupported; attempted to update from '{_show(old)}' to"
                f" '{_show(new)}'"
            )
    return None


def _show(value: str | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else value
