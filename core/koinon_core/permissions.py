"""Who may do what: Mesos's access control lists as a value, and the one question asked of them (mesos-semantics 11).

How the lists are written is `koinon_daemon.acl_text`; who somebody is, `koinon_daemon.auth`; when to ask, whoever acts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

SUBTREE = "/%"
"""Ends a role that stands for everything beneath it, itself excluded: ``eng/%``."""


class Action(Enum):
    """Everything that lists can rule, by the name of its list."""

    REGISTER_FRAMEWORKS = "register_frameworks"
    TEARDOWN_FRAMEWORKS = "teardown_frameworks"
    RUN_TASKS = "run_tasks"
    REGISTER_AGENTS = "register_agents"

    RESERVE_RESOURCES = "reserve_resources"
    UNRESERVE_RESOURCES = "unreserve_resources"
    CREATE_VOLUMES = "create_volumes"
    DESTROY_VOLUMES = "destroy_volumes"
    RESIZE_VOLUMES = "resize_volumes"
    CREATE_BLOCK_DISKS = "create_block_disks"
    DESTROY_BLOCK_DISKS = "destroy_block_disks"
    CREATE_MOUNT_DISKS = "create_mount_disks"
    DESTROY_MOUNT_DISKS = "destroy_mount_disks"
    DESTROY_RAW_DISKS = "destroy_raw_disks"

    GET_QUOTAS = "get_quotas"
    UPDATE_QUOTAS = "update_quotas"
    UPDATE_WEIGHTS = "update_weights"
    VIEW_ROLES = "view_roles"

    GET_ENDPOINTS = "get_endpoints"
    SET_LOG_LEVEL = "set_log_level"
    ACCESS_MESOS_LOGS = "access_mesos_logs"
    VIEW_FLAGS = "view_flags"

    VIEW_FRAMEWORKS = "view_frameworks"
    VIEW_TASKS = "view_tasks"
    VIEW_EXECUTORS = "view_executors"
    ACCESS_SANDBOXES = "access_sandboxes"
    VIEW_CONTAINERS = "view_containers"

    LAUNCH_NESTED_CONTAINERS_AS_USER = "launch_nested_containers_as_user"
    LAUNCH_NESTED_CONTAINERS_UNDER_PARENT_WITH_USER = "launch_nested_containers_under_parent_with_user"
    LAUNCH_NESTED_CONTAINER_SESSIONS_AS_USER = "launch_nested_container_sessions_as_user"
    LAUNCH_NESTED_CONTAINER_SESSIONS_UNDER_PARENT_WITH_USER = "launch_nested_container_sessions_under_parent_with_user"
    KILL_NESTED_CONTAINERS = "kill_nested_containers"
    WAIT_NESTED_CONTAINERS = "wait_nested_containers"
    REMOVE_NESTED_CONTAINERS = "remove_nested_containers"
    ATTACH_CONTAINERS_INPUT = "attach_containers_input"
    ATTACH_CONTAINERS_OUTPUT = "attach_containers_output"
    LAUNCH_STANDALONE_CONTAINERS = "launch_standalone_containers"
    KILL_STANDALONE_CONTAINERS = "kill_standalone_containers"
    WAIT_STANDALONE_CONTAINERS = "wait_standalone_containers"
    REMOVE_STANDALONE_CONTAINERS = "remove_standalone_containers"
    VIEW_STANDALONE_CONTAINERS = "view_standalone_containers"

    UPDATE_MAINTENANCE_SCHEDULES = "update_maintenance_schedules"
    GET_MAINTENANCE_SCHEDULES = "get_maintenance_schedules"
    START_MAINTENANCES = "start_maintenances"
    STOP_MAINTENANCES = "stop_maintenances"
    GET_MAINTENANCE_STATUSES = "get_maintenance_statuses"
    DRAIN_AGENTS = "drain_agents"
    DEACTIVATE_AGENTS = "deactivate_agents"
    REACTIVATE_AGENTS = "reactivate_agents"
    MARK_AGENTS_GONE = "mark_agents_gone"

    PRUNE_IMAGES = "prune_images"
    MODIFY_RESOURCE_PROVIDER_CONFIGS = "modify_resource_provider_configs"
    MARK_RESOURCE_PROVIDERS_GONE = "mark_resource_providers_gone"
    VIEW_RESOURCE_PROVIDERS = "view_resource_providers"

    @property
    def objects(self) -> str:
        """The field that says what the action is done to."""
        return _OBJECTS.get(self, "users")

    @property
    def is_all_or_nothing(self) -> bool:
        """Whether its objects can't be told apart: such a list says ANY or NONE."""
        return self.objects not in _TOLD_APART or "standalone" in self.value


