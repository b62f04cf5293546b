"""What an update makes of a group, and what the machine makes of that (marathon-v2-api 6, marathon-semantics 6)."""

import json
from typing import Any

import pytest

from koinon_marathon.changes.group_transitions import change_group, delete_group, enforce_role
from koinon_marathon.codec.groups import decode_group
from koinon_marathon.definition.apps import VersionInfo
from koinon_marathon.definition.group_updates import GroupUpdate
from koinon_marathon.definition.groups import Group, find_group, find_pod, put_spec
from koinon_marathon.definition.path_ids import ROOT, PathId
from koinon_marathon.definition.pod_containers import PodContainer
from koinon_marathon.definition.pods import Pod
from koinon_marathon.definition.problems import Rejection
from koinon_marathon.events import ChangeTree, RequestId, Transition
from koinon_marathon.instructions import ChangeAccepted, Publish, Result
from koinon_marathon.normalization import Settings
from koinon_marathon.options import Options
from support.marathon_world import LONG_AGO, World, make_app

DEV = PathId("/dev")
APP: dict[str, Any] = {"id": "a", "cmd": "sleep 1000", "cpus": 0.1, "mem": 32}


def put(path: str, settings: Settings | None = None, **body: Any) -> Transition:
    """A PUT of that group."""
    update = decode_group(json.dumps(body).encode())
    assert isinstance(update, GroupUpdate)
    return change_group(PathId(path), update, settings or Settings())


def refusal(result: Result | Group | Rejection) -> list[str]:
    """Where a refusal says that something is wrong, and what."""
    assert isinstance(result, Rejection), result
    return [f"{problem.path}: {problem.message}" for problem in result.details if not isinstance(problem, str)]


def make_pod(path: str) -> Pod:
    """A pod without more to it."""
    return Pod(
        id=PathId(path), version=LONG_AGO, version_info=VersionInfo(LONG_AGO, LONG_AGO), instances=0,
        containers=(PodContainer(name="one"),),
    )  # fmt: skip


def test_unchanged_apps_of_a_group_go_on() -> None:
    """Of a group's apps the changed one restarts, the new one starts, the missing one ends, the same one stays."""
    world = World()
    same, changed, gone = {**APP, "id": "same"}, {**APP, "id": "changed"}, {**APP, "id": "gone"}
    world.change(put("/g", apps=[same, changed, gone]))
    world.work()
    before = world.task_ids("/g/same")
    world.change(put("/g", apps=[same, {**changed, "cmd": "other"}, {**APP, "id": "new"}]))
    world.work()

    assert before == world.task_ids("/g/same")
    assert "other" == world.app("/g/changed").cmd
    assert (1, 1, 0) == tuple(len(world.instances(f"/g/{name}")) for name in ("changed", "new", "gone"))
    assert not world.is_deploying


def test_apps_start_when_what_they_wait_for_runs() -> None:
    """A group's dependency holds back its apps; the deployment goes on by itself."""
    world = World()
    db, web = {**APP, "id": "db"}, {**APP, "id": "web"}
    world.change(put("/", groups=[{"id": "data", "apps": [db]}, {"id": "x", "apps": [web], "dependencies": ["/data"]}]))
    world.offer()
    first = [len(world.instances(path)) for path in ("/data/db", "/x/web")]
    world.run_all()

    assert [1, 0] == first
    assert 1 == len(world.instances("/x/web"))


def test_pods_stay_whatever_is_said() -> None:
    """No body of a group names pods: neither a list of apps nor one of groups removes them, a DELETE does."""
    root = put_spec(put_spec(Group(version=LONG_AGO), make_pod("/g/p")), make_pod("/g/sub/deep/p"))
    root = put_spec(root, make_app("/g/sub/a"))
    left = put("/g", apps=[], groups=[])(root, LONG_AGO)
    assert isinstance(left, Group)
    deleted = delete_group(PathId("/g"))(root, LONG_AGO)
    assert isinstance(deleted, Group)

    assert find_pod(left, PathId("/g/p")) is not None
    assert find_pod(left, PathId("/g/sub/deep/p")) is not None
    sub = find_group(left, PathId("/g/sub"))
    assert sub is not None
    assert {} == sub.apps
    assert deleted.is_empty


@pytest.mark.parametrize(
    ("flag", "said", "role", "kept"),
    [(False, None, "*", None), (True, None, "dev", True), (True, False, "*", False), (False, True, "dev", True)],
)
def test_roles_of_new_groups(flag: bool, said: bool | None, role: str, kept: bool | None) -> None:
    """`--new_group_enforce_role` decides for groups that say nothing themselves, also for those an app brings along."""
    settings = Settings(new_group_enforce_role=flag)
    world = World(options=Options(new_group_enforce_role=flag))
    body = {"groups": [{"id": "deep", "apps": [APP]}]} | ({} if said is None else {"enforceRole": said})
    result = world.change(put("/dev", settings, **body))

    assert isinstance(result, ChangeAccepted)
    assert role == world.app("/dev/deep/a").role
    dev, deep = (find_group(world.marathon.state.root, PathId(path)) for path in ("/dev", "/dev/deep"))
    assert dev is not None
    assert deep is not None
    assert (kept, None) == (dev.enforce_role, deep.enforce_role)


