"""The driver: runs a scheduler against the leading master, whatever happens to the master."""

from .driver import Acknowledging, DriverOptions, SchedulerDriver
from .master_address import parse_master_address
from .reconcile import Reconciler
from .session_machine import Ending, EndKind

__all__ = [
    "Acknowledging",
    "DriverOptions",
    "EndKind",
    "Ending",
    "Reconciler",
    "SchedulerDriver",
    "parse_master_address",
]
