"""Where a user's own state belongs, for what runs without a directory of its own being named."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def state_dir(environ: Mapping[str, str]) -> Path:
    """Below ``XDG_STATE_HOME``, else below the usual place in the home."""
    state = environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "koinon"
