"""What Marathon's tables hold, when, and for whom."""

from __future__ import annotations

from typing import Any

import attrs
import orjson
import pytest

from koinon_core.tasks import TaskState
from koinon_marathon.definition.app_container import Container, ContainerType, DockerImage
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.run_specs import RunSpec
from koinon_marathon.ui import AppsSource, source
from koinon_marathon.ui.spec_rows import AppRows
from koinon_marathon.ui.spec_tables import SpecTable
from koinon_web.tables import Table
from support.marathon_world import World, make_app, make_pod
from support.ui_rows import find_row_problems

ALL = ("apps", "groups", "instances", "deployments", "waiting")


@attrs.frozen
class Owner:
    """Sees the apps whose label `owner` is theirs, and their own group."""

    name: str

    def may_view(self, spec: RunSpec) -> bool:
        return spec.labels.get("owner") == self.name

    def may_view_group(self, path: PathId) -> bool:
        return path in ("/", f"/{self.name}")


class Reader:
    """Reads tables of a world as a browser would."""

    def __init__(self, world: World, viewer: Owner | None = None, source: AppsSource | None = None) -> None:
        self.world = world
        self.viewer = viewer
        self.source = source or AppsSource(lambda: world.marathon.state, lambda: world.now, "t1")

    def table(self, name: str) -> Table:
        return self.source.refresh([name], self.viewer)[name]

    def rows(self, name: str) -> dict[str, Any]:
        table = self.table(name)
        found = {key: orjson.loads(table.row(key) or b"") for key in table.keys()}  # noqa: SIM118
        for row in found.values():
            assert [] == find_row_problems(name, row)
        return found

    def row(self, name: str, key: str) -> Any:
        return self.rows(name)[key]


@pytest.fixture
def world() -> World:
    """Two agents, no app."""
    return World()


def test_every_row_is_what_the_screens_expect(world: World) -> None:
    """An app that runs, one that waits, one that fails and a pod: each field is as rows.ts says."""
    reader = Reader(world)
    world.post(make_app("/run", instances=2), make_app("/g/big", cpus=99), make_app("/fails"), make_pod("/g/pod"))
    world.work(3)
    world.report(world.task_ids("/fails")[0], TaskState.TASK_FAILED, message="boom")

    found = {name: reader.rows(name) for name in ALL}

    assert {"/run", "/g/big", "/fails", "/g/pod"} == set(found["apps"])
    assert {"/", "/g"} == set(found["groups"])
    assert {"/g/big", "/fails"} <= set(found["waiting"])
    assert {"host-a0", "host-a1"} >= {row["host"] for row in found["instances"].values() if "host" in row}
    assert 1 == len(found["deployments"])


def test_app_row_tells_counts_and_what_runs(world: World) -> None:
    """Two instances asked for, one of which runs and is well: the app's counts are those of its API."""
    world.post(make_app("/web", instances=2, cmd="sleep 5"))
    world.offer()
    world.report(world.task_ids()[0], TaskState.TASK_RUNNING)

    row = Reader(world).row("apps", "/web")

    assert (2, 1, 1, 1) == (row["instances"], row["running"], row["staged"], row["unknown"])
    assert ("sleep 5", {"cpus": 0.1, "mem": 32.0}) == (row["runs"], row["resources"])
    assert row["deployment"] in world.marathon.state.deployments


def test_nothing_is_made_while_nothing_happens(world: World) -> None:
    """A table's position stays where it is from one call to the next if no event came between."""
    reader = Reader(world)
    world.post(make_app("/web", instances=3))
    world.work(3)
    before = [str(reader.table(name).position) for name in ALL]

    assert before == [str(reader.table(name).position) for name in ALL]


def test_one_change_makes_one_row(world: World) -> None:
    """Of ten apps one gets a status: its row and its instance's are all that a reader has missed."""
    reader = Reader(world)
    world.post(*(make_app(f"/app{n}") for n in range(10)))
    world.work(3)
    before = {name: reader.table(name).position for name in ("apps", "instances")}
    world.report(world.task_ids("/app4")[0], TaskState.TASK_UNREACHABLE)

    missed = {name: [key for key, _ in reader.table(name).since(before[name]).put] for name in before}

    assert ["/app4"] == missed["apps"]
    assert [str(one.id) for one in world.instances("/app4")] == missed["instances"]


