"""Read models: apps with counts, tasks, the queue with its reasons, deployments (marathon-v2-api 3, 7 to 9)."""

from typing import Any

import attrs
import pytest

from koinon_core.containers import ContainerStatus, IpAddress, NetworkInfo
from koinon_core.tasks import TaskState
from koinon_marathon.definition.app_container import Container, ContainerType
from koinon_marathon.definition.apps import App
from koinon_marathon.definition.health_checks import HealthCheck, HealthCheckCommand, HealthCheckProtocol
from koinon_marathon.definition.networks import Network, NetworkMode, PortDefinition, PortMapping
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.problems import Rejection
from koinon_marathon.events import Disconnected
from koinon_marathon.options import Options
from koinon_marathon.queries import (
    APP_EMBEDS,
    LIST_EMBEDS,
    AppFilter,
    Embeds,
    all_tasks,
    app_object,
    app_tasks,
    deployments_list,
    embeds_of,
    find_instances,
    kept_versions,
    queue_object,
    select_apps,
    task_object,
    tasks_text,
    waiting_specs,
)
from koinon_marathon.queries.label_selector import UnreadableSelector, parse_selector
from support.marathon_world import World, make_app

WEB = PathId("/web")


def test_task_object_has_the_fields_of_the_spec() -> None:
    """`startedAt` only once it runs; nothing that Marathon would not write."""
    world = World()
    world.post(make_app(port_definitions=(PortDefinition(port=10005),)))
    world.offer()
    always = {"id", "appId", "host", "state", "role", "ports", "servicePorts", "ipAddresses", "healthCheckResults"}
    always |= {"localVolumes", "version", "slaveId", "stagedAt"}

    (staged,) = app_tasks(world.marathon.state, WEB)
    assert always == set(staged)
    assert "TASK_STAGING" == staged["state"]

    world.run_all()
    (running,) = all_tasks(world.marathon.state, frozenset())
    assert always | {"startedAt"} == set(running)
    assert ("TASK_RUNNING", [10005]) == (running["state"], running["servicePorts"])


def test_tasks_by_condition() -> None:
    """`status=running` leaves out the rest, an unknown word leaves out nothing."""
    world = World()
    world.post(make_app(instances=2))
    world.offer()
    world.report(world.task_ids()[0], TaskState.TASK_RUNNING)

    assert 1 == len(all_tasks(world.marathon.state, frozenset({"running"})))
    assert 2 == len(all_tasks(world.marathon.state, frozenset({"sideways"})))


def test_app_counts_every_instance() -> None:
    """One that waits for an offer counts as staged and shows no task."""
    world = World()
    check = HealthCheck(protocol=HealthCheckProtocol.COMMAND, command=HealthCheckCommand("true"))
    world.post(make_app(instances=3, cpus=2.0, health_checks=(check,)))
    world.offer("a0")
    world.report(world.task_ids()[0], TaskState.TASK_RUNNING, healthy=False)

    shown = app_object(world.marathon.state, world.app(), APP_EMBEDS, world.now)

    counts = [shown[name] for name in ("tasksStaged", "tasksRunning", "tasksHealthy", "tasksUnhealthy")]
    assert [2, 1, 0, 1] == counts
    assert 2 == len(shown["tasks"])  # type: ignore[arg-type] # a list
    assert [{"id": each} for each in world.marathon.state.deployments] == shown["deployments"]


def test_embeds_of_a_query() -> None:
    """With and without prefix; `tasks` brings deployments; what is unknown brings nothing."""
    assert Embeds.TASKS | Embeds.DEPLOYMENTS == embeds_of(["apps.tasks"])
    assert LIST_EMBEDS == embeds_of(["counts", "app.deployments"])
    assert Embeds.NOTHING == embeds_of(["moon"])


