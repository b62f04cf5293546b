"""One app or pod against one offer: what a launch would take of it, or every reason why not (marathon-semantics 10).

What holds for the tasks of any framework is the SDK's `fitting`; here is what only apps and pods have: what they say of
roles and GPUs, volumes, secrets, plugins. Which app is tried on which offer, and in what order, is `launching`.
"""

from collections.abc import Sequence
from random import Random

import attrs

from koinon_core.offers import Offer
from koinon_core.resources import NOTHING, Kind, Resources
from koinon_core.roles import DEFAULT_ROLE
from koinon_frameworks.matching import (
    Circumstances,
    Needs,
    Placement,
    Refusal,
    RefusalReason,
    Room,
    find_role_refusal,
    fit,
    in_funnel_order,
    is_volume,
    placement_of,
    port_resources,
    take,
)

from ..definition.apps import App
from ..definition.run_specs import RunSpec
from ..instance.reservations import LocalVolume
from ..options import Options
from ..plugins.hooks import SpecHooks
from .disks import ChosenDisk, DiskShortage, choose_disks, total, wanted_volumes
from .ports import AssignedPort, assign_ports, host_ports, wanted_host_ports
from .reserved_resources import is_marked, volume_ids

_GPU_LABEL = "GPU_SCHEDULING_BEHAVIOR"


@attrs.frozen(kw_only=True)
class MatchRules:
    """What holds for every match: settings, the master's region, the time in seconds since 1970."""

    options: Options
    home_region: str | None
    now: float
    hooks: SpecHooks = attrs.field(factory=SpecHooks)
    circumstances: Circumstances = attrs.field(init=False)

    @circumstances.default
    def _circumstances(self) -> Circumstances:
        return Circumstances(
            home_region=self.home_region,
            now=self.now if self.options.maintenance_mode else None,
            draining_seconds=self.options.draining_seconds,
        )


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


@attrs.define(kw_only=True)
class OpenOffer(Room):
    """An offer while launches are carved out of it."""

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
        refusal = find_role_refusal(self.offer, app.role if holding is None else holding.role, "app")
        if refusal is not None:
            return (refusal,)
        found = fit(self, _needs(app, self.rules.options, holding), placed, self.rules.circumstances, rng)
        if not found.usable:
            return found.refusals
        refusals = [*found.refusals, *self._secret_refusals(app), *_holding_refusals(holding)]
        disks = _choose_disks(app, found.usable, found.taken) if holding is None else ()
        if isinstance(disks, DiskShortage):
            refusals.append(Refusal(RefusalReason.INSUFFICIENT_DISK, str(disks)))
        ports = assign_ports(app, found.ports, rng)
        if refusals or isinstance(disks, DiskShortage):
            return in_funnel_order(refusals)
        veto = self.rules.hooks.find_veto(app, self.offer)
        if veto is not None:
            return (Refusal(RefusalReason.UNFULFILLED_CONSTRAINT, veto),)
        volumes = total(disks) if holding is None else found.usable.filter(is_volume)
        return Match(
            resources=Resources((*found.taken, *volumes, *port_resources(found.usable, host_ports(ports)))),
            ports=ports,
            executor=_executor_share(app, found.taken, self.rules.options),
            disks=disks,
        )

    def take(self, match: Match) -> None:
        """Carve a match out."""
        self.carve(match.resources)

    def _secret_refusals(self, app: RunSpec) -> list[Refusal]:
        if self.rules.hooks.processors or not app.needed_secrets:
            return []
        message = f"secret {', '.join(app.needed_secrets)} is needed, and no plugin provides secrets"
        return [Refusal(RefusalReason.UNFULFILLED_CONSTRAINT, message)]


def _needs(app: RunSpec, options: Options, holding: Holding | None) -> Needs:
    accepted = _accepted_roles(app, options)
    return Needs(
        owner="app",
        accepted_roles=accepted,
        may_use=_Selector(accepted),
        held=None if holding is None else holding.resources,
        scalars=_wanted_scalars(app, options),
        ports=wanted_host_ports(app),
        constraints=app.constraints,
        avoids_gpus=holding is None and _avoids_gpus(app, options),
    )


def _avoids_gpus(app: RunSpec, options: Options) -> bool:
    return not app.gpus and app.labels.get(_GPU_LABEL, options.gpu_scheduling_behavior) == "restricted"


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


@attrs.frozen
class _Selector:
    """Which kinds an app may use: those of its roles that no volume lies on and no instance has set aside."""

    roles: frozenset[str]

    def __call__(self, kind: Kind) -> bool:
        return kind.reserved_role in self.roles and not is_volume(kind) and not is_marked(kind)
