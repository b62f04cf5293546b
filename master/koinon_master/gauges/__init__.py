"""The names of ``/metrics/snapshot`` and where each number comes from (mesos-operator-api 3.9).

Each module reads one part of a leader's memory at one stroke, once a snapshot, however many names come of it. What is
counted, the rules count where it happens; here it is shown.
"""

from __future__ import annotations

from collections.abc import Callable

from koinon_daemon.metrics import Metrics

from ..state import ClusterState
from .allocation import read_allocation
from .cluster import TALLIES, ClusterGauges
from .frameworks import read_frameworks
from .operations import read_operations

__all__ = ["TALLIES", "add_cluster_gauges"]


def add_cluster_gauges(metrics: Metrics, state: ClusterState, queued: Callable[[], int]) -> None:
    """Show a leader's cluster; ``queued`` is how many events wait."""
    cluster = ClusterGauges(state)
    metrics.group("cluster", cluster.read)
    metrics.group("operations", lambda: read_operations(state))
    metrics.group("allocation", lambda: read_allocation(state))
    if state.config.publish_per_framework_metrics:
        metrics.group("frameworks", lambda: read_frameworks(state))
    metrics.gauge("master/event_queue_messages", queued)
