"""The actions of a step under way: each looks at its instances and orders what is to be done next.

Orders are instances to let go and a number to add; nothing here launches or kills. An action may be begun anew at any
time, as a new leader does, since it goes by what is there. The rolling restart is `restarting`.
"""

from typing import Protocol

from ..instance.instances import Goal, Instance, InstanceId, created_at
from ..instance.scaling import propose
from .orders import DONE, WAIT, Orders, SpecView
from .plan import Action, ActionType
from .restarting import RestartRun

_SAME_MOMENT = 1.0
"""Seconds: versions of one moment are told apart by going ahead of the clock, what they bring about is not."""


class ActionRun(Protocol):
    """One action under way."""

    def note(self, before: Instance | None, after: Instance | None, *, is_ready: bool) -> None:
        """An instance changed, came (no before) or went (no after)."""

    def decide(self, view: SpecView) -> Orders:
        """What to do next; asked after every change and until it says that it is done."""


def begin(action: Action, view: SpecView) -> ActionRun:
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

    def decide(self, view: SpecView) -> Orders:  # noqa: ARG002 - the protocol's
        """Done at once."""
        return DONE


class StopRun:
    """The app or pod goes: so do all its instances."""

    def note(self, before: Instance | None, after: Instance | None, *, is_ready: bool) -> None:
        """Of no interest: it is over when none runs."""

    def decide(self, view: SpecView) -> Orders:
        """Decommission all, wait until they have ended. What was reserved for them is given back in its own time."""
        if view.going < len(view.instances):
            kept = tuple(one.id for one in view.instances.values() if one.goal is not Goal.DECOMMISSIONED)
            if kept:
                return Orders(decommission=kept)
        return WAIT if view.going else DONE


class ScaleRun:
    """First the surplus goes and is waited for, then what is missing starts and must become ready.

    Instances that had run before are not waited for: one lost or failing again must not hold up the others.
    """

    def __init__(self, sentenced: tuple[InstanceId, ...], view: SpecView) -> None:
        self._sentenced = {one for one in sentenced if one in view.instances and view.instances[one].is_wanted}
        self._awaited = {
            one.id
            for one in view.instances.values()
            if one.is_counted and _is_new(one, view) and not view.is_ready(one)
        }

    def note(self, before: Instance | None, after: Instance | None, *, is_ready: bool) -> None:
        """Keep the awaited ones up to date."""
        if after is None:
            if before is not None:
                self._awaited.discard(before.id)
                self._sentenced.discard(before.id)
        elif is_ready or not after.is_counted:
            self._awaited.discard(after.id)
            if not after.is_wanted:
                self._sentenced.discard(after.id)
        elif before is None or not before.is_wanted:
            self._awaited.add(after.id)

    def decide(self, view: SpecView) -> Orders:
        """Compare with the wanted number."""
        if view.spec is None:
            return DONE
        if self._sentenced or view.counted > view.spec.instances:
            return Orders(decommission=propose(view.spec, view.instances.values(), self._sentenced).victims)
        if view.going:
            return WAIT
        if view.counted < view.spec.instances:
            return Orders(start=view.spec.instances - view.counted)
        return WAIT if self._awaited else DONE


def _is_new(instance: Instance, view: SpecView) -> bool:
    """Whether it never ran, or was made by this deployment, which another leader may have begun."""
    has_run = instance.attempt > 1 or any(task.started_at is not None for task in instance.tasks)
    made = created_at(instance.id)
    return not has_run or (made is not None and made >= view.since.timestamp() - _SAME_MOMENT)
