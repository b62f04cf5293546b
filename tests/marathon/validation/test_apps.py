"""Rules that a well-formed app may still break, in Marathon's words and at its paths."""

from collections.abc import Callable
from typing import Any

import pytest

from koinon_marathon.definition.apps import App

Details = Callable[[dict[str, Any]], dict[str, list[str]]]
BRIDGE = [{"mode": "container/bridge"}]
IMAGE = {"docker": {"image": "web"}}
NOTHING_TO_RUN = "AppDefinition must either contain one of 'cmd' or 'args', and/or a 'container'."
NOT_SUPPORTED = "is not supported: expressions are RE2's, which never take long to match"
MODES = "May specify a single host network, single bridge network, or else 1-to-n container networks"
UNKNOWN_OPERATOR = "operator must be one of the following UNIQUE, CLUSTER, GROUP_BY, LIKE, MAX_PER, UNLIKE or IS"


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"args": ["x"]}, "/", NOTHING_TO_RUN),
        ({"cmd": None}, "/", NOTHING_TO_RUN),
        ({"cmd": None, "container": {"type": "MESOS"}}, "/", NOTHING_TO_RUN),
        ({"container": {"type": "DOCKER"}}, "/container/docker", "not defined"),
        ({"acceptedResourceRoles": []}, "/acceptedResourceRoles", "must not be empty"),
        ({"acceptedResourceRoles": ["x"]}, "/acceptedResourceRoles", "acceptedResourceRoles can only contain *"),
        ({"fetch": [{"uri": "http://a b"}]}, "/fetch(0)/uri", "URI has invalid syntax."),
        (
            {"gpus": 1},
            "/",
            "Feature gpu_resources is not enabled. Enable with --enable_features gpu_resources)",
        ),
        (
            {"unreachableStrategy": {"inactiveAfterSeconds": 5, "expungeAfterSeconds": 1}},
            "/unreachableStrategy/inactiveAfterSeconds",
            "inactiveAfterSeconds (5) must be less or equal to expungeAfterSeconds, which is 1",
        ),
        (
            {"healthChecks": [{"portIndex": 3}]},
            "/healthChecks(0)",
            "Health check port indices must address an element of the ports array or container port mappings.",
        ),
        ({"healthChecks": [{"protocol": "COMMAND"}]}, "/healthChecks(0)/command", "not defined"),
        (
            {"healthChecks": [{"protocol": "MESOS_TCP"}, {"protocol": "MESOS_HTTP"}]},
            "/",
            "AppDefinition can contain at most one Mesos health check",
        ),
        (
            {"readinessChecks": [{"portName": "no"}]},
            "/readinessChecks(0)/portName",
            "No port definition reference for portName no",
        ),
        (
            {"readinessChecks": [{"portName": "default", "timeoutSeconds": 30}]},
            "/readinessChecks(0)/timeoutSeconds",
            "got 30, expected less than 30",
        ),
    ],
)
def test_app_rule_is_named_by_path(details: Details, body: dict[str, Any], path: str, message: str) -> None:
    """Each broken rule is one detail with its path."""
    assert {path: [message]} == details(body)


@pytest.mark.parametrize(
    ("body", "path", "message"),
    [
        ({"networks": [{"mode": "host"}, *BRIDGE]}, "/networks", MODES),
        ({"networks": [*BRIDGE, *BRIDGE]}, "/networks", MODES),
        ({"networks": [{"name": "a"}, {"name": "a"}]}, "/networks", "Duplicate networks are not allowed"),
        ({"networks": [{"mode": "host", "name": "a"}]}, "/networks", "Host networks may not have names or labels"),
        ({"networks": [{**BRIDGE[0], "name": "a"}]}, "/networks", "Bridge networks may not have names"),
        (
            {"container": IMAGE, "networks": [{"name": "a"}, {"name": "b"}]},
            "/",
            "may only specify a single container network when using the Docker container engine",
        ),
        (
            {"networks": [{"mode": "host"}], "container": {**IMAGE, "portMappings": [{"containerPort": 80}]}},
            "/",
            "portMappings are not allowed with host-networking",
        ),
        ({"portDefinitions": [{"name": "a"}, {"name": "a"}]}, "/portDefinitions", "Port names must be unique."),
        ({"portDefinitions": [{"port": 5}, {"port": 5}]}, "/portDefinitions", "Ports must be unique."),
        (
            {"networks": [{"name": "a"}], "container": {**IMAGE, "portMappings": [{"networkNames": ["b"]}]}},
            "/container/portMappings(0)/networkNames(0)",
            "is not one of (a)",
        ),
    ],
)
def test_network_rule_is_named_by_path(details: Details, body: dict[str, Any], path: str, message: str) -> None:
    """Modes that do not go together, and ports of the wrong kind, are refused."""
    assert {path: [message]} == details(body)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        (["a"], "Each constraint must have either 2 or 3 fields"),
        (["a", "UNIQUE", "1", "2"], "Each constraint must have either 2 or 3 fields"),
        (["", "UNIQUE"], "illegal constraint specification"),
        (["a", "NEAR"], UNKNOWN_OPERATOR),
        (["a", "UNIQUE", "1"], "UNIQUE does not accept a value"),
        (["a", "GROUP_BY", "x"], "GROUP BY must define an integer value or else no value at all"),
        (["a", "MAX_PER"], "MAX_PER requires an integer value"),
        (["a", "LIKE"], "LIKE and UNLIKE require a non-empty, regular expression value"),
        (["a", "UNLIKE", "("], "is not a valid regular expression"),
        (["a", "LIKE", "x{99999999999}"], "is not a valid regular expression"),
        (["a", "LIKE", "(?!x).*"], f"(?! {NOT_SUPPORTED}"),
        (["a", "LIKE", r"(a)\1"], rf"\1 {NOT_SUPPORTED}"),
        (["a", "LIKE", "[a-z&&[^b]]"], f"&& between classes {NOT_SUPPORTED}"),
    ],
)
def test_constraint_rule_is_named_by_index(details: Details, spec: list[str], message: str) -> None:
    """A constraint that cannot be read is refused at its place in the list."""
    assert {"/constraints(1)": [message]} == details({"constraints": [["hostname", "unique"], spec]})


def test_is_takes_plain_text_only(details: Details) -> None:
    """IS compares texts and numbers; ranges and sets are no value for it."""
    found = details({"constraints": [["a", "IS", "[1-2]"]]})

    assert ["/constraints(0)"] == list(found)
    assert found["/constraints(0)"][0].startswith("IS only supports Mesos text and float values")


def test_single_instance_promises_more(details: Details) -> None:
    """An app that must never run twice has one instance and an upgrade that kills first."""
    body = {"labels": {"MARATHON_SINGLE_INSTANCE_APP": "true"}, "instances": 2}

    assert {
        "/": ["Single instance app may only have one instance"],
        "/upgradeStrategy/minimumHealthCapacity": ["got 1.0, expected 0.0"],
        "/upgradeStrategy/maximumOverCapacity": ["got 1.0, expected 0.0"],
    } == details(body)


def test_image_alone_is_enough(post: Callable[[dict[str, Any]], Any]) -> None:
    """An image brings its own command."""
    assert isinstance(post({"id": "/a", "container": IMAGE}), App)


def test_name_of_a_network_is_needed_without_a_default(post: Callable[[dict[str, Any]], Any]) -> None:
    """A container network without name is the default one where there is such a thing."""
    assert "overlay" == post({"id": "/a", "cmd": "x", "networks": [{"mode": "container"}]}).networks[0].name
