"""What the machine asks of plugins while it decides: is it valid, may it run there, what is launched. Pure.

A plugin that raises, or answers what it must not, is named in a refusal and reported; the machine goes on. A broken
validator refuses the change, a broken veto the offer, a broken processor the launch: what guards stays shut.
"""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import attrs

from koinon_core.offers import Offer
from koinon_core.tasks import TaskInfo

from ..definition.path_ids import PathId
from ..definition.problems import Problem, Rejection, invalid_object
from ..definition.run_specs import RunSpec
from .interface import Definition, OfferVeto, SpecValidator, TaskProcessor

PluginT = TypeVar("PluginT")
Report = Callable[[str, str, Exception], None]
"""Takes a plugin's id, what it was asked, and what it raised."""


@attrs.frozen
class Named(Generic[PluginT]):
    """A plugin and the id that the configuration gives it."""

    id: str
    made: PluginT


@attrs.frozen
class TaskWithheld:
    """Why a task must not be launched: a processor failed on it."""

    message: str


def _ignore(_plugin: str, _asked: str, _error: Exception) -> None:
    """Nobody wants to know."""


def _describe_nothing(_spec: RunSpec) -> Definition:
    return {}


@attrs.frozen(kw_only=True)
class SpecHooks:
    """The plugins that have a say in definitions and launches. `describe` makes what they are given of a definition."""

    validators: tuple[Named[SpecValidator], ...] = ()
    processors: tuple[Named[TaskProcessor], ...] = ()
    vetoes: tuple[Named[OfferVeto], ...] = ()
    describe: Callable[[RunSpec], Definition] = _describe_nothing
    report: Report = _ignore
    _described: dict[PathId, tuple[RunSpec, Definition]] = attrs.field(factory=dict, init=False, eq=False, repr=False)

    def validate(self, specs: Iterable[RunSpec]) -> Rejection | None:
        """What the validators find wrong with new or changed definitions: 422, or 500 where one is broken itself."""
        if not self.validators:
            return None
        changed = list(specs)
        problems: list[Problem] = []
        for spec in changed:
            about = "" if len(changed) == 1 else f"{spec.id}: "
            for validator in self.validators:
                try:
                    found = validator.made.validate(self._definition(spec))
                    problems += [Problem(str(path), f"{about}{message}") for path, message in found]
                except Exception as error:  # noqa: BLE001 (whatever a plugin raises is its own failure)
                    self.report(validator.id, f"validate {spec.id}", error)
                    return Rejection(500, f"Plugin '{validator.id}' failed to validate '{spec.id}': {_told(error)}")
        return invalid_object(problems) if problems else None

    def find_veto(self, spec: RunSpec, offer: Offer) -> str | None:
        """Why a plugin keeps the definition from an offer; None: none does."""
        for veto in self.vetoes:
            try:
                why = veto.made.explain_refusal(self._definition(spec), offer)
            except Exception as error:  # noqa: BLE001
                self.report(veto.id, f"explain_refusal {spec.id}", error)
                return f"plugin {veto.id} failed: {_told(error)}"
            if why is not None:
                return f"plugin {veto.id}: {why}"
        return None

    def process(self, spec: RunSpec, task: TaskInfo) -> TaskInfo | TaskWithheld:
        """The task as the processors, one after the other, want it launched."""
        for processor in self.processors:
            try:
                task = _checked(task, processor.made.process(self._definition(spec), task))
            except Exception as error:  # noqa: BLE001
                self.report(processor.id, f"process {task.task_id}", error)
                return TaskWithheld(f"plugin {processor.id} failed: {_told(error)}")
        return task

    def _definition(self, spec: RunSpec) -> Definition:
        """Described once for each version; what is gone is forgotten when there is much of it."""
        known = self._described.get(spec.id)
        if known is not None and known[0] is spec:
            return known[1]
        if len(self._described) > _MOST_DESCRIBED:
            self._described.clear()
        definition = self.describe(spec)
        self._described[spec.id] = (spec, definition)
        return definition


_MOST_DESCRIBED = 20_000


def _checked(before: TaskInfo, after: object) -> TaskInfo:
    """What a processor returned, if it is still the task that was matched and stored."""
    if not isinstance(after, TaskInfo):
        raise TypeError(f"it returned {type(after).__name__}, no TaskInfo")
    for name in ("task_id", "agent_id", "resources"):
        if getattr(after, name) != getattr(before, name):
            raise ValueError(f"it changed {name}, which is settled")
    return after


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
