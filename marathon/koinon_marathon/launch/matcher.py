"""One app or pod against one offer: what a launch would take of it, or every reason why not (marathon-semantics 10).

Which app is tried on which offer, and in what order, is `launching`; constraints and ports have their own files.
"""

from collections.abc import Sequence
from random import Random

import attrs

from koinon_core.offers import Offer
from koinon_core.ranges import Ranges
from koinon_core.resources import NOTHING, Kind, Resource, Resources
from koinon_core.roles import DEFAULT_ROLE
from koinon_frameworks.matching import PORTS, take
from koinon_frameworks.matching.constraints import Placement, check

from ..definition.apps import App
from ..definition.run_specs import RunSpec
from ..instance.reservations import LocalVolume
from ..options import Options
from ..plugins.hooks import SpecHooks
from .disks import ChosenDisk, DiskShortage, choose_disks, total, wanted_volumes
from .match_statistics import FUNNEL, Refusal, RefusalReason
from .ports import AssignedPort, PortPool, PortShortage, assign_ports
from .reserved_resources import is_marked, volume_ids

_GPU_LABEL = "GPU_SCHEDULING_BEHAVIOR"
_REASONS = {
    "cpus": RefusalReason.INSUFFICIENT_CPUS,
    "mem": RefusalReason.INSUFFICIENT_MEMORY,
    "disk": RefusalReason.INSUFFICIENT_DISK,
    "gpus": RefusalReason.INSUFFICIENT_GPUS,
}


@attrs.frozen(kw_only=True)
class MatchRules:
    """What holds for every match: settings, the master's region, the time in seconds since 1970."""

    options: Options
    home_region: str | None
    now: float
    hooks: SpecHooks = attrs.field(factory=SpecHooks)


@attrs.frozen(kw_only=True)
class Match:
    """What the launch takes, and the ports it gets in definition order.

    `executor` is the part of it that is a custom executor's own. `disks`, which are among `resources`, are to become
    volumes first: the launch waits until an offer carries them.
    """

    resources: Resources
    ports: tuple[AssignedPort, ...]
    executor: Resources = NOTHING
    disks: tuple[ChosenDisk, ...] = ()


@attrs.frozen
class Holding:
    """What an instance has set aside: all of it that the offer carries, the volumes it cannot do without, and for
    which role, which may have been another one than the app's is now.
    """

    resources: Resources
    volumes: tuple[LocalVolume, ...]
    role: str


def placement_of(offer: Offer) -> Placement:
    """What constraints see of the offer's agent."""
    fault_domain = offer.domain.fault_domain if offer.domain else None
    return Placement(
        hostname=offer.hostname,
        attributes=offer.attributes,
        region=fault_domain.region.name if fault_domain else None,
        zone=fault_domain.zone.name if fault_domain else None,
    )


