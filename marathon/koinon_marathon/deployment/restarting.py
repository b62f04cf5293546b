"""Rolling over: instances of an older configuration make way for new ones (marathon-semantics 4).

Decided of what is there alone, whatever came before: so a new leader goes on where the last one was, and no failure
between two kills can take more healthy instances than may be missing. Marathon counts one kill for each new instance
that became ready once, whatever became of it since.
"""

from ..instance.instances import Instance
from .orders import DONE, WAIT, Orders, SpecView
from .sides import Sides
from .upgrade import launches, restart_strategy


class RestartRun:
    """Kills as many old ones as health allows, starts as many new ones as there is room for."""

    def __init__(self) -> None:
        self._sides = Sides()

    def note(self, before: Instance | None, after: Instance | None, *, is_ready: bool) -> None:  # noqa: ARG002
        """All are looked at together, but only those that changed are looked at again."""
        known = after or before
        if known is not None:
            self._sides.note(known.id)

    def decide(self, view: SpecView) -> Orders:
        """What the numbers allow now; done when none is old and all are ready."""
        spec, sides = view.spec, self._sides
        if spec is None:
            return DONE
        sides.catch_up(view, spec)
        surplus = sides.surplus(view, spec)
        ready, staying = sides.ready_without(surplus), sides.new - len(surplus)
        strategy = restart_strategy(spec, sides.old + ready, sides.old_well + ready)
        victims = sides.first_old(strategy.kill_now)
        others = sides.old + len(surplus) + view.going
        start = launches(spec, strategy, others=others, started=staying)
        if victims or surplus or start:
            return Orders(decommission=(*victims, *surplus), start=start)
        if view.going or ready < staying:
            return WAIT
        if not sides.old:
            return DONE
        # Every new one is ready and no room is left: what is unwell and keeps its place makes way, else nothing moves.
        return Orders(decommission=sides.first_unwell(max(1, spec.instances - strategy.min_healthy)))
