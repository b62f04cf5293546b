"""Reading beneath one directory, and nowhere else."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from koinon_daemon import confined
from koinon_daemon.confined import Slice, TooManyEntries, find_beneath, list_beneath, read_slice


@pytest.fixture
def sandbox(tmp_path: Path) -> Path:
    """A sandbox in which a task has been busy, beside a secret."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "sandbox-of-another").mkdir()
    folder = tmp_path / "sandbox"
    (folder / "logs").mkdir(parents=True)
    (folder / "logs" / "app").write_text("0123456789")
    (folder / "current").symlink_to("logs/app")
    (folder / "out").symlink_to("../secret")
    (folder / "up").symlink_to("..")
    (folder / "loop").symlink_to("loop")
    os.mkfifo(folder / "pipe")
    return folder


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("logs/app", "logs/app"),
        ("/logs/app", "logs/app"),
        ("current", "logs/app"),
        ("", ""),
        ("logs/../logs/app", "logs/app"),
        ("../secret", None),
        ("../sandbox-of-another", None),
        ("out", None),
        ("up/secret", None),
        ("loop", None),
        ("missing", None),
        ("a\0b", None),
    ],
)
def test_paths_lead_nowhere_but_into_the_sandbox(sandbox: Path, path: str, expected: str | None) -> None:
    """Links may lead about within; what leads out, in circles or to nothing is not there."""
    assert (None if expected is None else sandbox / expected) == find_beneath(sandbox, path)


@pytest.mark.parametrize(
    ("path", "offset", "length", "expected"),
    [
        ("current", 0, 4, Slice(b"0123", 10)),
        ("logs/app", 8, 100, Slice(b"89", 10)),
        ("logs/app", 50, 5, Slice(b"", 10)),
        ("logs", 0, 5, None),
        ("pipe", 0, 5, None),
        ("out", 0, 5, None),
    ],
)
def test_slices_are_of_regular_files_alone(
    sandbox: Path, path: str, offset: int, length: int, expected: Slice | None
) -> None:
    """Offset and length cut; a directory, a pipe or a file elsewhere is no file here, and nobody waits for a pipe."""
    assert expected == read_slice(sandbox, path, offset, length)


def test_listing_tells_names_and_links_as_they_are(sandbox: Path) -> None:
    """By name; a link is described itself; in a file lies nothing; what leads out is not there."""
    entries = list_beneath(sandbox, "", 10)
    assert entries is not None

    assert ["current", "logs", "loop", "out", "pipe", "up"] == [entry.name for entry in entries]
    assert stat.S_ISLNK(entries[3].status.st_mode)
    assert [] == list_beneath(sandbox, "current", 10)
    assert list_beneath(sandbox, "up", 10) is None
    with pytest.raises(TooManyEntries, match="more than 3 entries"):
        list_beneath(sandbox, "", 3)


def test_what_is_swapped_meanwhile_leads_nowhere(
    sandbox: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that becomes a link out between the look and the opening is not entered."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "app").write_text("secret")

    def find_and_swap(root: Path, path: str) -> Path | None:
        found = find_beneath(root, path)
        (root / "logs").rename(root / "moved")
        (root / "logs").symlink_to(tmp_path / "outside")
        return found

    monkeypatch.setattr(confined, "find_beneath", find_and_swap)

    assert read_slice(sandbox, "logs/app", 0, 10) is None

    (sandbox / "logs").unlink()
    (sandbox / "moved").rename(sandbox / "logs")

    assert not list_beneath(sandbox, "logs", 10)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may make devices")
def test_devices_are_never_opened(sandbox: Path) -> None:
    """A container may make one in its sandbox; opening some of them does something."""
    os.mknod(sandbox / "device", stat.S_IFCHR | 0o666, os.makedev(10, 130))
    opened: list[str] = []
    sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)

    assert read_slice(sandbox, "device", 0, 5) is None
    assert not [path for path in opened if path.startswith("/proc/self/fd/")]
