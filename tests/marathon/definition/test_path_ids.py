"""Path ids: resolution, grammar and the names made of them."""

import pytest

from koinon_marathon.definition.path_ids import (
    ROOT,
    PathId,
    ancestors,
    from_safe_name,
    is_below,
    parent,
    path_id_problems,
    path_text_problems,
    resolve,
    safe_name,
    task_name,
)
from koinon_marathon.definition.problems import Problem

SHOP = PathId("/shop")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/shop/db", "/shop/db"),
        ("db", "/shop/db"),
        ("../db", "/db"),
        ("./db", "/shop/db"),
        ("//shop//db/", "/shop/db"),
        ("../../../db", "/db"),
        ("/", "/"),
    ],
)
def test_resolve_reads_ids_as_seen_from_a_group(text: str, expected: str) -> None:
    """Relative ids hang below the group; dots are followed up to the root; empty segments fall out."""
    assert expected == resolve(text, SHOP)


@pytest.mark.parametrize("text", ["/a", "a.b", "/a-1/b.c-d", "../a", "/0"])
def test_grammar_accepts_marathons_ids(text: str) -> None:
    """Lower case letters, digits, inner dashes and dots make a segment."""
    assert [] == path_text_problems(text, "/id")


@pytest.mark.parametrize("text", ["/A", "/a_b", "/-a", "/a-", "/a..b", "/a b", "/ä", "/a\n"])
def test_grammar_refuses_other_ids(text: str) -> None:
    """Anything else is no segment; an underscore would make task ids ambiguous."""
    assert [Problem("/id", "error.pattern")] == path_text_problems(text, "/id")


@pytest.mark.parametrize("word", ["restart", "tasks", "versions"])
def test_reserved_words_cannot_end_an_id(word: str) -> None:
    """The words that the API uses below an app's address are refused as last segment only."""
    expected = "must not end with any of the following reserved keywords: restart, tasks, versions, ., .."

    assert [expected] == [problem.message for problem in path_id_problems(f"/a/{word}")]
    assert [] == path_id_problems(f"/{word}/a")


def test_derived_names_follow_marathon() -> None:
    """Task ids join with underscores and can be undone, task names are reversed with dots."""
    path = PathId("/shop/eu/db")

    assert "shop_eu_db" == safe_name(path)
    assert path == from_safe_name("shop_eu_db")
    assert "db.eu.shop" == task_name(path)


def test_family_of_a_path() -> None:
    """Parents and ancestors end at the root; a longer name beside a group is not below it."""
    assert SHOP == parent(PathId("/shop/db"))
    assert ROOT == parent(ROOT)
    assert [ROOT, SHOP] == ancestors(PathId("/shop/db"))
    assert is_below(PathId("/shop/db"), SHOP)
    assert not is_below(PathId("/shopping"), SHOP)
    assert not is_below(SHOP, SHOP)


def test_an_id_has_room_in_a_file_name() -> None:
    """Ids are bounded, whatever their depth, and a long one is told how long it is."""
    deep = "/a" * 95

    assert [] == path_id_problems(deep)
    assert ["must not be longer than 190 characters, and has 192"] == [
        problem.message for problem in path_id_problems(f"{deep}/a")
    ]
