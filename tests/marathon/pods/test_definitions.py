"""Pods in and out: what is written, what is completed, what is refused and in which words (marathon-v2-api 12)."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from koinon_marathon.changes.versions import is_upgrade, with_versions
from koinon_marathon.codec.pods import dump_pod, encode_pod, load_pod
from koinon_marathon.definition.pods import Pod
from koinon_marathon.definition.problems import Rejection
from koinon_marathon.errors import UnreadableDefinition
from koinon_marathon.normalization import Settings
from koinon_marathon.timestamps import format_timestamp, timestamp

SHAPES = json.loads((Path(__file__).parent / "pod_shapes.json").read_bytes())
SMALL = {"name": "a", "exec": {"command": {"shell": "sleep 1"}}}
Make = Callable[[dict[str, Any]], Pod]


def errors(answer: Pod | Rejection) -> dict[str, list[str]]:
    """What a refusal says, by path."""
    assert isinstance(answer, Rejection), answer
    details: Any = answer.body()["details"]
    return {each["path"]: each["errors"] for each in details}


def body(*containers: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A pod of these containers, one small one unless some are said."""
    return {"id": "/x", "containers": list(containers or (SMALL,)), **fields}


@pytest.mark.parametrize("name", SHAPES)
def test_json_in_is_json_out(make: Make, now: datetime, name: str) -> None:
    """A pod that says everything is written as it was read, with its version."""
    pod = make(SHAPES[name])

    assert SHAPES[name] | {"version": format_timestamp(now)} == encode_pod(pod)


@pytest.mark.parametrize("name", SHAPES)
def test_stored_pods_are_read_back(make: Make, name: str) -> None:
    """Versions and all: a pod that was scaled later than changed keeps both times."""
    pod = make(SHAPES[name])
    later = with_versions(pod, pod.__class__(**_fields(pod) | {"instances": 7}), timestamp(1_600_000_060.0))

    assert pod == load_pod(dump_pod(pod))
    assert later == load_pod(dump_pod(later))
    assert pod.version == later.version_info.last_config_change_at


def _fields(pod: Pod) -> dict[str, Any]:
    return {field.name: getattr(pod, field.name) for field in Pod.__attrs_attrs__}


@pytest.mark.parametrize("record", [b"{", b"[]", b'{"id": "/x"}', b'{"id": "/x", "containers": [], "version": 1}'])
def test_unreadable_records_are_named(record: bytes) -> None:
    """Never skipped, never guessed."""
    with pytest.raises(UnreadableDefinition):
        load_pod(record)


def test_what_is_unsaid_is_completed(make: Make) -> None:
    """Scaling, scheduling, the executor's share and the role are written; empty lists and maps are not."""
    written = encode_pod(make(body()))

    assert {"id", "version", "containers", "scaling", "scheduling", "executorResources", "role"} == set(written)
    assert {"kind": "fixed", "instances": 1} == written["scaling"]
    assert {
        "backoff": {"backoff": 1.0, "backoffFactor": 1.15, "maxLaunchDelay": 300.0},
        "upgrade": {"minimumHealthCapacity": 1.0, "maximumOverCapacity": 1.0},
        "killSelection": "YOUNGEST_FIRST",
        "unreachableStrategy": {"inactiveAfterSeconds": 0, "expungeAfterSeconds": 0},
    } == written["scheduling"]
    assert {"cpus": 0.1, "mem": 32.0, "disk": 10.0} == written["executorResources"]
    assert {**SMALL, "resources": {"cpus": 1.0, "mem": 128.0, "disk": 0.0, "gpus": 0}} == written["containers"][0]  # type: ignore[index]


@pytest.mark.parametrize(
    ("networks", "host_port"), [([], 0), ([{"mode": "host"}], 0), ([{"mode": "container/bridge"}], 0), ([{}], None)]
)
def test_endpoints_get_a_host_port_but_in_container_networks(
    make: Make, networks: list[dict[str, str]], host_port: int | None
) -> None:
    """There only on request; a container network without a name is the default one."""
    port = {} if networks in ([], [{"mode": "host"}]) else {"containerPort": 80}
    pod = make(body({**SMALL, "endpoints": [{"name": "web", **port}]}, networks=networks))

    assert (host_port,) == tuple(endpoint.host_port for endpoint in pod.endpoints)
    assert ["overlay" for each in networks if not each] == [one.name for one in pod.networks if one.name]


