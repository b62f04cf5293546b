"""What operations made of this agent's resources, and those still to be acknowledged (mesos-semantics 5.5, 5.7).

Pure. Each is remembered before it is answered, so that reservations and volumes outlive the agent. Making and deleting
the directories of volumes is ``volume_keeper.py``'s.
"""

from __future__ import annotations

from random import Random
from uuid import UUID

from attrs import frozen

from koinon_core.agent_link import (
    AcknowledgeOperation,
    AgentOperation,
    ApplyOperation,
    OperationUpdate,
    ReconcileOperations,
)
from koinon_core.conversions import Conversion, apply_converted, is_converted, is_volume, plan_conversion
from koinon_core.ids import AgentId, FrameworkId, Uuid, find_id_problem
from koinon_core.offers import Operation
from koinon_core.operations import OperationState, OperationStatus, UuidValue
from koinon_core.resources import Kind, Resources
from koinon_core.roles import find_role_problem

from ..checkpoint.image import AgentImage
from ..checkpoint.records import OperationAcknowledged, OperationEnded, VolumeDeleted
from ..instructions import Checkpoint, ClearVolume, DeleteVolume, Instruction, MakeVolume, Note, Send
from ..repeats import Repeats, ResendDue
from ..settings import FindVolume
from ..timers import Moment, Timers


@frozen(kw_only=True)
class Place:
    """Where an operation is carried out: the agent, what live tasks use of it, and where its volumes are."""

    agent_id: AgentId | None
    used: Resources
    find_volume: FindVolume


