"""Other people's clients, each in a virtual environment of its own, so that their requirements never meet ours."""

from __future__ import annotations

import hashlib
import shutil
import sys
from pathlib import Path

from chores.ground import STATE, ChoreError, run_logged
from support.parts import miss


def client_python(name: str, *requirements: str) -> Path:
    """The interpreter of an environment with just these pinned requirements; made at the first call, then kept.

    Skips or fails the test where they can't be installed.
    """
    digest = hashlib.sha256("\n".join((sys.version, *requirements)).encode()).hexdigest()[:8]
    folder = STATE / "venvs" / f"{name}-{digest}"
    python = folder / "bin" / "python"
    ready = folder / "ready"
    if ready.exists():
        return python
    shutil.rmtree(folder, ignore_errors=True)
    log = STATE / "logs" / f"client-{name}.log"
    try:
        run_logged([sys.executable, "-m", "venv", str(folder)], log)
        run_logged([str(python), "-m", "pip", "install", "-q", *requirements], log)
    except ChoreError as error:
        miss(f"client {name}", str(error))
    ready.touch()
    return python
