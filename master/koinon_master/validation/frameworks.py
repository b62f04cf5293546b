"""What makes a subscription invalid (mesos-v1-api 2.1); the text is what the framework reads in its ERROR event."""

from __future__ import annotations

from collections.abc import Collection

from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import find_id_problem
from koinon_core.roles import find_role_problem

from ..config import MasterConfig

_LONGEST_SECONDS = 9_223_372_036
"""What fits into a Duration of 64 bits of nanoseconds. Less than zero ends a framework at once, as zero does."""


def find_framework_problem(info: FrameworkInfo, suppressed: Collection[str], config: MasterConfig) -> str | None:
    """The first thing that is wrong with a framework by itself, or None."""
    problem = None if info.id is None else find_id_problem(info.id)
    if problem is not None:
        return f"Framework ID '{info.id}' {problem}"
    problem = _find_roles_problem(info)
    if problem is not None:
        return problem
    if not abs(info.failover_timeout) <= _LONGEST_SECONDS:
        return f"The framework failover_timeout ({info.failover_timeout:g}) is invalid"
    if info.user == "root" and not config.root_submissions:
        return "User 'root' is not allowed to run frameworks without root submissions enabled"
    strangers = sorted(set(suppressed) - set(info.all_roles()))
    if strangers:
        return f"Suppressed role '{strangers[0]}' is not contained in the list of roles"
    return None


def _find_roles_problem(info: FrameworkInfo) -> str | None:
    if info.has(FrameworkCapabilityType.MULTI_ROLE):
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
            field = "roles" if info.has(FrameworkCapabilityType.MULTI_ROLE) else "role"
            return f"'FrameworkInfo.{field}' contains invalid role: Role '{role}' {problem}"
    return None


def find_change_problem(before: FrameworkInfo, after: FrameworkInfo) -> str | None:
    """What a framework that subscribes again may not change, or None."""
    if before.principal != after.principal:
        return f"Changing the framework's principal from {before.principal!r} to {after.principal!r} is not allowed"
    return None
