"""How a hosted framework fares, as its pages, its metrics and its refusals tell it: read from machine and reports."""

from __future__ import annotations

from collections import Counter
from typing import Any

from attrs import define, field, frozen

from koinon_daemon.flag_values import HostPort

from ..election import Leadership
from .messages import Beat, Loaded, Running
from .watch_machine import Phase, Pulse, WatchMachine


@define(kw_only=True)
class Fare:
    """Written by the loop, read by HTTP. ``counts`` are the host's own, since its start."""

    name: str
    machine: WatchMachine
    token: str
    leadership: Leadership
    """We lead where there is no election."""
    loaded: Loaded | None = None
    running: Running | None = None
    """Of the process that runs now."""
    beat: Beat = field(factory=Beat)
    pid: int | None = None
    """Of the plugin's process, which a new one replaces when it dies."""
    host_pid: int | None = None
    """Of the one around it."""
    started_at: float = 0.0
    counts: Counter[str] = field(factory=Counter)

    @property
    def is_serving(self) -> bool:
        """Whether the plugin's HTTP can be asked."""
        machine = self.machine
        return self.running is not None and machine.phase is Phase.RUNNING and machine.pulse is Pulse.BEATING

    @property
    def leader_elsewhere(self) -> HostPort | None:
        """Where requests should go, as somebody else leads."""
        known = self.leadership
        return known.leader if known.is_elsewhere and not known.is_acting else None


@frozen
class Condition:
    """A state in a word, and in a sentence."""

    word: str
    sentence: str


def describe(fare: Fare, now: float) -> Condition:
    """How it fares. ``now`` is of the clock that the machine goes by."""
    machine, name = fare.machine, fare.name
    last = f" Last failure: {machine.last_failure}." if machine.last_failure else ""
    if machine.pulse is Pulse.FROZEN:
        return Condition("suspended", f"{name} is held still: the quorum can't be reached, so somebody else may lead.")
    if machine.pulse is Pulse.BLOCKED:
        return Condition("blocked", f"{name} does not answer: its event loop stands still. It is killed if that lasts.")
    match machine.phase:
        case Phase.RUNNING:
            master = "subscribed" if fare.beat.is_subscribed else "not subscribed to a master"
            return Condition("running", f"{name} runs, {master}.{last}")
        case Phase.STANDING_BY if fare.loaded is None or fare.loaded.is_elected:
            where = f"{fare.leader_elsewhere} leads" if fare.leader_elsewhere else "nobody leads yet"
            return Condition("standing by", f"{name} stands by: {where}.")
        case Phase.DOWN if machine.next_start is not None:
            seconds = max(0.0, machine.next_start - now)
            return Condition("waiting", f"{name} is down and starts again in {seconds:.1f} seconds.{last}")
        case Phase.OVER | Phase.ENDING:
            return Condition("ending", f"{name} is ending.{last}")
        case _:
            return Condition("starting", f"{name} is starting.{last}")


def document(fare: Fare, now: float, wall: float) -> dict[str, Any]:
    """Everything, for ``/`` and for programs."""
    machine, running, loaded = fare.machine, fare.running, fare.loaded
    condition = describe(fare, now)
    return {
        "name": fare.name,
        "state": condition.word,
        "explanation": condition.sentence,
        "summary": loaded.summary if loaded else None,
        "options": dict(loaded.options) if loaded else None,
        "framework": {
            "id": fare.beat.framework_id,
            "name": running.framework_name if running else None,
            "roles": list(running.roles) if running else [],
            "failover_timeout": running.failover_timeout if running else None,
            "subscribed": fare.beat.is_subscribed,
        },
        "leadership": {
            "elected": None if loaded is None else loaded.is_elected,
            "acting": fare.leadership.is_acting,
            "leader": _show(fare.leadership.me if fare.leadership.is_acting else fare.leadership.leader),
            "address": str(fare.leadership.me),
        },
        "process": {
            "pid": fare.pid,
            "host_pid": fare.host_pid,
            "runs": machine.runs,
            "failures_in_a_row": machine.failures,
        },
        "last_failure": machine.last_failure,
        "routes": list(running.routes) if running else [],
        "root_routes": list(running.root_routes) if running else [],
        "uptime_seconds": wall - fare.started_at,
    }


def numbers(fare: Fare, now: float) -> dict[str, float]:
    """The host's own numbers, and those of the last beat, under ``host/``."""
    machine = fare.machine
    counted = {f"host/{name}": float(count) for name, count in fare.counts.items()}
    return {
        **dict.fromkeys(("host/failures", "host/blocked", "host/killed", "host/suppressed_lines"), 0.0),
        **counted,
        "host/runs": float(machine.runs),
        "host/failures_in_a_row": float(machine.failures),
        "host/is_running": float(machine.phase is Phase.RUNNING),
        "host/is_acting": float(fare.leadership.is_acting),
        "host/is_subscribed": float(fare.beat.is_subscribed and machine.phase is Phase.RUNNING),
        "host/next_start_seconds": max(0.0, machine.next_start - now) if machine.next_start is not None else 0.0,
        **{f"host/{name}": value for name, value in fare.beat.numbers.items()},
    }


def _show(address: HostPort | None) -> str | None:
    return None if address is None else str(address)
