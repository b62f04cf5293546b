"""Other people's clients of Marathon, unchanged, on one cluster. All of them are given the standby's address."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from compat.marathon_lb_reader import hear, read_backends
from support.client_venv import client_python
from support.cluster import Cluster, Daemon, running_cluster
from support.processes import Child

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
HERE = Path(__file__).parent
MARATHON = ("marathon==0.13.0", "requests==2.32.5", "requests-toolbelt==1.0.0")
MARATHON_CLI = (
    *("click==8.1.8", "requests==2.32.5", "urllib3==2.5.0", "certifi==2025.8.3", "idna==3.10", "jmespath==1.0.1"),
    *("charset-normalizer==3.4.3", "Jinja2==3.1.6", "MarkupSafe==3.0.2", "pretty-json==1.2.0", "spylogger==1.2.2"),
    *("Pygments==2.19.2", "pygments-json==0.1"),
)
TIMEOUT = 30.0


@pytest.fixture(scope="module")
def marathons() -> Iterator[Cluster]:
    """Two Marathons, one of which leads, and an agent."""
    with running_cluster() as cluster:
        cluster.add_master()
        cluster.add_agent()
        cluster.add_marathon()
        cluster.add_marathon()
        cluster.wait_agents(1)
        cluster.leading_marathon()
        yield cluster


def standby(cluster: Cluster) -> Daemon:
    """The Marathon that does not lead."""
    leader = cluster.leading_marathon()
    return next(daemon for daemon in cluster.marathons if daemon is not leader)


def run_client(*argv: object, log: Path, **env: str) -> str:
    """Run a client to its end under the names of its time, and give back what it printed. Fails when it failed."""
    with Child([str(word) for word in argv], log, {"PYTHONPATH": str(HERE / "old_names"), **env}) as child:
        code = child.wait_exit(90)
        assert code == 0, child.output
        return child.output


def lines_of(output: str, *beginnings: str) -> list[str]:
    """The lines that begin so."""
    return re.findall(rf"^(?:{'|'.join(beginnings)}).*$", output, re.M)


def test_a_load_balancer_follows_tasks(marathons: Cluster) -> None:
    """A reader of apps and events learns of tasks that come to health and go; old text says the same as JSON."""
    url = standby(marathons).url
    events = hear(url)
    attached = next(events)
    check = {"protocol": "COMMAND", "command": {"value": "true"}, "intervalSeconds": 1, "delaySeconds": 0}
    app = {"id": "/behind-lb", "cmd": "sleep 1000", "instances": 2, "cpus": 0.1, "mem": 16, "healthChecks": [check]}
    app |= {"labels": {"HAPROXY_GROUP": "external"}, "portDefinitions": [{"port": 15000}]}
    marathons.post_app(app).raise_for_status()
    heard = set[str]()

    def follow(count: int) -> set[str]:
        """The endpoints of the backend once there are so many; it is looked at only when an event says so."""
        for event in events:
            heard.add(event["eventType"])
            endpoints = read_backends(url, "external").get(15000, set())
            if len(endpoints) == count:
                return endpoints
        raise AssertionError(f"the stream ended before {count} tasks were up: {heard}")

    both = follow(2)
    tasks = marathons.running_tasks("behind-lb")
    doomed = {"ids": [tasks[0]["id"]]}
    requests.post(f"{url}/v2/tasks/delete?scale=true", json=doomed, timeout=TIMEOUT).raise_for_status()
    one = follow(1)
    text = requests.get(f"{url}/v2/tasks", headers={"Accept": "text/plain"}, timeout=TIMEOUT).text
    requests.delete(f"{url}/v2/apps//behind-lb", timeout=TIMEOUT).raise_for_status()

    assert "event_stream_attached" == attached["eventType"]
    assert {"api_post_event", "status_update_event", "health_status_changed_event"} == heard
    assert one < both == {f"{task['host']}:{task['ports'][0]}" for task in tasks}
    assert f"behind-lb\t15000\t{''.join(one)}\t\n" in text


def test_marathon_cli_gives_its_commands(marathons: Cluster, tmp_path: Path) -> None:
    """PyPI's marathon-cli looks at an app and all else, restarts it, kills a task and deletes it."""
    python = client_python("marathon-cli", *MARATHON_CLI, plain={"marathon-cli==1.1.8": "marathon_cli"})
    marathons.post_app({"id": "from-cli", "cmd": "sleep 1000", "cpus": 0.1, "mem": 16}).raise_for_status()
    script, log = HERE / "marathon_cli_commands.py", tmp_path / "cli.log"
    env = {"MARATHON_URL": standby(marathons).url, "SPY_LOG_LEVEL": "ERROR"}
    output = run_client(python, script, "from-cli", log=log, **env)

    assert [
        "tasks 1 /from-cli True",
        "apps sleep 1000 {'app-ids': ['/from-cli'], 'count': 1} 1",
        "restarted ['deploymentId', 'version']",
        "about True marathon {'queue': []} {'plugins': []}",
        "groups / 4.0.0 True",
        "killed /from-cli",
        "deleted ['deploymentId', 'version']",
    ] == lines_of(output, "tasks", "apps", "restarted", "about", "groups", "killed", "deleted")


