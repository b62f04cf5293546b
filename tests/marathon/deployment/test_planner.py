"""Plans: which steps lead from one tree to another (marathon-semantics 3.1, 3.2)."""

from datetime import timedelta

import attrs

from koinon_marathon.changes.versions import restarted, with_versions
from koinon_marathon.definition.apps import App, VersionInfo
from koinon_marathon.definition.groups import Group, all_apps, put_spec
from koinon_marathon.definition.path_ids import PathId
from koinon_marathon.definition.pods import Pod
from koinon_marathon.deployment.conflicts import find_conflicts
from koinon_marathon.deployment.plan import ActionType, DeploymentId, DeploymentPlan
from koinon_marathon.deployment.planner import Urgency, find_difference, make_plan
from koinon_marathon.deployment.revert import revert
from koinon_marathon.stream_events import step_object
from support.marathon_world import LONG_AGO, make_app

_NOW = LONG_AGO + timedelta(days=1)
START, STOP, SCALE, RESTART = ActionType.START, ActionType.STOP, ActionType.SCALE, ActionType.RESTART


def tree(*apps: App) -> Group:
    """A root with these apps."""
    root = Group(version=LONG_AGO)
    for app in apps:
        root = put_spec(root, app)
    return root


def plan(old: Group, new: Group, *outdated: str) -> DeploymentPlan:
    """The plan between two trees."""
    urgency = Urgency(outdated=frozenset(map(PathId, outdated)))
    return make_plan(DeploymentId("d"), _NOW, find_difference(old, new), urgency)


def steps(found: DeploymentPlan) -> list[list[tuple[ActionType, str]]]:
    """Kind and app of every action, step by step."""
    return [[(action.type, action.spec_id) for action in step.actions] for step in found.steps]


def test_new_app_starts_then_scales() -> None:
    """Start is there for those who read plans."""
    assert [[(START, "/a")], [(SCALE, "/a")]] == steps(plan(tree(), tree(make_app("/a"))))


def test_removed_apps_stop_in_one_step() -> None:
    """All of them at once."""
    assert [[(STOP, "/a"), (STOP, "/b")]] == steps(plan(tree(make_app("/a"), make_app("/b")), tree()))


def test_kinds_of_change() -> None:
    """Only instances: scale; anything else, or asked to: restart; to none: scale; nothing: no step."""
    old = make_app("/a", instances=2)
    scaled, changed = attrs.evolve(old, instances=3), attrs.evolve(old, cmd="other")

    assert [[(SCALE, "/a")]] == steps(plan(tree(old), tree(with_versions(old, scaled, _NOW))))
    assert [[(RESTART, "/a")]] == steps(plan(tree(old), tree(with_versions(old, changed, _NOW))))
    assert [[(RESTART, "/a")]] == steps(plan(tree(old), tree(restarted(old, _NOW))))
    assert [[(SCALE, "/a")]] == steps(plan(tree(old), tree(attrs.evolve(changed, instances=0))))
    assert [] == steps(plan(tree(old), tree(old)))


def test_scaling_half_an_upgrade_finishes_it() -> None:
    """A forced scaling of an app with instances of an older configuration rolls these over too."""
    old = make_app("/a", instances=2)

    assert [[(RESTART, "/a")]] == steps(plan(tree(old), tree(attrs.evolve(old, instances=3)), "/a"))


def test_what_others_wait_for_goes_first() -> None:
    """A level for each length of the longest chain, groups included."""
    apps = (
        make_app("/db/main"),
        make_app("/cache", dependencies=(PathId("/db"),)),
        make_app("/web", dependencies=(PathId("/cache"), PathId("/db/main"))),
        make_app("/lone"),
    )

    found = steps(plan(tree(), tree(*apps)))

    assert [["/db/main", "/lone"], ["/cache"], ["/web"]] == [[path for _, path in step] for step in found[1:]]


def test_conflicts_share_an_app() -> None:
    """Plans over different apps run side by side."""
    one, two = plan(tree(), tree(make_app("/a"))), plan(tree(), tree(make_app("/b")))

    assert () == find_conflicts(two, [one])
    assert ("d",) == find_conflicts(one, [one])


def test_revert_undoes_only_its_own() -> None:
    """Changed and removed apps come back, added ones go, what others did stays."""
    a, b = make_app("/a"), make_app("/b")
    changed = attrs.evolve(a, cmd="other")
    done = plan(tree(a, b), tree(changed, make_app("/c")))

    reverted = revert(tree(changed, make_app("/c"), make_app("/other")), done)

    assert {"/a": a, "/b": b, "/other": make_app("/other")} == all_apps(reverted)


def test_pods_have_words_of_their_own() -> None:
    """StartPod and ScalePod, under the key `pod`."""
    pod = Pod(id=PathId("/p"), version=LONG_AGO, version_info=VersionInfo(LONG_AGO, LONG_AGO))
    found = plan(tree(), put_spec(tree(make_app("/a")), pod))

    assert [
        {"actions": [{"action": "StartApplication", "app": "/a"}, {"action": "StartPod", "pod": "/p"}]},
        {"actions": [{"action": "ScaleApplication", "app": "/a"}, {"action": "ScalePod", "pod": "/p"}]},
    ] == [step_object(step) for step in found.steps]
    assert (("/a",), ("/p",)) == (found.affected_apps, found.affected_pods)
