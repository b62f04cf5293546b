"""Who may begin: tasks wait for others to finish, and for services to be up. Looks only at what changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from .outcomes import is_up
from .roster import Roster
from .slot import SlotState
from .spec import DependencyFailure, TaskSpec

_FINAL = tuple(state for state in SlotState if state.is_final)


class Dependencies:
    """The graph of a workload's names."""

    def __init__(self, roster: Roster) -> None:
        self._roster = roster
        self._specs: Mapping[str, TaskSpec] = {}
        self._dependents: dict[str, list[str]] = {}

    def use(self, specs: Mapping[str, TaskSpec]) -> None:
        """These are the tasks from now on."""
        self._specs = specs
        dependents: dict[str, list[str]] = defaultdict(list)
        for spec in specs.values():
            for name in spec.depends_on:
                dependents[name].append(spec.name)
        self._dependents = dict(dependents)

    def dependents(self, name: str) -> list[str]:
        """Who waits for a name."""
        return self._dependents.get(name, [])

    def why_blocked(self, spec: TaskSpec) -> str:
        """What it waits for, in words; empty: nothing."""
        waits = [self._word(name) for name in spec.depends_on if not self._is_met(name, spec)]
        return f"waits for {', '.join(waits)}" if waits else ""

    def why_never(self, spec: TaskSpec) -> str:
        """What it waits for in vain, in words; empty: nothing."""
        if spec.on_dependency_failure is DependencyFailure.RUN:
            return ""
        return next((why for name in spec.depends_on if (why := self._broken(name))), "")

    def _is_met(self, name: str, by: TaskSpec) -> bool:
        ends = _FINAL if by.on_dependency_failure is DependencyFailure.RUN else (SlotState.FINISHED,)
        if self._is_service(name):
            return all(is_up(slot) or slot.state in ends for slot in self._roster.of(name))
        return self._roster.count(name, *ends) == self._roster.total(name)

    def _broken(self, name: str) -> str:
        bad = [state for state in _FINAL if state is not SlotState.FINISHED or self._is_service(name)]
        for state in bad:
            if self._roster.count(name, state):
                return f"{name} {'was ' if state in (SlotState.KILLED, SlotState.SKIPPED) else ''}{state.value}"
        return ""

    def _word(self, name: str) -> str:
        total = self._roster.total(name)
        if self._is_service(name):
            return f"{name} ({sum(map(is_up, self._roster.of(name)))} of {total} up)"
        return f"{name} ({self._roster.count(name, SlotState.FINISHED)} of {total} finished)"

    def _is_service(self, name: str) -> bool:
        spec = self._specs.get(name)
        return spec is not None and spec.is_service
