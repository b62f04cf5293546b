"""The public names of ``koinon_frameworks`` for type checkers and readers; ``__init__`` has them on demand."""

from koinon_core.wire.content import ContentType

from .calls import CallFailure, CallFailureKind, SchedulerCalls
from .driver import (
    Acknowledging,
    DriverCounts,
    DriverOptions,
    Ending,
    EndKind,
    FrameworkIdFile,
    FrameworkIdKeeper,
    Reconciler,
    SchedulerDriver,
    run,
)
from .errors import FrameworksError, MasterAddressError, OptionError
from .host.plugin import Framework, FrameworkPlugin, NoOptions, Services
from .matching import (
    BestFit,
    Constraint,
    FirstFit,
    Match,
    Operator,
    PlacementPlan,
    PlacingRules,
    Spread,
    Strategy,
    Unmatched,
    WantedTask,
    match_tasks,
    place,
    take,
    take_ports,
)
from .scheduler import Scheduler
from .store import FrameworkStore
from .workload import Report, Retry, TaskPort, TaskReport, TaskSpec, Workload, WorkloadOptions

__all__ = [
    "Acknowledging",
    "BestFit",
    "CallFailure",
    "CallFailureKind",
    "Constraint",
    "ContentType",
    "DriverCounts",
    "DriverOptions",
    "EndKind",
    "Ending",
    "FirstFit",
    "Framework",
    "FrameworkIdFile",
    "FrameworkIdKeeper",
    "FrameworkPlugin",
    "FrameworkStore",
    "FrameworksError",
    "MasterAddressError",
    "Match",
    "NoOptions",
    "Operator",
    "OptionError",
    "PlacementPlan",
    "PlacingRules",
    "Reconciler",
    "Report",
    "Retry",
    "Scheduler",
    "SchedulerCalls",
    "SchedulerDriver",
    "Services",
    "Spread",
    "Strategy",
    "TaskPort",
    "TaskReport",
    "TaskSpec",
    "Unmatched",
    "WantedTask",
    "Workload",
    "WorkloadOptions",
    "match_tasks",
    "place",
    "run",
    "take",
    "take_ports",
]