def test_words_are_read_in_either_case(make: Make) -> None:
    """As old bodies write them: `docker`, `http`, `unique`."""
    container = {
        **SMALL,
        "image": {"kind": "docker", "id": "i"},
        "endpoints": [{"name": "web"}],
        "healthCheck": {"http": {"endpoint": "web", "scheme": "https"}},
    }
    written = json.loads(dump_pod(make(body(container))))["containers"][0]

    assert ("DOCKER", "HTTPS") == (written["image"]["kind"], written["healthCheck"]["http"]["scheme"])


def test_amounts_are_summed_with_the_executors(make: Make) -> None:
    """In thousandths, without what binary makes of decimal fractions."""
    tenth = {**SMALL, "resources": {"cpus": 0.1, "mem": 10, "gpus": 1}}
    pod = make(body(tenth, {**tenth, "name": "b"}))

    assert (0.3, 52.0, 10.0, 2) == (pod.cpus, pod.mem, pod.disk, pod.gpus)


INVALID_JSON = [
    ({"id": "/x"}, {"/containers": ["error.path.missing"]}),
    ({"id": "/x", "containers": []}, {"/containers": ["error.minLength"]}),
    (body({**SMALL, "name": "Upper"}), {"/containers(0)/name": ["error.pattern"]}),
    (body({**SMALL, "name": "a" * 64}), {"/containers(0)/name": ["error.maxLength"]}),
    (body({**SMALL, "resources": {"cpus": 0}}), {"/containers(0)/resources/cpus": ["error.min"]}),
    (body(environment={"1A": "x"}), {"/environment/1A": ["error.pattern"]}),
    (body(environment={"A": 1}), {"/environment/A": ["error.expected.jsstring"]}),
    (body(scaling={"kind": "fluid"}), {"/scaling/kind": ["error.unknown.enum.literal"]}),
    (body(scaling={"instances": -1}), {"/scaling/instances": ["error.min"]}),
    (
        body(scheduling={"placement": {"constraints": [{"fieldName": "rack", "operator": "NEAR"}]}}),
        {"/scheduling/placement/constraints(0)/operator": ["error.unknown.enum.literal"]},
    ),
    (body(executorResources={"cpus": 0.01}), {"/executorResources/cpus": ["error.min"]}),
    (body({**SMALL, "endpoints": [{}]}), {"/containers(0)/endpoints(0)/name": ["error.path.missing"]}),
]


@pytest.mark.parametrize(("given", "expected"), INVALID_JSON)
def test_wrong_types_and_ranges_are_invalid_json(
    post_pod: Callable[..., Pod | Rejection], given: dict[str, Any], expected: dict[str, list[str]]
) -> None:
    """422 with Marathon's keys, at the path of the field."""
    answer = post_pod(given)

    assert expected == errors(answer)
    assert (422, "Invalid JSON") == (answer.status, answer.message)  # type: ignore[union-attr]


def endpoint(**fields: Any) -> dict[str, Any]:
    """A container with one endpoint."""
    return {**SMALL, "endpoints": [{"name": "web", **fields}]}


