"""Statistics, files and resource providers (mesos-v1-api 4.6).

Left out, as nothing of ours makes or reads them: the counters of perf, CFQ, packet rates, traffic control and SNMP;
of resource providers all but their names, as there are none.
"""

STATISTICS = """
message FileInfo: path=1 string!, nlink=2 int32, size=3 uint64, mtime=4 TimeInfo, mode=5 uint32, uid=6 string,
    gid=7 string
message Flag: name=1 string!, value=2 string
message Metric: name=1 string!, value=2 double
message ResourceStatistics: timestamp=1 double!, processes=30 uint32, threads=31 uint32,
    cpus_user_time_secs=2 double, cpus_system_time_secs=3 double, cpus_limit=4 double, cpus_soft_limit=45 double,
    cpus_nr_periods=7 uint32, cpus_nr_throttled=8 uint32, cpus_throttled_time_secs=9 double,
    mem_total_bytes=36 uint64, mem_total_memsw_bytes=37 uint64, mem_kmem_usage_bytes=52 uint64,
    mem_kmem_tcp_usage_bytes=53 uint64, mem_limit_bytes=6 uint64, mem_soft_limit_bytes=38 uint64,
    mem_file_bytes=10 uint64, mem_anon_bytes=11 uint64, mem_cache_bytes=39 uint64, mem_rss_bytes=5 uint64,
    mem_mapped_file_bytes=12 uint64, mem_swap_bytes=40 uint64, mem_unevictable_bytes=41 uint64,
    mem_low_pressure_counter=32 uint64, mem_medium_pressure_counter=33 uint64,
    mem_critical_pressure_counter=34 uint64, disk_limit_bytes=26 uint64, disk_used_bytes=27 uint64,
    disk_statistics=43 DiskStatistics*, blkio_statistics=44 CgroupInfo.Blkio.Statistics,
    net_rx_packets=14 uint64, net_rx_bytes=15 uint64, net_rx_errors=16 uint64,
    net_rx_dropped=17 uint64, net_tx_packets=18 uint64, net_tx_bytes=19 uint64, net_tx_errors=20 uint64,
    net_tx_dropped=21 uint64, net_tx_rate_limit=46 uint64, net_tx_burst_rate_limit=47 uint64,
    net_tx_burst_size=48 uint64, net_rx_rate_limit=49 uint64, net_rx_burst_rate_limit=50 uint64,
    net_rx_burst_size=51 uint64, net_ephemeral_ports=55 Value.Range,
    net_tcp_rtt_microsecs_p50=22 double, net_tcp_rtt_microsecs_p90=23 double, net_tcp_rtt_microsecs_p95=24 double,
    net_tcp_rtt_microsecs_p99=25 double, net_tcp_active_connections=28 double,
    net_tcp_time_wait_connections=29 double
message DiskStatistics: source=1 Resource.DiskInfo.Source, persistence=2 Resource.DiskInfo.Persistence,
    limit_bytes=3 uint64, used_bytes=4 uint64
message CgroupInfo.Blkio:
message CgroupInfo.Blkio.Throttling:
message CgroupInfo.Blkio.Statistics: throttling=3 CgroupInfo.Blkio.Throttling.Statistics*
message CgroupInfo.Blkio.Throttling.Statistics: device=1 Device.Number, io_serviced=2 CgroupInfo.Blkio.Value*,
    io_service_bytes=3 CgroupInfo.Blkio.Value*
message CgroupInfo.Blkio.Value: op=1 CgroupInfo.Blkio.Operation, value=2 uint64
enum CgroupInfo.Blkio.Operation: UNKNOWN=0, TOTAL=1, READ=2, WRITE=3, SYNC=4, ASYNC=5, DISCARD=6
message ResourceUsage: executors=1 .Executor*, total=2 Resource*
message ResourceUsage.Executor: executor_info=1 ExecutorInfo!, allocated=2 Resource*,
    statistics=3 ResourceStatistics, container_id=4 ContainerID!
message ResourceProviderInfo: id=1 ResourceProviderID, type=3 string!, name=4 string!
message Device: path=1 string, number=2 .Number
message Device.Number: major_number=1 uint64!, minor_number=2 uint64!
"""
