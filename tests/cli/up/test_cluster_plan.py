"""Which processes a cluster is made of."""

from __future__ import annotations

from pathlib import Path
from signal import SIGTERM, SIGUSR1
from typing import Any

import pytest

from koinon_cli.up.cluster_plan import ClusterPlan, Machine, Role, UpOptions, plan_cluster, split_ports
from koinon_core.ranges import Ranges

GB = 1024**3
MACHINE = Machine(cores=4, mem=9 * GB, disk=105 * GB)


def make_plan(**options: Any) -> ClusterPlan:
    plan = plan_cluster(UpOptions(work_dir=Path("/w"), containerizers="process", **options), MACHINE)
    assert isinstance(plan, ClusterPlan), plan
    return plan


def find_problems(**options: Any) -> tuple[str, ...]:
    problems = plan_cluster(UpOptions(work_dir=Path("/w"), containerizers="process", **options), MACHINE)
    assert isinstance(problems, tuple)
    return problems


def test_a_master_two_agents_and_marathon_by_default() -> None:
    """Without options the usual ports are taken, and agents stand in racks of their own."""
    plan = make_plan()

    assert [
        ("master-1", "http://127.0.0.1:5050"),
        ("agent-1", "http://127.0.0.1:5051"),
        ("agent-2", "http://127.0.0.1:5052"),
        ("marathon", "http://127.0.0.1:8080"),
    ] == [(daemon.name, daemon.url) for daemon in plan.daemons]
    assert ["rack:rack-1", "rack:rack-2"] == [daemon.flags["attributes"] for daemon in plan.of(Role.AGENT)]
    assert ["127.0.0.1", "127.0.0.2"] == [daemon.flags["hostname"] for daemon in plan.of(Role.AGENT)]


def test_every_master_is_told_where_marathon_is() -> None:
    """So that whichever daemon's UI is opened shows both."""
    plan = make_plan(masters=2, marathon_port=8081)

    assert ["http://127.0.0.1:8081"] * 2 == [daemon.flags["ui_marathon"] for daemon in plan.of(Role.MASTER)]


def test_the_machine_is_divided() -> None:
    """Agents of one machine get equal parts of it, and no port twice."""
    assert [
        "cpus:2;mem:4096;disk:51200;ports:[31000-31499]",
        "cpus:2;mem:4096;disk:51200;ports:[31500-32000]",
    ] == [daemon.flags["resources"] for daemon in make_plan().of(Role.AGENT)]


def test_what_is_asked_for_goes_to_each_agent() -> None:
    """--resources is an agent's share, filled up by the machine's, and its ports are divided."""
    resources = "cpus:1; cpus(web):2; mem:64; ports:[1000-1003]"

    assert [
        "cpus:1;cpus(web):2;mem:64;disk:51200;ports:[1000-1001]",
        "cpus:1;cpus(web):2;mem:64;disk:51200;ports:[1002-1003]",
    ] == [daemon.flags["resources"] for daemon in make_plan(resources=resources).of(Role.AGENT)]


def test_agents_step_back_for_many_masters() -> None:
    """Three masters take 5050 to 5052, so that agents begin at 5053 unless told otherwise."""
    plan = make_plan(masters=3)

    assert [5050, 5051, 5052, 5053, 5054, 8080] == [daemon.port for daemon in plan.daemons]


def test_all_meet_in_the_store_of_the_work_dir() -> None:
    """By default masters elect in a file of the work dir, agents look there, and Marathon has a group of its own."""
    plan = make_plan(agents=1)

    assert [
        {"zk": "sqlite:///w/state.db?path=/koinon"},
        {"master": "sqlite:///w/state.db?path=/koinon"},
        {"master": "sqlite:///w/state.db?path=/koinon", "zk": "sqlite:///w/state.db?path=/koinon-marathon"},
    ] == [dict(daemon.secrets) for daemon in plan.daemons]


def test_passwords_travel_by_the_environment() -> None:
    """The address of a quorum is in no argument, which others could read, and in no representation."""
    marathon = make_plan(zk="zk://u:secret@h:2181/mesos").of(Role.MARATHON)[0]

    assert {
        "PATH": "/bin",
        "MARATHON_MASTER": "zk://u:secret@h:2181/mesos",
        "MARATHON_ZK": "zk://u:secret@h:2181/mesos-marathon",
    } == marathon.environment({"PATH": "/bin", "MARATHON_HTTP_PORT": "1"})
    assert "secret" not in repr(marathon)
    assert [
        "--http_address=127.0.0.1",
        "--http_port=8080",
        "--hostname=127.0.0.1",
        "--mesos_authentication_principal=marathon",
    ] == marathon.arguments()


def test_agents_end_with_their_tasks() -> None:
    """SIGUSR1 is how an agent leaves with its tasks; the others end by SIGTERM."""
    signals = {daemon.role: daemon.stop_signal for daemon in make_plan().daemons}

    assert signals == {Role.MASTER: SIGTERM, Role.AGENT: SIGUSR1, Role.MARATHON: SIGTERM}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"agent_port": 8079, "agents": 2}, "marathon and agent-2 would both need port 8080"),
        ({"marathon_port": 70000}, "port 70000, which does not exist"),
        ({"zk": "ftp://x"}, "is not a quorum URL"),
        ({"resources": "cpus"}, "'cpus' is not like cpus:4"),
    ],
)
def test_says_why_a_cluster_can_not_be(options: dict[str, Any], said: str) -> None:
    """What does not fit together is said before anything starts."""
    assert said in " ".join(find_problems(**options))


def test_ports_are_split_without_loss() -> None:
    """Every port goes to exactly one part, whatever the numbers."""
    parts = split_ports(Ranges(((1, 3), (7, 10))), 3)

    assert [[1, 2], [3, 7], [8, 9, 10]] == [list(part) for part in parts]
