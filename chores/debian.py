"""Debian packages: installed when missing, without starting any service of theirs. Knows no package by name."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .ground import STATE, ChoreError, as_root, can_be_root, run_logged, say

_POLICY = Path("/usr/sbin/policy-rc.d")
_LOG = STATE / "logs" / "apt.log"
_ENV = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
_OPTIONS = ("-q", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0")


def install(packages: list[str], purpose: str) -> None:
    """Installs packages with apt, after a fresh `apt-get update` where the lists at hand don't suffice.

    Raises ChoreError, which says in one line what to install by hand, without apt or root.
    """
    if shutil.which("apt-get") is None or not can_be_root():
        raise ChoreError(f"{purpose}: please install (as on Debian) {' '.join(packages)}")
    say(f"{purpose}: installing {' '.join(packages)}")
    command = as_root("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", *_OPTIONS, *packages)
    with _services_held():
        try:
            if not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
                refresh()
            run_logged(command, _LOG, _ENV)
        except ChoreError:
            say("once more, with fresh package lists")
            refresh()
            run_logged(command, _LOG, _ENV)


def refresh() -> None:
    """Brings the package lists up to date."""
    run_logged(
        as_root("apt-get", "update", "-q", "-o", "DPkg::Lock::Timeout=300"), STATE / "logs" / "apt-update.log", _ENV
    )


def unpack(package: str, target: Path) -> None:
    """Downloads a package and lays its files under `target`, without installing it: that needs no root.

    Raises ChoreError where that can't be done.
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise ChoreError(f"no apt here to get the package {package} with")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        download = ["env", "-C", folder, "apt-get", "download", "-q", "-o", "APT::Sandbox::User=root", package]
        try:
            run_logged(download, _LOG, _ENV)
        except ChoreError:
            if not can_be_root():
                raise
            refresh()
            run_logged(download, _LOG, _ENV)
        archive = next(Path(folder).glob("*.deb"))
        run_logged(["dpkg-deb", "-x", str(archive), str(target)], _LOG)


@contextmanager
def _services_held() -> Iterator[None]:
    """While this lasts, packages that bring a service don't start it; a policy that is already there stays."""
    if _POLICY.exists():
        yield
        return
    with tempfile.NamedTemporaryFile("w") as policy:
        policy.write("#!/bin/sh\nexit 101\n")
        policy.flush()
        run_logged(as_root("install", "-m", "755", policy.name, str(_POLICY)), _LOG)
    try:
        yield
    finally:
        run_logged(as_root("rm", "-f", str(_POLICY)), STATE / "logs" / "policy.log")
