"""Other people's clients, each in a virtual environment of its own, so that their requirements never meet ours."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from chores.ground import STATE, ChoreError, run_logged
from support.parts import miss


def client_python(name: str, *requirements: str, plain: Mapping[str, str] | None = None) -> Path:
    """The interpreter of an environment with just these pinned requirements; made at the first call, then kept.
    It has pip only if that is among them: `pip_install` does without.

    ``plain`` maps pinned source packages to the one folder of Python in each that is copied in as it is: for packages
    whose C part no longer compiles, but which do without it. With it, requirements bring no dependencies of their own.
    Skips or fails the test where they can't be installed.
    """
    plain = plain or {}
    digest = hashlib.sha256("\n".join((sys.version, *requirements, *plain)).encode()).hexdigest()[:8]
    folder = STATE / "venvs" / f"{name}-{digest}"
    python = folder / "bin" / "python"
    ready = folder / "ready"
    with _alone(folder):
        if ready.exists():
            return python
        shutil.rmtree(folder, ignore_errors=True)
        log = STATE / "logs" / f"client-{name}.log"
        try:
            run_logged([sys.executable, "-m", "venv", "--without-pip", str(folder)], log)
            dependencies = ["--no-deps"] if plain else []
            run_logged([*pip_install(python), *dependencies, *requirements], log)
            for requirement, package in plain.items():
                _copy_plain(python, requirement, package, log)
        except ChoreError as error:
            miss(f"client {name}", str(error))
        ready.touch()
    return python


def pip_install(python: Path) -> list[str]:
    """Our pip, at work in the environment of that interpreter, which has none; modules are compiled when imported."""
    return [sys.executable, "-m", "pip", "--python", str(python), "install", "-q", "--no-compile"]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one stream of tests makes this environment; another that needs it waits for it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _copy_plain(python: Path, requirement: str, package: str, log: Path) -> None:
    """Download a source package and copy one folder of it beside the installed ones."""
    with tempfile.TemporaryDirectory() as scratch:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        run_logged([*pip, "-d", scratch, requirement], log)
        archive = next(Path(scratch).iterdir())
        shutil.unpack_archive(archive, scratch)
        source = next(Path(scratch).glob(f"*/{package}"))
        target = next(python.parents[1].glob("lib/python*/site-packages")) / package
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("*.so"))
