"""What an app with persistent volumes must hold to, and what it and such a pod may not change.

Marathon-semantics 13, marathon-v2-api 3.4.
"""

from collections.abc import Iterator, Mapping

from ..definition.apps import App, UnreachableDisabled
from ..definition.path_ids import PathId
from ..definition.pods import Pod
from ..definition.problems import Problem
from ..definition.run_specs import RunSpec

_NEEDS_VOLUMES = "App must contain persistent volumes and define residency"
_NEEDS_ROLE = 'Resident apps cannot have the role "*"'
_NEEDS_UNRESERVED = 'A resident app must have `acceptedResourceRoles = ["*"]`.'
_NEEDS_PATIENCE = "unreachableStrategy must be disabled for resident tasks"
NEEDS_PRINCIPAL = "Persistent volumes need a principal: start Marathon with --mesos_authentication_principal"
_OWN_VOLUMES = "Persistent volumes can not be changed!"
_OWN_RESOURCES = "Services with persistent volumes configured may not change resource requirements."
_OWN_PORTS = "Services with persistent volumes configured may not change host ports."
_OWN_ROLE = "Existing reservations keep the role they were made with. To change it for those to come, use force=true."


def residency_problems(app: App, principal: str | None) -> Iterator[Problem]:
    """What an app with persistent volumes lacks, or has too much of."""
    if app.residency is not None and not app.is_resident:
        yield Problem("/", _NEEDS_VOLUMES)
    if not app.is_resident:
        return
    if app.role == "*":
        yield Problem("/role", _NEEDS_ROLE)
    if app.accepted_resource_roles not in (None, ("*",)):
        yield Problem("/acceptedResourceRoles", _NEEDS_UNRESERVED)
    if app.unreachable_strategy is not UnreachableDisabled.DISABLED:
        yield Problem("/", _NEEDS_PATIENCE)
    if app.upgrade_strategy.maximum_over_capacity:
        share = app.upgrade_strategy.maximum_over_capacity
        yield Problem("/upgradeStrategy/maximumOverCapacity", f"got {share}, expected 0.0")
    if principal is None:
        yield Problem("/", NEEDS_PRINCIPAL)


def change_problems(old: Mapping[PathId, RunSpec], new: Mapping[PathId, RunSpec], *, force: bool) -> Iterator[Problem]:
    """What a change does to resident apps that their reservations do not allow; `force` allows another role."""
    for path, before in old.items():
        after = new.get(path)
        if after is None or after is before or not before.is_resident:
            continue
        if type(after) is type(before):
            yield from _spec_problems(before, after, force=force)


def _spec_problems(before: RunSpec, after: RunSpec, *, force: bool) -> Iterator[Problem]:
    if before.persistent_volumes != after.persistent_volumes:
        yield Problem("/", _OWN_VOLUMES)
    if _amounts(before) != _amounts(after):
        yield Problem("/", _OWN_RESOURCES)
    if _ports(before) != _ports(after):
        yield Problem("/", _OWN_PORTS)
    if before.role != after.role and not force:
        yield Problem("/role", _OWN_ROLE)


def _amounts(spec: RunSpec) -> tuple[float, ...]:
    return spec.cpus, spec.mem, spec.disk, spec.gpus


def _ports(app: RunSpec) -> tuple[int | None, ...]:
    """What each port asks of the host: the reservation holds so many, and these (marathon-semantics 11)."""
    if isinstance(app, Pod):
        return tuple(endpoint.host_port for endpoint in app.endpoints)
    if not app.is_host_networked:
        return tuple(mapping.host_port for mapping in app.port_mappings)
    return tuple(definition.port if app.require_ports else 0 for definition in app.port_definitions)
