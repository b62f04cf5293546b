"""How a new framework may be called, and what Python calls it then."""

from __future__ import annotations

import pytest

from koinon_frameworks.host.command_line import NAME, env_prefix
from koinon_frameworks.template import Names, find_name_problems
from koinon_frameworks.template.naming import LONGEST


def _problems(name: str) -> str:
    return "; ".join(find_name_problems(name, {"jobs"}, {"aiohttp", "painting"}))


@pytest.mark.parametrize(
    ("name", "package", "class_name"),
    [
        ("paint", "paint", "PaintPlugin"),
        ("paint-shop", "paint_shop", "PaintShopPlugin"),
        ("Paint.Shop_2", "paint_shop_2", "PaintShop2Plugin"),
        ("a--b", "a_b", "ABPlugin"),
        ("x" * LONGEST, "x" * LONGEST, f"X{'x' * (LONGEST - 1)}Plugin"),
    ],
)
def test_a_name_becomes_a_package_and_a_class(name: str, package: str, class_name: str) -> None:
    """What an installer, the host and Python each take; the variables of its options are those that the host reads."""
    names = Names(name)

    assert "" == _problems(name)
    assert (package, class_name) == (names.package, names.class_name)
    assert package.isidentifier()
    assert class_name.isidentifier()
    assert NAME.match(name)
    assert env_prefix(name) == f"{names.variable}_"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "letters, digits"),
        ("-paint", "letters, digits"),
        ("paint.", "letters, digits"),
        ("paint shop", "letters, digits"),
        ("../paint", "letters, digits"),
        ("farbe-ü", "letters, digits"),
        ("paint\n", "letters, digits"),
        ("2048", "begins with a letter"),
        ("x" * (LONGEST + 1), "at most 40 characters, not 41"),
        ("Class", "'class' is a word of Python's"),
        ("match", "'match' is a word of Python's"),
        ("json", "a module of Python's own"),
        ("metrics", "/metrics is a path that the host"),
        ("tests", "stand in the way"),
        ("koinon", "stand in the way"),
        ("koinon-core", "stand in the way"),
        ("jobs", "a framework of this name is installed already"),
        ("aiohttp", "a package 'aiohttp' is installed already"),
        ("Painting", "a package 'painting' is installed already"),
    ],
)
def test_a_name_that_cannot_be_is_refused_in_words(name: str, problem: str) -> None:
    """Nothing is written that could not be installed, imported, run or reached."""
    assert problem in _problems(name)
