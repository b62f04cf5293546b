"""The SDK for frameworks: subclass ``Scheduler``, run it by ``SchedulerDriver``."""

from .calls import CallFailure, CallFailureKind, SchedulerCalls
from .driver import Acknowledging, DriverOptions, SchedulerDriver
from .errors import FrameworksError, MasterAddressError, OptionError
from .matching import Match, Unmatched, WantedTask, match_tasks, take, take_ports
from .plugins import Framework, FrameworkPlugin
from .reconcile import Reconciler
from .scheduler import Scheduler
from .session_machine import Ending, EndKind

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
