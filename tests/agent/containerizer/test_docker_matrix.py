"""Each network x ports x volumes x limits on a real engine: what was asked for is what inspect and the inside tell."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import uuid4

import docker
import orjson
import pytest
from attrs import define, evolve

from koinon_agent.containerizer import ContainerRun, Launch, LaunchFailed
from koinon_agent.containerizer.docker.containerizer import DockerContainerizer
from koinon_agent.containerizer.docker.options import DockerOptions
from koinon_agent.containerizer.docker.request.parameters import Allowed
from koinon_agent.containerizer.docker.request.spec import SpecOptions
from koinon_core.containers import (
    CommandInfo,
    DockerNetwork,
    DockerVolume,
    Environment,
    NetworkInfo,
    Parameter,
    Parameters,
    PortMapping,
    SandboxPath,
    Volume,
    VolumeMode,
    VolumeSource,
    VolumeSourceType,
)
from koinon_core.linux import (
    Capability,
    CapabilityInfo,
    LinuxInfo,
    RLimit,
    RLimitInfo,
    RLimitType,
    TtyInfo,
    WindowSize,
)
from koinon_core.resources import Resources, ranges, scalar
from koinon_core.scalars import Scalar
from support.docker_engine import BUSYBOX, docker_url
from support.ports import reserve_port
from support.waiting import wait_until

Launcher = Callable[..., Launch]
pytestmark = pytest.mark.slow
MB = 1 << 20

FACTS = """
fact() { echo "$1 $2"; }
can() { touch "$1/written-$MESOS_CONTAINER_NAME" 2>/dev/null && echo rw || echo ro; }
{
fact net "$(readlink /proc/self/ns/net)"
fact links "$(ls /sys/class/net | tr '\\n' ' ')"
fact hostname "$(hostname)"
fact memory "$(cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null)"
fact quota "$(cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us 2>/dev/null || cut -d' ' -f1 /sys/fs/cgroup/cpu.max)"
fact files "$(ulimit -n)"
fact shm "$(df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2)"
fact capabilities "$(grep CapEff /proc/self/status | cut -f2)"
fact host "$(can /host) $(cat /host/given)"
fact relative "$(can relative)"
fact named "$(can /named) $(df -k /named | tail -1 | cut -d' ' -f1)"
fact anonymous "$(can /anonymous)"
fact directory "$(pwd)"
fact colour "$COLOUR"
while [ -t 0 ]; do size="$(stty size)"; [ "${size:-0 0}" != "0 0" ] && break; sleep 0.01; done
fact terminal "${size:-none}"
} > $MESOS_SANDBOX/facts.new
mv $MESOS_SANDBOX/facts.new $MESOS_SANDBOX/facts
echo listening
exec httpd -f -p ${PORT:-8080} -h $MESOS_SANDBOX
"""


BRIDGED = {
    "links": "eth0 lo ",
    "hostname": "web-1",
    "memory": str(48 * MB),
    "quota": "50000",
    "files": "77",
    "shm": str(8 * 1024),
    "capabilities": f"{1 << 0 | 1 << 5:016x}",
    "host": "rw given",
    "relative": "rw",
    "named": "rw tmpfs",
    "anonymous": "rw",
    "directory": "/mnt/mesos/sandbox",
    "colour": "blue",
    "terminal": "none",
}
"""What the inside of a bridged container tells, its network namespace aside."""


KEPT_IN = {
    "rlimit_info": RLimitInfo((RLimit(type=RLimitType.RLMT_NOFILE, hard=99, soft=77),)),
    "linux_info": LinuxInfo(effective_capabilities=CapabilityInfo((Capability.CHOWN, Capability.KILL)), shm_size=8),
}


@define
class World:
    """What the launches of the matrix share: a network and a volume of the engine, and a directory of the host."""

    network: str
    volume: str
    host: Path

    def volumes(self, mode: VolumeMode) -> tuple[Volume, ...]:
        """One of each kind."""
        options = Parameters((Parameter("type", "tmpfs"), Parameter("device", "tmpfs"), Parameter("o", "size=1m")))
        named = DockerVolume(name=self.volume, driver="local", driver_options=options)
        cache = VolumeSource(type=VolumeSourceType.SANDBOX_PATH, sandbox_path=SandboxPath(path="cache"))
        return (
            Volume(mode=mode, container_path="/host", host_path=str(self.host)),
            Volume(mode=VolumeMode.RW, container_path="relative", source=cache),
            Volume(mode=VolumeMode.RW, container_path="/anonymous"),
            Volume(
                mode=mode,
                container_path="/named",
                source=VolumeSource(type=VolumeSourceType.DOCKER_VOLUME, docker_volume=named),
            ),
        )


@pytest.fixture
def world(docker_engine: docker.DockerClient, tmp_path: Path) -> Iterator[World]:
    """A network and a volume that no other test has."""
    name = f"koinon-{uuid4().hex[:8]}"
    network = docker_engine.networks.create(name)
    host = tmp_path / "host"
    host.mkdir()
    (host / "given").write_text("given")
    yield World(name, name, host)
    for container in docker_engine.containers.list(all=True, filters={"volume": name}):
        container.remove(force=True, v=True)
    network.remove()
    docker_engine.volumes.get(name).remove()


@pytest.fixture
async def containerizer() -> Any:
    """One whose operator limits cpus and opens one parameter."""
    allowed = Allowed(parameters=("pids-limit", "memory-swap"))
    spec = SpecOptions(is_cpu_limited=True, allowed=allowed)
    made = DockerContainerizer(DockerOptions(url=docker_url(), spec=spec))
    await made.start()
    yield made
    await made.stop()


def command(**variables: str) -> CommandInfo:
    """Writes the facts, then serves them."""
    environment = Environment.of({"COLOUR": "blue", **variables})
    return CommandInfo(value=f"cd $MESOS_SANDBOX; {FACTS}", environment=environment)


def amounts(cpus: float, mem: int, *ports: int) -> Resources:
    """The resources of a task."""
    taken = (ranges("ports", *((port, port) for port in ports)),) if ports else ()
    return Resources((scalar("cpus", cpus), scalar("mem", mem), *taken))


async def read_facts(launch: Launch) -> dict[str, str]:
    """What the inside tells."""
    path = launch.sandbox / "facts"
    await asyncio.to_thread(wait_until, path.exists, "facts")
    return dict(line.split(" ", 1) for line in path.read_text().splitlines())


def fetch_facts(port: int) -> bytes | None:
    """The same through the network."""
    try:
        with urlopen(f"http://127.0.0.1:{port}/facts", timeout=5) as answer:
            return bytes(answer.read())
    except OSError:
        return None


async def start(containerizer: DockerContainerizer, launch: Launch) -> tuple[dict[str, str], dict[str, Any]]:
    """Launch; what the inside and an inspect tell."""
    run: ContainerRun = await containerizer.launch(launch)
    (inspection,) = orjson.loads(run.inspection or b"[]")
    return await read_facts(launch), inspection


async def test_bridge_with_ports_and_a_fixed_amount(
    containerizer: DockerContainerizer, docker_launch: Launcher, world: World
) -> None:
    """A network of its own, tcp and udp published, all volumes writable, requests as limits."""
    tcp, udp = reserve_port(), reserve_port()
    mappings = (
        PortMapping(host_port=tcp, container_port=8080),
        PortMapping(host_port=udp, container_port=53, protocol="udp"),
    )
    launch = docker_launch(
        "",
        task={"command": command(), "resources": amounts(0.5, 48, tcp, udp)},
        container={
            "volumes": world.volumes(VolumeMode.RW),
            "hostname": "web-1",
            **KEPT_IN,
        },
        network=DockerNetwork.BRIDGE,
        port_mappings=mappings,
    )
    facts, inspection = await start(containerizer, launch)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", udp))

    assert BRIDGED == {name: value for name, value in facts.items() if name != "net"}
    assert {"8080/tcp", "53/udp"} == set(inspection["NetworkSettings"]["Ports"])
    assert (512, 48 * MB) == (inspection["HostConfig"]["CpuShares"], inspection["HostConfig"]["Memory"])
    assert (launch.sandbox / "facts").read_bytes() == await asyncio.to_thread(
        wait_until, lambda: fetch_facts(tcp), "answer"
    )
    assert (world.host / f"written-mesos-{launch.container_id}").exists()


async def test_host_network_with_limits_beyond_the_requests(
    containerizer: DockerContainerizer, docker_launch: Launcher, world: World
) -> None:
    """The host's own network, reached without mapping; read-only volumes; a limit above the request; a terminal."""
    port = reserve_port()
    launch = docker_launch(
        "",
        task={
            "command": command(PORT=str(port)),
            "resources": amounts(0.1, 40, port),
            "limits": {"cpus": Scalar.of(0.7), "mem": Scalar.of(80)},
        },
        container={"volumes": world.volumes(VolumeMode.RO), "tty_info": TtyInfo(WindowSize(rows=33, columns=77))},
        network=DockerNetwork.HOST,
        parameters=(Parameter("ulimit", "nofile=88"), Parameter("pids-limit", "50")),
    )
    facts, inspection = await start(containerizer, launch)
    answer = await asyncio.to_thread(wait_until, lambda: fetch_facts(port), "answer")
    await asyncio.to_thread(wait_until, lambda: "listening" in (launch.sandbox / "stdout").read_text(), "output")

    assert (launch.sandbox / "facts").read_bytes() == answer
    assert (os.readlink("/proc/self/ns/net"), os.uname().nodename) == (facts["net"], facts["hostname"])
    assert ("ro given", "rw", "ro tmpfs") == (facts["host"], facts["relative"], facts["named"])
    assert (str(80 * MB), "70000", "88", "33 77") == tuple(
        facts[name] for name in ("memory", "quota", "files", "terminal")
    )
    host = inspection["HostConfig"]
    assert (40 * MB, 50, {}) == (host["MemoryReservation"], host["PidsLimit"], inspection["NetworkSettings"]["Ports"])


