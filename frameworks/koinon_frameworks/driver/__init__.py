"""The driver: runs a scheduler against the leading master, whatever happens to the master."""

from .driver import SchedulerDriver
from .identity import FrameworkIdKeeper
from .master_address import parse_master_address
from .options import Acknowledging, DriverOptions
from .reconcile import Reconciler
from .session_machine import Ending, EndKind

__all__ = [
    "Acknowledging",
    "DriverOptions",
    "EndKind",
    "Ending",
    "FrameworkIdKeeper",
    "Reconciler",
    "SchedulerDriver",
    "parse_master_address",
]
