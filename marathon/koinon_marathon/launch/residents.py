"""Instances with persistent volumes on an offer: marathon-semantics 13.

Who has something set aside there and may launch on it, who sets something aside now, and what is given back because
nobody needs it any more. Launching itself is `launching`, how resources are marked `reserved_resources`.
"""

import attrs

from koinon_core.ids import AgentId
from koinon_core.offers import Offer, Operation
from koinon_core.resources import Resources
from koinon_frameworks.matching.refusals import Refusal, RefusalReason

from ..definition.path_ids import safe_name
from ..definition.run_specs import RunSpec
from ..instance.instance_changes import apply
from ..instance.instance_update import expunge, reserve
from ..instance.instances import Instance, InstanceId
from ..instance.reservations import LocalVolume, Reservation
from ..state import State
from ..turn import Turn
from .matcher import Holding, Match, OpenOffer
from .reserved_resources import NewVolume, Owner, freeing_operations, owned, reserving_operations


@attrs.frozen(kw_only=True)
class Residents:
    """Whose resources an offer carries: waiting instances with what they hold, and what belongs to nobody."""

    waiting: tuple[tuple[Instance, Holding], ...] = ()
    orphaned: tuple[tuple[InstanceId, Resources], ...] = ()


def find_residents(state: State, offer: Offer) -> Residents:
    """Sort what the offer carries by the instance it is set aside for; who runs or is stopped keeps it unseen."""
    waiting: list[tuple[Instance, Holding]] = []
    orphaned: list[tuple[InstanceId, Resources]] = []
    for owner, resources in owned(offer.resources, state.framework_id).items():
        instance = state.instances.get(owner)
        reservation = None if instance is None else instance.reservation
        if instance is None or reservation is None or reservation.agent_id != offer.agent_id or instance.is_to_be_freed:
            orphaned.append((owner, resources))
        elif instance.is_waiting:
            waiting.append((instance, Holding(resources, reservation.volumes, instance.role)))
    return Residents(waiting=tuple(waiting), orphaned=tuple(orphaned))


def free_orphaned(turn: Turn, residents: Residents) -> list[Operation]:
    """Give back what nobody needs; an instance that was kept for that alone is forgotten."""
    operations: list[Operation] = []
    for owner, resources in residents.orphaned:
        operations += freeing_operations(resources)
        instance = turn.state.instances.get(owner)
        if instance is not None and instance.is_to_be_freed:
            apply(turn, expunge(instance))
    return operations


def forget_agent(turn: Turn, agent_id: AgentId) -> None:
    """An agent is gone: nothing is to be given back there. Should it return, what it has then belongs to nobody."""
    if not turn.state.instances.roles_to_free:
        return
    for instance in tuple(turn.state.instances.all().values()):
        reservation = instance.reservation
        if instance.is_to_be_freed and reservation is not None and reservation.agent_id == agent_id:
            apply(turn, expunge(instance))


def set_aside(turn: Turn, spec: RunSpec, instance: Instance, match: Match, place: OpenOffer) -> tuple[Operation, ...]:
    """Reserve what `match` chose for the instance, which goes on waiting for the offer that carries it."""
    options, framework_id = turn.state.options, turn.state.framework_id
    if framework_id is None:
        raise RuntimeError("offers came before the master said who we are")
    owner = Owner(framework_id=framework_id, instance_id=instance.id, role=spec.role, principal=options.principal)
    volumes = [NewVolume(disk, f"{safe_name(spec.id)}#{disk.path}#{turn.make_uuid()}") for disk in match.disks]
    reservation = Reservation(
        agent_id=place.offer.agent_id,
        placement=place.placement,
        volumes=tuple(LocalVolume(volume.persistence_id) for volume in volumes),
        deadline=turn.now + options.task_reservation_timeout,
    )
    apply(turn, reserve(instance, reservation, spec))
    return reserving_operations(owner, match.resources, volumes)


def launching_roles(state: State, spec: RunSpec) -> frozenset[str]:
    """The roles whose offers waiting instances launch on: what is set aside keeps the role that it had then."""
    if not spec.is_resident:
        return frozenset({spec.role})
    waiting = (state.instances.get(one) for one in state.queue.waiting(spec.id))
    return frozenset(spec.role if one.reservation is None else one.role for one in waiting if one is not None)


def first_without_reservation(state: State, spec: RunSpec) -> Instance | None:
    """The longest waiting instance that may launch anywhere."""
    if not spec.is_resident:
        found = state.queue.first_waiting(spec.id)
        return None if found is None else state.instances.get(found)
    waiting = (state.instances.get(one) for one in state.queue.waiting(spec.id))
    return next((one for one in waiting if one is not None and one.reservation is None), None)


def elsewhere(state: State, spec: RunSpec) -> Refusal | None:
    """Why an offer does nothing for instances that wait for what they have set aside; None where none waits."""
    held = [
        one.reservation.placement.hostname
        for path in state.queue.waiting(spec.id)
        if (one := state.instances.get(path)) is not None and one.reservation is not None
    ]
    if not held:
        return None
    message = f"the instance's volumes are on {', '.join(dict.fromkeys(held))}, and it launches nowhere else"
    return Refusal(RefusalReason.NO_CORRESPONDING_RESERVATION_FOUND, message)
