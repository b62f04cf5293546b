"""Paths that relays hand on, and those that they don't."""

from __future__ import annotations

import pytest

from koinon_web.relay_paths import find_agent_id_problem, find_agent_problem, find_path_problem


@pytest.mark.parametrize(
    "path",
    ["/v2/apps", "/v2/apps//shop/web", "/v2/apps/%2Fshop%2Fweb", "/v2/pods/a::status", "/state", "/api/v1", "/", "//"],
)
def test_paths_of_an_api_are_handed_on(path: str) -> None:
    """Encoded slashes among them: they are of ids."""
    assert find_path_problem(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "/../state",
        "/v2/%2e%2e/x",
        "/v2/%252e%252e/x",
        "/v2/..",
        "/./x",
        "/v2/%2F..%2Fx",
        "/a%0d%0aHost:%20evil",
        "/a\\..\\b",
        "/%5cevil",
        "/a%00b",
        "/a%20HTTP/1.1",
    ],
)
def test_tricks_are_refused(path: str) -> None:
    """No step up, no line break, no backslash, in any spelling."""
    problem = find_path_problem(path)

    assert problem is not None
    assert 400 == problem.status


@pytest.mark.parametrize("path", ["/ui/api/me", "/ui", "//ui/api/stream", "/master/ui/api/me", "/%75i/api/me"])
def test_the_ui_is_not_relayed_to_itself(path: str) -> None:
    """Else a request could go round in a circle."""
    problem = find_path_problem(path)

    assert problem is not None
    assert 404 == problem.status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/files/read"),
        ("HEAD", "/files/download"),
        ("GET", "/containers"),
        ("GET", "/monitor/statistics"),
        ("GET", "/state"),
        ("GET", "/slave(1)/state"),
        ("GET", "/metrics/snapshot"),
        ("POST", "/api/v1"),
    ],
)
def test_of_an_agent_some_paths_are_shown(method: str, path: str) -> None:
    """Those that the screens need."""
    assert find_agent_problem(method, path) is None


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/files/read", 405),
        ("DELETE", "/state", 405),
        ("GET", "/api/v1", 405),
        ("GET", "/flags", 404),
        ("GET", "/", 404),
        ("GET", "", 404),
        ("POST", "/api/v1/executor", 404),
        ("POST", "/logging/toggle", 404),
        ("GET", "/statex", 404),
        ("GET", "/files/../flags", 400),
        ("GET", "/files/%2e%2e/flags", 400),
        ("GET", "/%66lags", 400),
    ],
)
def test_of_an_agent_nothing_else_is_shown(method: str, path: str, status: int) -> None:
    """Neither other paths nor other methods."""
    problem = find_agent_problem(method, path)

    assert problem is not None
    assert status == problem.status


def test_agents_have_ids() -> None:
    """And nothing that could be a host."""
    assert find_agent_id_problem("0123-ab-S1") is None
    assert [404] * 6 == [
        problem.status
        for text in ("", "..", "a@b", "evil.com:80", "a%2fb", "x" * 256)
        if (problem := find_agent_id_problem(text)) is not None
    ]
