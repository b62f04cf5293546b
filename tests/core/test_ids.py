"""Ids look as clients expect them, and bad ones are named."""

import pytest

from koinon_core.ids import find_id_problem, make_agent_id, make_framework_id, make_offer_id
from koinon_core.roles import find_role_problem, is_within


def test_ids_of_a_master_have_the_inherited_form() -> None:
    """Framework ids have at least four digits; agents and offers a letter."""
    assert ("m-0007", "m-12345") == (make_framework_id("m", 7), make_framework_id("m", 12345))
    assert ("m-S0", "m-O3") == (make_agent_id("m", 0), make_offer_id("m", 3))


@pytest.mark.parametrize("value", ["", ".", "..", "a/b", "a\\b", "a\nb", "a\x7f", "x" * 256])
def test_ids_that_are_no_file_name_are_refused(value: str) -> None:
    """Ids become directories of the sandbox."""
    assert find_id_problem(value)


def test_an_ordinary_id_has_no_problem() -> None:
    """Marathon's own task ids pass."""
    assert find_id_problem("web.instance-7d3c._app.1") is None


@pytest.mark.parametrize("role", ["", "/a", "a/", "a//b", "a/../b", "-a", "a b", "a/*"])
def test_bad_roles_are_refused(role: str) -> None:
    """mesos-semantics 2."""
    assert find_role_problem(role)


def test_a_role_lies_within_its_ancestors() -> None:
    """By path component, not by prefix of letters."""
    assert is_within("eng/web", "eng")
    assert not is_within("engine", "eng")
