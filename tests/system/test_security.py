"""A cluster whose master asks everybody who they are: those with a secret work in it, those without are not let in."""

from __future__ import annotations

import getpass
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from koinon_core.frameworks import FrameworkInfo
from koinon_core.scheduler_api import Subscribed
from koinon_daemon.credentials import Credential
from koinon_frameworks import DriverOptions, EndKind, Scheduler, SchedulerCalls, SchedulerDriver
from support.cluster import Cluster, Daemon, running_cluster
from support.processes import Child
from support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]

USER = getpass.getuser()
OPS, FRAMEWORK = ("ops", "sesame"), Credential("fw", "hush")
CREDENTIALS = "ops sesame\nagents a-secret\nmarathon m-secret\nfw hush\n"
ACLS = {
    "permissive": False,
    "register_frameworks": [{"principals": {"values": ["marathon", "fw"]}, "roles": {"type": "ANY"}}],
    "run_tasks": [{"principals": {"values": ["marathon"]}, "users": {"values": [USER]}}],
    "register_agents": [{"principals": {"values": ["agents"]}, "agents": {"type": "ANY"}}],
    **{
        view: [{"principals": {"values": ["ops"]}, objects: {"type": "ANY"}}]
        for view, objects in (
            ("view_frameworks", "users"),
            ("view_tasks", "users"),
            ("view_executors", "users"),
            ("view_roles", "roles"),
        )
    },
}
APP = {"id": "/web", "cmd": "exec sleep 100000", "cpus": 0.1, "mem": 32, "instances": 1}


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text)
    path.chmod(0o600)
    return path


def add_closed_master(cluster: Cluster) -> Daemon:
    """A master all of whose doors ask."""
    return cluster.add_master(
        f"--credentials={write(cluster.folder, 'credentials', CREDENTIALS)}",
        f"--acls=file://{write(cluster.folder, 'acls.json', json.dumps(ACLS))}",
        "--authenticate_http_readonly",
        "--authenticate_http_readwrite",
        "--authenticate_http_frameworks",
        "--http_framework_authenticators=basic",
        "--authenticate_agents",
    )


def read(master: Daemon, path: str) -> Any:
    """A document, as the operator sees it; None while there is no answer."""
    try:
        answer = requests.get(master.url + path, auth=OPS, timeout=5)
    except requests.RequestException:
        return None
    return answer.json() if answer.ok else None


def subscribe_raw(master: Daemon) -> requests.Response:
    """What a scheduler sends that knows of no credentials."""
    subscribe = {"type": "SUBSCRIBE", "subscribe": {"framework_info": {"user": USER, "name": "raw"}}}
    return requests.post(f"{master.url}/api/v1/scheduler", json=subscribe, timeout=10)


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """One such master, an agent that it knows, and a Marathon that it knows."""
    with running_cluster() as cluster:
        master = add_closed_master(cluster)
        wait_until(lambda: read(master, "/state"), "leading master")
        cluster.add_agent(f"--credential={write(cluster.folder, 'agent', 'agents a-secret')}")
        secret = write(cluster.folder, "marathon", "m-secret\n")
        cluster.add_marathon(
            "--mesos_authentication",
            "--mesos_authentication_principal=marathon",
            f"--mesos_authentication_secret_file={secret}",
        )
        wait_until(lambda: (read(master, "/slaves") or {}).get("slaves"), "registered agent")
        cluster.leading_marathon()
        yield cluster


class Once(Scheduler):
    """Leaves as soon as it is in."""

    async def subscribed(self, driver: SchedulerCalls, event: Subscribed) -> None:
        await driver.stop(teardown=True)


async def test_those_with_a_secret_work_and_those_without_are_not_let_in(cluster: Cluster) -> None:
    """An app runs; a raw request, an SDK framework, an agent and a user without a credential are told 401."""
    (master,) = cluster.masters
    assert 201 == cluster.post_app(APP).status_code
    assert 1 == len(cluster.wait_running("web", 1))
    assert [(1, "marathon")] == [(len(one["tasks"]), one["principal"]) for one in read(master, "/state")["frameworks"]]

    refused = subscribe_raw(master)
    assert 401 == refused.status_code
    assert 'Basic realm="mesos-master-scheduler"' == refused.headers["WWW-Authenticate"]

    info = FrameworkInfo(user=USER, name="fw")
    outside = await SchedulerDriver(Once(), info, master.url).run()
    inside = await SchedulerDriver(Once(), info, master.url, DriverOptions(credential=FRAMEWORK)).run()
    assert (EndKind.REFUSED, EndKind.STOPPED) == (outside.kind, inside.kind)
    assert "401" in outside.message

    stranger = cluster.add_agent()
    stranger.process.wait_line("--credential is missing")
    impostor = cluster.add_agent('--credential={"principal":"ops","secret":"sesame"}')
    impostor.process.wait_line("Not authorized as principal 'ops' to register agents")
    assert 1 == len(read(master, "/slaves")["slaves"])


def test_users_say_who_they_are(cluster: Cluster) -> None:
    """The command line by its environment; without it, it is told what is missing, and its secret is in no log."""
    (master,) = cluster.masters
    argv = [sys.executable, "-m", "koinon_cli", "--master", master.url, "agent", "list"]
    with Child(argv, cluster.folder / "nobody.log") as nobody:
        code = nobody.wait_exit(20)
    secrets = {"KOINON_PRINCIPAL": OPS[0], "KOINON_SECRET": OPS[1]}
    with Child(argv, cluster.folder / "ops.log", env=secrets) as operator:
        operator.wait_exit(20)
    logs = "".join(daemon.process.output for daemon in (*cluster.masters, *cluster.agents, *cluster.marathons))

    assert 4 == code
    assert "KOINON_SECRET" in nobody.output
    assert "-S0" in operator.output
    assert [] == [secret for secret in ("sesame", "a-secret", "m-secret", "hush") if secret in logs]
