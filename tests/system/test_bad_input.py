"""What people get wrong is answered clearly, and loses nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from support.cluster import Cluster, running_cluster
from support.docker_engine import docker_url
from support.waiting import wait_until

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A master, an agent and a Marathon on one machine, with a real Docker Engine."""
    with running_cluster(docker_url=docker_url()) as cluster:
        cluster.add_master()
        cluster.add_agent()
        cluster.add_marathon()
        cluster.wait_agents(1)
        cluster.leading_marathon()
        yield cluster


def post(cluster: Cluster, body: str) -> requests.Response:
    """POST a body as it is."""
    url = f"{cluster.any_marathon().url}/v2/apps"
    return requests.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=15)


@pytest.mark.parametrize(
    ("body", "status", "message", "named"),
    [
        ("{", 400, "Invalid JSON", []),
        ("", 400, "Please specify data in JSON format", []),
        ('{"id": "/x", "cmd": "true", "cpus": "lots"}', 422, "Invalid JSON", ["/cpus"]),
        ('{"id": "/x", "cmd": "true", "cpus": -1}', 422, "Invalid JSON", ["/cpus"]),
        (
            '{"id": "/x", "cmd": "true", "constraints": [["rack", "NEAR", "r1"]]}',
            422,
            "Object is not valid",
            ["/constraints(0)"],
        ),
        ('{"id": "/x"}', 422, "Object is not valid", ["/"]),
    ],
)
def test_bad_apps_are_refused_with_the_field(
    cluster: Cluster, body: str, status: int, message: str, named: list[str]
) -> None:
    """marathon-v2-api 1.3: the status, Marathon's own message, and the path of the field at fault."""
    answer = post(cluster, body)

    details = answer.json()["details"]
    assert (status, message) == (answer.status_code, answer.json()["message"])
    assert named == ([detail["path"] for detail in details] if isinstance(details, list) else [])


def test_an_id_can_be_taken_once(cluster: Cluster) -> None:
    """The second POST of an id is a conflict; the first app is as it was."""
    app = {"id": "/once", "cmd": "sleep 1000", "cpus": 0.1, "mem": 32, "instances": 0}

    assert 201 == cluster.post_app(app).status_code
    again = cluster.post_app({**app, "cmd": "false"})
    assert (409, "An app with id [/once] already exists.") == (again.status_code, again.json()["message"])
    assert "sleep 1000" == cluster.any_marathon().get("/v2/apps/once")["app"]["cmd"]


def test_an_app_too_big_waits_and_says_why(cluster: Cluster) -> None:
    """No agent has 64 cpus: the queue names the shortage, per agent."""
    cluster.post_app({"id": "/huge", "cmd": "sleep 1000", "cpus": 64, "mem": 32})

    def look() -> dict[str, Any] | None:
        queue = cluster.any_marathon().get("/v2/queue?embed=lastUnusedOffers")["queue"]
        return next((item for item in queue if item["app"]["id"] == "/huge" and item.get("lastUnusedOffers")), None)

    item = wait_until(look, "a reason for /huge")
    summary = item["processedOffersSummary"]["rejectSummaryLastOffers"]
    declined = {entry["reason"]: entry["declined"] for entry in summary}

    assert 1 == item["count"]
    assert declined["InsufficientCpus"] >= 1
    assert ["InsufficientCpus"] == item["lastUnusedOffers"][0]["reason"]


def test_an_image_that_does_not_exist_fails_with_the_engines_words(cluster: Cluster) -> None:
    """TASK_FAILED carries what the engine said, and each failure waits longer than the one before."""
    app = {
        "id": "/no-image",
        "cmd": "true",
        "cpus": 0.1,
        "mem": 32,
        "container": {"type": "DOCKER", "docker": {"image": "127.0.0.1:9/no/such:image"}},
    }
    cluster.post_app(app)

    def failure() -> dict[str, Any] | None:
        found = cluster.any_marathon().get("/v2/apps/no-image?embed=app.lastTaskFailure")["app"]
        last = found.get("lastTaskFailure")
        return last if isinstance(last, dict) else None

    def delay() -> float:
        queue = cluster.any_marathon().get("/v2/queue")["queue"]
        return max((item["delay"]["timeLeftSeconds"] for item in queue if item["app"]["id"] == "/no-image"), default=0)

    first = wait_until(failure, "a failure of /no-image")
    assert "TASK_FAILED" == first["state"]
    assert "127.0.0.1:9" in first["message"]
    wait_until(lambda: delay() >= 1, "a delay of a second or more")


def test_a_master_that_is_away_is_waited_for() -> None:
    """An agent and a Marathon that start before any master connect once there is one."""
    with running_cluster() as cluster:
        cluster.add_agent()
        cluster.add_marathon()
        cluster.agents[0].process.wait_port(cluster.agents[0].port)
        cluster.marathons[0].process.wait_port(cluster.marathons[0].port)
        cluster.add_master()
        cluster.wait_agents(1)
        cluster.leading_marathon()
        assert 201 == cluster.post_app({"id": "/late", "cmd": "sleep 1000", "cpus": 0.1, "mem": 32}).status_code
        cluster.wait_running("late", 1)
