"""The driver: runs a scheduler against the leading master, whatever happens to the master."""

from .counts import CallbackTimes, DriverCounts
from .driver import SchedulerDriver
from .id_file import FrameworkIdFile
from .identity import FrameworkIdKeeper
from .master_address import parse_master_address
from .options import Acknowledging, DriverOptions
from .program import run
from .reconcile import Reconciler
from .session_machine import Ending, EndKind

__all__ = [
    "Acknowledging",
    "CallbackTimes",
    "DriverCounts",
    "DriverOptions",
    "EndKind",
    "Ending",
    "FrameworkIdFile",
    "FrameworkIdKeeper",
    "Reconciler",
    "SchedulerDriver",
    "parse_master_address",
    "run",
]
