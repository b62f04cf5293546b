"""One launch against what is left of one offer: what it would take, or every reason why not (marathon-semantics 10).

The matcher of Marathon and of every framework written on the SDK. Each says what it needs by ``Needs``, and may add
reasons of its own to those found here. Which launch is tried on which offer, and in what order, is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from attrs import define, frozen

from koinon_core.agents import Unavailability
from koinon_core.offers import Offer
from koinon_core.resources import NOTHING, Kind, Resources
from koinon_core.scalars import Scalar

from .constraints import Constraint, check
from .host_ports import HostPort, PortShortage, choose_host_ports, port_pools
from .placement import Placement
from .refusals import REASON_OF_SCALAR, Refusal, RefusalReason
from .taking import take_scalars

_OF_PLACE = {"@region", "@zone"}


@frozen(kw_only=True)
class Circumstances:
    """What holds for every match. ``home_region`` is the masters' own; ``now`` in seconds since 1970."""

    home_region: str | None = None
    now: float | None = None
    """None: nobody looks whether an agent is to be away for maintenance."""
    draining_seconds: float = 0.0
    """So long before a maintenance window nothing is launched any more."""


@frozen(kw_only=True)
class Needs:
    """What one launch needs of an offer, however its owner describes it. ``owner`` is what sentences call it."""

    owner: str = "task"
    accepted_roles: frozenset[str] | None = None
    """The roles whose reservations it may use, as sentences name them; ``may_use`` is what decides."""
    may_use: Callable[[Kind], bool]
    held: Resources | None = None
    """What is set aside for it already: it takes of that and of nothing else."""
    scalars: tuple[tuple[str, float], ...] = ()
    ports: tuple[int | None, ...] = ()
    """As ``choose_host_ports`` wants them."""
    constraints: tuple[Constraint, ...] = ()
    avoids_gpus: bool = False
    """Agents with GPUs are left to those who ask for some."""


@frozen(kw_only=True)
class Fitting:
    """What was found. ``usable`` is nothing where the offer is none for it, and then nothing else was looked at."""

    usable: Resources = NOTHING
    taken: Resources = NOTHING
    """The scalars it would take: of those that are refused nothing."""
    ports: tuple[HostPort | None, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    """Why not, in the order they were found; none: it fits."""


@define(kw_only=True)
class Room:
    """An offer while launches are carved out of it."""

    offer: Offer
    placement: Placement
    left: Resources

    @classmethod
    def whole(cls, offer: Offer) -> Room:
        """The offer, untouched."""
        return Room(offer=offer, placement=placement_of(offer), left=offer.resources)

    def carve(self, resources: Resources) -> None:
        """They are taken. Raises NotContained where they are not there."""
        self.left = self.left - resources


def placement_of(offer: Offer) -> Placement:
    """What constraints see of the offer's agent."""
    fault_domain = offer.domain.fault_domain if offer.domain else None
    return Placement(
        hostname=offer.hostname,
        attributes=offer.attributes,
        region=fault_domain.region.name if fault_domain else None,
        zone=fault_domain.zone.name if fault_domain else None,
    )


def find_role_refusal(offer: Offer, role: str | None, owner: str) -> Refusal | None:
    """Why an offer is not to the role of who wants it; None: it is, or any will do. Asked before all else.

    The other role is not named: who may see the one that wants an offer need not know of it.
    """
    offered_to = offer.allocation_info.role if offer.allocation_info else None
    if role is None or offered_to is None or offered_to == role:
        return None
    return Refusal(RefusalReason.UNFULFILLED_ROLE, f"offered to another role, the {owner}'s is {role}")


def fit(
    room: Room, needs: Needs, placed: Sequence[Placement], circumstances: Circumstances, rng: Random | None
) -> Fitting:
    """Try one launch, given where others of it run (oldest first), on an offer to its role. Takes nothing yet.

    `rng` spreads ports, see ``choose_host_ports``; it is asked even where something else is refused.
    """
    usable = room.left.filter(needs.may_use) if needs.held is None else needs.held
    if not usable and needs.accepted_roles is not None:
        accepted = ", ".join(sorted(needs.accepted_roles))
        refusal = Refusal(RefusalReason.UNFULFILLED_ROLE, f"nothing is offered for role {accepted}")
        return Fitting(refusals=(refusal,))
    refusals = _find_place_refusals(room, needs, placed, circumstances)
    taken, short = take_scalars(usable, needs.scalars)
    for name, amount in short:
        unit = " MiB" if name in ("mem", "disk") else ""
        message = f"{name}: {amount:g}{unit} wanted, {Scalar(usable.thousandths.get(name, 0))}{unit} offered"
        refusals.append(Refusal(REASON_OF_SCALAR[name], message))
    ports = choose_host_ports(needs.ports, port_pools(usable), rng) if needs.ports else ()
    if isinstance(ports, PortShortage):
        refusals.append(Refusal(RefusalReason.INSUFFICIENT_PORTS, str(ports)))
        ports = ()
    if needs.avoids_gpus and room.offer.resources.scalar("gpus"):
        message = f"the agent has GPUs, which are kept for {needs.owner}s that ask for some"
        refusals.append(Refusal(RefusalReason.DECLINED_SCARCE_RESOURCES, message))
    return Fitting(usable=usable, taken=taken, ports=ports, refusals=tuple(refusals))


def is_volume(kind: Kind) -> bool:
    """Whether a persistent volume lies on it."""
    return kind.disk is not None and kind.disk.persistence is not None


def is_in_maintenance(window: Unavailability | None, now: float, draining_seconds: float) -> bool:
    """Whether an agent is away, or soon to be, until its window ends, if ever. Times in seconds since 1970."""
    if window is None:
        return False
    start = window.start.seconds
    is_over = window.duration is not None and now >= start + window.duration.seconds
    return now > start - draining_seconds and not is_over


def _find_place_refusals(
    room: Room, needs: Needs, placed: Sequence[Placement], circumstances: Circumstances
) -> list[Refusal]:
    refusals: list[Refusal] = []
    home, region = circumstances.home_region, room.placement.region
    if home is not None and region is not None and home != region and not _asks_for_region(needs):
        message = f"the agent is in region {region}, the masters in {home}, and no constraint asks for another"
        refusals.append(Refusal(RefusalReason.UNFULFILLED_CONSTRAINT, message))
    refused = check(needs.constraints, room.placement, placed) if needs.constraints else None
    if refused is not None:
        refusals.append(Refusal(RefusalReason.UNFULFILLED_CONSTRAINT, str(refused)))
    now, window = circumstances.now, room.offer.unavailability
    if now is not None and is_in_maintenance(window, now, circumstances.draining_seconds):
        refusals.append(Refusal(RefusalReason.AGENT_MAINTENANCE, "the agent is to be away for maintenance"))
    return refusals


def _asks_for_region(needs: Needs) -> bool:
    return any(constraint.field in _OF_PLACE for constraint in needs.constraints)