_ROLE_ACTIONS: Final = (
    Action.REGISTER_FRAMEWORKS,
    Action.RESERVE_RESOURCES,
    Action.CREATE_VOLUMES,
    Action.RESIZE_VOLUMES,
    Action.CREATE_BLOCK_DISKS,
    Action.DESTROY_BLOCK_DISKS,
    Action.CREATE_MOUNT_DISKS,
    Action.DESTROY_MOUNT_DISKS,
    Action.DESTROY_RAW_DISKS,
    Action.GET_QUOTAS,
    Action.UPDATE_QUOTAS,
    Action.UPDATE_WEIGHTS,
    Action.VIEW_ROLES,
)
_OBJECTS: Final[Mapping[Action, str]] = MappingProxyType(
    {
        **dict.fromkeys(_ROLE_ACTIONS, "roles"),
        Action.TEARDOWN_FRAMEWORKS: "framework_principals",
        Action.UNRESERVE_RESOURCES: "reserver_principals",
        Action.DESTROY_VOLUMES: "creator_principals",
        Action.GET_ENDPOINTS: "paths",
        Action.SET_LOG_LEVEL: "level",
        Action.ACCESS_MESOS_LOGS: "logs",
        Action.VIEW_FLAGS: "flags",
        Action.REGISTER_AGENTS: "agents",
        Action.DRAIN_AGENTS: "agents",
        Action.DEACTIVATE_AGENTS: "agents",
        Action.REACTIVATE_AGENTS: "agents",
        Action.MARK_AGENTS_GONE: "agents",
        Action.UPDATE_MAINTENANCE_SCHEDULES: "machines",
        Action.GET_MAINTENANCE_SCHEDULES: "machines",
        Action.START_MAINTENANCES: "machines",
        Action.STOP_MAINTENANCES: "machines",
        Action.GET_MAINTENANCE_STATUSES: "machines",
        Action.PRUNE_IMAGES: "images",
        Action.MODIFY_RESOURCE_PROVIDER_CONFIGS: "resource_providers",
        Action.MARK_RESOURCE_PROVIDERS_GONE: "resource_providers",
        Action.VIEW_RESOURCE_PROVIDERS: "resource_providers",
    }
)
_TOLD_APART: Final = frozenset(
    {"roles", "users", "paths", "framework_principals", "reserver_principals", "creator_principals"}
)
_VIEWS: Final = (
    Action.VIEW_FRAMEWORKS,
    Action.VIEW_TASKS,
    Action.VIEW_EXECUTORS,
    Action.VIEW_ROLES,
    Action.VIEW_FLAGS,
    Action.GET_QUOTAS,
    Action.GET_MAINTENANCE_SCHEDULES,
    Action.GET_MAINTENANCE_STATUSES,
)
"""What is left out of an answer, where it is not allowed, instead of refused."""


class EntityType(Enum):
    """Who or what an entity is."""

    SOME = "SOME"
    ANY = "ANY"
    NONE = "NONE"


