"""Rolling over: instances of an older configuration make way for new ones (marathon-semantics 4).

Decided afresh of what is there, with no memory: so a new leader goes on where the last one was, and no failure between
two kills can take more healthy instances than may be missing. Marathon counts one kill for each new instance that
became ready once, whatever became of it since.
"""

from collections.abc import Callable

import attrs

from ..definition.run_specs import RunSpec
from ..instance.instances import Condition, Instance
from ..instance.scaling import shrink
from .orders import DONE, WAIT, Orders, SpecView
from .upgrade import launches, restart_strategy


class RestartRun:
    """Kills as many old ones as health allows, starts as many new ones as there is room for."""

    def note(self, before: Instance | None, after: Instance | None, *, is_ready: bool) -> None:
        """Of no interest: all instances are looked at together."""

    def decide(self, view: SpecView) -> Orders:
        """What the numbers allow now; done when none is old and all are ready."""
        if view.spec is None:
            return DONE
        sides = _Sides.of(view, view.spec)
        strategy = restart_strategy(view.spec, len(sides.old) + sides.ready, sides.healthy)
        victims = sides.old[: strategy.kill_now]
        others = len(sides.old) + len(sides.surplus) + view.going
        start = launches(view.spec, strategy, others=others, started=len(sides.new))
        if victims or sides.surplus or start:
            return Orders(decommission=tuple(one.id for one in (*victims, *sides.surplus)), start=start)
        if view.going or sides.ready < len(sides.new):
            return WAIT
        if not sides.old:
            return DONE
        # Every new one is ready and no room is left: what is unwell and keeps its place makes way, else nothing moves.
        unwell = [one.id for one in sides.old if view.is_unwell(one)]
        return Orders(decommission=tuple(unwell[: max(1, view.spec.instances - strategy.min_healthy)]))


@attrs.frozen(kw_only=True)
class _Sides:
    """The wanted instances of an app or pod. What waits to launch is new: it will be.

    `old` ones in the order they may die, `surplus` new ones that are too many, `ready` of the `new` ones that stay.
    """

    old: tuple[Instance, ...]
    new: tuple[Instance, ...]
    surplus: tuple[Instance, ...]
    ready: int
    healthy: int

    @classmethod
    def of(cls, view: SpecView, spec: RunSpec) -> "_Sides":
        config = spec.version_info.last_config_change_at
        old, new = [], []
        for one in view.instances.values():
            if not one.is_wanted:
                continue
            if one.config_version != config and one.condition is not Condition.SCHEDULED:
                old.append(one)
            elif one.is_counted:
                new.append(one)
        well = [view.is_healthy(one) for one in old]
        ordered = [one for one, is_well in zip(old, well, strict=True) if not is_well]
        ordered += [one for one, is_well in zip(old, well, strict=True) if is_well]
        surplus = _surplus(spec, new, view.is_ready)
        staying = [one for one in new if one not in surplus] if surplus else new
        ready = sum(map(view.is_ready, staying))
        return cls(old=tuple(ordered), new=tuple(staying), surplus=surplus, ready=ready, healthy=sum(well) + ready)


def _surplus(spec: RunSpec, new: list[Instance], is_ready: Callable[[Instance], bool]) -> tuple[Instance, ...]:
    """Which of too many new ones go: those that are not ready first, as the ready ones allow old ones to die."""
    count = len(new) - spec.instances
    if count <= 0:
        return ()
    unready = [one for one in new if not is_ready(one)]
    ready = [one for one in new if is_ready(one)]
    doomed = {*shrink(spec, unready, min(count, len(unready))), *shrink(spec, ready, max(0, count - len(unready)))}
    return tuple(one for one in new if one.id in doomed)