def test_removed_app_leaves_the_tables_with_its_last_instance(world: World) -> None:
    """Its own row goes with its definition, its instances' rows when they are over."""
    reader = Reader(world)
    world.post(make_app("/web"))
    world.work(3)
    reader.rows("instances")
    world.delete("/web")

    assert {} == reader.rows("apps")
    assert ["Killing"] == [row["condition"] for row in reader.rows("instances").values()]

    world.end_killed()

    assert {} == reader.rows("instances")


def test_many_rows_come_in_several_calls(world: World) -> None:
    """A call makes so many rows and leaves the rest to the next one, which begins where it ended."""
    world.post(*(make_app(f"/app{n}", instances=0) for n in range(10)))
    table = SpecTable(Table("apps", "t1"), AppRows())
    table.note(world.marathon.state.specs)
    counts = []
    for _ in range(3):
        table.refresh(world.marathon.state, world.now, cost=4)
        counts.append(len(table.table))

    assert [4, 8, 10] == counts


def test_waiting_app_tells_each_agents_refusal(world: World) -> None:
    """Both agents have too few cores: each is a row with its reason, and the app's row counts them."""
    reader = Reader(world)
    world.add_agent("a2", attributes="rack:r1")
    world.post(make_app("/big", cpus=99))
    world.offer()

    row, refusals = reader.row("waiting", "/big"), reader.rows("refusals:/big")

    assert ([("InsufficientCpus", 3)], 3) == ([(one["reason"], one["agents"]) for one in row["reasons"]], row["agents"])
    assert {"a0", "a1", "a2"} == set(refusals)
    assert ({"rack": "r1"}, 4.0, 1000) == (
        refusals["a2"]["attributes"],
        refusals["a2"]["resources"]["cpus"],
        refusals["a2"]["resources"]["ports"],
    )
    assert ["InsufficientCpus"] == [one["reason"] for one in refusals["a2"]["reasons"]]


def test_what_a_task_says_of_its_end_is_cut(world: World) -> None:
    """A task may say a million characters: no row, of whichever table, repeats them all."""
    reader = Reader(world)
    world.post(make_app("/fails"))
    world.work(3)
    task_id = world.task_ids("/fails")[0]
    world.report(task_id, TaskState.TASK_FAILED, message="x" * 1_000_000)
    sizes = []
    for name in (*ALL, "timeline:/fails"):
        table = reader.table(name)
        sizes += [len(table.row(key) or b"") for key in table.keys()]  # noqa: SIM118

    assert max(sizes) < 5000


