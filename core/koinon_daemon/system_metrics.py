"""This machine's CPUs, load, memory: the `system/*` gauges and `/system/stats.json` (mesos-operator-api 2.1, 3.9)."""

import os
from collections.abc import Mapping
from contextlib import suppress

import psutil
from aiohttp import web

from .json_answer import answer_json
from .metrics import Metrics
from .prometheus import Rule

SYSTEM_RULES = (
    Rule("system/cpus_total", "koinon_system_cpus", "CPUs of the machine."),
    Rule("system/load_{minutes}min", "koinon_system_load", "Load of the machine, averaged over minutes."),
    Rule("system/mem_total_bytes", "koinon_system_memory_bytes", "Memory of the machine."),
    Rule("system/mem_free_bytes", "koinon_system_memory_free_bytes", "Memory of the machine that nothing holds."),
)


def read_system() -> Mapping[str, float]:
    """Name -> number, memory in bytes. What the system does not tell is left out."""
    numbers: dict[str, float] = {"cpus_total": os.cpu_count() or 1}
    with suppress(OSError):
        numbers |= zip(("load_1min", "load_5min", "load_15min"), os.getloadavg(), strict=True)
    memory = psutil.virtual_memory()
    return numbers | {"mem_total_bytes": memory.total, "mem_free_bytes": memory.free}


def add_system_gauges(metrics: Metrics) -> None:
    """Register what `read_system` reads."""
    metrics.group("system", lambda: {f"system/{name}": number for name, number in read_system().items()})


async def show_system(request: web.Request) -> web.Response:
    """`/system/stats.json`."""
    return answer_json(request, {name.replace("load_", "avg_load_"): number for name, number in read_system().items()})
