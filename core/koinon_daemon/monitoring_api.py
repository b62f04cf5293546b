"""What monitoring reads of any daemon of Mesos's names: metrics in two formats, the machine, and how much is logged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aiohttp import web
from aiohttp.typedefs import Handler

from .logging_api import LoggingSwitch
from .metrics import Metrics
from .metrics_api import MetricsApi, ReadMore
from .prometheus import Rule
from .system_metrics import show_system


class MonitoringApi:
    """The handlers by path. ``rules`` say how Prometheus is told the metrics, and what ``read_more`` gives it alone."""

    def __init__(
        self, metrics: Metrics, rules: Sequence[Rule], logging: LoggingSwitch, read_more: ReadMore | None = None
    ) -> None:
        self._metrics = MetricsApi(metrics, rules, read_more)
        self._logging = logging

    def handlers(self) -> Mapping[str, Handler]:
        """Path to handler; the ``.json`` names are for tools from before Mesos 1.8."""
        return {
            "/metrics": self._metrics.show_prometheus,
            "/metrics/snapshot": self._metrics.show_snapshot,
            "/health": self.health,
            "/system/stats.json": show_system,
            "/stats.json": self._metrics.show_snapshot,
            "/logging/toggle": self._logging.toggle,
        }

    async def health(self, _request: web.Request) -> web.Response:
        """``/health``: 200 and nothing more."""
        return web.Response(status=200)