def test_marathon_deploy_deploys(marathons: Cluster, tmp_path: Path) -> None:
    """PyPI's marathon-deploy creates an app from a file, follows its scaling to the end, and counts it."""
    python = client_python("marathon-deploy", "marathon-deploy==3.0.2", *MARATHON)
    check = {"protocol": "COMMAND", "command": {"value": "true"}, "intervalSeconds": 1, "delaySeconds": 1}
    app = {"id": "/deployed", "cmd": "sleep 1000", "instances": 1, "cpus": 0.1, "mem": 16, "healthChecks": [check]}
    definition = tmp_path / "app.json"
    definition.write_text(json.dumps(app))
    url = standby(marathons).url

    def deploy(*words: str) -> str:
        tool = python.with_name("marathon-deploy")
        return run_client(
            python, tool, "-m", url, *words, log=tmp_path / f"{words[-1].strip('-').replace('/', '')}.log"
        )

    created = deploy("--put", str(definition))
    scaled = deploy("--appid", "deployed", "--scale", "2")
    counted = deploy("--appid", "deployed", "--instances")
    requests.delete(f"{url}/v2/apps//deployed", timeout=TIMEOUT).raise_for_status()

    assert ['"pong"', "Creating app: /deployed"] == [line[:23] for line in lines_of(created, '"pong"', "Creating")]
    assert "No deployments active. Assuming complete." in created
    assert re.search(r"^Deployment \S+ complete\.$", scaled, re.M), scaled
    assert ["2"] == lines_of(counted, "[0-9-]")


def test_the_marathon_client_does_all_it_can(marathons: Cluster, tmp_path: Path) -> None:
    """PyPI's marathon drives apps, groups, deployments, events, queue and tasks under its strict models.

    In the end it has the leader abdicate, and goes on with the next one at the same address.
    """
    python = client_python("marathon", *MARATHON)
    log = tmp_path / "marathon.log"
    output = run_client(python, HERE / "marathon_life_cycle.py", standby(marathons).url, log=log)
    told = dict(line.split(" ", 1) for line in lines_of(output, "info", "ping", "posts", "heard", "plans", "next"))

    assert [
        "created /from-pypi",
        "conflict An app with id [/from-pypi] already exists.",
        "deployments [['/from-pypi']]",
        "scaled 2",
        "listed [('/from-pypi', 2, 2)]",
        "rolled back {'tier': 'web'} 1 4",
        "restarted True",
        "killed True",
        "queue [('/waits', 1, True)]",
        "cancelled {}",
        "group /shop ['/shop/db', '/shop/web'] ['/shop']",
        "group back ['/shop/db', '/shop/web']",
        "group scaled 2",
        "group gone Group '/shop' does not exist",
        "refused events []",
    ] == lines_of(
        output,
        *("created", "conflict", "deployments", "scaled", "listed", "rolled", "restarted", "killed", "queue"),
        *("cancelled", "group", "refused"),
    )
    assert "marathon 1.11.24 True True" == told["info"]
    assert "b'\"pong\"' metrics 4.0.0 []" == told["ping"]
    assert "{('/', '/')} True" == told["plans"]
    assert "['/from-pypi', '/waits']" == told["posts"]
    assert {"deployment_success", "status_update_event", "instance_changed_event"} < set(told["heard"].split())
    assert "leader True []" == told["next"]
