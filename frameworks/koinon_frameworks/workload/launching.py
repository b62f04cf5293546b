"""Offers in, launches and declined offers out: which slots are tried, what they become, what refused them.

Choosing among offers is the strategy's, fitting the matcher's (``matching``). No offer is held: each is answered at
once.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from attrs import evolve

from koinon_core.ids import TaskId
from koinon_core.offers import Offer
from koinon_core.scalars import Scalar
from koinon_core.tasks import TaskInfo

from ..matching import (
    BestFit,
    FilledOffer,
    FirstFit,
    PlacedTask,
    Placement,
    PlacementPlan,
    PlacingRules,
    WantedTask,
    place,
)
from .instructions import Decline, Launch
from .outcomes import is_up
from .refusals import Refusals
from .roster import Roster
from .shape import Shape
from .slot import Attempt, Slot, Trigger
from .task_building import build_task, executor_id_of, port_numbers, wanted_task

_SCALARS = ("cpus", "mem", "disk", "gpus")


class Launching:
    """Makes attempts of offers."""

    def __init__(self, roster: Roster, rules: PlacingRules, rng: Random, token: str) -> None:
        """``token`` is in all task ids of this run, so that no two runs ever launch the same."""
        self._roster = roster
        self._rules = rules
        self._rng = rng
        self._token = token
        self._refusals: dict[Shape, Refusals] = {}

    def take(self, offers: Sequence[Offer], now: float) -> list[Launch | Decline]:
        """Answer offers of one moment."""
        tried = self._choose(offers)
        if not tried:
            return [Decline(tuple(offer.id for offer in offers), is_wanted=False)] if offers else []
        wanted = [wanted_task(slot, task_id) for task_id, slot in tried.items()]
        rules = evolve(self._rules, now=now)
        plan = place(wanted, offers, self._placed(wanted), rules, self._rng)
        launches = [self._launch(filled, tried, now) for filled in plan.offers if filled.launches]
        self._note_refusals(plan, tried, offers)
        is_wanted = self._roster.has_waiting
        return [*launches, *([Decline(plan.unused, is_wanted=is_wanted)] if plan.unused else [])]

    def refusals_of(self, slot: Slot) -> Refusals:
        """Why it still waits."""
        return self._refusals.get(slot.shape) or Refusals()

    def _choose(self, offers: Sequence[Offer]) -> dict[TaskId, Slot]:
        """Of each shape as many as could fit, and one that will say why no more do; the most urgent first."""
        chosen = [
            slot
            for shape, slots in self._roster.waiting().items()
            for slot, _ in zip(slots.values(), range(_most_that_fit(shape, offers) + 1), strict=False)
        ]
        chosen.sort(key=lambda slot: (-slot.spec.priority, slot.rank))
        return {self._next_id(slot): slot for slot in chosen}

    def _next_id(self, slot: Slot) -> TaskId:
        return TaskId(f"{slot.key}.{slot.serial + 1}-{self._token}")

    def _placed(self, wanted: Sequence[WantedTask]) -> dict[str, list[Placement]]:
        """Where others of a name run, the oldest first."""
        found: dict[str, list[Placement]] = {}
        ask = not isinstance(self._rules.strategy, FirstFit | BestFit)
        for name in {task.name for task in wanted if ask or task.constraints}:
            attempts = [slot.attempt for slot in self._roster.active(name) if slot.attempt is not None]
            found[name] = [each.placement for each in sorted(attempts, key=lambda each: each.launched_at)]
        return found

    def _launch(self, filled: FilledOffer, tried: dict[TaskId, Slot], now: float) -> Launch:
        address = _address(filled.offer)
        tasks = [self._begin(tried[placed.task.task_id], placed, address, now) for placed in filled.launches]
        return Launch(offer_id=filled.offer.id, tasks=tuple(tasks))

    def _begin(self, slot: Slot, placed: PlacedTask, address: str, now: float) -> TaskInfo:
        ports = port_numbers(slot.spec, placed)
        services = {name: self._addresses(name) for name in slot.spec.depends_on}
        task = build_task(slot, placed, ports, services)
        self._roster.bind(
            slot,
            Attempt(
                task_id=task.task_id,
                agent_id=task.agent_id,
                placement=placed.placement,
                address=address,
                ports=ports,
                executor_id=executor_id_of(slot.spec),
                launched_at=now,
            ),
        )
        self._roster.move(slot, Trigger.LAUNCH, now)
        self._refusals.pop(slot.shape, None)
        return task

    def _addresses(self, name: str) -> list[str]:
        """Where the instances of a service can be reached: the agent and the first port of each that is up."""
        attempts = [slot.attempt for slot in self._roster.active(name) if is_up(slot) and slot.attempt is not None]
        return [f"{each.address}:{each.ports[0]}" for each in attempts if each.ports]

    def _note_refusals(self, plan: PlacementPlan, tried: dict[TaskId, Slot], offers: Sequence[Offer]) -> None:
        """One for each shape: what refuses one refuses all of it."""
        hostnames = {offer.id: offer.hostname for offer in offers}
        by_shape = {tried[unplaced.wanted.task_id].shape: unplaced for unplaced in plan.unplaced}
        for shape, unplaced in by_shape.items():
            self._refusals.setdefault(shape, Refusals()).note(unplaced, hostnames)


def _address(offer: Offer) -> str:
    """What reaches the agent even where nobody resolves its name."""
    return offer.hostname if offer.url is None else offer.url.address.ip or offer.hostname


def _most_that_fit(shape: Shape, offers: Sequence[Offer]) -> int:
    """No more than this can fit, whatever the matcher finds."""
    return sum(_most_on_one(shape, offer) for offer in offers)


def _most_on_one(shape: Shape, offer: Offer) -> int:
    bounds = [
        offer.resources.scalar(name).thousandths // needed
        for name, amount in zip(_SCALARS, shape.amounts, strict=True)
        if (needed := Scalar.of(amount).thousandths)
    ]
    if shape.ports:
        bounds.append(len(offer.resources.ranges("ports")) // len(shape.ports))
    return min(bounds, default=_UNBOUNDED)


_UNBOUNDED = 1000
"""Tasks that take nothing, as their executor has taken it, tried on one offer."""
