"""The actions of a step under way: each looks at its app's instances and orders what is to be done next.

Orders are goals to set and instances to add; nothing here launches or kills. An action may be begun anew at any time,
as a new leader does, since it goes by what is there.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

import attrs

from ..definition.run_specs import RunSpec
from ..instance.instances import Condition, Goal, Instance, InstanceId
from ..instance.scaling import propose
from .plan import Action, ActionType
from .upgrade import RestartStrategy, restart_strategy


@attrs.frozen(kw_only=True)
class AppView:
    """An app as it shall be (None: not at all) and its instances as they are.

    `counted` of them count for the wanted number, `going` are on their way out.
    """

    app: RunSpec | None
    instances: Mapping[InstanceId, Instance]
    counted: int
    going: int
    is_ready: Callable[[Instance], bool]


@attrs.frozen(kw_only=True)
class Orders:
    """What an action wants now."""

    decommission: tuple[InstanceId, ...] = ()
    start: int = 0
    is_done: bool = False


_DONE, _WAIT = Orders(is_done=True), Orders()


class ActionRun(Protocol):
    """One action under way."""

    def note(self, before: Instance | None, after: Instance | None, *, is_ready: bool) -> None:
        """An instance of the app changed, came (no before) or went (no after)."""

    def decide(self, view: AppView) -> Orders:
        """What to do next; asked after every change and until it says that it is done."""


def begin(action: Action, view: AppView) -> ActionRun:
    """Begin an action on what is there."""
    match action.type:
        case ActionType.START:
            return StartRun()
        case ActionType.STOP:
            return StopRun()
        case ActionType.SCALE:
            return ScaleRun(action.sentenced, view)
        case ActionType.RESTART:
            return RestartRun()


class StartRun:
    """Nothing: there for those who read plans."""

    def note(self, before: Instance | None, after: Instance | None, *, is_ready: bool) -> None:
        """Of no interest."""

    def decide(self, view: AppView) -> Orders:  # noqa: ARG002 - the protocol's
        """Done at once."""
        return _DONE


class StopRun:
    """The app goes: so do all its instances."""

    def note(self, before: Instance | None, after: Instance | None, *, is_ready: bool) -> None:
        """Of no interest: it is over when none is left."""

    def decide(self, view: AppView) -> Orders:
        """Decommission all, wait until they are gone; what is set aside for them is given back in its own time."""
        if view.going and view.going == len(view.instances):
            return _WAIT
        kept = tuple(one.id for one in view.instances.values() if one.goal is not Goal.DECOMMISSIONED)
        if kept:
            return Orders(decommission=kept)
        return _WAIT if view.going else _DONE


class ScaleRun:
    """First the surplus goes and is waited for, then what is missing starts and must become ready.

    Instances that had run before are not waited for: one lost or failing again must not hold up the others.
    """

    def __init__(self, sentenced: tuple[InstanceId, ...], view: AppView) -> None:
        self._sentenced = set(sentenced)
        self._awaited = {
            one.id for one in view.instances.values() if one.is_counted and not _has_run(one) and not view.is_ready(one)
        }

    def note(self, before: Instance | None, after: Instance | None, *, is_ready: bool) -> None:
        """Keep the awaited ones up to date."""
        if after is None:
            if before is not None:
                self._awaited.discard(before.id)
                self._sentenced.discard(before.id)
        elif is_ready or not after.is_counted:
            self._awaited.discard(after.id)
        elif before is None:
            self._awaited.add(after.id)

    def decide(self, view: AppView) -> Orders:
        """Compare with the wanted number."""
        if view.app is None:
            return _DONE
        doomed = {one for one in self._sentenced if one in view.instances and view.instances[one].is_wanted}
        self._sentenced.clear()
        if doomed or view.counted > view.app.instances:
            return Orders(decommission=propose(view.app, view.instances.values(), doomed).victims)
        if view.going:
            return _WAIT
        if view.counted < view.app.instances:
            return Orders(start=view.app.instances - view.counted)
        return _WAIT if self._awaited else _DONE


class RestartRun:
    """Instances of an older configuration make way for new ones, as fast as health and capacity allow."""

    def __init__(self) -> None:
        self._strategy: RestartStrategy | None = None
        self._may_kill = 0
        self._seen_ready: set[InstanceId] = set()

    def note(self, before: Instance | None, after: Instance | None, *, is_ready: bool) -> None:
        """Of no interest: all instances are looked at together."""

    def decide(self, view: AppView) -> Orders:
        """Kill as many old ones as new ones became ready, start as many new ones as there is room for."""
        if view.app is None:
            return _DONE
        sides = _Sides.of(view, view.app)
        strategy = self._begun(view.app, sides)
        fresh = sides.ready - self._seen_ready
        self._seen_ready |= fresh
        self._may_kill += len(fresh)
        victims = sides.old[: self._may_kill]
        self._may_kill -= len(victims)
        surplus = propose(view.app, sides.new, set()).victims if len(sides.new) > view.app.instances else ()
        started = len(sides.new) - len(surplus)
        room = max(0, strategy.max_capacity - len(sides.old) - view.going - started)
        start = min(view.app.instances - started, room)
        if not (victims or surplus or start or view.going) and len(sides.ready) == len(sides.new):
            if not sides.old:
                return _DONE
            # Health or capacity let nothing move and nothing is under way that could change it.
            victims = sides.old[:1]
        return Orders(decommission=(*(one.id for one in victims), *surplus), start=start)

    def _begun(self, app: RunSpec, sides: "_Sides") -> RestartStrategy:
        if self._strategy is None:
            self._strategy = restart_strategy(app, len(sides.old), sides.healthy)
            self._may_kill = self._strategy.kill_now
            self._seen_ready = set(sides.ready)
        return self._strategy


@attrs.frozen(kw_only=True)
class _Sides:
    """The wanted instances of an app, old ones with the unhealthy first. What waits to launch is new: it will be."""

    old: tuple[Instance, ...]
    new: tuple[Instance, ...]
    ready: frozenset[InstanceId]
    healthy: int

    @classmethod
    def of(cls, view: AppView, app: RunSpec) -> "_Sides":
        config = app.version_info.last_config_change_at
        wanted = [one for one in view.instances.values() if one.is_wanted]
        old = [one for one in wanted if one.config_version != config and one.condition is not Condition.SCHEDULED]
        gone = {one.id for one in old}
        new = [one for one in wanted if one.id not in gone and one.is_counted]
        healthy_old = {one.id for one in old if view.is_ready(one)}
        ready = frozenset(one.id for one in new if view.is_ready(one))
        ordered = sorted(old, key=lambda one: one.id in healthy_old)
        return cls(old=tuple(ordered), new=tuple(new), ready=ready, healthy=len(healthy_old) + len(ready))


def _has_run(instance: Instance) -> bool:
    """Whether it ran once, or was launched more than once."""
    return instance.attempt > 1 or (instance.task is not None and instance.task.started_at is not None)
