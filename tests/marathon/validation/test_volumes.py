"""Volumes, secrets, residency, limits, checks and Linux: what is refused, in Marathon's words (marathon-v2-api 4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from koinon_marathon.definition.apps import App, Residency, UnreachableDisabled, UpgradeStrategy
from koinon_marathon.definition.problems import Rejection
from koinon_marathon.instructions import ChangeAccepted
from koinon_marathon.options import Options
from koinon_marathon.validation.residency import change_problems
from support.marathon_world import World

Body = dict[str, Any]
Post = Callable[[Body], App | Rejection]
Errors = Callable[[Body], dict[str, list[str]]]
PERSISTENT = {"containerPath": "data", "persistent": {"size": 1}}
DRIVER = {"containerPath": "/d", "external": {"name": "a", "provider": "dvdi", "options": {"dvdi/driver": "rexray"}}}
RESIDENT = {"id": "/store/db", "role": "store"}
NOT_ENABLED = "Feature {0} is not enabled. Enable with --enable_features {0})"


def mesos(*volumes: Body, **fields: Any) -> Body:
    """A body whose container has these volumes."""
    return {"container": {"type": "MESOS", "volumes": list(volumes), **fields}}


def docker(*volumes: Body) -> Body:
    """The same for the Docker engine."""
    return {"container": {"type": "DOCKER", "docker": {"image": "web"}, "volumes": list(volumes)}}


def local(path: str = "data", **info: Any) -> Body:
    """A resident app with one volume."""
    return {**RESIDENT, **mesos({"containerPath": path, "persistent": {"size": 5, **info}})}


def external(**info: Any) -> Body:
    """A volume of a driver, changed in some way."""
    return mesos({**DRIVER, "external": {**DRIVER["external"], **info}})  # type: ignore[dict-item]


@pytest.fixture
def errors(post_all: Post) -> Errors:
    """The errors by path of a body that a Marathon with every feature refuses."""

    def send(body: Body) -> dict[str, list[str]]:
        answer = post_all({"id": "/app", "cmd": "sleep 1", **body})
        assert isinstance(answer, Rejection), answer
        found = answer.body()["details"]
        assert isinstance(found, list)
        return {entry["path"]: entry["errors"] for entry in found}

    return send


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"secrets": {"a": {"source": "x"}}}, "/secrets", NOT_ENABLED.format("secrets")),
        (
            {"env": {"A": {"secret": "a"}}},
            "/env",
            "use of secret-references in the environment requires the secrets feature to be enabled",
        ),
        (mesos({"containerPath": "a", "secret": "a"}), "/container/volumes", NOT_ENABLED.format("secrets")),
        (mesos(DRIVER), "/container/volumes(0)", NOT_ENABLED.format("external_volumes")),
        ({"gpus": 1}, "/", NOT_ENABLED.format("gpu_resources")),
    ],
)
def test_a_feature_that_is_off_is_named(details: Errors, body: Body, path: str, message: str) -> None:
    """The refusal says which flag would help, in Marathon's own text."""
    assert message in details(body)[path]


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        (local("a/b"), "/container/volumes(0)/containerPath", 'value must not contain "/"'),
        (local(".."), "/container/volumes(0)/containerPath", 'must not be "." or ".."'),
        (local(size=0), "/container/volumes(0)/persistent/size", "got 0, expected more than 0"),
        (local(maxSize=9), "/container/volumes(0)/persistent", "Only mount volumes can have maxSize"),
        (
            local(type="mount", maxSize=4),
            "/container/volumes(0)/persistent",
            "Max size must be larger than size",
        ),
        (
            local(constraints=[["path", "LIKE", "/a"]]),
            "/container/volumes(0)/persistent",
            "Constraints on root volumes are not supported",
        ),
        (
            local(type="path", constraints=[["path", "UNIQUE", "x"]]),
            "/container/volumes(0)/persistent/constraints(0)",
            "Operator must be one of LIKE, UNLIKE",
        ),
        (mesos(DRIVER, DRIVER), "/container/volumes", "Volume names must be unique"),
        (external(options={}), "/container/volumes(0)/external/options", "dvdi/driver not defined"),
        (external(provider="nfs"), "/container/volumes(0)/external/provider", "is unknown provider"),
        (
            docker({**DRIVER, "external": {**DRIVER["external"], "size": 5}}),  # type: ignore[dict-item]
            "/container/volumes(0)/external/size",
            "must be undefined for Docker containers",
        ),
        (
            {**mesos(DRIVER), "instances": 2},
            "/",
            "Number of instances is limited to 1 when declaring DVDI volumes in app [/app]",
        ),
        (
            mesos({"containerPath": "a", "secret": "a"}),
            "/container/volumes(0)",
            "volume.secret must refer to an existing secret",
        ),
        ({"env": {"A": {"secret": "a"}}}, "/env/A/secret", "references an undefined secret"),
        ({"secrets": {"a": {"source": ""}}}, "/secrets/a/source", "must not be empty"),
        (
            mesos(docker={"image": "a", "pullConfig": {"secret": "a"}}),
            "/container/docker/pullConfig",
            "pullConfig.secret must refer to an existing secret",
        ),
        (
            {"container": {"docker": {"image": "a", "pullConfig": {"secret": "a"}}}},
            "/container/docker/pullConfig",
            "pullConfig is not supported with Docker containerizer",
        ),
        (
            {"container": {"docker": {"image": "a", "credential": {"principal": "me"}}}},
            "/container/docker/credential",
            "must be empty",
        ),
        (
            mesos(linuxInfo={"seccomp": {"profileName": "a", "unconfined": True}}),
            "/container/linuxInfo/seccomp",
            "Seccomp unconfined can NOT be true when Profile is defined",
        ),
        (
            mesos(linuxInfo={"seccomp": {"unconfined": False}}),
            "/container/linuxInfo/seccomp",
            "Seccomp unconfined must be true when Profile is NOT defined",
        ),
        (
            mesos(linuxInfo={"ipcInfo": {"mode": "SHARE_PARENT", "shmSize": 5}}),
            "/container/linuxInfo/ipcInfo",
            "ipcInfo shmSize can NOT be set when mode is SHARE_PARENT",
        ),
        ({"cpus": 2, "resourceLimits": {"cpus": 1}}, "/resourceLimits/cpus", "got 1, expected 2 or more"),
        ({"check": {}}, "/check", "Must specify a single type of check, http, tcp, or exec"),
        (
            {**docker(), "check": {"exec": {"command": {"shell": "true"}}}},
            "/",
            "AppDefinition must not use 'checks' if using docker",
        ),
        ({"residency": {}}, "/", "App must contain persistent volumes and define residency"),
        ({**mesos(PERSISTENT)}, "/role", 'Resident apps cannot have the role "*"'),
        (
            {**local(), "acceptedResourceRoles": ["store"]},
            "/acceptedResourceRoles",
            'A resident app must have `acceptedResourceRoles = ["*"]`.',
        ),
        (
            {**local(), "unreachableStrategy": {}},
            "/",
            "unreachableStrategy must be disabled for resident tasks",
        ),
        (
            {**local(), "upgradeStrategy": {"maximumOverCapacity": 1}},
            "/upgradeStrategy/maximumOverCapacity",
            "got 1.0, expected 0.0",
        ),
    ],
)
def test_rule_is_named_at_its_place(errors: Errors, body: Body, path: str, message: str) -> None:
    """With all features on, each rule has its text and its path."""
    assert message in errors(body).get(path, [])


