"""A framework as it was written, held to what its README promises: its tests, its types, its style."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chores.ground import ROOT
from koinon_frameworks.template import Names, render

pytestmark = pytest.mark.slow
QUICK_SECONDS = 1.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a name that is something else for Python, and sorts after ours."""
    target = tmp_path_factory.mktemp("written")
    for path, text in render(Names("paint-shop")).items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_text(text)
    return target


def _run(folder: Path, *words: object, **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert 0 == done.returncode, done.stdout + done.stderr
    return done.stdout


def test_its_own_tests_pass_at_once(folder: Path) -> None:
    """With the fixtures of the test kit, and each but the first in a fraction of a second."""
    plain = ("-p", "no:asyncio", "-p", "no:xdist", "-p", "no:cacheprovider")
    said = _run(folder, "pytest", "-q", "--durations=0", "--durations-min=0.0001", *plain, PYTHONPATH=str(folder))
    seconds = [float(each) for each in re.findall(r"^([\d.]+)s call", said, re.MULTILINE)]

    assert "6 passed" in said
    assert QUICK_SECONDS > sorted(seconds)[-2]  # the first one pays for what is imported


def test_its_types_and_its_style_are_sound(folder: Path) -> None:
    """Nothing to say for mypy, as strict as here and from the cache that linting left, for ruff and its formatter."""
    checked = _run(ROOT, "mypy", folder / "paint_shop", folder / "tests", MYPYPATH=str(folder))

    assert "no issues found in 7 source files" in checked
    assert "All checks passed" in _run(folder, "ruff", "check", "--no-cache", ".")
    assert "already formatted" in _run(folder, "ruff", "format", "--no-cache", "--check", ".")
