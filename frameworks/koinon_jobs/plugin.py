"""The jobs framework as a plugin: its options, and how its parts are put together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

from attrs import frozen

from koinon_core.frameworks import FrameworkCapability, FrameworkCapabilityType, FrameworkInfo
from koinon_daemon.flag_values import parse_duration
from koinon_daemon.flags import flag
from koinon_frameworks import Acknowledging, DriverOptions
from koinon_frameworks.host.plugin import Framework, FrameworkPlugin, Services

from .http import PAGE, Desk, make_root_routes, make_routes
from .jobs import Jobs
from .loop import JobsLoop
from .loop_service import LoopService
from .options import Options
from .repository import Repository
from .runs import RunState
from .scheduler import JobsScheduler

_CAPABILITIES = (
    FrameworkCapabilityType.PARTITION_AWARE,
    FrameworkCapabilityType.TASK_KILLING_STATE,
    FrameworkCapabilityType.RESERVATION_REFINEMENT,
    FrameworkCapabilityType.MULTI_ROLE,
)
_WEEK = 7 * 86400.0


@frozen(kw_only=True)
class JobsOptions:
    """The flags of ``koinon-framework jobs``. Durations are seconds here."""

    roles: tuple[str, ...] = flag(("*",), help="Roles whose offers are used; jobs without a role use the first.")
    user: str = flag("root", help="Whom commands run as, unless their job says otherwise.")
    framework_name: str = flag("jobs", help="Name that masters show.")
    failover_timeout: float = flag(
        _WEEK, help="How long the master lets runs go on while no scheduler is there.", parse=parse_duration
    )
    unreachable_timeout: float = flag(
        600.0, help="After which a run on an agent that is cut off is given up.", parse=parse_duration
    )
    refuse_for: float = flag(5.0, help="For how long an offer without room is refused.", parse=parse_duration)
    gpus: bool = flag(False, help="Take offers of agents with GPUs.")

    def problems(self) -> Iterator[str]:
        """What is wrong with single values."""
        if not self.roles or not all(self.roles):
            yield "--roles: names no role"
        if not self.framework_name.strip():
            yield "--framework_name: is empty"
        if self.failover_timeout <= 0:
            yield "--failover_timeout: must be more than 0, or runs end with their scheduler"


class JobsPlugin(FrameworkPlugin[JobsOptions]):
    """Run jobs at times of day, after one another, or once: what cron and Chronos do, on a cluster."""

    options_type: ClassVar[type[JobsOptions]] = JobsOptions
    is_elected: ClassVar[bool] = True

    async def start(self, options: JobsOptions, services: Services) -> Framework:
        """Take up what was stored. Raises UnreadableRecord, CorruptRecord, StoreUnavailable."""
        repository = Repository(services.store)
        machine = Jobs(_machine_options(options), services.rng)
        loop = JobsLoop(machine, repository, services.clock, services.rng)
        scheduler = JobsScheduler(loop.put)
        restored = await repository.restore()
        loop.begin(restored, scheduler.call)
        services.logger.info("jobs_restored", jobs=len(restored.jobs), runs=len(restored.runs))
        services.metrics.group("jobs", lambda: _numbers(loop))
        desk = Desk(service=LoopService(loop), clock=services.clock, url=services.url, roles=options.roles)
        return Framework(
            info=_framework_info(options),
            scheduler=scheduler,
            driver_options=DriverOptions(acknowledging=Acknowledging.EXPLICIT, calls_per_second=None),
            routes=make_routes(desk),
            root_routes=make_root_routes(desk),
            page=PAGE,
            work=(loop.decide, loop.persist, scheduler.send),
        )


def _machine_options(options: JobsOptions) -> Options:
    return Options(
        roles=options.roles, unreachable_timeout=options.unreachable_timeout, refuse_seconds=options.refuse_for
    )


def _framework_info(options: JobsOptions) -> FrameworkInfo:
    types = (*_CAPABILITIES, *((FrameworkCapabilityType.GPU_RESOURCES,) if options.gpus else ()))
    return FrameworkInfo(
        user=options.user,
        name=options.framework_name,
        failover_timeout=options.failover_timeout,
        checkpoint=True,
        roles=options.roles,
        capabilities=tuple(FrameworkCapability(each) for each in types),
    )


def _numbers(loop: JobsLoop) -> dict[str, float]:
    """How many jobs there are, how many runs are in each state that is not over, and what was ever written."""
    state = loop.machine.state
    runs = Counter(state.jobs[job].active[run].state for run, job in state.places.items())
    active = {f"runs/{each.value.lower()}": float(runs[each]) for each in RunState if not each.is_over}
    progress = [entry.progress for entry in state.jobs.values()]
    return {
        "jobs": float(len(state.jobs)),
        "jobs/paused": float(sum(not entry.job.enabled for entry in state.jobs.values())),
        "runs/succeeded": float(sum(each.successes for each in progress)),
        "runs/failed": float(sum(each.failures for each in progress)),
        "records/written": float(loop.writes),
        **active,
    }
