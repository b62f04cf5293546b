"""The names of ``/metrics/snapshot`` and where each number comes from (mesos-operator-api 3.9).

Each module reads one part of a leader's memory at one stroke, once a snapshot, however many names come of it. What is
counted, the rules count where it happens; here it is shown.
"""

from __future__ import annotations

from koinon_core.agents import MasterInfo
from koinon_daemon.metrics import Metrics

from ..config import MasterConfig
from ..loop import MasterLoop
from ..state import ClusterState
from .allocation import read_allocation
from .cluster import TALLIES, ClusterGauges
from .frameworks import read_frameworks
from .operations import read_operations

__all__ = ["TALLIES", "add_cluster_gauges", "show_empty_cluster", "show_loop"]


def show_empty_cluster(metrics: Metrics, config: MasterConfig) -> None:
    """Show a cluster without anybody: what a master knows that does not lead."""
    add_cluster_gauges(metrics, ClusterState.of(MasterInfo(id="", ip=0, port=0), config))


def show_loop(metrics: Metrics, loop: MasterLoop) -> None:
    """Show a leader: its cluster, and how fast its loop is."""
    add_cluster_gauges(metrics, loop.master.state)
    metrics.gauge("master/event_queue_messages", lambda: loop.queued)
    metrics.show_timer("master/loop_turn_ms", loop.times.turn)
    metrics.show_timer("allocator/mesos/allocation_run_ms", loop.times.allocation)
    metrics.show_timer("allocator/mesos/allocation_run_latency_ms", loop.times.allocation_wait)


def add_cluster_gauges(metrics: Metrics, state: ClusterState) -> None:
    """Show what a leader remembers."""
    cluster = ClusterGauges(state)
    metrics.group("cluster", cluster.read)
    metrics.group("operations", lambda: read_operations(state))
    metrics.group("allocation", lambda: read_allocation(state))
    if state.config.publish_per_framework_metrics:
        metrics.group("frameworks", lambda: read_frameworks(state))