async def test_no_network_at_all(containerizer: DockerContainerizer, docker_launch: Launcher, world: World) -> None:
    """Only the loopback is there; an unlimited request is no limit."""
    launch = docker_launch(
        "",
        task={"command": command(), "resources": Resources((scalar("mem", 40),))},
        container={"volumes": world.volumes(VolumeMode.RW)},
        network=DockerNetwork.NONE,
    )
    facts, inspection = await start(containerizer, launch)

    assert ("lo ", "-1", "rw given") == (facts["links"], facts["quota"], facts["host"])
    assert ({}, str(40 * MB)) == (inspection["NetworkSettings"]["Ports"], facts["memory"])


async def test_a_network_by_name_and_one_that_lacks(
    containerizer: DockerContainerizer, docker_launch: Launcher, world: World
) -> None:
    """Published ports and aliases as on a bridge; a name that the engine does not know is its refusal."""
    port = reserve_port()
    launch = docker_launch(
        "",
        task={"command": command(), "resources": amounts(0.2, 40, port)},
        container={"network_infos": (NetworkInfo(name=world.network),), "volumes": world.volumes(VolumeMode.RO)},
        network=DockerNetwork.USER,
        port_mappings=(PortMapping(host_port=port, container_port=8080),),
        parameters=(Parameter("net-alias", "db"),),
    )
    facts, inspection = await start(containerizer, launch)
    answer = await asyncio.to_thread(wait_until, lambda: fetch_facts(port), "answer")
    lacking = {"network_infos": (NetworkInfo(name="no-such-network"),)}
    with pytest.raises(LaunchFailed, match="network no-such-network not found"):
        await containerizer.launch(docker_launch("true", container=lacking, network=DockerNetwork.USER))

    assert (launch.sandbox / "facts").read_bytes() == answer
    assert ("eth0 lo ", "20000") == (facts["links"], facts["quota"])
    assert "db" in inspection["NetworkSettings"]["Networks"][world.network]["Aliases"]


