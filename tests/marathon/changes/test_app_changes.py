"""Submissions become apps: defaults, partial updates and roles (marathon-v2-api 3.3 and 3.4, marathon-semantics 6)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import attrs
import pytest

from koinon_marathon.changes.app_changes import app_context, define_app, rollback_version, submitted_path
from koinon_marathon.changes.app_transitions import create_app
from koinon_marathon.codec import decode_app
from koinon_marathon.definition.apps import App, UpgradeStrategy
from koinon_marathon.definition.groups import Group, replace_group
from koinon_marathon.definition.legacy import Submission
from koinon_marathon.definition.networks import NetworkMode, PortDefinition, PortMapping
from koinon_marathon.definition.path_ids import ROOT, PathId
from koinon_marathon.definition.problems import Rejection
from koinon_marathon.normalization import Settings

Post = Callable[[dict[str, Any]], Any]
Put = Callable[[App, dict[str, Any]], Any]


def submission(body: dict[str, object]) -> Submission:
    """A body that decodes."""
    decoded = decode_app(body)
    assert isinstance(decoded, Submission)
    return decoded


def test_bridge_app_without_mappings_gets_one(post: Post) -> None:
    """An absent list of mappings is one default mapping, an explicit empty one is none."""
    app = post({"id": "/a", "cmd": "x", "networks": [{"mode": "container/bridge"}]})
    none = post({"id": "/a", "cmd": "x", "networks": [{"mode": "container/bridge"}], "container": {
        "type": "MESOS", "portMappings": []}})  # fmt: skip

    assert (PortMapping(host_port=0, name="default"),) == app.port_mappings
    assert () == none.port_mappings


def test_require_ports_means_nothing_away_from_the_host_network(post: Post) -> None:
    """Mappings say themselves which host port they need."""
    assert not post(
        {"id": "/a", "cmd": "x", "networks": [{"mode": "container/bridge"}], "requirePorts": True}
    ).require_ports


def test_check_without_port_takes_the_first(post: Post) -> None:
    """Port index 0 is filled in for every check but COMMAND."""
    checks = [{"protocol": "TCP"}, {"protocol": "COMMAND", "command": {"value": "true"}}, {"port": 8080}]

    app = post({"id": "/a", "cmd": "x", "healthChecks": checks})

    assert (0, None, None) == tuple(check.port_index for check in app.health_checks)


def test_half_an_upgrade_strategy_is_completed(post: Post) -> None:
    """The share that is not said is 1."""
    app = post({"id": "/a", "cmd": "x", "upgradeStrategy": {"minimumHealthCapacity": 0.5}})

    assert UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=1.0) == app.upgrade_strategy


def test_dependencies_are_seen_from_the_parent_group(post: Post) -> None:
    """Relative dependencies hang below the group the app is in."""
    assert ("/shop/db", "/base") == post(
        {"id": "/shop/web", "cmd": "x", "dependencies": ["db", "../base"]}
    ).dependencies


def test_update_replaces_what_it_says_and_keeps_the_rest(post: Post, put: Put) -> None:
    """Whole maps and lists are replaced, absent fields stay."""
    app = post({"id": "/a", "cmd": "x", "env": {"A": "1"}, "labels": {"l": "1"}, "mem": 64})

    changed = put(app, {"env": {"B": "2"}, "instances": 3})

    assert {"B": "2"} == changed.env
    assert (3, 64.0, {"l": "1"}) == (changed.instances, changed.mem, changed.labels)


def test_empty_update_changes_nothing(post: Post, put: Put) -> None:
    """An update that says nothing gives an equal app, for every kind of network."""
    for networks in ([{"mode": "host"}], [{"mode": "container/bridge"}], [{"mode": "container", "name": "n"}]):
        app = post({"id": "/a", "cmd": "x", "networks": networks, "constraints": [["hostname", "UNIQUE"]]})

        assert app == put(app, {})


def test_id_in_an_update_is_ignored(post: Post, put: Put) -> None:
    """The address names the app, not the body."""
    assert "/a" == put(post({"id": "/a", "cmd": "x"}), {"id": "/other"}).id


def test_change_of_networks_drops_the_ports_of_the_old_kind(post: Post, put: Put) -> None:
    """From host to bridge and back, default ports of the new kind take the place of the old."""
    host = post({"id": "/a", "cmd": "x", "ports": [8080]})

    bridge = put(host, {"networks": [{"mode": "container/bridge"}]})
    again = put(bridge, {"networks": [{"mode": "host"}]})

    assert NetworkMode.BRIDGE is bridge.networks[0].mode
    assert ((), 1) == (bridge.port_definitions, len(bridge.port_mappings))
    assert (PortDefinition(name="default"),) == again.port_definitions


def test_update_may_not_give_ports_of_the_wrong_kind(post: Post, put: Put) -> None:
    """A port definition for an app behind the bridge is refused, for the update does not say what else it means."""
    bridge = post({"id": "/a", "cmd": "x", "networks": [{"mode": "container/bridge"}]})

    answer = put(bridge, {"portDefinitions": [{"port": 8080}]})

    assert isinstance(answer, Rejection)
    message = "portDefinitions are only allowed with host-networking"
    assert [{"path": "/", "errors": [message]}] == answer.body()["details"]


def test_role_follows_the_top_level_group(now: datetime) -> None:
    """A group that enforces its role gives it to its apps and allows no other; else the default role rules."""
    body = {"cmd": "x"}
    free = Group(version=now)
    enforcing = replace_group(free, Group(id=PathId("/team"), version=now, enforce_role=True))
    settings = Settings(default_role="marathon")

    def role(root: Group, **more: object) -> str | Rejection:
        context = app_context(root, PathId("/team/app"), settings, now)
        answer = define_app(submission({**body, **more}), context)
        return answer if isinstance(answer, Rejection) else answer.role

    assert "marathon" == role(free)
    assert "team" == role(free, role="team")
    assert "team" == role(enforcing)
    refused = role(enforcing, role="marathon")
    assert isinstance(refused, Rejection)
    assert [{"path": "/role", "errors": ["got marathon, expected one of: [team]"]}] == refused.body()["details"]


def test_role_once_given_may_stay(now: datetime, make_app: Callable[..., App]) -> None:
    """An app keeps a role it already has, even if its group enforces another by now."""
    app = make_app("/team/app", cmd="x", role="old")
    group = Group(id=PathId("/team"), version=now, enforce_role=True, apps={app.id: app})
    context = app_context(replace_group(Group(version=now), group), app.id, Settings(), now)

    answer = define_app(submission({"cmd": "x", "role": "old"}), context)

    assert isinstance(answer, App)
    assert app == context.existing
    assert attrs.evolve(context, existing=None) != context


def test_version_alone_asks_for_a_rollback(now: datetime) -> None:
    """A version beside an id names a stored definition; beside anything else it is refused."""
    text = "2020-09-13T12:26:40.000Z"

    assert now == rollback_version(submission({"id": "/a", "version": text}))
    assert rollback_version(submission({"cmd": "x"})) is None
    refused = rollback_version(submission({"version": text, "cmd": "x"}))
    assert isinstance(refused, Rejection)
    message = "The 'version' field may only be combined with the 'id' field."
    assert [{"path": "/", "errors": [message]}] == refused.body()["details"]


@pytest.mark.parametrize(
    ("body", "error"),
    [({}, "error.path.missing"), ({"id": "/"}, "must not be the root path"), ({"id": ""}, "must not be empty")],
)
def test_create_needs_an_id(body: dict[str, object], error: str) -> None:
    """POST names the id it misses."""
    answer = submitted_path(submission(body))

    assert isinstance(answer, Rejection)
    meanings = {"meanings": ["is missing"]} if error.startswith("error.") else {}
    assert [{"path": "/id", "errors": [error]} | meanings] == answer.body()["details"]


def test_a_wrong_definition_of_a_taken_id_is_told_what_is_wrong(now: datetime) -> None:
    """What a body gets wrong comes first, as in Marathon; a right one hears that the id is taken."""
    empty = Group(id=ROOT, version=now)
    root = create_app(submission({"id": "/a", "cmd": "x"}), Settings())(empty, now)
    assert isinstance(root, Group)
    wrong = create_app(submission({"id": "/a"}), Settings())(root, now)
    right = create_app(submission({"id": "/a", "cmd": "y"}), Settings())(root, now)

    assert isinstance(wrong, Rejection)
    assert isinstance(right, Rejection)
    assert (422, 409) == (wrong.status, right.status)
    assert "An app with id [/a] already exists." == right.message


def test_what_is_for_the_docker_engine_is_not_kept_for_the_other(post: Post) -> None:
    """A MESOS container has neither privileges nor parameters, whatever it was given."""
    image = {"image": "web", "privileged": True, "parameters": [{"key": "a", "value": "b"}]}
    images = {
        kind: post({"id": "/a", "cmd": "x", "container": {"type": kind, "docker": image}}).container.docker
        for kind in ("MESOS", "DOCKER")
    }

    assert (False, ()) == (images["MESOS"].privileged, images["MESOS"].parameters)
    assert (True, 1) == (images["DOCKER"].privileged, len(images["DOCKER"].parameters))
