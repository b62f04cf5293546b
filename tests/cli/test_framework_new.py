"""``koinon framework new``: what it writes, what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from koinon_cli.errors import ExitCode
from koinon_frameworks.template import Names, render

Koinon = Callable[..., Any]


def _files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_framework_is_written_into_a_directory_of_its_name(
    run_words: Koinon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole skeleton and nothing else; every file is named, and what to do next."""
    monkeypatch.chdir(tmp_path)
    done = run_words("framework", "new", "paint-shop")

    assert ExitCode.OK == done.code
    assert render(Names("paint-shop")) == _files(tmp_path / "paint-shop")
    assert "paint-shop/paint_shop/plugin.py\n" in done.out
    assert done.out.endswith("next: cd paint-shop && pip install -e '.[dev]' && pytest\n")


def test_an_empty_directory_will_do(run_words: Koinon, tmp_path: Path) -> None:
    """As one made for it; programs are told where all is."""
    done = run_words("framework", "new", "paint", "--directory", str(tmp_path), "--json")

    assert render(Names("paint")) == _files(tmp_path)
    assert {"name": "paint", "package": "paint", "directory": str(tmp_path), "files": list(render(Names("paint")))} == (
        json.loads(done.out)
    )


@pytest.mark.parametrize("make", [Path.touch, lambda path: (path.mkdir(), (path / "mine").touch())])
def test_what_exists_is_left_alone(run_words: Koinon, tmp_path: Path, make: Callable[[Path], object]) -> None:
    """A file, or a directory with anything in it."""
    target = tmp_path / "taken"
    make(target)
    before = _files(tmp_path)
    done = run_words("framework", "new", "paint", "--directory", str(target))

    assert (ExitCode.CONFLICT, before) == (done.code, _files(tmp_path))
    assert f"{target} exists already" in done.err


def test_a_place_that_cannot_be_written_is_an_error_in_words(run_words: Koinon, tmp_path: Path) -> None:
    """Below a file, say."""
    (tmp_path / "file").touch()
    done = run_words("framework", "new", "paint", "--directory", str(tmp_path / "file" / "paint"))

    assert (ExitCode.FAILED, 1) == (done.code, done.err.count("\n"))
    assert "can't be written: Not a directory" in done.err


@pytest.mark.parametrize("name", ["jobs", "attrs", "pytest", "2048", "../paint"])
def test_a_name_that_cannot_be_is_refused(run_words: Koinon, tmp_path: Path, name: str) -> None:
    """Also those of frameworks and packages that are installed here."""
    done = run_words("framework", "new", name, "--directory", str(tmp_path / "new"))

    assert ExitCode.USAGE == done.code
    assert f"no framework can be called '{name}'\n  " in done.err
    assert not (tmp_path / "new").exists()
