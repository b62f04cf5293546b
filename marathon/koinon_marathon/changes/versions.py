"""Which change gives an app a new version, and which timestamps move with it: the table of marathon-semantics 1."""

from datetime import datetime
from typing import TypeVar

import attrs

from ..definition.apps import App, VersionInfo
from ..definition.pods import Pod
from ..definition.run_specs import RunSpec

Spec = TypeVar("Spec", bound=App | Pod)
_NO_UPGRADE_OF_PODS = ("executor_resources", "kill_selection", "unreachable_strategy", "legacy_shared_cgroups")


def is_upgrade(old: RunSpec, new: RunSpec) -> bool:
    """Whether anything but `instances`, `executorResources` and the versions differs, so that tasks must be replaced.

    An app that became a pod differs. How instances of a pod are given up says nothing about those that run.
    """
    if isinstance(old, App) and isinstance(new, App):
        new = attrs.evolve(new, executor_resources=old.executor_resources)
    if isinstance(old, Pod) and isinstance(new, Pod):
        new = attrs.evolve(new, **{name: getattr(old, name) for name in _NO_UPGRADE_OF_PODS})
    return attrs.evolve(new, instances=old.instances, version=old.version, version_info=old.version_info) != old


def with_versions(old: RunSpec | None, new: Spec, now: datetime) -> Spec:
    """`new` with the version it has from `now` on, given the definition it replaces."""
    if old is None or is_upgrade(old, new):
        return _at(new, now, VersionInfo(last_scaling_at=now, last_config_change_at=now))
    if old.instances != new.instances:
        return _at(new, now, attrs.evolve(old.version_info, last_scaling_at=now))
    return _at(new, old.version, old.version_info)


def is_same(old: RunSpec | None, new: RunSpec, now: datetime) -> bool:
    """Whether a definition made anew says what the old one says, so that nothing is to be done."""
    return old is not None and with_versions(old, new, now) == old


def restarted(app: Spec, now: datetime) -> Spec:
    """The same definition asked to start afresh: a new configuration that was not scaled."""
    return _at(app, now, attrs.evolve(app.version_info, last_config_change_at=now))


def _at(app: Spec, version: datetime, info: VersionInfo) -> Spec:
    return attrs.evolve(app, version=version, version_info=info)
