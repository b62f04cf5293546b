"""Bodies of `/v2/apps`: what is refused while parsing, in Marathon's own shape."""

import json
from typing import Any

import pytest

from koinon_marathon.codec import decode_app, decode_apps
from koinon_marathon.definition.legacy import Submission
from koinon_marathon.definition.problems import Rejection

SIZE = "/container/volumes(0)/persistent/size"


def refusal(body: object) -> dict[str, Any]:
    """The answer's body; the test fails where the body is accepted."""
    answer = decode_app(body if isinstance(body, bytes) else json.dumps(body).encode())
    assert isinstance(answer, Rejection), answer
    return answer.body()


def test_empty_body_is_asked_for_json() -> None:
    """An empty body is a 400 that asks for data."""
    answer = decode_app(b" ")

    assert isinstance(answer, Rejection)
    assert 400 == answer.status
    assert "Please specify data in JSON format" == answer.message


def test_syntax_error_is_a_400_with_text() -> None:
    """Broken JSON is a 400 whose details are the parser's text, not a list."""
    answer = decode_app(b'{"id": ')

    assert isinstance(answer, Rejection)
    assert 400 == answer.status
    assert isinstance(answer.body()["details"], str)


@pytest.mark.parametrize(
    ("body", "path", "error"),
    [
        ([], "", "error.expected.jsobject"),
        ({"id": 5}, "/id", "error.expected.jsstring"),
        ({"id": "/A_b"}, "/id", "error.pattern"),
        ({"cpus": "lots"}, "/cpus", "error.expected.jsnumber"),
        ({"cpus": True}, "/cpus", "error.expected.jsnumber"),
        ({"cpus": 0}, "/cpus", "error.min"),
        ({"mem": 1e308}, "/mem", "error.max"),
        ({"instances": 2**31 - 1}, "/instances", "error.max"),
        ({"instances": 1.5}, "/instances", "error.expected.int"),
        ({"instances": -1}, "/instances", "error.min"),
        ({"instances": 2**31}, "/instances", "error.expected.int"),
        ({"args": "x"}, "/args", "error.expected.jsarray"),
        ({"env": {"A": 1}}, "/env/A", "error.expected.jsstring"),
        ({"container": 5}, "/container", "error.expected.jsobject"),
        ({"container": {"docker": {}}}, "/container/docker/image", "error.path.missing"),
        ({"container": {"volumes": [5]}}, "/container/volumes(0)", "error.expected.jsobject"),
        ({"container": {"volumes": [{"containerPath": "d", "persistent": {}}]}}, SIZE, "error.path.missing"),
        ({"resourceLimits": {"cpus": "some"}}, "/resourceLimits/cpus", "error.expected.jsnumber"),
        ({"executorResources": {"mem": 1}}, "/executorResources/mem", "error.min"),
        ({"check": {"exec": {}}}, "/check/exec/command", "error.path.missing"),
        ({"secrets": {"a": {}}}, "/secrets/a/source", "error.path.missing"),
        ({"env": {"A": {"secret": 1}}}, "/env/A/secret", "error.expected.jsstring"),
        ({"networks": [{"mode": "bridge"}]}, "/networks(0)/mode", "error.unknown.enum.literal"),
        ({"killSelection": "ANY"}, "/killSelection", "error.unknown.enum.literal"),
        ({"unreachableStrategy": "off"}, "/unreachableStrategy", "error.unknown.enum.literal"),
        ({"portDefinitions": [{"port": 65536}]}, "/portDefinitions(0)/port", "error.max"),
        ({"ports": [-1]}, "/ports(0)", "error.min"),
        ({"upgradeStrategy": {"minimumHealthCapacity": 2}}, "/upgradeStrategy/minimumHealthCapacity", "error.max"),
        ({"constraints": [["a", 1]]}, "/constraints(0)(1)", "error.expected.jsstring"),
        ({"dependencies": ["../db", "a_b"]}, "/dependencies(1)", "error.pattern"),
        ({"executor": "a//b"}, "/executor", "error.pattern"),
        ({"portDefinitions": [{"name": "A=B"}]}, "/portDefinitions(0)/name", "error.pattern"),
        ({"networks": [{"name": "Blue"}]}, "/networks(0)/name", "error.pattern"),
    ],
)
def test_type_errors_name_the_place(body: object, path: str, error: str) -> None:
    """A well-formed body with a wrong type, enum or range is refused as invalid JSON, at its path."""
    found = refusal(body)
    (meaning,) = found["details"][0].pop("meanings")

    assert {"message": "Invalid JSON", "details": [{"path": path, "errors": [error]}]} == found
    assert not meaning.startswith("error.")


