"""The test kit: a fake master on a virtual clock, scripts of what becomes of tasks, a small real cluster.

The fixtures are ``pytest_plugin``'s. Each name is imported when it is asked for: pytest loads this package in every
session where Koinon is installed.
"""

from typing import TYPE_CHECKING

from koinon_core.on_demand import names_on_demand

if TYPE_CHECKING:
    from .public import *  # noqa: F403 - the same for type checkers

__getattr__ = names_on_demand(
    __name__,
    {
        ".fake_master": ("FakeMaster",),
        ".plots": ("Beat", "Plot", "fails", "fails_to_start", "finishes", "runs", "stays_staging", "turns_unhealthy"),
        ".real_cluster": ("ClusterDidNotStart", "ClusterOptions", "RealCluster"),
        ".rehearsal": ("Running",),
        ".virtual_time": ("NothingLeft", "TooLong", "VirtualTimeLoop", "run_virtual"),
        ".world": ("FakeMasterError",),
    },
)