@frozen
class Entity:
    """A set of principals, roles, users ...: some by name, all, or all of whom none may."""

    type: EntityType = EntityType.SOME
    values: frozenset[str] = frozenset()
    subtrees: tuple[str, ...] = ()
    """``eng/`` for each role ``eng/%``."""

    @classmethod
    def of(cls, *values: str) -> Entity:
        """Those of these names."""
        return cls(EntityType.SOME, frozenset(values))

    @classmethod
    def of_roles(cls, *roles: str) -> Entity:
        """These roles, where ``eng/%`` means all beneath ``eng``."""
        subtrees = tuple(role.removesuffix("%") for role in roles if role.endswith(SUBTREE))
        return cls(EntityType.SOME, frozenset(role for role in roles if not role.endswith(SUBTREE)), subtrees)

    def matches(self, name: str | None) -> bool:
        """Whether it speaks of ``name``; None is somebody nameless, whom only ANY and NONE speak of."""
        if self.type is not EntityType.SOME:
            return True
        return name is not None and (name in self.values or name.startswith(self.subtrees))


ANY: Final = Entity(EntityType.ANY)
NONE: Final = Entity(EntityType.NONE)


@frozen
class Rule:
    """One entry of a list: these principals may (or, with a NONE on either side, may not) do it to these objects."""

    principals: Entity
    objects: Entity

    def matches(self, principal: str | None, target: str | None) -> bool:
        """Whether this entry decides."""
        return self.principals.matches(principal) and self.objects.matches(target)

    @property
    def allows(self) -> bool:
        """What it decides."""
        return EntityType.NONE not in (self.principals.type, self.objects.type)


@frozen(kw_only=True)
class Acls:
    """All lists. The first entry of an action's list that matches decides; where none does, ``is_permissive``."""

    rules: Mapping[Action, tuple[Rule, ...]] = field(factory=dict)
    is_permissive: bool = True
    is_everything_visible: bool = field(init=False)
    """Whether nothing is hidden from anybody, so that a view need not ask."""

    @is_everything_visible.default
    def _find_out(self) -> bool:
        return self.is_permissive and not any(self.rules.get(view) for view in _VIEWS)

    def find_refusal(self, principal: str | None, action: Action, target: str | None = None) -> str | None:
        """Why ``principal`` (None: nobody proved who they are) may not do this to ``target``, or None if they may.

        ``target`` is a role, user, path or principal, as ``action.objects`` says; None where there is none.
        """
        for number, rule in enumerate(self.rules.get(action, ())):
            if rule.matches(principal, target):
                return None if rule.allows else _explain(principal, action, target, f"{action.value}[{number}] refuses")
        if self.is_permissive:
            return None
        return _explain(principal, action, target, "no entry matches, and permissive is false")

    def find_any_refusal(self, principal: str | None, action: Action, targets: Iterable[str | None]) -> str | None:
        """The first refusal among several targets; None if all are allowed."""
        refusals = (self.find_refusal(principal, action, target) for target in targets)
        return next((refusal for refusal in refusals if refusal is not None), None)

    def allows(self, principal: str | None, action: Action, target: str | None = None) -> bool:
        """Whether there is no refusal."""
        for rule in self.rules.get(action, ()):
            if rule.matches(principal, target):
                return rule.allows
        return self.is_permissive

    def allows_some(self, principal: str | None, action: Action) -> bool:
        """Whether there is anything at all that this may be done to: what a person is offered to try."""
        for rule in self.rules.get(action, ()):
            if rule.principals.matches(principal) and (rule.allows or rule.objects.type is not EntityType.SOME):
                return rule.allows
        return self.is_permissive


EVERYTHING_ALLOWED: Final = Acls()


def _explain(principal: str | None, action: Action, target: str | None, why: str) -> str:
    who = "without a principal" if principal is None else f"as principal '{principal}'"
    what = f"{action.value.replace('_', ' ')}"
    of = "" if target is None else f" ({action.objects.replace('_', ' ')}: '{target}')"
    return f"Not authorized {who} to {what}{of}: in the ACLs, {why}"
