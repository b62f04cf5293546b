"""Windows in which machines are to be away, machines that are down, and what follows for their agents
(mesos-semantics 10, mesos-operator-api 5).

Offers of scheduled machines say when those will be away, and frameworks are asked to leave (``inverse_offers``).
Nothing is enforced before an operator takes a machine down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from attrs import evolve, frozen

from koinon_core.agent_link import ShutdownAgent
from koinon_core.maintenance import InverseOfferStatus, MachineId, MachineMode, Schedule, Window
from koinon_core.operator_api import StartMaintenance, StopMaintenance, UpdateMaintenanceSchedule

from ..agents.loss import AgentLoss
from ..entities import Agent
from ..events import OperatorCallReceived, RequestId
from ..offer_book import OfferBook
from ..registry.records import MaintenanceRecord, SetMaintenance
from ..state import ClusterState
from ..validation.maintenance import find_schedule_problem, find_start_problem, find_stop_problem
from .inverse_offers import InverseOffers, rescind_inverse_offers
from .machines import Machines, canonical

TAKEN_DOWN = "Operator initiated 'Machine DOWN'"


@frozen
class DrainingMachine:
    """A scheduled machine that is not down, and what frameworks said to leaving it."""

    id: MachineId
    statuses: tuple[InverseOfferStatus, ...] = ()


@frozen(kw_only=True)
class MaintenanceStatus:
    """Which machines are to be away, and which are."""

    draining_machines: tuple[DrainingMachine, ...] = ()
    down_machines: tuple[MachineId, ...] = ()


def maintenance_status(state: ClusterState) -> MaintenanceStatus:
    """Where every scheduled machine stands, in the words of the schedule."""
    statuses: dict[MachineId, list[InverseOfferStatus]] = {}
    for agent_id, answers in state.inverse_answers.items():
        agent = state.agents.get(agent_id)
        machine = None if agent is None else state.machines.machine_of(agent.info.hostname, agent.ip)
        if machine is not None:
            statuses.setdefault(machine, []).extend(answers.values())
    named = [machine for window in state.schedule.windows for machine in window.machine_ids]
    down = [machine for machine in named if state.machines.mode(machine) is MachineMode.DOWN]
    draining = (
        DrainingMachine(machine, tuple(statuses.get(canonical(machine), ())))
        for machine in named
        if state.machines.mode(machine) is MachineMode.DRAINING
    )
    return MaintenanceStatus(draining_machines=tuple(draining), down_machines=tuple(down))


class Maintenance:
    """Operators' plans for machines."""

    def __init__(self, state: ClusterState, offers: OfferBook, loss: AgentLoss, inverse: InverseOffers) -> None:
        self._state = state
        self._offers = offers
        self._loss = loss
        self._inverse = inverse
        self._planned = Machines()
        """What will be once all that waits for the registry is durable: calls are judged by it."""

    def recover(self, record: MaintenanceRecord) -> None:
        """Take over what an earlier leader stored."""
        self._planned.set(record)
        self._state.machines.set(record)

    def update_schedule(self, event: OperatorCallReceived, call: UpdateMaintenanceSchedule, _: float) -> None:
        """Replace the whole schedule."""
        problem = find_schedule_problem(call.schedule, self._planned)
        record = evolve(self._planned.record, schedule=call.schedule)
        self._plan(event.request, problem, record, lambda: None)

    def start(self, event: OperatorCallReceived, call: StartMaintenance, _: float) -> None:
        """Take scheduled machines down, and their agents with them."""
        record, named = self._planned.record, frozenset(map(canonical, call.machines))
        problem = find_start_problem(call.machines, self._planned)
        down = (*record.down, *sorted(named, key=str))
        self._plan(event.request, problem, evolve(record, down=down), self._shut_down)

    def stop(self, event: OperatorCallReceived, call: StopMaintenance, _: float) -> None:
        """Take machines that are down up: they leave the schedule, and their agents are welcome."""
        record, named = self._planned.record, frozenset(map(canonical, call.machines))
        problem = find_stop_problem(call.machines, self._planned)
        after = MaintenanceRecord(
            schedule=_without(record.schedule, named),
            down=tuple(machine for machine in record.down if canonical(machine) not in named),
        )
        self._plan(event.request, problem, after, lambda: None)

    def _plan(
        self, request: RequestId, problem: str | None, record: MaintenanceRecord, then: Callable[[], None]
    ) -> None:
        if problem is not None:
            self._state.answer(request, 400, problem)
            return
        self._planned.set(record)
        self._state.store(SetMaintenance(record), partial(self._planned_is_stored, request, record, then))

    def _planned_is_stored(
        self, request: RequestId, record: MaintenanceRecord, then: Callable[[], None], _: float
    ) -> None:
        self._state.machines.set(record)
        for agent in self._state.agents.values():
            self.place(agent)
        then()
        self._inverse.make(tuple(self._state.unavailable))
        self._state.answer(request, 200)

    def place(self, agent: Agent) -> None:
        """Settle when an agent is to be away; what it offers, or was asked to give up, says so from now on."""
        state = self._state
        self._planned.meet(agent.info.hostname, agent.ip)
        before = state.unavailable.get(agent.id)
        after = state.machines.unavailability(agent.info.hostname, agent.ip)
        if before == after:
            return
        if after is None:
            del state.unavailable[agent.id]
        else:
            state.unavailable[agent.id] = after
        self._offers.rescind(agent.offers, "when the agent is to be away for maintenance changed")
        rescind_inverse_offers(state, agent.id)

    def _shut_down(self) -> None:
        for agent in tuple(self._state.agents.values()):
            if self._state.machines.is_down(agent.info.hostname, agent.ip):
                self._state.order(agent, ShutdownAgent(TAKEN_DOWN))
                self._loss.remove(agent, TAKEN_DOWN)


def _without(schedule: Schedule, machines: Iterable[MachineId]) -> Schedule:
    gone = frozenset(machines)
    windows = (
        Window(
            unavailability=window.unavailability,
            machine_ids=tuple(machine for machine in window.machine_ids if canonical(machine) not in gone),
        )
        for window in schedule.windows
    )
    return Schedule(tuple(window for window in windows if window.machine_ids))
