"""The `system/*` gauges that master and agent both show (mesos-operator-api 3.9)."""

import os

import psutil

from .metrics import Metrics


def add_system_gauges(metrics: Metrics) -> None:
    """Register CPUs, load averages and memory of this machine; bytes for memory."""
    metrics.gauge("system/cpus_total", lambda: os.cpu_count() or 1)
    metrics.gauge("system/load_1min", lambda: os.getloadavg()[0])
    metrics.gauge("system/load_5min", lambda: os.getloadavg()[1])
    metrics.gauge("system/load_15min", lambda: os.getloadavg()[2])
    metrics.gauge("system/mem_total_bytes", lambda: psutil.virtual_memory().total)
    metrics.gauge("system/mem_free_bytes", lambda: psutil.virtual_memory().free)
