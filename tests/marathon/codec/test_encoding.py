"""Apps as Marathon writes them, and the records of the store."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from koinon_marathon.codec import dump_app, encode_app, load_app
from koinon_marathon.definition.apps import App
from koinon_marathon.errors import UnreadableDefinition

ALWAYS = {
    "id", "instances", "cpus", "mem", "disk", "gpus", "executor", "role", "networks", "requirePorts", "backoffSeconds",
    "backoffFactor", "maxLaunchDelaySeconds", "upgradeStrategy", "killSelection", "unreachableStrategy", "labels",
    "version", "versionInfo",
}  # fmt: skip

SHAPES = {shape["id"]: shape for shape in json.loads(Path(__file__).with_name("app_shapes.json").read_text())}
Post = Callable[[dict[str, Any]], Any]


@pytest.mark.parametrize("path", SHAPES)
def test_stored_app_is_the_same_app(path: str, post_all: Post) -> None:
    """Every shape of app comes back from its record equal, so that a new leader sees no change."""
    app = post_all(SHAPES[path])

    assert isinstance(app, App)
    assert app == load_app(dump_app(app))


def test_minimal_app_has_only_the_fields_always_written(post: Post) -> None:
    """Strict clients raise on unknown keys, so nothing is written that was not set."""
    encoded = encode_app(post({"id": "/a", "cmd": "x"}))

    assert ALWAYS | {"cmd", "portDefinitions"} == set(encoded)
    assert [{"port": 0, "protocol": "tcp", "name": "default"}] == encoded["portDefinitions"]
    assert [{"mode": "host"}] == encoded["networks"]
    assert {} == encoded["labels"]


def test_mapped_ports_stand_in_the_container_alone(post: Post) -> None:
    """Away from the host network there are no port definitions, and volumes are written even when empty."""
    encoded = encode_app(post(SHAPES["/old"]), with_version_info=False)

    assert ALWAYS - {"versionInfo"} | {"args", "container", "healthChecks"} == set(encoded)
    container = encoded["container"]
    assert isinstance(container, dict)
    assert [] == container["volumes"]
    assert {
        "image": "web",
        "forcePullImage": False,
        "privileged": False,
        "parameters": [{"key": "hostname", "value": "a"}],
    } == container["docker"]
    assert [{"containerPort": 80, "hostPort": 0, "servicePort": 9000, "protocol": "tcp"}] == container["portMappings"]


def test_only_marathons_http_checks_show_ignore_http1xx(post: Post) -> None:
    """`ignoreHttp1xx` is written for the checks it means something to."""
    by_marathon = encode_app(post(SHAPES["/old"]))["healthChecks"]
    by_mesos = encode_app(post(SHAPES["/new"]))["healthChecks"]

    assert isinstance(by_marathon, list)
    assert isinstance(by_mesos, list)
    assert by_marathon[0]["ignoreHttp1xx"]
    assert "ignoreHttp1xx" not in by_mesos[0]


def test_constraints_are_written_in_upper_case(post: Post) -> None:
    """An operator may be submitted in any case and comes back in capitals; no empty third element."""
    assert [["rack_id", "GROUP_BY", "3"], ["hostname", "MAX_PER", "2"]] == encode_app(post(SHAPES["/spread"]))[
        "constraints"
    ]
    assert [["hostname", "UNIQUE"]] == encode_app(post(SHAPES["/host"]))["constraints"]


@pytest.mark.parametrize(("record", "path"), [(b"{", ""), (b"[]", ""), (b'{"id": "/a", "cpus": []}', "/cpus")])
def test_unreadable_record_is_an_error_that_names_the_field(record: bytes, path: str) -> None:
    """A record that holds no app is never skipped."""
    with pytest.raises(UnreadableDefinition) as raised:
        load_app(record)

    assert path == raised.value.path
