"""The output of nested containers in files, within a sandbox that belongs to a task."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from koinon_agent.containerizer.session import Output
from koinon_agent.nested.output import OutputFiles, nested_sandbox, remove_sandbox


@pytest.fixture
def files(tmp_path: Path) -> OutputFiles:
    """Of a container that may say ten bytes before its file is full."""
    return OutputFiles(tmp_path, "n1", max_bytes=10)


def test_a_full_file_is_put_aside(files: OutputFiles, tmp_path: Path) -> None:
    """One older file is kept, each output has its own."""
    for data in (b"first 10 b", b"second", b"third"):
        files.write(Output.STDOUT, data)
    files.write(Output.STDERR, b"wrong")
    files.close()
    sandbox = nested_sandbox(tmp_path, "n1")

    assert {"stdout": "third", "stdout.1": "second", "stderr": "wrong"} == {
        path.name: path.read_text() for path in sandbox.iterdir()
    }


def test_what_cannot_be_opened_again_is_closed_once(files: OutputFiles, tmp_path: Path) -> None:
    """A task that takes the sandbox away ends the writing; no descriptor that is somebody else's by then is closed."""
    shutil.rmtree(nested_sandbox(tmp_path, "n1"))
    with pytest.raises(FileNotFoundError):
        files.write(Output.STDOUT, b"more than ten")
    others = [os.open("/dev/null", os.O_RDONLY) for _ in range(3)]
    files.close()

    assert [os.fstat(other).st_rdev for other in others] == [os.stat("/dev/null").st_rdev] * 3
    for other in others:
        os.close(other)


def test_a_link_in_the_way_is_not_followed(files: OutputFiles, tmp_path: Path) -> None:
    """Removing a sandbox that a task replaced touches nothing outside."""
    files.close()
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").touch()
    shutil.rmtree(tmp_path / "containers")
    (tmp_path / "containers").symlink_to(tmp_path)
    remove_sandbox(tmp_path, "outside")

    assert (outside / "kept").exists()
