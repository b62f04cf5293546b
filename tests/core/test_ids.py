"""Ids look as clients expect them, and bad ones are named."""

import pytest

from koinon_core.ids import find_id_problem, make_agent_id, make_framework_id, make_offer_id
from koinon_core.roles import find_role_problem, is_within


def test_ids_of_a_master_have_the_inherited_form() -> None:
    """Framework ids have at least four digits; agents and offers a letter."""
    assert ("m-0007", "m-12345") == (make_framework_id("m", 7), make_framework_id("m", 12345))
    assert ("m-S0", "m-O3") == (make_agent_id("m", 0), make_offer_id("m", 3))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "ID must not be empty"),
        (".", "'.' is disallowed"),
        ("..", "'..' is disallowed"),
        ("a/b", "'a/b' contains invalid characters"),
        ("a\\b", "'a\\b' contains invalid characters"),
        ("a\nb", "'a\nb' contains invalid characters"),
        ("a\x7f", "'a\x7f' contains invalid characters"),
        ("x" * 256, "ID must not be greater than 255 characters"),
    ],
)
def test_ids_that_are_no_file_name_are_refused(value: str, problem: str) -> None:
    """Ids become directories of the sandbox; Mesos says so in these words."""
    assert problem == find_id_problem(value)


def test_an_ordinary_id_has_no_problem() -> None:
    """Marathon's own task ids pass."""
    assert find_id_problem("web.instance-7d3c._app.1") is None


@pytest.mark.parametrize(
    ("role", "problem"),
    [
        ("", "Role names cannot be the empty string"),
        (".", "Role '.' cannot include '.' as a component"),
        ("/a", "Role '/a' cannot start with a slash"),
        ("a/", "Role 'a/' cannot end with a slash"),
        ("a//b", "Role 'a//b' cannot contain two adjacent slashes"),
        ("a/../b", "Role 'a/../b' cannot include '..' as a component"),
        ("a/*", "Role 'a/*' cannot include '*' as a component"),
        ("-a", "Role component '-a' is invalid because it starts with a dash"),
        ("a/-b", "Role component '-b' is invalid because it starts with a dash"),
        ("a b", "Role component 'a b' is invalid because it contains backspace or whitespace"),
        ("a/b\0", "Role component 'b\\x00' is invalid because it contains NUL"),
        ("a\x7fb", "Role component 'a\x7fb' is invalid because it contains backspace or whitespace"),
    ],
)
def test_bad_roles_are_refused(role: str, problem: str) -> None:
    """In the words of Mesos (mesos-semantics 2)."""
    assert problem == find_role_problem(role)


@pytest.mark.parametrize("role", ["*", "*a", "eng/web", "a/*b", "a\\b", "é"])
def test_good_roles_have_no_problem(role: str) -> None:
    """What Mesos takes."""
    assert find_role_problem(role) is None


def test_a_role_lies_within_its_ancestors() -> None:
    """By path component, not by prefix of letters."""
    assert is_within("eng/web", "eng")
    assert not is_within("engine", "eng")
