"""What still wants to run: the waiting instances of each app, and who may take offers (marathon-semantics 9).

Kept up to date with every change of an instance, so that nothing is searched when offers come.
"""

from collections import Counter
from collections.abc import Mapping
from types import MappingProxyType

from ..definition.path_ids import PathId
from ..instance.instances import Condition, Instance, InstanceId


class LaunchQueue:
    """Waiting and unconfirmed instances by app; the apps among them that are ready for offers, with their roles."""

    def __init__(self) -> None:
        self._waiting: dict[PathId, dict[InstanceId, None]] = {}
        self._unconfirmed: dict[PathId, dict[InstanceId, None]] = {}
        self._ready: dict[PathId, frozenset[str]] = {}
        self._roles: Counter[str] = Counter()

    @property
    def ready(self) -> Mapping[PathId, frozenset[str]]:
        """The apps that would take an offer now, each with the roles it takes."""
        return MappingProxyType(self._ready)

    @property
    def ready_roles(self) -> frozenset[str]:
        """The roles that offers are wanted for."""
        return frozenset(role for role, apps in self._roles.items() if apps)

    def specs(self) -> tuple[PathId, ...]:
        """Every app with instances that wait or whose launch is not confirmed."""
        return tuple({**self._waiting, **self._unconfirmed})

    def waiting(self, spec_id: PathId) -> tuple[InstanceId, ...]:
        """The app's waiting instances, the longest waiting first."""
        return tuple(self._waiting.get(spec_id, ()))

    def unconfirmed(self, spec_id: PathId) -> tuple[InstanceId, ...]:
        """The app's instances whose launch no status has confirmed yet."""
        return tuple(self._unconfirmed.get(spec_id, ()))

    def first_waiting(self, spec_id: PathId) -> InstanceId | None:
        """Who launches next."""
        return next(iter(self._waiting.get(spec_id, ())), None)

    def count(self, spec_id: PathId) -> int:
        """How many instances of the app wait."""
        return len(self._waiting.get(spec_id, ()))

    def note(self, before: Instance | None, after: Instance | None) -> None:
        """An instance changed, came (no before) or went (no after)."""
        if before is not None:
            _drop(self._waiting, before)
            _drop(self._unconfirmed, before)
        if after is None:
            return
        if after.is_waiting:
            self._waiting.setdefault(after.spec_id, {})[after.id] = None
        elif after.condition is Condition.PROVISIONED:
            self._unconfirmed.setdefault(after.spec_id, {})[after.id] = None

    def set_ready(self, spec_id: PathId, roles: frozenset[str]) -> None:
        """Let an app take offers of these roles, or none at all."""
        self._roles.subtract(self._ready.pop(spec_id, ()))
        if roles:
            self._ready[spec_id] = roles
            self._roles.update(roles)


def _drop(index: dict[PathId, dict[InstanceId, None]], instance: Instance) -> None:
    members = index.get(instance.spec_id)
    if members is None:
        return
    members.pop(instance.id, None)
    if not members:
        del index[instance.spec_id]
