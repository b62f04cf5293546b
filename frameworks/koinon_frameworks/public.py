"""The public names of ``koinon_frameworks``: those of a scheduler's author. Owns the list, and nothing else.

They stand here rather than in ``__init__``, which fetches them when first asked: an executor imports the package, too,
and thousands of executors should not each load a scheduler's HTTP client first.
"""

from .calls import CallFailure, CallFailureKind, SchedulerCalls
from .driver import Acknowledging, DriverOptions, FrameworkIdKeeper, SchedulerDriver
from .driver.reconcile import Reconciler
from .driver.session_machine import Ending, EndKind
from .errors import FrameworksError, MasterAddressError, OptionError
from .host.plugins import Framework, FrameworkPlugin
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

__all__ = [
    "Acknowledging",
    "BestFit",
    "CallFailure",
    "CallFailureKind",
    "Constraint",
    "DriverOptions",
    "EndKind",
    "Ending",
    "FirstFit",
    "Framework",
    "FrameworkIdKeeper",
    "FrameworkPlugin",
    "FrameworkStore",
    "FrameworksError",
    "MasterAddressError",
    "Match",
    "Operator",
    "OptionError",
    "PlacementPlan",
    "PlacingRules",
    "Reconciler",
    "Scheduler",
    "SchedulerCalls",
    "SchedulerDriver",
    "Spread",
    "Strategy",
    "Unmatched",
    "WantedTask",
    "match_tasks",
    "place",
    "take",
    "take_ports",
]
