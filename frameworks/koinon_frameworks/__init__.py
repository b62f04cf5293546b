"""The SDK for frameworks: subclass ``Scheduler``, run it by ``SchedulerDriver``; or describe a ``Workload``.

Each name is imported when it is asked for. An executor's author finds his in ``koinon_frameworks.executor``, a test's
in ``koinon_frameworks.testing``.
"""

from typing import TYPE_CHECKING

from koinon_core.on_demand import names_on_demand

if TYPE_CHECKING:
    from .public import *  # noqa: F403 - the same for type checkers

__getattr__ = names_on_demand(
    __name__,
    {
        "koinon_core.wire.content": ("ContentType",),
        ".calls": ("CallFailure", "CallFailureKind", "SchedulerCalls"),
        ".driver": (
            *("Acknowledging", "DriverCounts", "DriverOptions", "EndKind", "Ending", "FrameworkIdFile"),
            *("FrameworkIdKeeper", "Reconciler", "SchedulerDriver", "run"),
        ),
        ".errors": ("FrameworksError", "MasterAddressError", "OptionError"),
        ".host.plugin": ("Framework", "FrameworkPlugin", "NoOptions", "Services"),
        ".matching": (
            *("BestFit", "Constraint", "FirstFit", "Match", "Operator", "PlacementPlan", "PlacingRules", "Spread"),
            *("Strategy", "Unmatched", "WantedTask", "match_tasks", "place", "take", "take_ports"),
        ),
        ".scheduler": ("Scheduler",),
        ".store": ("FrameworkStore",),
        ".workload": ("Report", "Retry", "TaskPort", "TaskReport", "TaskSpec", "Workload", "WorkloadOptions"),
    },
)