WORDS = "must be words of a-z, 0-9, - and . between slashes, each beginning and ending with a letter or a digit"


@pytest.mark.parametrize(
    ("body", "meaning"),
    [
        ({"id": "/A_b"}, WORDS),
        ({"dependencies": ["a_b"]}, WORDS),
        ({"cmd": ""}, "must not be empty"),
        ({"cpus": 0}, "must be 0.001 or more"),
        ({"mem": 1e308}, "must be 1,000,000,000,000 or less"),
        ({"fetch": [{"uri": "x" * 2000}]}, "must be at most 1024 long, and is 2000"),
        ({"killSelection": "ANY"}, "must be one of YOUNGEST_FIRST, OLDEST_FIRST"),
        ({"portDefinitions": [{"protocol": "x"}]}, "must be one of 'tcp', 'udp', 'udp,tcp'"),
        ({"networks": [{"name": "A"}]}, "must be of a-z, 0-9, - and _, beginning and ending with a letter or a digit"),
        ({"env": {"": "x"}}, "must have a name"),
        ({"instances": "many"}, "must be a number"),
    ],
)
def test_codes_come_with_their_meaning(body: object, meaning: str) -> None:
    """What the field must be, beside Marathon's code for it."""
    (detail,) = refusal(body)["details"]

    assert [meaning] == detail["meanings"]


def test_all_errors_are_reported_at_once() -> None:
    """One answer names every field that is wrong."""
    found = refusal({"id": 1, "cmd": 2, "healthChecks": [{"port": "x"}]})["details"]

    assert isinstance(found, list)
    assert ["/id", "/cmd", "/healthChecks(0)/port"] == [entry["path"] for entry in found]


def test_bad_timestamp_is_quoted() -> None:
    """A version that is no date is answered with Marathon's sentence."""
    expected = "Invalid timestamp provided 'soon'. Expecting ISO-8601 datetime string."

    assert {"message": "Invalid JSON", "details": [{"path": "/version", "errors": [expected]}]} == refusal(
        {"version": "soon"}
    )


def test_null_equals_absent_and_unknown_fields_are_ignored() -> None:
    """Old clients send nulls for what they do not mean, and fields that no longer exist."""
    plain = decode_app(b'{"id": "/a", "cmd": "x"}')
    noisy = decode_app(b'{"id": "/a", "cmd": "x", "ports": null, "labels": {"a": null}, "storeUrls": [], "env": null}')

    assert isinstance(plain, Submission)
    assert isinstance(noisy, Submission)
    assert {} == noisy.update.labels
    assert plain.update.env is noisy.update.env is None
    assert plain.legacy == noisy.legacy


def test_numbers_in_quotes_are_numbers() -> None:
    """Package tools render templates with numbers as strings."""
    answer = decode_app(b'{"cpus": "0.5", "instances": "3"}')

    assert isinstance(answer, Submission)
    assert (0.5, 3) == (answer.update.cpus, answer.update.instances)


def test_a_volume_without_a_kind_lacks_each_of_them() -> None:
    """A volume's kind shows by its key; without any, every one is named."""
    found = refusal({"container": {"volumes": [{"containerPath": "/d", "mode": "RO"}]}})["details"]

    assert isinstance(found, list)
    assert {f"/container/volumes(0)/{key}" for key in ("persistent", "external", "secret", "hostPath")} == {
        entry["path"] for entry in found
    }
    assert all(["error.path.missing"] == entry["errors"] for entry in found)


def test_many_updates_are_read_in_order() -> None:
    """A list of updates keeps its order; an error says which element it is in."""
    good = decode_apps(b'[{"id": "/a"}, {"id": "/b"}]')
    bad = decode_apps(b'[{"id": "/a"}, {"id": 5}]')

    assert not isinstance(good, Rejection)
    assert ["/a", "/b"] == [submission.update.id for submission in good]
    assert isinstance(bad, Rejection)
    found = bad.body()["details"]
    assert [{"path": "(1)/id", "errors": ["error.expected.jsstring"], "meanings": ["must be a text"]}] == found
