"""The rules of one app that need more than one field, or this Marathon's settings: marathon-v2-api 3.3 and 4.3.

Networks, checks, constraints, volumes, secrets and residency have files of their own; rules over the whole tree are
`groups`.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import attrs

from ..definition.app_container import ContainerType
from ..definition.apps import App, UnreachableStrategy
from ..definition.path_ids import path_id_problems
from ..definition.problems import Problem
from ..definition.resources import ResourceLimits
from .features import GPU_RESOURCES, feature_problems
from .health_checks import check_problems
from .linux import linux_problems
from .networks import network_problems
from .residency import residency_problems
from .secrets import container_secret_problems, declared_problems, env_problems
from .volumes import named_once, volume_problems

_NOTHING_TO_RUN = "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."


@attrs.frozen(kw_only=True)
class SpecRules:
    """What else a definition is held against: the features that are on, the roles it may have (marathon-semantics 6),
    and who Marathon is to the master.
    """

    features: frozenset[str] = frozenset()
    roles: tuple[str, ...] = ("*",)
    principal: str | None = None


def validate_app(app: App, rules: SpecRules) -> list[Problem]:
    """Everything that is wrong with a complete definition, in Marathon's words; empty when it may be deployed."""
    return [
        *path_id_problems(app.id),
        *_run_problems(app),
        *_container_problems(app, rules),
        *declared_problems(app.secrets, rules.features),
        *env_problems(app.env, app.secrets, rules.features, "/env"),
        *network_problems(app),
        *check_problems(app),
        *_role_problems(app, rules),
        *_resource_problems(app, rules),
        *_fetch_problems(app),
        *_strategy_problems(app),
        *residency_problems(app, rules.principal),
    ]


def _run_problems(app: App) -> Iterator[Problem]:
    has_image = app.container is not None and app.container.docker is not None
    if (app.cmd is not None and app.args) or not (app.cmd is not None or app.args or has_image):
        yield Problem("/", _NOTHING_TO_RUN)


def _container_problems(app: App, rules: SpecRules) -> Iterator[Problem]:
    container = app.container
    if container is None:
        return
    if container.type is ContainerType.DOCKER and container.docker is None:
        yield Problem("/container/docker", "not defined")
    yield from volume_problems(container, rules.features)
    yield from container_secret_problems(container, app.secrets, rules.features)
    yield from linux_problems(container.linux_info, "/container/linuxInfo")
    if app.instances > 1 and named_once(container.volumes):
        yield Problem("/", f"Number of instances is limited to 1 when declaring DVDI volumes in app [{app.id}]")


def _role_problems(app: App, rules: SpecRules) -> Iterator[Problem]:
    if app.role not in rules.roles:
        yield Problem("/role", f"got {app.role}, expected one of: [{', '.join(rules.roles)}]")
    accepted, allowed = app.accepted_resource_roles, sorted({"*", app.role})
    if accepted == ():
        yield Problem("/acceptedResourceRoles", "must not be empty")
    if not set(accepted or ()) <= set(allowed):
        yield Problem("/acceptedResourceRoles", f"acceptedResourceRoles can only contain {' and '.join(allowed)}")


def _resource_problems(app: App, rules: SpecRules) -> Iterator[Problem]:
    if app.gpus:
        yield from feature_problems(GPU_RESOURCES, rules.features, "/")
    if app.gpus and app.is_docker:
        yield Problem("/", "GPU resources only work with the Mesos containerizer")
    yield from limit_problems(app.resource_limits, {"cpus": app.cpus, "mem": app.mem}, "/resourceLimits")


def limit_problems(limits: ResourceLimits | None, asked: Mapping[str, float], path: str) -> Iterator[Problem]:
    """Limits below what is asked for, of an app or a pod's container."""
    for name, amount in asked.items() if limits is not None else ():
        limit = getattr(limits, name)
        if isinstance(limit, float) and limit < amount:
            yield Problem(f"{path}/{name}", f"got {limit:g}, expected {amount:g} or more")


def _fetch_problems(app: App) -> Iterator[Problem]:
    for index, artifact in enumerate(app.fetch):
        if not _is_uri(artifact.uri):
            yield Problem(f"/fetch({index})/uri", "URI has invalid syntax.")


def _is_uri(text: str) -> bool:
    if re.search(r"[\s<>\"{}|\\^`]", text):
        return False
    try:
        urlsplit(text)
    except ValueError:
        return False
    return True


def _strategy_problems(app: App) -> Iterator[Problem]:
    unreachable = app.unreachable_strategy
    if isinstance(unreachable, UnreachableStrategy):
        inactive, expunge = unreachable.inactive_after_seconds, unreachable.expunge_after_seconds
        if inactive > expunge:
            text = f"inactiveAfterSeconds ({inactive}) must be less or equal to expungeAfterSeconds, which is {expunge}"
            yield Problem("/unreachableStrategy/inactiveAfterSeconds", text)
    if not app.is_single_instance:
        return
    if app.instances > 1:
        yield Problem("/", "Single instance app may only have one instance")
    strategy = app.upgrade_strategy
    capacities = {
        "minimumHealthCapacity": strategy.minimum_health_capacity,
        "maximumOverCapacity": strategy.maximum_over_capacity,
    }
    for name, share in capacities.items():
        if share:
            yield Problem(f"/upgradeStrategy/{name}", f"got {share}, expected 0.0")
