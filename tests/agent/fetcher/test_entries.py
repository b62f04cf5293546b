"""Which entries of an archive get into a sandbox."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from koinon_agent.fetcher.entries import Entry, EntryKind, Limits, Rules, find_link_problem

LIMITS = Limits(max_bytes=1000, max_entries=3, max_depth=4, max_ratio=10, grace_bytes=100)
FILE, LINK = EntryKind.FILE, EntryKind.SYMLINK


def judge(*entries: Entry) -> str | None:
    """What is said of the last of these entries; those before it are fine."""
    rules = Rules(LIMITS, packed=50)
    problems = [rules.find_problem(entry) for entry in entries]
    assert all(problem is None for problem in problems[:-1]), problems
    return problems[-1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a", None),
        ("a/b/c/d", None),
        ("./a", None),
        ("..a/b..", None),
        ("../a", "leads out of the sandbox"),
        ("a/../../b", "leads out of the sandbox"),
        ("a/..", "leads out of the sandbox"),
        ("/etc/passwd", "is an absolute path"),
        ("a/b/c/d/e", "is deeper than 4 directories"),
        (".", "has the name of the sandbox itself"),
    ],
)
def test_names_stay_beneath_the_sandbox(name: str, expected: str | None) -> None:
    """What leads out is refused with the entry's name, even where it would come back in."""
    assert (None if expected is None else f"entry {name!r} {expected}") == judge(Entry(name=name, kind=FILE))


@pytest.mark.parametrize(
    ("path", "target", "is_fine"),
    [
        ("lib/a.so", "a.so.1", True),
        ("bin/tool", "../lib/tool", True),
        ("a", "./b", True),
        ("a/b/c", "../../d", True),
        ("a", "..", False),
        ("a/b", "../..", False),
        ("a", "/etc", False),
        ("a", "", False),
        ("a", "b/..", False),
        ("deep/a", "b/../../..", False),
    ],
)
def test_links_go_up_first_and_no_further_than_the_sandbox(path: str, target: str, is_fine: bool) -> None:
    """Up after down depends on where a link leads that is met on the way."""
    assert is_fine is (find_link_problem(PurePosixPath(path), target) is None)


def test_nothing_lies_beyond_a_link() -> None:
    """An entry through a link of the same archive is refused; one in the link's place is not."""
    link = Entry(name="a", kind=LINK, target="b")

    assert "entry 'a/x' lies beyond the link 'a'" == judge(link, Entry(name="a/x", kind=FILE))
    assert judge(link, Entry(name="a", kind=FILE), Entry(name="a", kind=EntryKind.DIRECTORY)) is None


@pytest.mark.parametrize("kind", [EntryKind.DEVICE, EntryKind.PIPE, EntryKind.OTHER])
def test_devices_and_pipes_are_refused(kind: EntryKind) -> None:
    """By name and kind."""
    assert f"entry 'x' is {kind.value}" == judge(Entry(name="x", kind=kind))


def test_hard_links_stay_within() -> None:
    """Their targets are named from the sandbox."""
    assert judge(Entry(name="a/b", kind=EntryKind.HARDLINK, target="c")) is None
    assert "leads out" in (judge(Entry(name="a/b", kind=EntryKind.HARDLINK, target="../c")) or "")


def test_entries_are_counted() -> None:
    """One more than the limit is one too many."""
    entries = [Entry(name=str(number), kind=FILE) for number in range(4)]

    assert judge(*entries[:3]) is None
    assert "it has more than 3 entries" == judge(*entries)


def test_size_and_ratio_are_bounded() -> None:
    """The ratio counts once the archive is past what is granted to everybody."""
    rules = Rules(LIMITS, packed=50)

    assert rules.find_size_problem(500) is None
    assert "more than 10 times its size" in (rules.find_size_problem(1) or "")
    assert Rules(LIMITS, packed=1).find_size_problem(100) is None
    assert "--fetcher_max_size" in (Rules(LIMITS, packed=500).find_size_problem(1001) or "")
