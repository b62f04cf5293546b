"""The public names of ``koinon_frameworks.testing`` for type checkers and readers; ``__init__`` has them on demand."""

from .fake_master import FakeMaster
from .plots import Beat, Plot, fails, fails_to_start, finishes, runs, stays_staging, turns_unhealthy
from .real_cluster import ClusterDidNotStart, ClusterOptions, RealCluster
from .rehearsal import Running
from .virtual_time import NothingLeft, TooLong, VirtualTimeLoop, run_virtual
from .world import FakeMasterError

__all__ = [
    "Beat",
    "ClusterDidNotStart",
    "ClusterOptions",
    "FakeMaster",
    "FakeMasterError",
    "NothingLeft",
    "Plot",
    "RealCluster",
    "Running",
    "TooLong",
    "VirtualTimeLoop",
    "fails",
    "fails_to_start",
    "finishes",
    "run_virtual",
    "runs",
    "stays_staging",
    "turns_unhealthy",
]
