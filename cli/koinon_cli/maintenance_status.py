"""Machines and times of maintenance as people read them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

_NANOSECONDS = 1_000_000_000
_WORDS = {"ACCEPT": "leaves", "DECLINE": "stays", "UNKNOWN": "nothing yet"}


def machine_name(machine: Mapping[str, str]) -> str:
    """A machine as arguments name it."""
    hostname, ip = machine.get("hostname", ""), machine.get("ip", "")
    return f"{hostname},{ip}" if ip else hostname


def show_time(nanoseconds: int) -> str:
    """Local time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(nanoseconds / _NANOSECONDS))


def status_rows(status: Mapping[str, Any], names: Mapping[str, str]) -> list[tuple[str, ...]]:
    """A row for each machine and framework that was asked; ``names`` are frameworks' by id."""
    rows: list[tuple[str, ...]] = []
    for machine in status.get("draining_machines", ()):
        name = machine_name(machine["id"])
        for said in machine.get("statuses", ()):
            who = said["framework_id"]["value"]
            answer = _WORDS.get(said["status"], said["status"])
            rows.append((name, "draining", names.get(who, who), answer, show_time(said["timestamp"]["nanoseconds"])))
        if not machine.get("statuses"):
            rows.append((name, "draining", "-", "-", "-"))
    rows += [(machine_name(machine), "down", "-", "-", "-") for machine in status.get("down_machines", ())]
    return rows