def test_queue_says_why_for_each_agent() -> None:
    """Reasons in funnel order, the offers themselves, and, when asked for, the sentences."""
    world = World(agents=2)
    world.post(make_app(cpus=64.0))
    world.offer()

    (item,) = _items(_queue(world, with_offers=True, with_reasons=True))

    assert (1, {"timeLeftSeconds": 0, "overdue": True}) == (item["count"], item["delay"])
    assert {"host-a0", "host-a1"} == {each["offer"]["hostname"] for each in item["lastUnusedOffers"]}
    assert {("InsufficientCpus",)} == {tuple(each["reason"]) for each in item["lastUnusedOffers"]}
    assert ["cpus: 64 wanted, 4 offered"] == item["lastUnusedOffers"][0]["explanation"]
    summary = item["processedOffersSummary"]
    assert (2, 2) == (summary["processedOffersCount"], summary["unusedOffersCount"])
    declined = {row["reason"]: row["declined"] for row in summary["rejectSummaryLastOffers"]}
    assert 10 == len(declined)
    assert 2 == declined["InsufficientCpus"]


def test_queue_shows_the_delay() -> None:
    """Seconds left, and not overdue."""
    world = World()
    world.post(make_app(backoff_seconds=30))
    world.offer()
    world.report(world.task_ids()[0], TaskState.TASK_FAILED)

    (item,) = _items(_queue(world))

    assert {"timeLeftSeconds": 30, "overdue": False} == item["delay"]
    assert "lastUnusedOffers" not in item


def test_deployment_shows_where_it_is() -> None:
    """Steps, the current one counted from 1, and what is being done."""
    world = World()
    world.post(make_app())

    (shown,) = deployments_list(world.marathon.state)

    assert (["/web"], 2, 2) == (shown["affectedApps"], shown["currentStep"], shown["totalSteps"])
    assert [{"action": "ScaleApplication", "app": "/web", "readinessCheckResults": []}] == shown["currentActions"]


def test_versions_are_newest_first() -> None:
    """Each change of an app is one."""
    world = World()
    world.post(make_app())
    world.work()
    world.update("/web", cmd="other")

    versions = kept_versions(world.marathon.state, WEB)

    assert sorted(versions, reverse=True) == versions
    assert 2 == len(versions)


def test_find_instances_by_host() -> None:
    """Exact host names; nothing that still waits."""
    world = World()
    world.post(make_app(instances=2))
    assert () == find_instances(world.marathon.state, WEB)
    world.offer()

    assert 1 == len(find_instances(world.marathon.state, WEB, "host-a0"))


def test_task_of_an_instance_without_one() -> None:
    """A kill names what it killed, even what only waited."""
    world = World()
    world.post(make_app())

    shown = task_object(world.marathon.state, world.instances()[0])

    assert ("TASK_STAGING", "", []) == (shown["state"], shown["host"], shown["ports"])


def test_tasks_as_text() -> None:
    """A line for each service port, each endpoint followed by a tab; an app without ports names its hosts."""
    world = World(agents=1)
    world.post(
        make_app("/a/b", port_definitions=(PortDefinition(port=10001),)),
        make_app("/c", port_definitions=()),
    )
    world.work()
    (port,) = [port for one in world.instances("/a/b") if one.task for port in one.task.host_ports]

    apps = [world.app("/a/b"), world.app("/c")]

    assert f"a_b\t10001\thost-a0:{port}\t\nc\t \thost-a0\t\n" == tasks_text(world.marathon.state, apps)