async def test_a_mesos_container_with_an_image(
    containerizer: DockerContainerizer, universal_launch: Launcher, world: World
) -> None:
    """It starts in its sandbox, on the network that frameworks call mesos-bridge, with its ports published."""
    port = reserve_port()
    infos = (NetworkInfo(name="mesos-bridge", port_mappings=(PortMapping(host_port=port, container_port=8080),)),)
    shell = CommandInfo(value=FACTS, environment=Environment.of({"COLOUR": "red"}))
    launch = evolve(
        universal_launch(
            "",
            task={"command": shell, "resources": amounts(0.3, 40, port)},
            container={"network_infos": infos, "volumes": world.volumes(VolumeMode.RW), "hostname": "ucr"},
        ),
        user="nobody",
    )
    launch.sandbox.chmod(0o777)
    facts, inspection = await start(containerizer, launch)
    answer = await asyncio.to_thread(wait_until, lambda: fetch_facts(port), "answer")

    assert (launch.sandbox / "facts").read_bytes() == answer
    assert ("/mnt/mesos/sandbox", "red", "ucr", "30000") == tuple(
        facts[name] for name in ("directory", "colour", "hostname", "quota")
    )
    assert ("eth0 lo ", BUSYBOX, "65534:65534") == (
        facts["links"],
        inspection["Config"]["Image"],
        inspection["Config"]["User"],
    )