RULES = [
    (body({"name": "a"}), "/containers(0)", "must either contain an exec or an image that says what to run"),
    (body(SMALL, SMALL), "/containers", "container names must be unique"),
    (body({"name": "a", "exec": {"command": {}}}), "/containers(0)/exec/command", "Must specify either shell or argv"),
    (body(volumes=[{"name": "v"}]), "/volumes(0)", "volume must be referenced by at least one container"),
    (
        body({**SMALL, "volumeMounts": [{"name": "v", "mountPath": "v"}]}),
        "/containers(0)/volumeMounts(0)/name",
        "Referenced Volume in VolumeMount should exist",
    ),
    (
        body(endpoint(containerPort=1), networks=[{"mode": "host"}]),
        "/containers(0)/endpoints(0)/containerPort",
        "is not allowed when using host-mode networking",
    ),
    (
        body(endpoint(), networks=[{"name": "n"}]),
        "/containers(0)/endpoints(0)/containerPort",
        "is required when using container-mode networking",
    ),
    (
        body(endpoint(protocol=["tcp", "tcp"])),
        "/containers(0)/endpoints(0)/protocol",
        "Duplicate protocols within the same endpoint are not allowed",
    ),
    (
        body(endpoint(), {**endpoint(), "name": "b"}),
        "/",
        "endpoint names must be unique across all containers",
    ),
    (
        body({**endpoint(), "healthCheck": {"tcp": {"endpoint": "web"}, "http": {"endpoint": "web"}}}),
        "/containers(0)/healthCheck",
        "Only one of http, tcp, or command may be specified",
    ),
    (
        body({**SMALL, "healthCheck": {"tcp": {"endpoint": "other"}}}),
        "/containers(0)/healthCheck/tcp/endpoint",
        "contained in the container endpoints",
    ),
    (
        body({**endpoint(), "healthCheck": {"tcp": {"endpoint": "web"}, "intervalSeconds": 20}}),
        "/containers(0)/healthCheck/timeoutSeconds",
        "got 20, expected less than 20",
    ),
    (body(networks=[{"mode": "host"}, {"name": "n"}]), "/networks", "May specify a single host network"),
    (body(role="other"), "/role", "got other, expected one of: [*]"),
    (
        body(scheduling={"placement": {"constraints": [{"fieldName": "rack", "operator": "MAX_PER"}]}}),
        "/scheduling/placement/constraints(0)",
        "MAX_PER requires an integer value",
    ),
    (
        body({**SMALL, "image": {"kind": "DOCKER", "id": "i", "pullConfig": {"secret": "s"}}}),
        "/containers(0)/image/pullConfig",
        "pullConfig.secret must refer to an existing secret",
    ),
    (body(environment={"A": {"secret": "s"}}), "/environment/A/secret", "references an undefined secret"),
    (body(linuxInfo={"seccomp": {"unconfined": True}}), "/linuxInfo/seccomp", "Seccomp configuration on executor"),
    (
        body({**SMALL, "resourceLimits": {"mem": 200}}, legacySharedCgroups=True),
        "/containers(0)/resourceLimits",
        "resourceLimits cannot be defined if legacySharedCgroups is enabled",
    ),
    (body(id="/x/versions"), "/id", "must not end with any of the following reserved keywords"),
]


@pytest.mark.parametrize(("given", "path", "message"), RULES)
def test_broken_rules_are_named(
    post_pod: Callable[..., Pod | Rejection], given: dict[str, Any], path: str, message: str
) -> None:
    """Each at its path."""
    found = errors(post_pod(given | ({} if "id" in given else {"id": "/x"})))

    assert any(text.startswith(message) for text in found[path]), found


def test_persistent_volumes_ask_for_a_role_and_patience(post_pod: Callable[..., Pod | Rejection]) -> None:
    """What is unsaid is completed so that it holds; what is said wrong is refused."""
    found = errors(
        post_pod(
            SHAPES["resident"]
            | {
                "id": "/db",
                "role": "*",
                "scheduling": {"unreachableStrategy": {}, "upgrade": {"maximumOverCapacity": 1}},
            },
            Settings(),
        )
    )

    assert ["Resident pods cannot have the role *"] == found["/role"]
    assert ["got 1.0, expected 0.0"] == found["/scheduling/upgrade/maximumOverCapacity"]
    assert "unreachableStrategy must be disabled for pods with persistent volumes" in found["/"]
    assert any("principal" in text for text in found["/"])


def test_without_features_secrets_are_refused(post_pod: Callable[..., Pod | Rejection]) -> None:
    """By name, as Marathon does."""
    found = errors(post_pod(body(secrets={"s": {"source": "x"}}), Settings()))

    assert ["Feature secrets is not enabled. Enable with --enable_features secrets)"] == found["/secrets"]


@pytest.mark.parametrize(
    ("change", "restarts"),
    [
        ({"labels": {"a": "b"}}, True),
        ({"containers": [{**SMALL, "name": "b"}]}, True),
        ({"executorResources": {"cpus": 0.5}}, False),
        ({"scheduling": {"killSelection": "OLDEST_FIRST"}}, False),
        ({"scaling": {"instances": 4}}, False),
    ],
)
def test_some_changes_restart_instances(make: Make, change: dict[str, Any], restarts: bool) -> None:
    """The executor's share and how instances are given up say nothing about those that run (marathon-semantics 1)."""
    assert restarts is is_upgrade(make(body()), make(body() | change))
