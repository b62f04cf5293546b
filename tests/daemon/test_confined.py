"""Reading beneath one directory, and nowhere else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from koinon_daemon.confined import Slice, find_beneath, read_slice


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
