"""Three machines, each with a ZooKeeper, a master, an agent and a Marathon, started by the README's own commands."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests
from attrs import define, field

from support.hosts import Host, running_hosts
from support.processes import Child
from support.waiting import wait_until
from support.zookeeper import ZooKeeperServer

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
README = Path(__file__).parents[2] / "README.md"
FASTER = {
    "koinon-master": ["--zk_session_timeout=2secs"],
    "koinon-agent": ["--containerizers=process", "--resources=cpus:2;mem:512;disk:512"],
    "koinon-marathon": ["--zk_session_timeout=2000"],
}


@define
class Machines:
    """The hosts that have power, and what runs on them."""

    hosts: list[Host]
    folder: Path
    children: list[Child] = field(factory=list)

    def start_zookeepers(self) -> None:
        """A member of one ensemble on each, at the usual ports."""
        members = [f"server.{number}={host.address}:2888:3888" for number, host in enumerate(self.hosts, 1)]
        servers = []
        for number, host in enumerate(self.hosts, 1):
            server = ZooKeeperServer(self.folder / f"zookeeper-{number}", 2181, host)
            server.join(number, members)
            server.start()
            servers.append(server)
        for server in servers:
            server.wait_serving()

    def start_daemons(self) -> None:
        """What the README says, on each host with its own address, rack and folders."""
        ensemble = ",".join(host.address for host in self.hosts)
        for number, host in enumerate(self.hosts, 1):
            for name, *flags in readme_commands():
                text = "\n".join(flags).replace("zk1,zk2,zk3", ensemble).replace("10.0.0.1", host.address)
                text = text.replace("rack:r1", f"rack:r{number}").replace("/var/lib", str(self.folder / str(number)))
                argv = [str(Path(sys.executable).parent / name), *text.split("\n"), *FASTER[name]]
                self.children.append(Child(host.enter(argv), self.folder / f"{name}-{number}.log"))

    def leading(self, port: int, path: str, key: str) -> Host | None:
        """The host whose daemon at that port says that it leads."""
        return next((host for host in self.hosts if ask(host, port, path).get(key)), None)

    def leading_master(self) -> Host:
        """The host of the leading master; waits for one."""
        return wait_until(lambda: self.leading(5050, "/state", "elected_time"), "leading master")

    def wait_agents(self, count: int) -> None:
        """Wait until the leading master knows that many active agents."""

        def look() -> bool:
            slaves = ask(self.leading_master(), 5050, "/slaves").get("slaves", ())
            return count == sum(bool(agent["active"]) for agent in slaves)

        wait_until(look, f"{count} active agents")

    def leading_marathon(self) -> Host:
        """The host of the leading Marathon; waits for one."""
        return wait_until(lambda: self.leading(8080, "/v2/info", "elected"), "leading Marathon")

    def lose(self, host: Host) -> None:
        """Cut its power."""
        self.hosts.remove(host)
        host.kill()


def readme_commands() -> list[list[str]]:
    """The daemons' command lines of the chapter on three machines."""
    chapter = README.read_text().split("## Three machines")[1].split("\n## ")[0]
    return [line.split() for line in re.findall(r"^koinon-\w+ .*$", chapter, re.MULTILINE)]


def ask(host: Host, port: int, path: str) -> dict[str, Any]:
    """The JSON object that this very daemon answers, or an empty one while it does not."""
    try:
        answer = requests.get(f"http://{host.address}:{port}{path}", timeout=5, allow_redirects=False)
        found = answer.json() if answer.status_code == requests.codes.ok else {}
    except (requests.RequestException, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def run_app(machines: Machines, app_id: str, instances: int) -> dict[str, str]:
    """Post an app by a standby, one instance a rack; wait until it runs and return task id -> host name."""
    leader = machines.leading_marathon()
    standby = next(host for host in machines.hosts if host != leader)
    app = {"id": app_id, "cmd": "exec sleep 100000", "cpus": 0.1, "mem": 32, "instances": instances}
    unique = {"constraints": [["rack", "UNIQUE"]]}
    answer = requests.post(f"http://{standby.address}:8080/v2/apps", json=app | unique, timeout=15)

    assert 201 == answer.status_code, answer.text

    def look() -> dict[str, str] | None:
        tasks = ask(standby, 8080, f"/v2/apps{app_id}/tasks").get("tasks", ())
        running = {task["id"]: task["host"] for task in tasks if task["state"] == "TASK_RUNNING"}
        return running if len(running) == instances else None

    return wait_until(look, f"{instances} tasks of {app_id}")


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    """All up: an ensemble, three masters, three Marathons, three agents on three racks."""
    with running_hosts(3) as hosts:
        machines = Machines(list(hosts), tmp_path)
        try:
            machines.start_zookeepers()
            machines.start_daemons()
            machines.wait_agents(3)
            yield machines
        finally:
            for host in hosts:
                host.kill()
            for child in machines.children:
                child.kill()


def test_two_machines_go_on_without_the_third(machines: Machines) -> None:
    """The machine that leads loses its power; the others elect anew, keep what they run, and start what is posted."""
    before = run_app(machines, "/before", 3)
    lost = machines.leading_master()
    tasks = {pid for host in machines.hosts if host != lost for pid in sleeping(host)}

    machines.lose(lost)
    machines.wait_agents(2)
    after = run_app(machines, "/after", 2)

    assert {f"10.77.{lost.address.split('.')[2]}.{number}" for number in (1, 2, 3)} == set(before.values())
    assert {host.address for host in machines.hosts} == set(after.values())
    assert 2 == len(tasks)
    assert tasks < {pid for host in machines.hosts for pid in sleeping(host)}


def sleeping(host: Host) -> set[int]:
    """The pids of the tasks on a host."""
    return {process.pid for process in map(psutil.Process, host.pids()) if ["sleep", "100000"] == process.cmdline()}
