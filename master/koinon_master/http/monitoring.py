"""What monitoring reads of a master: its metrics in two formats, its machine, and how much it logs.

Standbys answer these, too. The names and numbers are ``gauges``'s, those of Prometheus ``prometheus_names``'s.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from koinon_core.clock import Clock
from koinon_daemon.metrics_api import MetricsApi
from koinon_daemon.system_metrics import add_system_gauges, show_system

from ..gauges import show_empty_cluster
from ..prometheus_names import RULES
from .office import Office
from .routing import Handler


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


class MonitoringApi:
    """The handlers by path."""

    def __init__(self, office: Office) -> None:
        self._office = office
        self._metrics = MetricsApi(office.metrics, RULES)

    def handlers(self) -> Mapping[str, Handler]:
        """Path to handler; the ``.json`` names are for tools from before Mesos 1.8."""
        return {
            "/metrics": self._metrics.show_prometheus,
            "/metrics/snapshot": self._metrics.show_snapshot,
            "/health": self.health,
            "/system/stats.json": show_system,
            "/stats.json": self._metrics.show_snapshot,
            "/logging/toggle": self._office.logging.toggle,
        }

    async def health(self, _request: web.Request) -> web.Response:
        """``/health``: 200 and nothing more."""
        return web.Response(status=200)
