"""What every master tells monitoring of itself, standbys too. The cluster's names and numbers are ``gauges``'s, those
of Prometheus ``prometheus_names``'s.
"""

from __future__ import annotations

from koinon_core.clock import Clock
from koinon_daemon.system_metrics import add_system_gauges

from ..gauges import show_empty_cluster
from .office import Office


def add_process_metrics(office: Office, clock: Clock) -> None:
    """Show what every master knows, standbys too: itself and its machine, and a cluster without anybody.

    The leader's cluster takes the empty one's place (``gauges.show_loop``).
    """
    metrics, zk = office.metrics, office.config.zk
    add_system_gauges(metrics)
    show_empty_cluster(metrics, office.config)
    metrics.gauge("master/elected", lambda: office.is_leading)
    metrics.gauge("master/uptime_secs", lambda: clock.now() - office.start_time)
    metrics.gauge("master/operator_event_stream_subscribers", lambda: len(office.operator_streams))
    metrics.gauge("registrar/log/ensemble_size", lambda: 1 if zk is None else max(1, len(zk.hosts)))
    for name in ("queued_operations", "registry_size_bytes", "log/recovered"):
        metrics.gauge(f"registrar/{name}", lambda: 0)
