"""A framework's id in a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from koinon_core.ids import FrameworkId
from koinon_frameworks import FrameworkIdFile
from koinon_frameworks.errors import IdFileError

ID = FrameworkId("0f2c9b1e-0000-4000-8000-000000000000-0001")


def contents(directory: Path) -> list[str]:
    return [path.read_text() for path in directory.iterdir()]


async def test_there_is_no_id_before_the_first_was_saved(tmp_path: Path) -> None:
    """And forgetting none is no error."""
    keeper = FrameworkIdFile(tmp_path / "id")
    await keeper.forget()

    assert None is await keeper.load()


async def test_id_is_found_by_whoever_runs_next(tmp_path: Path) -> None:
    """One line, nothing else left in the directory; a later id replaces it."""
    await FrameworkIdFile(tmp_path / "id").save(FrameworkId("F-0"))
    await FrameworkIdFile(tmp_path / "id").save(ID)

    assert ID == await FrameworkIdFile(tmp_path / "id").load()
    assert [f"{ID}\n"] == contents(tmp_path)


async def test_forgotten_id_is_gone(tmp_path: Path) -> None:
    """The next run begins anew."""
    keeper = FrameworkIdFile(tmp_path / "id")
    await keeper.save(ID)
    await keeper.forget()

    assert None is await keeper.load()
    assert [] == contents(tmp_path)


@pytest.mark.parametrize("data", [b"", b"\n", b"two words\n", b"\x00\xff\n", b"a\nb\n", b"F" * 5000])
async def test_file_that_holds_something_else_is_named(tmp_path: Path, data: bytes) -> None:
    """Nobody's id is guessed, and nothing is skipped."""
    path = tmp_path / "id"
    path.write_bytes(data)

    with pytest.raises(IdFileError, match=f"framework id in {path}: it does not hold a framework id"):
        await FrameworkIdFile(path).load()
    assert data == path.read_bytes()


async def test_directory_that_is_missing_is_named(tmp_path: Path) -> None:
    """An id that can't be kept ends the run before anybody relies on it."""
    path = tmp_path / "missing" / "id"

    with pytest.raises(IdFileError, match=f"framework id in {path}: No such file or directory"):
        await FrameworkIdFile(path).save(ID)
