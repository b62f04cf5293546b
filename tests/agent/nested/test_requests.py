"""What is wrong with the ids of containers, in the words that clients know."""

from __future__ import annotations

import pytest

from koinon_agent.nested.requests import find_id_problem
from koinon_core.containers import ContainerIdInfo


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "ID must not be empty"),
        ("..", "'..' is disallowed"),
        ("a/b", "'a/b' contains invalid characters"),
        ("a.b", "'ContainerID.value' 'a.b' contains invalid characters"),
        ("a b", "'ContainerID.value' 'a b' contains invalid characters"),
    ],
)
def test_an_id_that_is_none_is_named(value: str, problem: str) -> None:
    """Its own value, or that of a container around it."""
    own = ContainerIdInfo(value=value)
    within = ContainerIdInfo(value="child", parent=own)

    assert f"'x' is invalid: {problem}" == find_id_problem(own, "x")
    assert f"'x' is invalid: 'ContainerID.parent' is invalid: {problem}" == find_id_problem(within, "x")


def test_a_nested_container_has_a_parent() -> None:
    """Where a call is about nested ones."""
    own = ContainerIdInfo(value="own")

    assert find_id_problem(own, "x") is None
    assert "Expecting 'x.parent' to be present" == find_id_problem(own, "x", is_nested=True)
    assert find_id_problem(ContainerIdInfo(value="child", parent=own), "x", is_nested=True) is None
