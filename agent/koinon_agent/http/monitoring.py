"""What monitoring reads of an agent: its metrics in two formats, its machine, and how much it logs.

The names and numbers are ``gauges``'s, those of Prometheus ``prometheus_names``'s.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from koinon_daemon.metrics_api import MetricsApi
from koinon_daemon.system_metrics import show_system

from ..prometheus_names import RULES
from .site import Handler, Site


class MonitoringApi:
    """The handlers by path."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._metrics = MetricsApi(site.metrics, RULES)

    def handlers(self) -> Mapping[str, Handler]:
        """Path to handler; the ``.json`` names are for tools from before Mesos 1.8."""
        return {
            "/metrics": self._metrics.show_prometheus,
            "/metrics/snapshot": self._metrics.show_snapshot,
            "/health": self.health,
            "/system/stats.json": show_system,
            "/stats.json": self._metrics.show_snapshot,
            "/logging/toggle": self._site.logging.toggle,
        }

    async def health(self, _request: web.Request) -> web.Response:
        """``/health``: 200 and nothing more."""
        return web.Response(status=200)
