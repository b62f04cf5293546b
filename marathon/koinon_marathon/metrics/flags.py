"""Flags of the metrics: their prefix, and who gets them (marathon-semantics 27)."""

import re
from collections.abc import Iterator

import attrs

from koinon_daemon.flag_values import parse_port
from koinon_daemon.flags import flag, toggle

_PREFIX = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")


@attrs.frozen(kw_only=True, slots=False)
class MetricsFlags:
    """A base of the real configuration, whose `problems` tell what is wrong here."""

    metrics_prometheus: bool = toggle(True, help="Serve /metrics/prometheus.", group="Metrics")
    metrics_name_prefix: str = flag("marathon", help="Begins the name of every metric.", group="Metrics")
    metrics_statsd: bool = toggle(False, help="Send metrics to a StatsD server.", group="Metrics")
    metrics_statsd_host: str | None = flag(None, help="Name or address of the StatsD server.", group="Metrics")
    metrics_statsd_port: int = flag(8125, help="Its UDP port.", parse=parse_port, group="Metrics")
    metrics_statsd_transmission_interval_ms: int = flag(
        10000, help="Milliseconds between two transmissions.", group="Metrics"
    )

    def metrics_problems(self) -> Iterator[str]:
        """What is wrong with these flags."""
        if not _PREFIX.fullmatch(self.metrics_name_prefix):
            yield f"--metrics_name_prefix: {self.metrics_name_prefix!r} can't begin the names of metrics"
        if self.metrics_statsd and not self.metrics_statsd_host:
            yield "--metrics_statsd_host is needed: --metrics_statsd does not say where the server is"
        if self.metrics_statsd_transmission_interval_ms <= 0:
            yield "--metrics_statsd_transmission_interval_ms must be more than 0"
