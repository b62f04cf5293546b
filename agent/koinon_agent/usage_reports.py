"""What the master is told of what all containers use together, and when: after a measurement, if it changed by enough.

Owns the sum of one measurement and what the master knows. Measuring is ``containerizer.usage``'s.
"""

from __future__ import annotations

from collections.abc import Mapping

from koinon_core.agent_link import UsageReport
from koinon_core.ids import ContainerId
from koinon_core.statistics import ResourceStatistics

_MIB = 1024 * 1024
_SHARE = 0.05
"""What share of the amount that was told a change must be to be told."""
_LEAST_CPUS = 0.01
_LEAST_MEM = 1.0
"""MiB."""
Samples = Mapping[ContainerId, ResourceStatistics]


class UsageReports:
    """What of the use was told over the present link; ``hears`` says whether its master wants to know."""

    def __init__(self) -> None:
        self.hears = False
        self._told: UsageReport | None = None
        self._before: Samples = {}

    def begin(self, *, hears: bool) -> None:
        """A master has registered the agent, and knows nothing yet."""
        self.hears, self._told = hears, None

    def measure(self, samples: Samples) -> UsageReport | None:
        """What to tell after this measurement of all containers, or None."""
        report = UsageReport(cpus=_find_cpus(self._before, samples), mem=_find_mem(samples))
        self._before = samples
        if not self.hears or (self._told is not None and not _differs(self._told, report)):
            return None
        self._told = report
        return report


def _find_cpus(before: Samples, samples: Samples) -> float:
    """Processors in use: of containers that were measured before, as the mean since then."""
    cpus = 0.0
    for container_id, sample in samples.items():
        earlier = before.get(container_id)
        if earlier is not None and sample.timestamp > earlier.timestamp:
            # A container that was started anew under its id has used less than before.
            spent = max(0.0, _find_time(sample) - _find_time(earlier))
            cpus += spent / (sample.timestamp - earlier.timestamp)
    return round(cpus, 3)


def _find_time(sample: ResourceStatistics) -> float:
    return (sample.cpus_user_time_secs or 0.0) + (sample.cpus_system_time_secs or 0.0)


def _find_mem(samples: Samples) -> float:
    """MiB, without what is only cached where that is told apart."""
    used = (one.mem_total_bytes if one.mem_rss_bytes is None else one.mem_rss_bytes for one in samples.values())
    return round(sum(amount or 0 for amount in used) / _MIB, 3)


def _differs(told: UsageReport, report: UsageReport) -> bool:
    return (
        abs(report.cpus - told.cpus) > max(_LEAST_CPUS, told.cpus * _SHARE)
        or abs(report.mem - told.mem) > max(_LEAST_MEM, told.mem * _SHARE)
    )  # fmt: skip