@pytest.mark.parametrize(
    ("networks", "endpoints"),
    [((), ""), (("other",), ""), (("x", "blue"), "10.0.0.9:80\t"), (("*",), "10.0.0.9:80\t")],
)
def test_own_addresses_of_containers_as_text(networks: tuple[str, ...], endpoints: str) -> None:
    """A container's port without a host port is told for the networks that are named."""
    world = World(agents=1)
    mapping = PortMapping(container_port=80, service_port=10001)
    world.post(
        make_app(
            networks=(Network(mode=NetworkMode.CONTAINER, name="blue"),),
            port_definitions=None,
            container=Container(type=ContainerType.MESOS, port_mappings=(mapping,)),
        )
    )
    world.work()
    address = NetworkInfo(ip_addresses=(IpAddress(ip_address="10.0.0.9"),))
    (task_id,) = world.task_ids()
    world.report(task_id, TaskState.TASK_RUNNING, container_status=ContainerStatus(network_infos=(address,)))

    shown = tasks_text(world.marathon.state, [world.app()], frozenset(networks))

    assert f"web\t10001\t{endpoints}\n" == shown


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("env", {"/a", "/b"}),
        ("env==prod", {"/a"}),
        ("env != prod", {"/b"}),
        ("env in (prod, test)", {"/a", "/b"}),
        ("env notin (prod), tier", set()),
        (r"key\:colon==x\ y", {"/c"}),
    ],
)
def test_label_selectors(selector: str, expected: set[str]) -> None:
    """All forms ask that the label is there; terms are joined by and."""
    world = World()
    world.post(
        make_app("/a", labels={"env": "prod"}),
        make_app("/b", labels={"env": "test"}),
        make_app("/c", labels={"key:colon": "x y"}),
    )

    found = select_apps(world.marathon.state, AppFilter(label=selector))

    assert not isinstance(found, Rejection)
    assert expected == {app.id for app in found}


@pytest.mark.parametrize("text", ["", "env==", "env in ()", "envin (a)", "env=prod", "a,,b"])
def test_unreadable_selectors(text: str) -> None:
    """Refused with the place, not taken for something else."""
    assert isinstance(parse_selector(text), UnreadableSelector)


def test_filters_by_id_and_command() -> None:
    """Parts of either in any case; an app without a command has none to match."""
    world = World()
    world.post(make_app("/shop/web"), attrs.evolve(make_app("/db"), cmd=None, args=("run",)))

    assert ["/shop/web"] == [app.id for app in _found(world, AppFilter(cmd="SLEEP"))]
    assert ["/db"] == [app.id for app in _found(world, AppFilter(id="DB"))]


def _queue(world: World, **embeds: bool) -> dict[str, Any]:
    state = world.marathon.state
    return queue_object(state, waiting_specs(state), world.now, **{"with_offers": False, **embeds})


def _items(queue: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = queue["queue"]
    return items


def _found(world: World, wanted: AppFilter) -> list[App]:
    found = select_apps(world.marathon.state, wanted)
    assert not isinstance(found, Rejection)
    return found


def _explanation(world: World) -> list[str]:
    (item,) = _items(_queue(world, with_reasons=True))
    said: list[str] = item["explanation"]
    return said


def test_queue_says_what_keeps_an_app_waiting_as_a_whole() -> None:
    """A delay with what ended, and how often; no offer, no token, no master; nothing where only offers are to blame."""
    world = World(agents=1, options=Options(launch_tokens=1))
    world.post(make_app(instances=2))
    first = _explanation(world)
    world.offer()
    world.offer()
    starved = _explanation(world)
    for _ in range(2):
        world.report(world.task_ids()[0], TaskState.TASK_FAILED, message="exit 1")
        failed = _explanation(world)
        world.sleep(31)
        world.offer()
    world.report(world.task_ids()[0], TaskState.TASK_FINISHED)

    assert ["no offer for role * has come since it began to wait"] == first
    assert ["1 launches wait for their tasks to run: see --launch_tokens"] == starved
    assert ["ended 2 times in a row, last: TASK_FAILED on host-a0: exit 1; next try in 2 s"] == failed
    assert ["ended 3 times in a row, the last time well; next try in 2 s"] == _explanation(world)


def test_queue_says_that_there_is_no_master() -> None:
    """Rather than that offers lack something."""
    world = World()
    world.send(Disconnected())
    world.post(make_app())

    assert ["Marathon is not connected to a master, so nothing is offered to it"] == _explanation(world)
