"""What a container uses and may use: one sample of its figures (mesos-v1-api 4.6).

Owns the words. Who measures is the agent's affair.
"""

from __future__ import annotations

from enum import Enum

from attrs import frozen

from .resources import DiskSource, Persistence


class BlockOperation(Enum):
    """What a block device was asked to do."""

    UNKNOWN = 0
    TOTAL = 1
    READ = 2
    WRITE = 3
    SYNC = 4
    ASYNC = 5
    DISCARD = 6


@frozen
class BlockValue:
    """A number of requests, or of bytes, of one kind."""

    op: BlockOperation | None = None
    value: int | None = None


@frozen
class DeviceNumber:
    """A device as the kernel counts them."""

    major_number: int
    minor_number: int


@frozen(kw_only=True)
class BlockThrottling:
    """The traffic with one device; with all together where ``device`` is None."""

    device: DeviceNumber | None = None
    io_serviced: tuple[BlockValue, ...] = ()
    io_service_bytes: tuple[BlockValue, ...] = ()


@frozen
class BlockStatistics:
    """The traffic with block devices since the container began."""

    throttling: tuple[BlockThrottling, ...] = ()


@frozen(kw_only=True)
class DiskStatistics:
    """What is used of one disk: of the sandbox's where neither ``source`` nor ``persistence`` is set."""

    source: DiskSource | None = None
    persistence: Persistence | None = None
    limit_bytes: int | None = None
    used_bytes: int | None = None


@frozen
class PortSpan:
    """Ports, both ends included."""

    begin: int
    end: int


@frozen(kw_only=True)
class ResourceStatistics:
    """One sample, taken at ``timestamp`` (seconds since 1970). What is not known is None, never 0.

    Times of processors and bytes of networks are sums since the container began: a rate is the difference of two
    samples. ``mem_total_bytes`` is all that counts against the limit, ``mem_rss_bytes`` what no file stands behind.
    """

    timestamp: float
    processes: int | None = None
    threads: int | None = None
    cpus_user_time_secs: float | None = None
    cpus_system_time_secs: float | None = None
    cpus_limit: float | None = None
    cpus_soft_limit: float | None = None
    cpus_nr_periods: int | None = None
    cpus_nr_throttled: int | None = None
    cpus_throttled_time_secs: float | None = None
    mem_total_bytes: int | None = None
    mem_total_memsw_bytes: int | None = None
    mem_kmem_usage_bytes: int | None = None
    mem_kmem_tcp_usage_bytes: int | None = None
    mem_limit_bytes: int | None = None
    mem_soft_limit_bytes: int | None = None
    mem_file_bytes: int | None = None
    mem_anon_bytes: int | None = None
    mem_cache_bytes: int | None = None
    mem_rss_bytes: int | None = None
    mem_mapped_file_bytes: int | None = None
    mem_swap_bytes: int | None = None
    mem_unevictable_bytes: int | None = None
    mem_low_pressure_counter: int | None = None
    mem_medium_pressure_counter: int | None = None
    mem_critical_pressure_counter: int | None = None
    disk_limit_bytes: int | None = None
    disk_used_bytes: int | None = None
    disk_statistics: tuple[DiskStatistics, ...] = ()
    blkio_statistics: BlockStatistics | None = None
    net_rx_packets: int | None = None
    net_rx_bytes: int | None = None
    net_rx_errors: int | None = None
    net_rx_dropped: int | None = None
    net_tx_packets: int | None = None
    net_tx_bytes: int | None = None
    net_tx_errors: int | None = None
    net_tx_dropped: int | None = None
    net_tx_rate_limit: int | None = None
    net_tx_burst_rate_limit: int | None = None
    net_tx_burst_size: int | None = None
    net_rx_rate_limit: int | None = None
    net_rx_burst_rate_limit: int | None = None
    net_rx_burst_size: int | None = None
    net_ephemeral_ports: PortSpan | None = None
    net_tcp_rtt_microsecs_p50: float | None = None
    net_tcp_rtt_microsecs_p90: float | None = None
    net_tcp_rtt_microsecs_p95: float | None = None
    net_tcp_rtt_microsecs_p99: float | None = None
    net_tcp_active_connections: float | None = None
    net_tcp_time_wait_connections: float | None = None
