"""``koinon maintenance``: machines that are to be away.

Masters take whole schedules: what adds to one, or takes from it, sends back all of it with that change.
"""

from __future__ import annotations

import time
from typing import Any

import click

from koinon_daemon.flag_values import format_duration

from .durations import read_duration
from .errors import NotFound, UsageFault
from .json_file import read_json, source_name
from .maintenance_status import machine_name, show_time, status_rows
from .settings import Settings, json_option, show_json

_NANOSECONDS = 1_000_000_000
_DATES = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"]
MACHINES = click.argument("machines", nargs=-1, required=True, metavar="HOST[,IP]...")


@click.group()
def maintenance() -> None:
    """Maintenance: machines that are to be away for a while.

    plan tells frameworks, which may move away by then; start ends the agents that are still there and keeps them out;
    stop lets them in again. A machine is named by its host name, its address as ,IP, or both as HOST,IP.
    """


@maintenance.command("schedule")
@json_option
@click.pass_obj
def show_schedule(settings: Settings, as_json: bool) -> None:
    """Show which machines are to be away, and when."""
    schedule = settings.ask_master("/maintenance/schedule")
    if as_json:
        show_json(schedule)
        return
    rows = [
        (machine_name(machine), *_times(window["unavailability"]))
        for window in schedule.get("windows", [])
        for machine in window["machine_ids"]
    ]
    settings.show_table(("MACHINE", "FROM", "FOR"), rows)


@maintenance.command("status")
@json_option
@click.pass_obj
def show_status(settings: Settings, as_json: bool) -> None:
    """Show where machines stand, and what frameworks say to it."""
    status = settings.ask_master("/maintenance/status")
    if as_json:
        show_json(status)
        return
    frameworks = settings.ask_master("/state-summary")["frameworks"] if status.get("draining_machines") else []
    names = {each["id"]: each["name"] for each in frameworks}
    settings.show_table(("MACHINE", "STATE", "FRAMEWORK", "SAYS", "SINCE"), status_rows(status, names))


@maintenance.command("plan")
@click.argument("machines", nargs=-1, metavar="HOST[,IP]...")
@click.option("--in", "delay", callback=read_duration, metavar="DURATION", help="It begins after, like 2hrs; else now.")
@click.option(
    "--at", "begin", type=click.DateTime(_DATES), metavar="TIME", help='Or at "2026-12-24 18:00", local time.'
)
@click.option("--for", "length", callback=read_duration, metavar="DURATION", help="How long; without it, for good.")
@click.option("--file", "file", metavar="FILE", help="Or the whole schedule as JSON (- reads stdin), Mesos's Schedule.")
@json_option
@click.pass_obj
def plan(settings: Settings, /, machines: tuple[str, ...], file: str | None, as_json: bool, **window: Any) -> None:
    """Plan when machines are away.

    One that is planned already gets this window instead.
    Frameworks are asked by inverse offers to leave, and offers say when the machine will be away. Nothing ends yet.
    """
    is_window = bool(machines) or any(value is not None for value in window.values())
    if is_window == (file is not None):
        raise click.UsageError("either machines, or --file, which is the whole schedule")
    if file is None and not machines:
        raise click.UsageError("which machines?")
    if window["delay"] is not None and window["begin"] is not None:
        raise click.UsageError("--in and --at both say when it begins")
    _set(settings, _add_window(settings, machines, **window) if file is None else _read_schedule(file))
    _report(settings, f"planned: {' '.join(machines)}" if machines else "the schedule is replaced", as_json)


@maintenance.command("cancel")
@MACHINES
@json_option
@click.pass_obj
def cancel(settings: Settings, machines: tuple[str, ...], as_json: bool) -> None:
    """Take machines out of the schedule."""
    known = settings.ask_master("/maintenance/schedule").get("windows", [])
    scheduled = {_key(machine) for window in known for machine in window["machine_ids"]}
    missing = [one for one in machines if _key(_machine(one)) not in scheduled]
    if missing:
        raise NotFound(f"not in the schedule: {' '.join(missing)}")
    _set(settings, {"windows": _windows_without(settings, machines)})
    _report(settings, f"no longer planned: {' '.join(machines)}", as_json)


@maintenance.command("start")
@MACHINES
@json_option
@click.pass_obj
def start(settings: Settings, machines: tuple[str, ...], as_json: bool) -> None:
    """Take planned machines down.

    Their agents are shut down with all tasks, and kept out.
    """
    settings.tell_master("START_MAINTENANCE", machines=[_machine(one) for one in machines])
    _report(settings, f"down: {' '.join(machines)}", as_json)


@maintenance.command("stop")
@MACHINES
@json_option
@click.pass_obj
def stop(settings: Settings, machines: tuple[str, ...], as_json: bool) -> None:
    """Let machines that are down take part again.

    They leave the schedule.
    """
    settings.tell_master("STOP_MAINTENANCE", machines=[_machine(one) for one in machines])
    _report(settings, f"up: {' '.join(machines)}", as_json)


def _set(settings: Settings, schedule: Any) -> None:
    settings.tell_master("UPDATE_MAINTENANCE_SCHEDULE", schedule=schedule)


def _read_schedule(file: str) -> dict[str, Any]:
    schedule = read_json(file)
    if not isinstance(schedule, dict) or "windows" not in schedule:
        raise UsageFault(f'{source_name(file)} must hold a schedule: {{"windows": [...]}}')
    return schedule


def _report(settings: Settings, what: str, as_json: bool) -> None:
    if as_json:
        show_json({name: settings.ask_master(f"/maintenance/{name}") for name in ("schedule", "status")})
    else:
        settings.say(what)


def _add_window(settings: Settings, machines: tuple[str, ...], **window: Any) -> dict[str, Any]:
    begin = time.time() + (window["delay"] or 0) if window["begin"] is None else window["begin"].timestamp()
    unavailability: dict[str, Any] = {"start": {"nanoseconds": int(begin * _NANOSECONDS)}}
    if window["length"] is not None:
        unavailability["duration"] = {"nanoseconds": int(window["length"] * _NANOSECONDS)}
    new = {"machine_ids": [_machine(one) for one in machines], "unavailability": unavailability}
    return {"windows": [*_windows_without(settings, machines), new]}


def _windows_without(settings: Settings, machines: tuple[str, ...]) -> list[dict[str, Any]]:
    """The schedule as it is, but for these machines."""
    leaving = {_key(_machine(one)) for one in machines}
    kept = []
    for window in settings.ask_master("/maintenance/schedule").get("windows", []):
        staying = [machine for machine in window["machine_ids"] if _key(machine) not in leaving]
        if staying:
            kept.append(window | {"machine_ids": staying})
    return kept


def _machine(text: str) -> dict[str, str]:
    hostname, _, ip = text.partition(",")
    return {name: value for name, value in (("hostname", hostname), ("ip", ip)) if value}


def _key(machine: dict[str, str]) -> tuple[str, str]:
    """What makes a machine the same one: masters compare names in lower case."""
    return machine.get("hostname", "").lower(), machine.get("ip", "")


def _times(unavailability: dict[str, Any]) -> tuple[str, str]:
    begin = show_time(unavailability["start"]["nanoseconds"])
    length = unavailability.get("duration")
    return begin, "good" if length is None else format_duration(length["nanoseconds"] / _NANOSECONDS)
