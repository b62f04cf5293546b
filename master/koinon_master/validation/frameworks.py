"""What makes a subscription invalid (mesos-v1-api 2.1); the text is what the framework reads in its ERROR event."""

from __future__ import annotations

from collections.abc import Collection

from koinon_core.frameworks import FrameworkCapabilityType, FrameworkInfo
from koinon_core.ids import find_id_problem
from koinon_core.roles import find_role_problem

from ..config import MasterConfig


def find_framework_problem(info: FrameworkInfo, suppressed: Collection[str], config: MasterConfig) -> str | None:
    """The first thing that is wrong with a framework by itself, or None."""
    problem = None if info.id is None else find_id_problem(info.id)
    if problem is not None:
        return f"Framework ID '{info.id}' {problem}"
    problem = _find_roles_problem(info)
    if problem is not None:
        return problem
    if not info.failover_timeout >= 0:
        return f"The failover_timeout {info.failover_timeout} of the framework is invalid: it must not be negative"
    if info.user == "root" and not config.root_submissions:
        return "User 'root' is not allowed to run frameworks without root submissions enabled"
    strangers = sorted(set(suppressed) - set(info.all_roles()))
    if strangers:
        return f"Suppressed roles {', '.join(strangers)} are not among the framework's roles"
    return None


def _find_roles_problem(info: FrameworkInfo) -> str | None:
    if info.has(FrameworkCapabilityType.MULTI_ROLE):
        if info.role is not None:
            return "'FrameworkInfo.role' must not be set when the framework is MULTI_ROLE capable"
        if len(set(info.roles)) != len(info.roles):
            return "'FrameworkInfo.roles' must not hold a role twice"
    elif info.roles:
        return "'FrameworkInfo.roles' must not be set when the framework is not MULTI_ROLE capable"
    for role in info.all_roles():
        problem = find_role_problem(role)
        if problem is not None:
            return f"Role '{role}' {problem}"
    return None


def find_change_problem(before: FrameworkInfo, after: FrameworkInfo) -> str | None:
    """What a framework that subscribes again may not change, or None."""
    if before.principal != after.principal:
        return f"Changing the framework's principal from {before.principal!r} to {after.principal!r} is not allowed"
    return None
