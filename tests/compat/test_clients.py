"""Other people's clients, unchanged, in environments of their own."""

import re
from pathlib import Path

import pytest

from support.client_venv import client_python
from support.cluster import Cluster, running_cluster
from support.processes import Child
from support.zookeeper import ZooKeeperAddress

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
PYMESOS = ("pymesos==0.3.15", "addict==2.4.0", "six==1.17.0", "kazoo==2.11.0")
HERE = Path(__file__).parent


def run_client(python: Path, script: str, *arguments: str, log: Path) -> str:
    """Run a script to its end and give back what it printed. Fails with that when the script failed."""
    with Child([str(python), str(HERE / script), *arguments], log) as child:
        code = child.wait_exit(90)
        assert code == 0, child.output
        return child.output


def test_pymesos_runs_ten_tasks(zookeeper: ZooKeeperAddress, tmp_path: Path) -> None:
    """PyPI's pymesos finds the leader by its zk:// URL and sees ten tasks finish."""
    python = client_python("pymesos", *PYMESOS, plain={"http-parser==0.9.0": "http_parser"})
    with running_cluster(f"zk://{zookeeper.hosts}{zookeeper.path}/PATH") as cluster:
        cluster.add_master()
        cluster.add_master()
        cluster.add_agent()
        cluster.wait_agents(1)
        output = run_client(python, "pymesos_ten_tasks.py", cluster.master_url, log=tmp_path / "pymesos.log")

    finished = set(re.findall(r"(task-\d+) TASK_FINISHED", output))
    assert {f"task-{number}" for number in range(10)} == finished


def lived(cluster: Cluster, output: str) -> list[str]:
    """The steps of a life, in order, of which the master agrees that its framework is gone."""
    framework_ids = re.findall(r"^(?:subscribed|registered) (\S+)$", output, re.M)
    state = cluster.leading_master().get("/state")
    assert [framework_ids[0]] * 2 == framework_ids
    assert framework_ids[0] in {framework["id"] for framework in state["completed_frameworks"]}
    return re.findall(r"^(TASK_RUNNING REASON_RECONCILIATION|TASK_KILLED|torn down)", output, re.M)


LIFE = ["TASK_RUNNING REASON_RECONCILIATION", "TASK_KILLED", "torn down"]


@pytest.mark.parametrize("package", ["avmesos==0.4.2", "mesoshttp==0.4.2"])
def test_line_reading_client_lives_its_life(package: str, cluster: Cluster, tmp_path: Path) -> None:
    """PyPI's avmesos and mesoshttp launch, reconcile, fail over with the same id, kill and tear down."""
    name = package.partition("==")[0]
    url = cluster.leading_master().url
    output = run_client(
        client_python(name, package), "line_reader_life_cycle.py", name, url, log=tmp_path / "client.log"
    )

    assert LIFE == lived(cluster, output)


def test_pymesos_lives_its_life(zookeeper: ZooKeeperAddress, tmp_path: Path) -> None:
    """PyPI's pymesos does the same by a zk:// URL, with revive and suppress on the way."""
    python = client_python("pymesos", *PYMESOS, plain={"http-parser==0.9.0": "http_parser"})
    with running_cluster(f"zk://{zookeeper.hosts}{zookeeper.path}/PATH") as cluster:
        cluster.add_master()
        cluster.add_agent()
        cluster.wait_agents(1)
        output = run_client(python, "pymesos_life_cycle.py", cluster.master_url, log=tmp_path / "client.log")

        assert LIFE == lived(cluster, output)