def test_a_resident_app_needs_a_principal(details: Errors) -> None:
    """Reservations are somebody's: without a principal nothing could be given back."""
    assert ["Persistent volumes need a principal: start Marathon with --mesos_authentication_principal"] == details(
        local()
    )["/"]


def test_defaults_of_an_app_that_keeps_data(post_all: Post) -> None:
    """It shrinks before it grows, waits for lost agents, and shows residency; an external volume asks for the first."""
    kept, outside = post_all({**local(), "cmd": "sleep 1"}), post_all({"id": "/a", "cmd": "sleep 1", **mesos(DRIVER)})

    assert isinstance(kept, App)
    assert isinstance(outside, App)
    assert UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=0.0) == kept.upgrade_strategy
    assert kept.upgrade_strategy == outside.upgrade_strategy
    assert UnreachableDisabled.DISABLED is kept.unreachable_strategy
    assert Residency() == kept.residency
    assert outside.residency is None


def test_one_half_of_an_upgrade_strategy_leaves_the_other_at_one(post_all: Post) -> None:
    """Both were needed in Marathon 1.5 and later; older definitions say one."""
    app = post_all({"id": "/a", "cmd": "sleep 1", "upgradeStrategy": {"minimumHealthCapacity": 0.5}})

    assert isinstance(app, App)
    assert UpgradeStrategy(minimum_health_capacity=0.5, maximum_over_capacity=1.0) == app.upgrade_strategy


@pytest.mark.parametrize(
    ("change", "path", "message"),
    [
        ({"container": None}, "/", "Persistent volumes can not be changed!"),
        ({"cpus": 2.0}, "/", "Services with persistent volumes configured may not change resource requirements."),
        ({"require_ports": True}, "/", "Services with persistent volumes configured may not change host ports."),
        (
            {"role": "other"},
            "/role",
            "Existing reservations keep the role they were made with. To change it for those to come, use force=true.",
        ),
    ],
)
def test_what_is_set_aside_cannot_be_changed(post_all: Post, change: Body, path: str, message: str) -> None:
    """A reservation holds what was asked for then; only the role of those to come may be forced."""
    old = post_all({**local(), "cmd": "sleep 1", "portDefinitions": [{"port": 31000}]})
    assert isinstance(old, App)
    new = attrs.evolve(old, **change)
    found = list(change_problems({old.id: old}, {old.id: new}, force=False))
    forced = list(change_problems({old.id: old}, {old.id: new}, force=True))

    assert [(path, message)] == [(problem.path, problem.message) for problem in found]
    assert ([] if path == "/role" else found) == forced


def test_a_change_of_volumes_is_refused_by_the_machine(post_all: Post) -> None:
    """The tree stays as it was; scaling is no such change."""
    world = World(options=Options(principal="marathon"))
    app = post_all({**local(), "cmd": "sleep 1"})
    assert isinstance(app, App)
    world.post(app)
    refused = world.update("/store/db", cpus=2.0, force=True)
    scaled = world.update("/store/db", instances=2, force=True)

    assert isinstance(refused, Rejection)
    assert "Object is not valid" == refused.message
    assert isinstance(scaled, ChangeAccepted)
    assert 1.0 == world.app("/store/db").cpus


def test_limits_and_executor_resources_are_what_an_update_says(post_all: Post, put: Callable[..., Any]) -> None:
    """Other fields keep what they were; these two are gone where an update leaves them out."""
    app = post_all({"id": "/a", "cmd": "sleep 1", "resourceLimits": {"mem": 512}, "executorResources": {}, "user": "u"})
    assert isinstance(app, App)
    assert app.resource_limits is not None
    updated = put(app, {"instances": 2})

    assert (None, None, "u") == (updated.resource_limits, updated.executor_resources, updated.user)
