"""``koinon up``: a whole cluster in one command, until Ctrl-C. Wires plan, work dir, supervisor and first calls."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Coroutine, Mapping
from pathlib import Path
from signal import SIGHUP, SIGINT, SIGTERM
from typing import Any

import click
import psutil

from koinon_daemon.client import HttpClient
from koinon_daemon.state_dir import state_dir

from ..app_file import read_apps
from ..errors import CliError, Conflict, ExitCode, Refused, Unreachable, UsageFault
from ..http_api import HttpApi, explain
from .cluster_calls import run_apps, wait_until_up
from .cluster_plan import (
    FRAMEWORK_PORT,
    HOST,
    MARATHON_PORT,
    MASTER_PORT,
    ClusterPlan,
    FrameworkWish,
    Machine,
    Role,
    UpOptions,
    plan_cluster,
)
from .framework_calls import wait_for_frameworks
from .supervisor import Supervisor
from .work_dir import held_work_dir


@click.command()
@click.option("--agents", type=click.IntRange(min=1, max=200), default=2, show_default=True, help="How many agents.")
@click.option("--masters", type=click.IntRange(min=1, max=9), default=1, show_default=True, help="How many masters.")
@click.option("--zk", metavar="URL", help="Where masters and Marathon keep state; default: a store in --work-dir.")
@click.option("--containerizers", metavar="LIST", help="docker,process; default: docker where an engine answers.")
@click.option("--master-port", type=int, default=MASTER_PORT, show_default=True, help="The first master's.")
@click.option("--agent-port", type=int, help="The first agent's; the next ones count up.  [default: 5051]")
@click.option("--marathon-port", type=int, default=MARATHON_PORT, show_default=True, help="Marathon's.")
@click.option("--framework-port", type=int, default=FRAMEWORK_PORT, show_default=True, help="The first framework's.")
@click.option("--work-dir", type=click.Path(file_okay=False, path_type=Path), help="State, sandboxes and logs.")
@click.option("--attributes", metavar="TEXT", help="Of every agent; default: rack:rack-<number>.")
@click.option("--resources", metavar="TEXT", help="An agent's share; ports are divided.  [default: equal parts]")
@click.option("--app", "app_files", metavar="FILE", multiple=True, help="Run this app once up; may be repeated.")
@click.option(
    "--framework",
    "frameworks",
    metavar="'NAME ...'",
    multiple=True,
    help="Run this installed framework, with the options behind its name; may be repeated.",
)
def up(
    app_files: tuple[str, ...],
    frameworks: tuple[str, ...],
    work_dir: Path | None,
    containerizers: str | None,
    **options: Any,
) -> int:
    """Run a cluster on this machine until Ctrl-C.

    Masters, agents, Marathon and frameworks, each a process of its own. Ending it ends all tasks; what was deployed is
    started again by the next run on the same work dir.
    """
    apps = [app for file in app_files for app in read_sound_apps(file)]
    wishes = read_sound_wishes(frameworks)
    directory = (work_dir or state_dir(os.environ)).absolute()
    with held_work_dir(directory):
        containerizers = choose_containerizers(containerizers)
        up_options = UpOptions(work_dir=directory, containerizers=containerizers, frameworks=wishes, **options)
        plan = plan_cluster(up_options, measure_machine(directory))
        if not isinstance(plan, ClusterPlan):
            raise UsageFault("such a cluster can't be", problems=plan)
        check_ports(plan)
        return asyncio.run(run_cluster(plan, apps))


async def run_cluster(plan: ClusterPlan, apps: list[dict[str, Any]]) -> int:
    """Run it until a signal or a daemon that can't stay up. Raises CliError when it does not come up."""
    stop = asyncio.Event()
    for number in (SIGINT, SIGTERM, SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    supervisor = Supervisor(plan, say)
    supervisor.start()
    try:
        async with HttpClient() as client:
            return await _live(supervisor, stop, bring_up(HttpApi(client), plan, apps))
    finally:
        say("ending: tasks get their time to stop, then all is gone ...")
        await supervisor.stop()


async def bring_up(api: HttpApi, plan: ClusterPlan, apps: list[dict[str, Any]]) -> None:
    """Wait until it is up, say where, and run the apps."""
    await wait_until_up(api, plan, say)
    await wait_for_frameworks(api, plan.of(Role.FRAMEWORK), say)
    width = max(len(name) for name in ("containers", *(daemon.name for daemon in plan.daemons)))
    for daemon in plan.daemons:
        say(f"{daemon.name:{width}} {daemon.url}{daemon.page_path}")
    say(f"{'containers':{width}} {describe_containers(plan, os.environ)}")
    say(f"state and logs are in {plan.work_dir}")
    if plan.of(Role.MASTER)[0].port != MASTER_PORT or plan.of(Role.MARATHON)[0].port != MARATHON_PORT:
        addresses = f"KOINON_MASTER={plan.of(Role.MASTER)[0].url} KOINON_MARATHON={plan.of(Role.MARATHON)[0].url}"
        say(f"in other terminals, first: export {addresses}")
    say("Ctrl-C ends it")
    await run_apps(api, plan, apps, say)


async def _live(supervisor: Supervisor, stop: asyncio.Event, bringing_up: Coroutine[Any, Any, None]) -> int:
    coming = asyncio.create_task(bringing_up)
    stopped = asyncio.create_task(stop.wait())
    failed = asyncio.create_task(supervisor.wait_failed())
    waiting: set[asyncio.Task[Any]] = {coming, stopped, failed}
    try:
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if stopped in done:
                return ExitCode.OK
            if failed in done:
                raise CliError(failed.result())
            coming.result()
        return ExitCode.OK
    finally:
        for task in (coming, stopped, failed):
            task.cancel()
        await asyncio.gather(coming, stopped, failed, return_exceptions=True)


def read_sound_apps(file: str) -> list[dict[str, Any]]:
    """The apps of a file that Marathon is going to take. Raises UsageFault, and Refused with what is wrong where."""
    # Here, as Marathon's rules take longer to import than most commands take to run.
    from .app_check import find_rejection  # noqa: PLC0415 - see above

    apps = read_apps(file)
    for app in apps:
        rejection = find_rejection(app)
        if rejection is not None:
            message, problems = explain(rejection.body())
            raise Refused(f"{file}, app {app.get('id', 'without an id')}: {message}", problems=problems)
    return apps


def read_sound_wishes(texts: tuple[str, ...]) -> tuple[FrameworkWish, ...]:
    """The frameworks to run, whose plugins can be loaded and take these options. Raises UsageFault, Refused."""
    if not texts:
        return ()
    # Here, as plugins and their host take longer to import than most commands take to run.
    from .framework_check import read_wish  # noqa: PLC0415 - see above

    return tuple(read_wish(text) for text in texts)


def describe_containers(plan: ClusterPlan, environ: Mapping[str, str]) -> str:
    """How to look at them."""
    if "docker" not in plan.of(Role.AGENT)[0].flags["containerizers"].split(","):
        return "none, as tasks run as plain processes: no Docker engine answers, or none was asked for"
    host = environ.get("DOCKER_HOST")
    return f"DOCKER_HOST={host} docker ps" if host else "docker ps"


def say(text: str) -> None:
    """Print at once, for people and for scripts that wait for a line."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def choose_containerizers(wanted: str | None) -> str:
    """What is asked for, or all that can be. Raises Unreachable where Docker is asked for and no engine answers."""
    names = [] if wanted is None else wanted.split(",")
    has_docker = is_docker_there() if wanted is None or "docker" in names else False
    if "docker" in names and not has_docker:
        raise Unreachable(f"no Docker engine answers at {os.environ.get('DOCKER_HOST') or 'its usual socket'}")
    return wanted or ("docker,process" if has_docker else "process")


def is_docker_there() -> bool:
    """Whether a Docker engine answers at DOCKER_HOST or at its usual socket."""
    # Here, as it takes longer to import than most commands take to run.
    import docker  # noqa: PLC0415 - see above
    from docker.errors import DockerException  # noqa: PLC0415

    try:
        client = docker.from_env(timeout=3)
        try:
            return bool(client.ping())
        finally:
            client.close()
    except DockerException:
        return False


def measure_machine(directory: Path) -> Machine:
    """What can be shared among the agents."""
    return Machine(
        cores=psutil.cpu_count() or 1,
        mem=psutil.virtual_memory().total,
        disk=psutil.disk_usage(str(directory)).total,
    )


def check_ports(plan: ClusterPlan) -> None:
    """Raise Conflict when somebody listens where a daemon should."""
    taken = [f"port {daemon.port} for {daemon.name} is taken" for daemon in plan.daemons if is_taken(daemon.port)]
    if taken:
        raise Conflict("the cluster can't start here", problems=tuple(taken))


def is_taken(port: int) -> bool:
    """Whether we could not listen there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
    return False
