"""The places chores work in, and how they speak and call commands. Decides nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".dev"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"


class ChoreError(Exception):
    """A chore can't go on; the message is one line for the person at the terminal."""


def say(line: str) -> None:
    """Writes one line about the set-up to stderr: stdout belongs to the command that was asked for."""
    sys.stderr.write(f"dev: {line}\n")
    sys.stderr.flush()


def find_command(name: str) -> str | None:
    """The path of a command, also where it lies in the administrator's folders, which a user's PATH often lacks."""
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin")


def as_root(*argv: str) -> list[str]:
    """The command line that runs `argv` as root. Call only where `can_be_root` said yes."""
    return list(argv) if os.geteuid() == 0 else ["sudo", "-n", *argv]


def can_be_root() -> bool:
    """Whether commands can run as root without anybody typing a password."""
    if os.geteuid() == 0:
        return True
    return shutil.which("sudo") is not None and attempt(["sudo", "-n", "true"])


def attempt(argv: Sequence[str]) -> bool:
    """Runs a command whose failure is an answer, not an error; its output goes nowhere."""
    return subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def run_logged(argv: Sequence[str], log: Path, env: dict[str, str] | None = None) -> None:
    """Runs a set-up command with its output in `log`; a failure shows the end of it and raises ChoreError."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as out:
        done = subprocess.run(argv, check=False, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env)
    if done.returncode != 0:
        tail = log.read_text(errors="replace").splitlines()[-15:]
        sys.stderr.write("".join(f"  | {line}\n" for line in tail))
        raise ChoreError(f"{' '.join(argv[:4])} ... ended with {done.returncode}; all of its output is in {log}")
