"""The SDK for frameworks: subclass ``Scheduler``, run it by ``SchedulerDriver``."""

from .calls import CallFailure, CallFailureKind, SchedulerCalls
from .driver import Acknowledging, DriverOptions, SchedulerDriver
from .driver.reconcile import Reconciler
from .driver.session_machine import Ending, EndKind
from .errors import FrameworksError, MasterAddressError, OptionError
from .host.plugins import Framework, FrameworkPlugin
from .matching import Match, Unmatched, WantedTask, match_tasks, take, take_ports
from .scheduler import Scheduler

__all__ = [
    "Acknowledging",
    "CallFailure",
    "CallFailureKind",
    "DriverOptions",
    "EndKind",
    "Ending",
    "Framework",
    "FrameworkPlugin",
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
