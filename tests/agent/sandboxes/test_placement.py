"""Putting files beneath a directory, whatever lies in it already."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath

import pytest

from koinon_agent.sandboxes.errors import Unplaceable
from koinon_agent.sandboxes.placement import Owner, Placement


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A directory in which a link leads out, beside what it leads to."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("untouched")
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to("../outside")
    (root / "secret").symlink_to("../outside/file")
    (root / "file").write_text("old")
    return root


@pytest.fixture
def placement(root: Path) -> Iterator[Placement]:
    """Puts files there."""
    with Placement(root) as placement:
        yield placement


def write(placement: Placement, path: str, mode: int = 0o644) -> None:
    """A new file."""
    descriptor = placement.create(PurePosixPath(path), mode)
    os.write(descriptor, b"new")
    os.close(descriptor)


@pytest.mark.parametrize("path", ["fresh", "a/b/fresh", "file", "secret"])
def test_files_take_the_place_of_files_and_links(root: Path, placement: Placement, path: str) -> None:
    """A link is replaced, never written through; missing directories are made."""
    write(placement, path)

    assert b"new" == (root / path).read_bytes()
    assert not (root / path).is_symlink()
    assert "untouched" == (root.parent / "outside" / "file").read_text()


@pytest.mark.parametrize("path", ["out/x", "out/a/x", "file/x"])
def test_no_path_leads_through_a_link_or_file(root: Path, placement: Placement, path: str) -> None:
    """Whatever is to be made there; the part that is in the way is named."""
    ways: tuple[Callable[[], object], ...] = (
        lambda: write(placement, path),
        lambda: placement.make_directory(PurePosixPath(path)),
        lambda: placement.link_symbolically(PurePosixPath(path), "t"),
        lambda: placement.link_hard(PurePosixPath(path), PurePosixPath("file")),
        lambda: placement.make_executable(PurePosixPath(path)),
    )
    for make in ways:
        with pytest.raises(Unplaceable, match=path.split("/", maxsplit=1)[0]):
            make()

    assert ["file"] == os.listdir(root.parent / "outside")


def test_only_files_are_opened(root: Path, placement: Placement) -> None:
    """A link, a directory and a pipe without a writer are refused at once."""
    os.mkfifo(root / "pipe")
    for path in ("pipe", "."):
        with pytest.raises((Unplaceable, OSError)):
            placement.open(PurePosixPath(path))
    with pytest.raises(OSError, match="symbolic"):
        placement.open(PurePosixPath("secret"))


def test_modes_are_tamed(root: Path, placement: Placement) -> None:
    """No set-user bit; the owner may always read and write, and everybody run what is executable."""
    write(placement, "tool", 0o4000)
    placement.make_directory(PurePosixPath("folder"), 0o7055)

    assert (0o600, 0o755) == ((root / "tool").stat().st_mode & 0o7777, (root / "folder").stat().st_mode & 0o7777)

    placement.make_executable(PurePosixPath("tool"))

    assert 0o711 == (root / "tool").stat().st_mode & 0o7777


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_everything_made_is_the_owners(root: Path) -> None:
    """Files, the directories made for them, and links."""
    with Placement(root, Owner(1234, 4321)) as placement:
        write(placement, "a/b/file")
        placement.make_directory(PurePosixPath("c/d"))
        placement.link_symbolically(PurePosixPath("c/link"), "d")

    made = [root / path for path in ("a", "a/b", "a/b/file", "c", "c/d", "c/link")]
    assert {(1234, 4321)} == {(path.lstat().st_uid, path.lstat().st_gid) for path in made}


def test_directory_that_somebody_else_makes_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process in the sandbox that is quicker does no harm, and what it makes stays as it is."""
    make = os.mkdir

    def make_second(name: str, mode: int, *, dir_fd: int) -> None:
        make(tmp_path / name, 0o711)
        make(name, mode, dir_fd=dir_fd)

    monkeypatch.setattr(os, "mkdir", make_second)
    with Placement(tmp_path) as placement, placement.parent(PurePosixPath("a/x")) as folder:
        os.close(os.open("x", os.O_CREAT, dir_fd=folder))

    assert (tmp_path / "a" / "x").exists()
    assert 0o711 == (tmp_path / "a").stat().st_mode & 0o777


def test_owner_who_cannot_be_given_anything_costs_no_descriptor(tmp_path: Path) -> None:
    """However often it is tried."""
    before = set(os.listdir("/proc/self/fd"))
    with pytest.raises(OverflowError), Placement(tmp_path, Owner(1 << 40, 0)) as placement:
        placement.make_directory(PurePosixPath("a/b"))

    assert before == set(os.listdir("/proc/self/fd"))