@attrs.define(kw_only=True)
class OpenOffer:
    """An offer while launches are carved out of it."""

    offer: Offer
    placement: Placement
    left: Resources
    rules: MatchRules

    @classmethod
    def of(cls, offer: Offer, rules: MatchRules) -> "OpenOffer":
        """The offer, untouched."""
        return cls(offer=offer, placement=placement_of(offer), left=offer.resources, rules=rules)

    def match(
        self, app: RunSpec, placed: Sequence[Placement], rng: Random, holding: Holding | None = None
    ) -> Match | tuple[Refusal, ...]:
        """Try one instance of `app`, given where others of it run. Takes nothing yet; reasons come in funnel order.

        With a `holding` it takes that and nothing else.
        """
        role = self._role_refusal(app.role if holding is None else holding.role)
        if role is not None:
            return (role,)
        usable = self.left.filter(_selector(app, self.rules.options)) if holding is None else holding.resources
        if not usable:
            accepted = ", ".join(sorted(_accepted_roles(app, self.rules.options)))
            return (Refusal(RefusalReason.UNFULFILLED_ROLE, f"nothing is offered for role {accepted}"),)
        refusals = self._place_refusals(app, placed) + _holding_refusals(holding)
        taken, short = _take_scalars(app, usable, self.rules.options)
        refusals += short
        disks = _choose_disks(app, usable, taken) if holding is None else ()
        if isinstance(disks, DiskShortage):
            refusals.append(Refusal(RefusalReason.INSUFFICIENT_DISK, str(disks)))
        ports = assign_ports(app, _port_pools(usable), rng)
        if isinstance(ports, PortShortage):
            refusals.append(Refusal(RefusalReason.INSUFFICIENT_PORTS, str(ports)))
        if holding is None:
            refusals += self._scarcity(app)
        if refusals or isinstance(ports, PortShortage) or isinstance(disks, DiskShortage):
            return tuple(sorted(refusals, key=lambda refusal: FUNNEL.index(refusal.reason)))
        veto = self.rules.hooks.find_veto(app, self.offer)
        if veto is not None:
            return (Refusal(RefusalReason.UNFULFILLED_CONSTRAINT, veto),)
        volumes = total(disks) if holding is None else usable.filter(_is_volume)
        return Match(
            resources=Resources((*taken, *volumes, *_port_resources(usable, ports))),
            ports=ports,
            executor=_executor_share(app, taken, self.rules.options),
            disks=disks,
        )

    def take(self, match: Match) -> None:
        """Carve a match out."""
        self.left = self.left - match.resources

    def _role_refusal(self, wanted: str) -> Refusal | None:
        offered = self.offer.allocation_info.role if self.offer.allocation_info else None
        if offered is None or offered == wanted:
            return None
        return Refusal(RefusalReason.UNFULFILLED_ROLE, f"offered to role {offered}, the app's is {wanted}")

    def _place_refusals(self, app: RunSpec, placed: Sequence[Placement]) -> list[Refusal]:
        refusals: list[Refusal] = []
        home, region = self.rules.home_region, self.placement.region
        names = {constraint.field for constraint in app.constraints}
        if home is not None and region is not None and home != region and not names & {"@region", "@zone"}:
            message = f"the agent is in region {region}, the masters in {home}, and no constraint asks for another"
            refusals.append(Refusal(RefusalReason.UNFULFILLED_CONSTRAINT, message))
        refused = check(app.constraints, self.placement, placed)
        if refused is not None:
            refusals.append(Refusal(RefusalReason.UNFULFILLED_CONSTRAINT, str(refused)))
        if not self.rules.hooks.processors and app.needed_secrets:
            message = f"secret {', '.join(app.needed_secrets)} is needed, and no plugin provides secrets"
            refusals.append(Refusal(RefusalReason.UNFULFILLED_CONSTRAINT, message))
        if self.rules.options.maintenance_mode and self._is_in_maintenance():
            refusals.append(Refusal(RefusalReason.AGENT_MAINTENANCE, "the agent is to be away for maintenance"))
        return refusals

    def _is_in_maintenance(self) -> bool:
        window = self.offer.unavailability
        if window is None:
            return False
        start = window.start.nanoseconds / 1e9
        is_over = window.duration is not None and self.rules.now >= start + window.duration.seconds
        return self.rules.now > start - self.rules.options.draining_seconds and not is_over

    def _scarcity(self, app: RunSpec) -> list[Refusal]:
        behavior = app.labels.get(_GPU_LABEL, self.rules.options.gpu_scheduling_behavior)
        if app.gpus or behavior != "restricted" or not self.offer.resources.scalar("gpus"):
            return []
        message = "the agent has GPUs, which are kept for apps that ask for some"
        return [Refusal(RefusalReason.DECLINED_SCARCE_RESOURCES, message)]


def _wanted_scalars(app: RunSpec, options: Options) -> tuple[tuple[str, float], ...]:
    wanted = {"cpus": app.cpus, "mem": app.mem, "disk": app.disk, "gpus": float(app.gpus)}
    for name, amount in _executor_scalars(app, options):
        wanted[name] += amount
    return tuple((name, amount) for name, amount in wanted.items() if amount > 0)