class Operations:
    """The agent's resources as they are now. ``total`` has what operations made in the place of what they used."""

    def __init__(self, given: Resources, timers: Timers, rng: Random, image: AgentImage) -> None:
        """``given`` is what the flags say; it holds what ``image`` remembers, or the agent would not have started."""
        self.total = apply_converted(given, image.converted)
        self._rng = rng
        self._repeats: Repeats[Uuid] = Repeats(timers, rng, self._update_about)
        self._waiting: dict[Uuid, AgentOperation] = dict(image.operations)
        self._doomed: dict[str, str] = dict(image.doomed)
        for uuid in self._waiting:
            self._repeats.hold(uuid)

    def as_reported(self) -> tuple[AgentOperation, ...]:
        """Those that wait for an acknowledgement, as the master is told of them at registration."""
        return tuple(self._waiting.values())

    def find_missing(self, resources: Resources) -> Resources:
        """Those reservations and volumes among resources that this agent does not have."""
        kinds = {item.kind for item in self.total}
        return resources.allocated_to(None).filter(lambda kind: is_converted(kind) and kind not in kinds)

    def restore(self, find_volume: FindVolume) -> list[Instruction]:
        """Finish what an earlier life may have left half done to the directories of volumes."""
        return [
            *(DeleteVolume(path=path, trash=trash) for trash, path in self._doomed.items()),
            *(MakeVolume(str(find_volume(item.kind))) for item in self.total if is_volume(item.kind)),
        ]

    def apply(self, order: ApplyOperation, place: Place, now: Moment) -> list[Instruction]:
        """Do what a master says, or say why not."""
        if order.uuid in self._waiting:
            return self._repeats.say(order.uuid, now)
        conversion = plan_conversion(order.operation)
        problem = self._find_problem(order.operation, conversion, place.used)
        if problem is not None or conversion is None:
            return self._end(order, self._status(order, place, problem), {}, now)
        self.total = conversion.apply_to(self.total)
        lost, made = _paths(conversion.consumed, place.find_volume), _paths(conversion.converted, place.find_volume)
        doomed = {_trash(order, number): path for number, path in enumerate(sorted(lost - made))}
        self._doomed |= doomed
        return [
            *self._end(order, self._status(order, place, None), doomed, now),
            *(DeleteVolume(path=path, trash=trash) for trash, path in doomed.items()),
            *(MakeVolume(path) for path in sorted(made - lost)),
        ]

    def _find_problem(self, operation: Operation, conversion: Conversion | None, used: Resources) -> str | None:
        if conversion is None:
            return f"this agent does not carry out {operation.type.name if operation.type else 'unknown operations'}"
        if conversion.consumed not in self.total:
            return f"{self.total} does not contain {conversion.consumed}"
        for item in (*conversion.consumed, *conversion.converted):
            problem = find_volume_problem(item.kind)
            if problem is not None:
                return f"{item}: {problem}"
        in_use = {item.kind for item in used.allocated_to(None) if is_volume(item.kind)}
        busy = next((item for item in conversion.consumed if item.kind in in_use), None)
        return None if busy is None else f"{busy} is used by a task"

    def _status(self, order: ApplyOperation, place: Place, problem: str | None) -> OperationStatus:
        """The end of an operation; to be acknowledged where its framework asked for feedback."""
        uuid = None if order.operation.id is None else self._make_uuid()
        return OperationStatus(
            state=OperationState.OPERATION_FINISHED if problem is None else OperationState.OPERATION_ERROR,
            operation_id=order.operation.id,
            message=problem,
            uuid=uuid,
            agent_id=place.agent_id,
        )

    def _make_uuid(self) -> UuidValue:
        return UuidValue(Uuid(UUID(int=self._rng.getrandbits(128), version=4).bytes))

    def _end(
        self, order: ApplyOperation, status: OperationStatus, doomed: dict[str, str], now: Moment
    ) -> list[Instruction]:
        ended = AgentOperation(
            uuid=order.uuid, operation=order.operation, status=status, framework_id=order.framework_id
        )
        record = OperationEnded(operation=ended, converted=self.total.filter(is_converted), doomed=doomed)
        kind = order.operation.type.name if order.operation.type is not None else "unknown"
        fields = {"operation": kind, "state": status.state.name, "message": status.message or ""}
        instructions: list[Instruction] = [Checkpoint(record), Note("operation_ended", fields)]
        self._waiting[order.uuid] = ended
        instructions += self._repeats.say(order.uuid, now)
        if status.uuid is None:
            self._forget(order.uuid)
        return instructions

    def _forget(self, uuid: Uuid) -> None:
        del self._waiting[uuid]
        self._repeats.settle(uuid)

    def _update_about(self, uuid: Uuid) -> OperationUpdate:
        ended = self._waiting[uuid]
        return OperationUpdate(uuid=uuid, status=ended.status, framework_id=ended.framework_id)

    def acknowledge(self, message: AcknowledgeOperation) -> list[Instruction]:
        """Somebody has taken the end of an operation in."""
        ended = self._waiting.get(message.uuid)
        status_uuid = None if ended is None else ended.status.uuid
        if status_uuid is None or status_uuid.value != message.status_uuid:
            return [Note("operation_acknowledgement_ignored", {"operation": message.uuid.hex()})]
        self._forget(message.uuid)
        return [Checkpoint(OperationAcknowledged(message.uuid))]

    def reconcile(self, message: ReconcileOperations, link: int) -> list[Instruction]:
        """Say of operations the master counts on that they never came here."""
        dropped = OperationStatus(
            state=OperationState.OPERATION_DROPPED, message="Reconciliation: the operation is unknown to the agent"
        )
        return [
            Send(link, OperationUpdate(uuid=uuid, status=dropped))
            for uuid in message.uuids
            if uuid not in self._waiting
        ]

    def forget_volume(self, trash: str) -> list[Instruction]:
        """The data of a destroyed volume are deleted."""
        if self._doomed.pop(trash, None) is None:
            return []
        return [Checkpoint(VolumeDeleted(trash)), ClearVolume(trash)]

    def resume(self, link: int, now: Moment) -> list[Instruction]:
        """A master listens (again): everything that waits is said at once."""
        return self._repeats.resume(link, now)

    def resend_for(self, framework_id: FrameworkId, now: Moment) -> list[Instruction]:
        """A framework is back: repeat what waits for it at once, and soon again if need be."""
        waiting = [uuid for uuid, ended in self._waiting.items() if ended.framework_id == framework_id]
        return [instruction for uuid in waiting for instruction in self._repeats.say(uuid, now)]

    def pause(self) -> None:
        """No master listens any more."""
        self._repeats.pause()

    def resend(self, due: ResendDue, now: Moment) -> list[Instruction]:
        """Repeat what waits for too long."""
        return self._repeats.repeat(Uuid(due.key), now) if isinstance(due.key, bytes) else []


def _paths(resources: Resources, find_volume: FindVolume) -> set[str]:
    return {str(find_volume(item.kind)) for item in resources if is_volume(item.kind)}


def _trash(order: ApplyOperation, number: int) -> str:
    """A name that no other volume on its way out has."""
    return f"{order.uuid.hex()}-{number}"


def find_volume_problem(kind: Kind) -> str | None:
    """Why the directory of a volume must not be made or deleted, or None: the names become a path."""
    if kind.disk is None or kind.disk.persistence is None:
        return None
    problem = find_id_problem(kind.disk.persistence.id)
    return problem if problem is not None else find_role_problem(kind.reserved_role)
