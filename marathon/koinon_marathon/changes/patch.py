"""An update laid over a definition, and a complete update made an app: marathon-v2-api 3.4.

A field that is said replaces the whole old value, maps and lists too; a field left out keeps it.
"""

from datetime import datetime

import attrs

from koinon_frameworks.matching.constraints import Constraint

from ..definition.apps import App, AppUpdate, VersionInfo
from ..definition.networks import is_host
from ..definition.path_ids import PathId, parent, resolve

_MADE_APART = frozenset({"id", "constraints", "dependencies", "version"})


def merge(existing: App, update: AppUpdate) -> AppUpdate:
    """The whole definition after `update`. A change of networks drops ports of the old kind that are not said anew;
    executor resources and limits are what the update says, so that left out they are gone.
    """
    existing = attrs.evolve(existing, executor_resources=None, resource_limits=None)
    changed = {name: value for name, value in attrs.asdict(update, recurse=False).items() if value is not None}
    merged = attrs.evolve(as_update(existing), **changed)
    if update.networks is None:
        return merged
    if not is_host(update.networks):
        return attrs.evolve(merged, port_definitions=update.port_definitions)
    if update.container is None and merged.container is not None:
        return attrs.evolve(merged, container=attrs.evolve(merged.container, port_mappings=None))
    return merged


def as_update(app: App) -> AppUpdate:
    """An app as an update that says every field."""
    said = {field.name: getattr(app, field.name) for field in attrs.fields(AppUpdate) if field.name not in _MADE_APART}
    specs = tuple(constraint.words for constraint in app.constraints)
    ports = app.port_definitions if app.is_host_networked else None
    said["port_definitions"] = ports
    return AppUpdate(id=app.id, constraints=specs, dependencies=tuple(app.dependencies), **said)


def build(update: AppUpdate, path: PathId, constraints: tuple[Constraint, ...], now: datetime) -> App:
    """The app that a complete update defines: `App`'s defaults for what it leaves out, the versions of a new app."""
    said = {
        name: value
        for name, value in attrs.asdict(update, recurse=False).items()
        if value is not None and name not in _MADE_APART
    }
    dependencies = tuple(resolve(dependency, parent(path)) for dependency in update.dependencies or ())
    return App(
        id=path,
        constraints=constraints,
        dependencies=dependencies,
        version=now,
        version_info=VersionInfo(last_scaling_at=now, last_config_change_at=now),
        **said,
    )