def test_ids_that_are_made_up_take_no_room_for_long(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each name has a table while somebody reads it; where there are very many, those go that nobody reads now."""
    monkeypatch.setattr(source, "MOST_KEPT", 10)
    found = AppsSource(lambda: world.marathon.state, lambda: world.now, "t1")
    first = found.refresh(["apps"], None)["apps"]
    found.refresh([f"timeline:/{number}" for number in range(10)], None)
    world.now += 8.0
    found.refresh(["apps"], None)
    world.now += 8.0
    still = found.refresh(["apps"], None)["apps"]

    assert first is still
    assert ["apps"] == list(found._parts)


def test_refusals_of_one_agent_change_one_row(world: World) -> None:
    """One agent offers again: its row alone is new."""
    reader = Reader(world)
    world.post(make_app("/big", cpus=99))
    world.offer()
    before = reader.table("refusals:/big").position
    world.offer("a1")

    assert ["a1"] == [key for key, _ in reader.table("refusals:/big").since(before).put]


def test_app_ceases_to_wait(world: World) -> None:
    """Once an agent has room for it, an app is in no list of those that wait."""
    reader = Reader(world)
    world.post(make_app("/big", cpus=6))
    world.offer()
    assert ["/big"] == list(reader.rows("waiting"))

    world.add_agent("large", cpus=8)
    world.offer()

    assert {} == reader.rows("waiting")
    assert {} == reader.rows("refusals:/big")


def test_delay_ends_without_an_event(world: World) -> None:
    """A row that says when an app is tried again is made anew at that time, though nothing happened."""
    reader = Reader(world)
    world.post(make_app("/fails", backoff_seconds=10))
    world.offer()
    world.report(world.task_ids("/fails")[0], TaskState.TASK_FAILED)
    row = reader.row("apps", "/fails")
    assert ("Delayed", world.now + 10) == (row["status"], row["until"])

    world.now += 11

    assert "Delayed" != reader.row("apps", "/fails")["status"]


def test_deployment_tells_steps_and_progress(world: World) -> None:
    """An upgrade of two instances: one new one runs beside the old ones, and the row says so."""
    reader = Reader(world)
    world.post(make_app("/web", instances=2))
    world.work(5)
    world.update("/web", cmd="sleep 200")
    world.offer()

    (row,) = reader.rows("deployments").values()

    assert ["/web"] == row["apps"]
    assert [[{"action": "RestartApplication", "app": "/web"}]] == [step["actions"] for step in row["steps"]]
    assert (1, (2, 2, 0)) == (row["step"], tuple(row["progress"][0][name] for name in ("wanted", "old", "ready")))
    assert row["why"][0] == "/web: 0 of 2 new instances are ready"


def test_viewer_sees_their_own_alone(world: World) -> None:
    """Somebody else's app is in no table, nor in the steps of a deployment that touches it."""
    world.post(*(make_app(f"/{name}/a", cpus=99, labels={"owner": name}) for name in ("ann", "bob")))
    world.offer()
    ann = Reader(world, Owner("ann"))

    assert ["/ann/a"] == list(ann.rows("apps")) == list(ann.rows("waiting"))
    assert {"/", "/ann"} == set(ann.rows("groups"))
    assert {"/ann/a"} == {row["app"] for row in ann.rows("instances").values()}
    assert {} == ann.rows("refusals:/bob/a")
    (deployment,) = ann.rows("deployments").values()
    assert b"bob" not in orjson.dumps(deployment)


def test_viewer_loses_sight_of_what_becomes_somebody_elses(world: World) -> None:
    """A changed label moves an app and its instances from one viewer's tables to another's."""
    world.post(make_app("/app", labels={"owner": "ann"}))
    world.work(4)
    ann = Reader(world, Owner("ann"))
    bob = Reader(world, Owner("bob"), ann.source)
    assert (1, 0) == (len(ann.rows("instances")), len(bob.rows("instances")))

    world.update("/app", labels={"owner": "bob"})

    assert ([], []) == (list(ann.rows("apps")), list(ann.rows("instances")))
    assert 1 == len(bob.rows("apps")) <= len(bob.rows("instances"))


def test_viewers_positions_say_nothing_to_others(world: World) -> None:
    """Who changes name is given all rows anew, not the changes since what the other one read."""
    world.post(make_app("/app", labels={"owner": "ann"}))
    ann = Reader(world, Owner("ann"))
    bob = Reader(world, Owner("bob"), ann.source)

    assert bob.table("apps").since(ann.table("apps").position).is_reset


def test_tables_that_nobody_reads_are_forgotten(world: World) -> None:
    """After five minutes a table begins anew, and readers are given all of it."""
    reader = Reader(world)
    world.post(make_app("/web"))
    before = reader.table("apps").position
    world.now += 400

    assert reader.table("apps").since(before).is_reset


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [
        ("apps", True),
        ("refusals:/web", True),
        ("refusals:", False),
        ("agents", False),
        ("apps:/web", False),
        ("", False),
    ],
)
def test_names_of_tables(name: str, is_ours: bool) -> None:
    """Tables of one app need its id, the others take none."""
    source = AppsSource(lambda: World().marathon.state, lambda: 0.0, "t")

    assert is_ours is source.has(name)


def test_image_is_what_runs(world: World) -> None:
    """An app with an image is told by it, whatever its command is."""
    image = Container(type=ContainerType.DOCKER, docker=DockerImage(image="koinon/busybox"))
    world.post(make_app("/web", container=image))

    assert "koinon/busybox" == Reader(world).row("apps", "/web")["runs"]
