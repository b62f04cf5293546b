"""What the owner of a workload wants changed while it runs: an end, more or fewer, other tasks."""

from __future__ import annotations

from collections.abc import Mapping

from .dependencies import Dependencies
from .instructions import CountRecord, KillTask
from .lifecycle import Lifecycle
from .outcomes import is_up
from .roster import Roster
from .slot import Goal, Slot, SlotKey, SlotState
from .spec import TaskSpec
from .task_building import fingerprint

_FEWER = "fewer are wanted"
_NOT_WANTED = "it is not wanted any more"
_CHANGED = "its description changed"


class Wishes:
    """The tasks wanted now, and how slots are brought there."""

    def __init__(self, roster: Roster, lifecycle: Lifecycle, dependencies: Dependencies) -> None:
        self._roster = roster
        self._lifecycle = lifecycle
        self._dependencies = dependencies
        self.specs: dict[str, TaskSpec] = {}
        self.scaled: dict[str, CountRecord] = {}
        self._fingerprints: dict[str, str] = {}
        self._rolling: dict[str, None] = {}

    def count_of(self, name: str) -> int:
        """How many are wanted."""
        scaled = self.scaled.get(name)
        return self.specs[name].count if scaled is None else scaled.count

    def declare(self, specs: Mapping[str, TaskSpec], scaled: Mapping[str, CountRecord]) -> None:
        """These are wanted; ``scaled`` where their owner wanted another number of the same declaration."""
        self.specs = dict(specs)
        self.scaled = {
            name: record for name, record in scaled.items() if name in specs and specs[name].count == record.declared
        }
        self._fingerprints = {name: fingerprint(spec) for name, spec in specs.items()}
        self._dependencies.use(self.specs)

    def replace(self, specs: Mapping[str, TaskSpec], now: float) -> list[KillTask]:
        """Let these be wanted instead of those before."""
        self.declare(specs, self.scaled)
        kills: list[KillTask] = []
        for slot in list(self._roster):
            if slot.key.name not in self.specs:
                kills += self.dismiss(slot, _NOT_WANTED, now)
            else:
                kills += self.renew(slot, now)
        for name in self.specs:
            kills += self.fill(name, now)
        return kills

    def scale(self, name: str, count: int, now: float) -> list[KillTask]:
        """So many of a name from now on. Instances of a service that had been given up are wanted anew."""
        self.scaled[name] = CountRecord(name, self.specs[name].count, count)
        for slot in self._roster.of(name):
            if slot.spec.is_service and slot.state.is_final:
                self._roster.remove(slot)
        return self.fill(name, now)

    def end(self, name: str | None, index: int | None, why: str, now: float) -> list[KillTask]:
        """Tasks that are to end and not to be tried again."""
        kills: list[KillTask] = []
        for slot in list(self._roster) if name is None else self._roster.of(name):
            if index is None or slot.key.index == index:
                kills += self._lifecycle.want_end(slot, Goal.END, why, now)
        return kills

    def fill(self, name: str, now: float) -> list[KillTask]:
        """As many slots as are wanted: those with the highest numbers go first, gaps are filled."""
        count, kills = self.count_of(name), list[KillTask]()
        for slot in self._roster.of(name):
            if slot.key.index >= count:
                kills += self.dismiss(slot, _FEWER, now)
        present = {slot.key.index for slot in self._roster.of(name)}
        for index in range(count):
            if index not in present:
                self._roster.add(self._new_slot(name, index, now))
        return kills

    def dismiss(self, slot: Slot, why: str, now: float) -> list[KillTask]:
        """It is to end and to be forgotten."""
        slot.is_leaving = True
        kills = self._lifecycle.want_end(slot, Goal.END, why, now)
        if slot.state.is_final:
            self._roster.remove(slot)
        return kills

    def renew(self, slot: Slot, now: float) -> list[KillTask]:
        """Let it have its name's description: at once, or, where its task would run on by an older one, by another."""
        name = slot.key.name
        spec, wanted = self.specs[name], self._fingerprints[name]
        if not slot.state.is_active or slot.fingerprint == wanted:
            self._roster.take_spec(slot, spec, wanted)
        elif spec.is_service:
            self._rolling[name] = None
            self._roster.stir(name)
        else:
            return self._begin_again(slot, now)
        return []

    def roll(self, now: float) -> list[KillTask]:
        """Replace services by and by: one instance of each at a time, and the next when all are up."""
        kills: list[KillTask] = []
        for name in list(self._rolling):
            slots = self._roster.of(name)
            old = [slot for slot in slots if self._is_old(slot)]
            if not old:
                del self._rolling[name]
            down = [slot for slot in slots if not slot.state.is_final and not is_up(slot)]
            useless = [slot for slot in old if slot in down]
            for slot in useless or (old[:1] if not down else []):
                kills += self._begin_again(slot, now)
        return kills

    def settle_ended(self, slot: Slot, now: float) -> None:
        """Forget a slot that is not wanted, once its task has ended; describe one anew that has made way."""
        name = slot.key.name
        if self._roster.get(slot.key) is not slot:
            return
        if slot.is_leaving and slot.state.is_final:
            self._roster.remove(slot)
            if name in self.specs and slot.key.index < self.count_of(name):
                self._roster.add(self._new_slot(name, slot.key.index, now))
        elif slot.state is SlotState.DELAYED and name in self.specs and slot.fingerprint != self._fingerprints[name]:
            self._roster.take_spec(slot, self.specs[name], self._fingerprints[name])

    def _is_old(self, slot: Slot) -> bool:
        is_going = slot.state is SlotState.ENDING
        return slot.state.is_active and not is_going and slot.fingerprint != self._fingerprints.get(slot.key.name)

    def _begin_again(self, slot: Slot, now: float) -> list[KillTask]:
        return self._lifecycle.want_end(slot, Goal.AGAIN, _CHANGED, now)

    def _new_slot(self, name: str, index: int, now: float) -> Slot:
        return Slot(
            key=SlotKey(name, index),
            spec=self.specs[name],
            fingerprint=self._fingerprints[name],
            state=SlotState.BLOCKED,
            since=now,
        )
