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
from .matching import Match, Unmatched, WantedTask, match_tasks, take, take_ports
from .scheduler import Scheduler
from .store import FrameworkStore

__all__ = [
    "Acknowledging",
    "CallFailure",
    "CallFailureKind",
    "DriverOptions",
    "EndKind",
    "Ending",
    "Framework",
    "FrameworkIdKeeper",
    "FrameworkPlugin",
    "FrameworkStore",
    "FrameworksError",
    "MasterAddressError",
    "Match",
    "OptionError",
    "Reconciler",
    "Scheduler",
    "SchedulerCalls",
    "SchedulerDriver",
    "Unmatched",
    "WantedTask",
    "match_tasks",
    "take",
    "take_ports",
]