def test_apps_below_the_root_have_the_default_role() -> None:
    """No group decides for them, and no other role is theirs."""
    world = World(options=Options(new_group_enforce_role=True))
    settings = Settings(new_group_enforce_role=True)

    assert isinstance(world.change(put("/", settings, apps=[APP])), ChangeAccepted)
    assert "*" == world.app("/a").role
    result = world.change(put("/", settings, apps=[{**APP, "role": "dev"}]))
    assert ["/apps(0)/role: got dev, expected one of: [*]"] == refusal(result)


def test_an_existing_role_stays_allowed() -> None:
    """Apps from before a group enforced its role may keep theirs, and must say so."""
    world = World()
    world.change(put("/dev", apps=[{**APP, "role": "*", "instances": 0}]))
    world.change(enforce_role(DEV, is_enforced=True))
    kept = world.change(put("/dev", apps=[{**APP, "role": "*", "instances": 0, "labels": {"x": "y"}}]))
    unsaid = world.change(put("/dev", apps=[{**APP, "instances": 0}]))

    assert isinstance(kept, ChangeAccepted)
    assert isinstance(unsaid, ChangeAccepted)
    assert "dev" == world.app("/dev/a").role


def test_a_change_without_deployment_touches_nothing() -> None:
    """PATCH of a group is a version of the tree and no deployment, whatever is under way and however much."""
    world = World(options=Options(max_running_deployments=1))
    world.change(put("/dev", apps=[APP]))
    world.published.clear()
    event = ChangeTree(
        request_id=RequestId(1), transition=enforce_role(DEV, is_enforced=True), group=DEV, deploys=False
    )
    world.send(event)

    told = [effect.event.fields for effect in world.effects if isinstance(effect, Publish)]
    assert isinstance(world.answers[-1], ChangeAccepted)
    assert ["group_change_success"] == world.published
    assert DEV == told[-1]["groupId"]
    dev = find_group(world.marathon.state.root, DEV)
    assert dev is not None
    assert dev.enforce_role


def test_scaling_is_bounded_by_what_apps_promise() -> None:
    """An app that may have one instance is not scaled to two, and none to more than there is room for."""
    world = World()
    once = {
        **APP,
        "labels": {"MARATHON_SINGLE_INSTANCE_APP": "true"},
        "upgradeStrategy": {"minimumHealthCapacity": 0, "maximumOverCapacity": 0},
    }
    world.change(put("/g", apps=[once]))
    two = world.change(put("/g", scaleBy=2), force=True)
    many = world.change(put("/g", scaleBy=1e300), force=True)

    assert ["/scaleBy: /g/a: Single instance app may only have one instance"] == refusal(two)
    assert ["/scaleBy: /g/a would have more than 100000 instances"] == refusal(many)


def test_an_app_gives_way_to_a_group_in_one_update() -> None:
    """What was an app may be a group afterwards, and the other way round."""
    world = World()
    world.change(put("/", apps=[{**APP, "instances": 0}]))
    world.change(put("/", apps=[], groups=[{"id": "a", "apps": [{**APP, "id": "b", "instances": 0}]}]))
    grouped = sorted(world.marathon.state.specs)
    world.change(put("/", apps=[{**APP, "instances": 0}], groups=[]))
    world.fail_over()

    assert ["/a/b"] == grouped
    assert ["/a"] == sorted(world.marathon.state.specs)
    assert find_group(world.marathon.state.root, PathId("/a")) is None
    assert ROOT == world.marathon.state.root.id


def test_a_resident_apps_role_changes_by_force_alone() -> None:
    """Through its group, too; what was set aside for it keeps the role it was made with."""
    options, settings = Options(principal="marathon"), Settings(principal="marathon", default_role="dev")
    volume = {"containerPath": "data", "mode": "RW", "persistent": {"size": 1}}
    resident = {**APP, "container": {"type": "MESOS", "volumes": [volume]}, "instances": 0}
    world = World(options=options)
    world.change(put("/ops", settings, apps=[{**resident, "role": "ops"}]))
    change = put("/ops", settings, apps=[{**resident, "role": "dev"}])
    refused = world.change(change)
    forced = world.change(change, force=True)

    assert [
        "/role: Existing reservations keep the role they were made with. "
        "To change it for those to come, use force=true."
    ] == refusal(refused)
    assert isinstance(forced, ChangeAccepted)
    assert "dev" == world.app("/ops/a").role
