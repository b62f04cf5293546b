"""The real parts that other tests build on: ports, child processes, ZooKeeper, Docker, other people's clients."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import docker
import pytest
from kazoo.client import KazooClient

from support.client_venv import client_python
from support.docker_engine import BUSYBOX
from support.ports import reserve_port, reserve_ports, reserve_task_ports
from support.processes import Child
from support.waiting import is_listening, wait_until
from support.zookeeper import ZooKeeperAddress, ZooKeeperEnsemble


def test_reserved_ports_differ_and_can_be_listened_on() -> None:
    """Each reserved port is another one, below the ephemeral range, and free to bind."""
    ports = reserve_ports(20)

    assert 20 == len(set(ports))
    assert max(ports) < 32000
    for port in ports:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", port))


def test_reserved_ports_are_respected_by_other_processes() -> None:
    """Another test run doesn't get a port that this one has reserved, although nobody listens there yet."""
    (port,) = reserve_ports(1)
    code = f"from support.ports import _lock; print(_lock({port}))"
    other = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parent, capture_output=True, text=True, check=True
    )

    assert "False" == other.stdout.strip()


def test_blocks_of_task_ports_are_one_agents_alone() -> None:
    """No two overlap, none holds a port of a daemon, and a block that was released is taken again."""
    one, two = reserve_task_ports(), reserve_task_ports()
    one.release()
    again = reserve_task_ports()
    for block in (two, again):
        block.release()

    assert one.last < two.first
    assert reserve_port() < one.first < one.last < 31000
    assert (one.first, one.last) == (again.first, again.last)
    assert f"ports:[{one.first}-{one.last}]" == str(one)


def test_wait_until_names_what_did_not_come() -> None:
    """A wait that ends in vain says what it waited for."""
    with pytest.raises(TimeoutError, match=r"no miracle within 0\.01 s"):
        wait_until(lambda: False, "miracle", timeout=0.01)


def test_child_tells_its_story_when_it_ends_too_early(tmp_path: Path) -> None:
    """Waiting for a line of a process that ended raises an error with its exit code and output."""
    child = Child(["/bin/sh", "-c", "echo no luck; exit 3"], tmp_path / "log")

    with pytest.raises(RuntimeError, match=r"ended with 3 before it said 'ready'(.|\n)*no luck"):
        child.wait_line("ready")


def test_child_answers_terminate_with_its_own_exit_code(tmp_path: Path) -> None:
    """SIGTERM reaches the child, and what it makes of it is its exit code."""
    script = "trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done"
    with Child(["/bin/sh", "-c", script], tmp_path / "log") as child:
        child.wait_line("^ready$")

        assert 7 == child.terminate()


def test_suspended_child_neither_ends_nor_goes_on(tmp_path: Path, free_port: int) -> None:
    """A suspended server still accepts connections, in the kernel, and answers none until it is resumed."""
    argv = [sys.executable, "-u", "-m", "http.server", str(free_port), "--bind", "127.0.0.1"]
    with Child(argv, tmp_path / "log") as child:
        child.wait_port(free_port)
        child.suspend()
        with socket.create_connection(("127.0.0.1", free_port), timeout=0.1) as connection:
            connection.sendall(b"HEAD / HTTP/1.0\r\n\r\n")
            with pytest.raises(TimeoutError):
                connection.recv(1)
            child.resume()
            connection.settimeout(10)

            assert b"HTTP/1.0 200" == connection.recv(12)
    assert not is_listening(free_port)


@pytest.mark.slow
def test_zookeeper_gives_each_test_a_path_of_its_own(zookeeper: ZooKeeperAddress) -> None:
    """A client can make the test's path, which nobody made before."""
    client = KazooClient(zookeeper.hosts)
    client.start()
    try:
        assert client.exists(zookeeper.path) is None
        client.create(f"{zookeeper.path}/node", b"here", makepath=True)

        assert b"here" == client.get(f"{zookeeper.path}/node")[0]
    finally:
        client.stop()
        client.close()


@pytest.mark.slow
def test_zookeeper_url_is_what_flags_take(zookeeper: ZooKeeperAddress) -> None:
    """The address is written as the daemons' --zk expects it."""
    assert f"zk://{zookeeper.hosts}{zookeeper.path}" == zookeeper.url


@pytest.mark.slow
def test_ensemble_elects_another_leader_and_takes_the_old_one_back(zookeeper_ensemble: ZooKeeperEnsemble) -> None:
    """After kill -9 of the leader another member leads, the data is there, and the restarted member follows."""
    first = zookeeper_ensemble.leader()
    client = KazooClient(zookeeper_ensemble.hosts, timeout=5)
    client.start()
    client.create("/kept", b"yes")
    first.kill()
    second = zookeeper_ensemble.leader()

    assert first is not second
    assert b"yes" == client.retry(client.get, "/kept")[0]
    first.start()
    assert "follower" == first.wait_serving()
    client.stop()
    client.close()


@pytest.mark.slow
def test_docker_runs_the_busybox_image_with_a_mapped_port(docker_engine: docker.DockerClient) -> None:
    """A container of the image `koinon/busybox` serves HTTP on a port that the engine maps to loopback."""
    command = ["sh", "-c", "echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"]
    port = reserve_port()
    ports = {"8080/tcp": ("127.0.0.1", port)}
    container = docker_engine.containers.run(BUSYBOX, command, detach=True, ports=ports)
    try:
        page = wait_until(lambda: _get(port), "page from the container")

        assert b"hello" in page
    finally:
        container.remove(force=True)


@pytest.mark.slow
def test_client_environment_holds_its_own_release() -> None:
    """A foreign client's environment has exactly the release that was asked for, whatever ours has."""
    python = client_python("example", "idna==3.10")
    code = "import importlib.metadata as m; print(m.version('idna'))"
    found = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)

    assert "3.10" == found.stdout.strip()


def _get(port: int) -> bytes:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
            connection.sendall(b"GET /index.html HTTP/1.0\r\n\r\n")
            return b"".join(iter(lambda: connection.recv(4096), b""))
    except OSError:
        return b""
