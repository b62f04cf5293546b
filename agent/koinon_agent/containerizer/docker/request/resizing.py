"""What to ask of an engine so that a container that runs has other cpus and other memory. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LEAST_SHARES = 2
_NO_QUOTA = -1


def resize_settings(wanted: Mapping[str, int], host: Mapping[str, Any], total_memory: int | None) -> dict[str, int]:
    """The body of the engine's call; empty where nothing is to change.

    ``wanted`` are the settings of a new container, ``host`` the HostConfig that the engine tells of this one. An engine
    takes 0 for no change and lifts no limit of memory: instead of none the limit is all that the machine has,
    ``total_memory`` bytes.
    """
    settings = _cpu(wanted, host) | _memory(wanted, host, total_memory)
    return {name: value for name, value in settings.items() if host.get(name) != value}


def _cpu(wanted: Mapping[str, int], host: Mapping[str, Any]) -> dict[str, int]:
    settings = {}
    if "CpuShares" in wanted or host.get("CpuShares"):
        settings["CpuShares"] = wanted.get("CpuShares", _LEAST_SHARES)
    if host.get("NanoCpus"):
        return settings  # the framework's own word on it, which an engine lets nobody amend by a quota
    if "CpuQuota" in wanted:
        settings |= {"CpuPeriod": wanted["CpuPeriod"], "CpuQuota": wanted["CpuQuota"]}
    elif (host.get("CpuQuota") or 0) > 0:
        settings["CpuQuota"] = _NO_QUOTA
    return settings


def _memory(wanted: Mapping[str, int], host: Mapping[str, Any], total_memory: int | None) -> dict[str, int]:
    settings, former = {}, host.get("Memory") or 0
    limit = wanted.get("Memory", total_memory or former)
    soft = wanted.get("MemoryReservation") or wanted.get("Memory")
    if soft:
        settings["MemoryReservation"] = min(soft, max(limit, former)) if former else soft
    if 0 < former < limit:
        settings["Memory"] = limit
        swap = host.get("MemorySwap") or 0
        if swap > 0:
            # It counts memory and swap together. As much swap as memory is what engines give who asks for none.
            settings["MemorySwap"] = 2 * limit if swap == 2 * former else limit + max(swap - former, 0)
    return settings
