"""Wanted tasks on offers: each goes to the first offer, in the order of a strategy, that it fits on. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from attrs import define, field, frozen

from koinon_core.ids import ExecutorId, OfferId
from koinon_core.offers import Offer
from koinon_core.resources import NOTHING, Kind, Resources

from .fitting import Circumstances, Fitting, Needs, Room, find_role_refusal, fit
from .host_ports import port_resources
from .placement import Placement
from .plan import FilledOffer, PlacedTask, PlacementPlan, Unplaced
from .refusals import REASON_OF_SCALAR, Refusal, RefusalReason, in_funnel_order
from .strategies import FirstFit, Strategy
from .taking import is_plain
from .tally import Tally
from .wanted import WantedTask

_LEFT_OUT = Refusal(RefusalReason.UNFULFILLED_CONSTRAINT, "the strategy leaves this offer out")
_FIRST_FIT = FirstFit()


@frozen(kw_only=True)
class PlacingRules(Circumstances):
    """What holds for every task of a plan."""

    strategy: Strategy = _FIRST_FIT
    keeps_gpus: bool = False
    """Whether agents with GPUs are left to tasks that ask for some."""


_PLAIN_RULES = PlacingRules()


def place(
    wanted: Sequence[WantedTask],
    offers: Sequence[Offer],
    placed: Mapping[str, Sequence[Placement]] | None = None,
    rules: PlacingRules = _PLAIN_RULES,
    rng: Random | None = None,
) -> PlacementPlan:
    """Place each task that fits somewhere, the first first; one that fits nowhere keeps nobody behind it waiting.

    `placed` says where tasks of each group run already, oldest first; constraints count these and those of the plan.
    `rng` spreads dynamic ports over those offered; without it they are the lowest.
    """
    return _Placing(rules, offers, placed or {}, rng).run(wanted)


@define
class _Table:
    """A room with what is to start there."""

    room: Room
    launches: list[PlacedTask] = field(factory=list)
    executors: set[ExecutorId] = field(factory=set)
    """Those that run there, or are to be started by a launch of the plan."""
    refused: dict[Needs, tuple[Refusal, ...]] = field(factory=dict)
    """Whom no constraint refused, since the last launch here: he is refused again."""


@frozen
class _MayUse:
    """The kinds a task may use: fit for any use, and reserved for its roles or for nobody."""

    roles: frozenset[str] | None

    def __call__(self, kind: Kind) -> bool:
        return is_plain(kind) and (self.roles is None or kind.reserved_role in self.roles)


class _Placing:
    """One plan while it is made."""

    def __init__(
        self,
        rules: PlacingRules,
        offers: Sequence[Offer],
        placed: Mapping[str, Sequence[Placement]],
        rng: Random | None,
    ) -> None:
        self._rules = rules
        self._rng = rng
        self._tables = {offer.id: _Table(Room.whole(offer), executors=set(offer.executor_ids)) for offer in offers}
        self._rooms = tuple(table.room for table in self._tables.values())
        self._given = placed
        self._placed: dict[str, Tally] = {}

    def run(self, wanted: Sequence[WantedTask]) -> PlacementPlan:
        """Place them in turn."""
        unplaced = [each for task in wanted if (each := self._place(task)) is not None]
        filled = (
            FilledOffer(offer=table.room.offer, launches=tuple(table.launches), leftover=table.room.left)
            for table in self._tables.values()
        )
        return PlacementPlan(offers=tuple(filled), unplaced=tuple(unplaced))

    def _place(self, task: WantedTask) -> Unplaced | None:
        needs = _needs(task, self._rules)
        placed = self._placed_of(task.counted_as)
        refusals: dict[OfferId, tuple[Refusal, ...]] = {}
        for room in self._rules.strategy.rank(task, self._rooms, placed):
            refused = self._try(task, needs, self._tables[room.offer.id], placed)
            if not refused:
                return None
            refusals[room.offer.id] = refused
        return Unplaced(task, {offer_id: refusals.get(offer_id, (_LEFT_OUT,)) for offer_id in self._tables})

    def _placed_of(self, group: str) -> Tally:
        if group not in self._placed:
            self._placed[group] = Tally(self._given.get(group, ()))
        return self._placed[group]

    def _try(self, task: WantedTask, needs: Needs, table: _Table, placed: Tally) -> tuple[Refusal, ...]:
        """Launch it here, or say why not."""
        refusal = find_role_refusal(table.room.offer, task.role, needs.owner)
        if refusal is not None:
            return (refusal,)
        executor = _executor_resources(task, table)
        is_simple = not executor and not needs.constraints
        if is_simple and needs in table.refused:
            return table.refused[needs]
        found = fit(_beside(table.room, executor), needs, placed, self._rules, self._rng)
        refusals = in_funnel_order((*found.refusals, *_find_shortage(executor, table.room.left)))
        if not refusals:
            _launch(task, table, found, executor)
            placed.append(table.room.placement)
        elif is_simple:
            table.refused[needs] = refusals
        return refusals


def _needs(task: WantedTask, rules: PlacingRules) -> Needs:
    return Needs(
        accepted_roles=task.accepted_roles,
        may_use=_MayUse(task.accepted_roles),
        scalars=task.scalars(),
        ports=(*task.host_ports, *(0,) * task.ports),
        constraints=task.constraints,
        avoids_gpus=rules.keeps_gpus and not task.gpus,
    )


def _executor_resources(task: WantedTask, table: _Table) -> Resources:
    """What its executor takes as well, unless it is there already. They are to be the same in each launch."""
    if task.executor is None or task.executor.executor_id in table.executors:
        return NOTHING
    info = table.room.offer.allocation_info
    return task.executor.resources.allocated_to(info.role if info is not None else None)


def _beside(room: Room, executor: Resources) -> Room:
    """What a task finds where its executor takes its part first."""
    if not executor:
        return room
    return Room(offer=room.offer, placement=room.placement, left=room.left.without(executor))


def _find_shortage(executor: Resources, left: Resources) -> list[Refusal]:
    """What an executor lacks, kind by kind: what is reserved otherwise than it says is not there for it."""
    found = []
    for item in executor:
        if Resources((item,)) not in left:
            there = Resources(tuple(one for one in left if one.kind == item.kind))
            message = f"{item} wanted for the executor, {there} offered"
            found.append(Refusal(REASON_OF_SCALAR.get(item.name, RefusalReason.INSUFFICIENT_PORTS), message))
    return found


def _launch(task: WantedTask, table: _Table, found: Fitting, executor: Resources) -> None:
    ports = tuple(port.number for port in found.ports if port is not None)
    taken = found.taken + port_resources(found.usable, ports)
    room = table.room
    room.carve(taken + executor)
    table.refused.clear()
    if task.executor is not None:
        table.executors.add(task.executor.executor_id)
    info = task.task_info(room.offer, taken)
    table.launches.append(PlacedTask(wanted=task, task=info, placement=room.placement, ports=ports))