def _executor_scalars(app: RunSpec, options: Options) -> tuple[tuple[str, float], ...]:
    """What a custom executor is given beside its task, where the app says so. A pod counts its own itself."""
    if not isinstance(app, App) or app.executor_resources is None or app.custom_executor(options.executor) is None:
        return ()
    own = app.executor_resources
    return (("cpus", own.cpus), ("mem", own.mem), ("disk", own.disk))


def _take_scalars(app: RunSpec, usable: Resources, options: Options) -> tuple[Resources, list[Refusal]]:
    taken, short = NOTHING, []
    for name, amount in _wanted_scalars(app, options):
        part = take(usable, name, amount)
        if part is None:
            message = f"{name}: {amount:g} wanted, {usable.scalar(name)} offered"
            short.append(Refusal(_REASONS[name], message))
        else:
            taken += part
    return taken, short


def _executor_share(app: RunSpec, taken: Resources, options: Options) -> Resources:
    """The custom executor's part of what was taken; there is enough, as it was asked for."""
    share = NOTHING
    for name, amount in _executor_scalars(app, options):
        share += take(taken, name, amount) or NOTHING
    return share


def _choose_disks(app: RunSpec, usable: Resources, taken: Resources) -> tuple[ChosenDisk, ...] | DiskShortage:
    wanted = wanted_volumes(app)
    return choose_disks(usable.without(taken), wanted) if wanted else ()


def _holding_refusals(holding: Holding | None) -> list[Refusal]:
    """What an instance has set aside and the offer lacks."""
    if holding is None:
        return []
    there = volume_ids(holding.resources)
    missing = [one.container_path for one in holding.volumes if one.persistence_id not in there]
    message = f"the offer lacks volume {', '.join(missing)}, which is set aside here"
    return [Refusal(RefusalReason.NO_CORRESPONDING_RESERVATION_FOUND, message)] if missing else []


def _accepted_roles(app: RunSpec, options: Options) -> frozenset[str]:
    if app.is_resident:
        return frozenset({DEFAULT_ROLE})  # what is reserved already can't be set aside for one instance
    if app.accepted_resource_roles is not None:
        return frozenset(app.accepted_resource_roles)
    if options.accepted_resource_roles_default_behavior == "unreserved":
        return frozenset({DEFAULT_ROLE})
    if options.accepted_resource_roles_default_behavior == "reserved":
        return frozenset({app.role})
    return frozenset({DEFAULT_ROLE, app.role})


def _selector(app: RunSpec, options: Options) -> "_Selector":
    return _Selector(_accepted_roles(app, options))


@attrs.frozen
class _Selector:
    """Which kinds an app may use: those of its roles that no volume lies on and no instance has set aside."""

    roles: frozenset[str]

    def __call__(self, kind: Kind) -> bool:
        return kind.reserved_role in self.roles and not _is_volume(kind) and not is_marked(kind)


def _is_volume(kind: Kind) -> bool:
    return kind.disk is not None and kind.disk.persistence is not None


def _port_pools(usable: Resources) -> list[PortPool]:
    return [
        PortPool(item.kind.reserved_role, item.value)
        for item in usable
        if item.name == PORTS and isinstance(item.value, Ranges)
    ]


def _port_resources(usable: Resources, ports: Sequence[AssignedPort]) -> Resources:
    """The chosen host ports, each of the kind it was offered as."""
    wanted = Ranges.of(port.host_port for port in ports if port.host_port is not None)
    chosen: list[Resource] = []
    for item in usable:
        if wanted and item.name == PORTS and isinstance(item.value, Ranges):
            part = item.value & wanted
            wanted = wanted - part
            chosen.append(Resource(item.kind, part))
    return Resources(tuple(chosen))
