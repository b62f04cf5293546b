"""What an earlier run left behind becomes the slots of this one: intents, running tasks, ends, numbers wanted.

Nothing is concluded about a task here: what became of it the master is asked once there is a stream.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import Factory, asdict, fields_dict, frozen

from .instructions import CountRecord, SlotRecord
from .lifecycle import Lifecycle
from .outcomes import End
from .roster import Roster
from .slot import Goal, Slot
from .spec import Outcome, TaskSpec
from .wishes import Wishes

_REMOVED = "the framework it belonged to is no more"


@frozen(kw_only=True)
class Restored:
    """Records as they were found. ``is_new_framework``: the id they were launched under is burnt."""

    slots: tuple[SlotRecord, ...] = ()
    counts: tuple[CountRecord, ...] = Factory(tuple)
    is_new_framework: bool = False


class Restoring:
    """Takes records up. The kills that follow are asked for when there is a stream."""

    def __init__(self, roster: Roster, lifecycle: Lifecycle, wishes: Wishes) -> None:
        self._roster = roster
        self._lifecycle = lifecycle
        self._wishes = wishes

    def take(self, specs: Mapping[str, TaskSpec], restored: Restored, now: float) -> None:
        """Bring what was there and what is wanted together."""
        self._wishes.declare(specs, {record.name: record for record in restored.counts})
        for record in restored.slots:
            self._take_slot(record, now, is_new_framework=restored.is_new_framework)
        for name in specs:
            self._wishes.fill(name, now)

    def _take_slot(self, record: SlotRecord, now: float, *, is_new_framework: bool) -> None:
        spec = self._wishes.specs.get(record.key.name)
        slot = _slot_of(record, spec or TaskSpec(name=record.key.name))
        self._roster.add(slot)
        if is_new_framework and slot.state.is_active and slot.attempt is not None:
            has_run = slot.attempt.has_been_seen
            self._lifecycle.end(slot, End(Outcome.LOST, _REMOVED, has_run=has_run), now)
        if spec is None or slot.is_leaving:
            self._wishes.dismiss(slot, "it is not wanted any more", now)
        elif not slot.state.is_final:
            self._wishes.renew(slot, now)
        if slot.state.is_active and slot.goal is not Goal.RUN:
            self._roster.set_due(slot, now)


def _slot_of(record: SlotRecord, spec: TaskSpec) -> Slot:
    return Slot(spec=spec, **asdict(record, recurse=False))


def slot_record(slot: Slot) -> SlotRecord:
    """What must survive of a slot."""
    return SlotRecord(**{name: getattr(slot, name) for name in fields_dict(SlotRecord)})
