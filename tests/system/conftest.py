"""The wheel, for all that see the project as somebody else installs it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from chores.ground import ROOT, VENV


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As it is built from this checkout now, by each stream of tests that needs it."""
    folder = tmp_path_factory.mktemp("wheel")
    argv = (VENV / "bin" / "python", "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT)
    done = subprocess.run([str(word) for word in argv], capture_output=True, text=True, cwd="/", check=False)
    assert 0 == done.returncode, done.stdout + done.stderr
    return next(folder.glob("*.whl"))
