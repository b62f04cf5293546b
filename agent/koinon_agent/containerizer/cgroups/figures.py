"""What the files of a group tell, as fields of ``ResourceStatistics``. Pure: texts in, fields out.

A file that is missing or says something unheard of gives no field.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from koinon_core.statistics import BlockOperation, BlockStatistics, BlockThrottling, BlockValue, DeviceNumber

Fields = dict[str, Any]
_NO_LIMIT = 1 << 62
"""Version 1 writes the largest number that fits a page where there is no limit."""
_V1_MEMORY = {
    "total_cache": "mem_cache_bytes",
    "total_rss": "mem_rss_bytes",
    "total_mapped_file": "mem_mapped_file_bytes",
    "total_swap": "mem_swap_bytes",
    "total_unevictable": "mem_unevictable_bytes",
}
_V2_MEMORY = {
    "file": "mem_cache_bytes",
    "anon": "mem_rss_bytes",
    "file_mapped": "mem_mapped_file_bytes",
    "unevictable": "mem_unevictable_bytes",
}
_V2_IO = {"r": BlockOperation.READ, "w": BlockOperation.WRITE, "d": BlockOperation.DISCARD}


def read_v1(controller: str, texts: Mapping[str, str]) -> Fields:
    """Of a group of version 1, from its files by name."""
    return _V1_READERS[controller](texts) if controller in _V1_READERS else {}


def read_v2(texts: Mapping[str, str]) -> Fields:
    """Of a group of version 2, whichever controllers it has."""
    return {**_cpu_v2(texts), **_memory_v2(texts), **_threads(texts), **_io_v2(texts)}


V1_FILES = {
    "cpuacct": ("cpuacct.usage_user", "cpuacct.usage_sys"),
    "cpu": ("cpu.stat", "cpu.cfs_quota_us", "cpu.cfs_period_us"),
    "memory": (
        "memory.stat",
        "memory.usage_in_bytes",
        "memory.limit_in_bytes",
        "memory.soft_limit_in_bytes",
        "memory.memsw.usage_in_bytes",
        "memory.kmem.usage_in_bytes",
    ),
    "pids": ("pids.current",),
    "blkio": ("blkio.throttle.io_serviced", "blkio.throttle.io_service_bytes"),
}
V2_FILES = (
    "cpu.stat",
    "cpu.max",
    "memory.stat",
    "memory.current",
    "memory.max",
    "memory.swap.current",
    "pids.current",
    "io.stat",
)


def count_oom_kills(text: str) -> int:
    """How often the kernel's out-of-memory killer came, of ``memory.oom_control`` or ``memory.events``."""
    return _pairs(text).get("oom_kill", 0)


def _cpuacct_v1(texts: Mapping[str, str]) -> Fields:
    names = {"cpuacct.usage_user": "cpus_user_time_secs", "cpuacct.usage_sys": "cpus_system_time_secs"}
    numbers = {field: _number(texts, name) for name, field in names.items()}
    return {field: number / 1e9 for field, number in numbers.items() if number is not None}


def _cpu_v1(texts: Mapping[str, str]) -> Fields:
    fields = _throttling(_pairs(texts.get("cpu.stat", "")), "throttled_time", 1e9)
    quota, period = _number(texts, "cpu.cfs_quota_us"), _number(texts, "cpu.cfs_period_us")
    if quota is not None and quota > 0 and period:
        fields["cpus_limit"] = quota / period
    return fields


def _throttling(stat: Mapping[str, int], time_name: str, per_second: float) -> Fields:
    names = {"nr_periods": "cpus_nr_periods", "nr_throttled": "cpus_nr_throttled"}
    fields: Fields = {field: stat[name] for name, field in names.items() if name in stat}
    if time_name in stat:
        fields["cpus_throttled_time_secs"] = stat[time_name] / per_second
    return fields


def _memory_v1(texts: Mapping[str, str]) -> Fields:
    fields = _renamed(_pairs(texts.get("memory.stat", "")), _V1_MEMORY)
    numbers = {
        "mem_total_bytes": _number(texts, "memory.usage_in_bytes"),
        "mem_limit_bytes": _limit(texts, "memory.limit_in_bytes"),
        "mem_soft_limit_bytes": _limit(texts, "memory.soft_limit_in_bytes"),
        "mem_total_memsw_bytes": _number(texts, "memory.memsw.usage_in_bytes"),
        "mem_kmem_usage_bytes": _number(texts, "memory.kmem.usage_in_bytes"),
    }
    return _with_older_names(fields | _known(numbers))


