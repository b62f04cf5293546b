"""The virtual environment: made once, made again when what it is built from changes."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import sys

from .debian import install
from .ground import PYTHON, ROOT, STATE, VENV, ChoreError, attempt, run_logged, say

_STAMP = STATE / "environment.stamp"
_LOG = STATE / "logs" / "pip.log"


def ensure_environment() -> None:
    """Makes `.venv` with koinon (editable) and all tools in it, unless the one there was built from the same."""
    wanted = _fingerprint()
    if PYTHON.exists() and _STAMP.exists() and _STAMP.read_text() == wanted:
        return
    if not _has_pip():
        _make_environment()
    say("installing Python packages into .venv")
    requirement = f"{ROOT}[dev]"
    run_logged(
        [str(PYTHON), "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), "-e", requirement], _LOG
    )
    STATE.mkdir(exist_ok=True)
    _STAMP.write_text(wanted)


def _fingerprint() -> str:
    """A hash over all that decides what the environment holds; its place too, since its scripts carry full paths."""
    parts = [str(ROOT).encode()]
    parts += [(ROOT / name).read_bytes() for name in ("pyproject.toml", "constraints.txt")]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _has_pip() -> bool:
    probe = [str(PYTHON), "-c", "import pip, sys; sys.exit(sys.version_info < (3, 11))"]
    return PYTHON.exists() and attempt(probe)


def _make_environment() -> None:
    """`python3 -m venv`, which on Debian lacks ensurepip at first: then with python3-venv, or the system's pip."""
    say("making .venv")
    shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") is None:
        try:
            install(["python3-venv"], "virtual environment")
        except ChoreError:
            if importlib.util.find_spec("pip") is None:
                raise
            run_logged([sys.executable, "-m", "venv", "--without-pip", str(VENV)], _LOG)
            run_logged([sys.executable, "-m", "pip", "--python", str(PYTHON), "install", "-q", "pip"], _LOG)
            return
    run_logged([sys.executable, "-m", "venv", str(VENV)], _LOG)