def _with_older_names(fields: Fields) -> Fields:
    older = {"mem_file_bytes": fields.get("mem_cache_bytes"), "mem_anon_bytes": fields.get("mem_rss_bytes")}
    return fields | _known(older)


def _blkio_v1(texts: Mapping[str, str]) -> Fields:
    served = {"io_serviced": "blkio.throttle.io_serviced", "io_service_bytes": "blkio.throttle.io_service_bytes"}
    by_device: dict[DeviceNumber | None, dict[str, list[BlockValue]]] = {}
    for field, name in served.items():
        for device, value in _v1_lines(texts.get(name, "")):
            by_device.setdefault(device, {}).setdefault(field, []).append(value)
    return _block_fields(by_device)


def _v1_lines(text: str) -> Iterator[tuple[DeviceNumber | None, BlockValue]]:
    for line in text.splitlines():
        *head, kind, amount = ["", "", *line.split()]
        if kind.upper() in BlockOperation.__members__ and amount.isdigit():
            yield _device(head[-1]), BlockValue(BlockOperation[kind.upper()], int(amount))


def _cpu_v2(texts: Mapping[str, str]) -> Fields:
    stat = _pairs(texts.get("cpu.stat", ""))
    times = _renamed(stat, {"user_usec": "cpus_user_time_secs", "system_usec": "cpus_system_time_secs"})
    fields = {field: number / 1e6 for field, number in times.items()}
    quota, _, period = texts.get("cpu.max", "").strip().partition(" ")
    limit = {"cpus_limit": int(quota) / int(period)} if quota.isdigit() and period.isdigit() and int(period) else {}
    return fields | _throttling(stat, "throttled_usec", 1e6) | limit


def _memory_v2(texts: Mapping[str, str]) -> Fields:
    fields = _renamed(_pairs(texts.get("memory.stat", "")), _V2_MEMORY)
    numbers = {
        "mem_total_bytes": _number(texts, "memory.current"),
        "mem_limit_bytes": _limit(texts, "memory.max"),
        "mem_swap_bytes": _number(texts, "memory.swap.current"),
    }
    return _with_older_names(fields | _known(numbers))


def _io_v2(texts: Mapping[str, str]) -> Fields:
    by_device: dict[DeviceNumber | None, dict[str, list[BlockValue]]] = {}
    for line in texts.get("io.stat", "").splitlines():
        head, *pairs = line.split() or [""]
        for name, _, amount in (pair.partition("=") for pair in pairs):
            field = {"ios": "io_serviced", "bytes": "io_service_bytes"}.get(name[1:])
            if field is not None and name[:1] in _V2_IO and amount.isdigit():
                values = by_device.setdefault(_device(head), {}).setdefault(field, [])
                values.append(BlockValue(_V2_IO[name[0]], int(amount)))
    return _block_fields(by_device)


def _block_fields(by_device: Mapping[DeviceNumber | None, Mapping[str, list[BlockValue]]]) -> Fields:
    if not by_device:
        return {}
    throttling = tuple(
        BlockThrottling(device=device, **{field: tuple(values) for field, values in kinds.items()})
        for device, kinds in by_device.items()
    )
    return {"blkio_statistics": BlockStatistics(throttling)}


def _device(text: str) -> DeviceNumber | None:
    major, _, minor = text.partition(":")
    return DeviceNumber(int(major), int(minor)) if major.isdigit() and minor.isdigit() else None


def _threads(texts: Mapping[str, str]) -> Fields:
    return _known({"threads": _number(texts, "pids.current")})


def _pairs(text: str) -> dict[str, int]:
    pairs = (line.split() for line in text.splitlines())
    return {pair[0]: int(pair[1]) for pair in pairs if len(pair) == 2 and pair[1].isdigit()}


def _renamed(numbers: Mapping[str, int], names: Mapping[str, str]) -> Fields:
    return {field: numbers[name] for name, field in names.items() if name in numbers}


def _known(fields: Mapping[str, Any]) -> Fields:
    return {name: value for name, value in fields.items() if value is not None}


def _number(texts: Mapping[str, str], name: str) -> int | None:
    text = texts.get(name, "").strip()
    return int(text) if text.isdigit() else None


def _limit(texts: Mapping[str, str], name: str) -> int | None:
    number = _number(texts, name)
    return None if number is None or number >= _NO_LIMIT else number


_V1_READERS: Mapping[str, Callable[[Mapping[str, str]], Fields]] = {
    "cpuacct": _cpuacct_v1,
    "cpu": _cpu_v1,
    "memory": _memory_v1,
    "pids": _threads,
    "blkio": _blkio_v1,
}
